"""Case, punctuation and white space do not count; what tells things apart does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.curation.normalize import normalize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the GOAL of the package?", "what is the goal of the package"),
        ("  A\tb\n c ", "a b c"),
        ("“state-of-the-art”", "state of the art"),
        ("ﬁne `code`", "fine code"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_one_text_are_equal(one, other):
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is C?", "What is C++?"),
        ("What is C?", "What is C#?"),
        ("x < 0", "x > 0"),
        ("कि", "की"),
        ("1.5", "15"),
    ],
)
def test_different_things_stay_different(one, other):
    assert normalize(one) != normalize(other)


@pytest.mark.parametrize("text", ["", " \n", "…?!", "—"])
def test_a_text_of_punctuation_alone_is_empty(text):
    assert normalize(text) == ""


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_normalizing_twice_changes_nothing_more(text):
    assert normalize(normalize(text)) == normalize(text)
