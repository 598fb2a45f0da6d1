from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.text.sentences import sentences, split_sentences


@pytest.mark.parametrize(
    "expected",
    [
        ["We follow earlier work (Smith et al., 2019).", "The model, i.e. ours, is smaller."],
        ["See Fig. 2 for version v1.0.", "Then install Julia 1.0.", "It runs."],
        ["It was shown by Smith et al. (2019) that x = 0.5.", "Fig. 3 shows it (see Sec. 2 and Eq. (3)).", "Is it so?"],
        ["J. R. Smith and A. B. de Vries wrote it.", "However, nobody read it!", "Why?"],
        ["The U.S. Government uses Infer.NET, etc. on occasion.", "In the U.S.", "The law differs."],
        ["Visit https://docs.dftk.org/a.html.", "ggplot2 draws it.", "The code (e.g., NumPy, SciPy, etc.) works."],
        ["This is the state of the art.", "Results follow."],
        ["It costs approx. 5 dollars vs. 6 dollars.", "[2] describes it."],
        ["He holds a Ph.D. in physics.", "“They agree.”", "So do we."],
        ["1. First install it.", "2. Then run it."],
    ],
)
def test_scientific_prose_is_divided_at_sentence_ends_only(expected):
    assert sentences(" ".join(expected)) == expected


def test_a_blank_line_ends_a_sentence_and_a_line_break_does_not():
    assert sentences("One line\nand its end.\n\nno capital here") == ["One line\nand its end.", "no capital here"]


def test_blank_text_has_no_sentences():
    assert split_sentences(" \n\n ") == []


@given(st.text(alphabet='ab AB.?!()\n"1 e.g.', max_size=80))
def test_spans_are_ordered_and_cover_everything_but_white_space(text):
    spans = split_sentences(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() and start < end for start, end in spans)


@pytest.mark.parametrize("piece", [".", "?!", "e.g. ", "(a. B ", "word ", "A.", '."'])
def test_a_megabyte_of_one_piece_is_split_in_linear_time(piece: str):
    text = piece * (1_000_000 // len(piece))
    assert split_sentences(text)[-1][1] == len(text.rstrip())
