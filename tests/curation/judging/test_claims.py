"""Words, numbers and denials are read as a careful reader would read them."""

import pytest

from glossator.curation.judging.claims import claims_of, numbers_of, windows_of


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,000 of 2.5 and three", {"1000", "2.5", "3"}),
        ("in the 1990s, about 5% of R2D2", {"1990", "5"}),
        ("one of them", set()),
        ("Twelve or 12", {"12"}),
        ("3,5 and 10.", {"3,5", "10"}),
        ("none", set()),
    ],
)
def test_numbers_are_the_same_however_they_are_written(text, numbers):
    assert numbers_of(text) == numbers


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("The server does not need electricity, and is fast.", {"need", "electr"}),
        ("It runs without a server.", {"server"}),
        ("It isn't fast.", {"fast"}),
        ("It is not only fast but small.", set()),
        ("It is no longer than a mile.", set()),
        ("It is fast.", set()),
    ],
)
def test_only_what_stands_right_behind_a_denial_in_its_clause_is_denied(text, denied):
    assert claims_of(text).denied == denied


def test_inflected_words_are_one_word_and_function_words_are_none():
    assert claims_of("The heated bridges").words == claims_of("heating a bridge").words
    assert claims_of("of the and it").words == frozenset()


def test_windows_are_runs_of_sentences_the_short_ones_first():
    windows = windows_of("One bee flies. Two wasps rest. A fly sits.", 2)
    assert [text for text, _ in windows] == [
        "One bee flies.",
        "Two wasps rest.",
        "A fly sits.",
        "One bee flies. Two wasps rest.",
        "Two wasps rest. A fly sits.",
    ]
    assert windows[3][1].words == windows[0][1].words | windows[1][1].words


def test_a_text_without_words_has_no_window_and_no_claim():
    assert windows_of(" \n", 3) == []
    assert claims_of("") == claims_of("…")
