import pytest

from glossator.parsing import cleaning


def test_ligatures_become_letters():
    assert cleaning.expand_ligatures("ﬁnal eﬀects of aﬃne ﬂows, x² stays") == "final effects of affine flows, x² stays"


def test_white_space_is_collapsed_and_invisible_characters_go():
    assert cleaning.collapse_whitespace("a\u00a0 b\u200b \t c\x00\n  d ") == "a b c\nd"


def test_image_tags_go():
    assert cleaning.remove_image_tags('See ![plot](a.png) <img src="b.png"> here<!-- image -->.') == "See   here."


def test_the_ligatures_of_a_figures_labels_become_letters():
    # JOSE 180, page 3
    assert cleaning.expand_ligatures("Chief Information Oﬃcer, Invoice Veriﬁcation, Hospital Staﬀ") == (
        "Chief Information Officer, Invoice Verification, Hospital Staff"
    )


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        # A report of the U.S. Nuclear Regulatory Commission and a LaTeX manual, both among the hostile files
        ("ABSTRACT ...............................................................iii", "ABSTRACT"),
        ("11 REFERENCES ..................................................... 73", "11 REFERENCES"),
        (
            "1.1 How to compile a .tex file to a .pdf file . . . . . . . . . . . . . 5",
            "1.1 How to compile a .tex file to a .pdf file",
        ),
    ],
)
def test_the_dots_and_page_number_of_a_table_of_contents_go(line, entry):
    assert cleaning.has_dot_leader(line)
    assert cleaning.remove_dot_leaders(line) == entry


@pytest.mark.parametrize("line", ["and so on ... 3 times", "It ends here.", "e.g. a.b.c.d.e.f"])
def test_other_dots_are_no_leaders(line):
    assert not cleaning.has_dot_leader(line)


@pytest.mark.parametrize(
    "line",
    [
        "© 2016 The Council of State Governments. All Rights Reserved.",  # a report among the hostile files, page 2
        "© 2019 Copyright held by the owner/author(s).",  # an abstract among the hostile files
        "Photo: Jane Doe / Agency",
        "Image credit: NASA/JPL-Caltech",
        "Photograph by Jane Doe.",
        "© Jane Doe / Agency",
    ],
)
def test_a_line_that_only_names_a_pictures_maker_is_a_credit(line):
    assert cleaning.is_credit(line)


@pytest.mark.parametrize(
    "line",
    [
        "Figure 1. Image depicting what EduCortex initially looks like upon visiting the website.",  # JOSE 75
        "features for the next Modelica© language generation",  # JuliaCon 43, page 1
        "image transforms and other preprocessing techniques required to",  # JOSE 239, page 1
        "We credit the success of our curriculum not only to the skill of the instructors, but also",  # JOSE 138
    ],
)
def test_prose_about_pictures_is_no_credit(line):
    assert not cleaning.is_credit(line)


def test_the_credit_at_the_end_of_a_caption_goes_and_other_brackets_stay():
    assert cleaning.remove_credit("Figure 2: A bridge (Photo: Jane Doe / Agency).") == "Figure 2: A bridge."
    assert cleaning.remove_credit("Figure 2: A bridge (built 1932).") == "Figure 2: A bridge (built 1932)."


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


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        # JOSE 143 page 1, 303 pages 1 and 2, 299 page 4, 260 page 3
        ("a set of lessons as Markdown-", "formatted text-based", "a set of lessons as Markdown-formatted text-based"),
        ("the grades in CSV (comma-", "separated value) format", "the grades in CSV (comma-separated value) format"),
        ("as it offers a portable and cross-browser-", "compatible framework", None),
        (
            "an informed instructor who under-",
            "stands how we stand",
            "an informed instructor who understands how we stand",
        ),
        (
            "Participants were graduate and under-",
            "graduate students",
            "Participants were graduate and undergraduate students",
        ),
    ],
)
def test_line_end_hyphens_of_papers_are_resolved_as_their_authors_wrote_them(above, below, expected):
    vocabulary = cleaning.words_of([above, below])
    assert cleaning.join_lines([above, below], vocabulary) == (expected or above + below)


def test_neither_half_of_a_divided_word_counts_as_a_word_of_the_document():
    # JuliaCon 117, page 2: "the tight-" / "ness of this relaxation"
    vocabulary = cleaning.words_of(["determines the tight-", "ness of this relaxation, a species-level trait"])
    assert "tight" not in vocabulary
    assert "ness" not in vocabulary
    assert {"relaxation", "species-level", "species"} <= vocabulary
