"""Tokens guessed before a call, and learned from what the server counts."""

from glossator.llm.token_guess import RequestSize, TokenGuess


def test_a_guess_begins_with_a_quarter_of_the_bytes_and_half_of_the_reply():
    assert TokenGuess().likely(RequestSize(4_000, 0, 500)) == 1_000 + 250


def test_what_the_server_counts_is_learned():
    guess, size = TokenGuess(), RequestSize(4_000, 0, 500)
    for _ in range(100):
        guess.learn(size, 800, 100)
    assert abs(guess.likely(size) - 900) <= 2


def test_the_worst_is_more_than_is_likely_and_grows_with_the_worst_that_was_seen():
    guess, size = TokenGuess(), RequestSize(4_000, 0, 500)
    assert guess.most_in(size) == 1_334
    guess.learn(size, 2_000, 500)
    guess.learn(size, 500, 500)
    assert guess.most_in(size) == 2_001
    assert guess.most_in(RequestSize(4_000, 2, 500)) == 2_001 + 4_000


def test_nothing_is_learned_from_a_server_that_does_not_count():
    guess, size = TokenGuess(), RequestSize(4_000, 0, 500)
    before = guess.likely(size)
    guess.learn(size, 0, 0)
    assert guess.likely(size) == before
    assert guess.most_out("") == 1
    assert guess.most_out("x" * 300) == 101


def test_what_an_image_takes_is_learned_from_the_first_call_that_shows_one():
    guess, size = TokenGuess(), RequestSize(400, 2, 0)
    before = guess.likely(RequestSize(400, 0, 0))
    guess.learn(size, 100 + 2 * 25_000, 5)
    assert guess.likely(size) == 100 + 2 * 25_000
    assert guess.most_in(size) > 2 * 25_000
    guess.learn(size, 300, 5)  # the most that was seen stays
    assert guess.most_in(size) > 2 * 25_000
    assert guess.likely(RequestSize(400, 0, 0)) == before
