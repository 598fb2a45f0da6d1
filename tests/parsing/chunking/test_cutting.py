from hypothesis import given
from hypothesis import strategies as st

from glossator.parsing.chunking.cutting import halve, trimmed, word_end, word_start


def test_a_cut_falls_at_the_end_of_the_last_whole_word():
    text = "one two three"
    assert [word_end(text, 0, end) for end in (3, 5, 7, 10, 13)] == [3, 3, 7, 7, 13]


def test_a_single_word_is_cut_where_it_has_to_be():
    assert word_end("abcdefgh", 0, 5) == 5
    assert word_end("abc defgh", 4, 6) == 6


def test_a_word_starts_behind_white_space_or_where_the_text_does():
    text = "one two  three"
    assert [word_start(text, start, len(text)) for start in (0, 1, 4, 5, 9, 10)] == [0, 4, 4, 9, 9, len(text)]


def test_halves_part_at_a_sentence_end_near_the_middle():
    text = "It is here. It is there now."
    assert [text[start:end] for start, end in halve(text, (0, len(text)))] == ["It is here.", "It is there now."]
    assert halve("x", (0, 1)) == [(0, 1)]


@given(st.text(alphabet="ab. \n。", min_size=2, max_size=60))
def test_halves_hold_everything_but_white_space_and_are_smaller(text):
    span = trimmed(text, 0, len(text))
    if span[1] - span[0] < 2:
        return
    halves = halve(text, span)
    assert "".join(text[start:end] for start, end in halves).split() or not text.strip()
    assert "".join("".join(text[start:end].split()) for start, end in halves) == "".join(text.split())
    assert all(0 < end - start < span[1] - span[0] for start, end in halves)
