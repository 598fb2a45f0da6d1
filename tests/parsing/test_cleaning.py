import pytest

from glossator.parsing import cleaning


def test_ligatures_become_letters():
    assert cleaning.expand_ligatures("ﬁnal eﬀects of aﬃne ﬂows, x² stays") == "final effects of affine flows, x² stays"


def test_white_space_is_collapsed_and_invisible_characters_go():
    assert cleaning.collapse_whitespace("a\u00a0 b\u200b \t c\x00\n  d ") == "a b c\nd"


def test_image_tags_go():
    assert cleaning.remove_image_tags('See ![plot](a.png) <img src="b.png"> here<!-- image -->.') == "See   here."


def test_dot_leaders_go_and_an_ellipsis_stays():
    assert cleaning.remove_dot_leaders("1 Introduction . . . . . . . 3") == "1 Introduction"
    assert cleaning.remove_dot_leaders("2 Methods ........ 12") == "2 Methods"
    assert cleaning.remove_dot_leaders("and so on ... 3 times") == "and so on ... 3 times"


@pytest.mark.parametrize("text", ["12", " - 3 - ", "Page 4 of 10", "xiv", "p. 7"])
def test_page_numbers_are_told(text):
    assert cleaning.is_page_number(text)


@pytest.mark.parametrize("text", ["", "3.1 Methods", "in 2020", "12 samples"])
def test_other_lines_are_no_page_numbers(text):
    assert not cleaning.is_page_number(text)


def test_running_heads_differ_only_in_their_numbers():
    first, second = "Barba et al., (2018). CFD Python. 1(9), 21. 1", "Barba et al., (2018). CFD  Python. 1(9), 21. 12"
    assert cleaning.furniture_key(first) == cleaning.furniture_key(second)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["Inherent in this automation is the in-", "stallation of sensors"],
            "Inherent in this automation is the installation of sensors",
        ),
        (["a well-", "known open-", "source tool"], "a well-known open-source tool"),
        (["It is re-", "alized with real-", "izable means"], "It is realized with realizable means"),
        (["the Spanish-", "Speaking world, COVID-", "19"], "the Spanish-Speaking world, COVID-19"),
        (
            ["the package Circuitscape.", "jl, see https://a.org/", "b.html."],
            "the package Circuitscape.jl, see https://a.org/b.html.",
        ),
        (["one", "", "two"], "one two"),
    ],
)
def test_lines_are_joined_and_line_end_hyphens_resolved(lines, expected):
    assert cleaning.join_lines(lines) == expected


def test_the_documents_own_words_decide_about_a_hyphen():
    vocabulary = cleaning.words_of(["a trade-off of gradients and binary classes", "cross checks", "gradi-"])
    assert cleaning.join_lines(["the trade-", "off"], vocabulary) == "the trade-off"
    assert cleaning.join_lines(["the gradi-", "ents"], vocabulary) == "the gradients"
    assert cleaning.join_lines(["the binary-", "classes"], vocabulary) == "the binary-classes"
    assert "gradi" not in vocabulary
