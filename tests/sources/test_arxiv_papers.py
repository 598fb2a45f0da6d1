import dataclasses

import pytest

from glossator.sources.arxiv_papers import Paper, clean_abstract

PAPER = Paper("2401.00001v1", "T", "Glass melts.", ("A. B.",), ("cs.LG",), "cs.LG", "2024-01-01", "2024-01-02")


@pytest.mark.parametrize(
    ("abstract", "comment"),
    [
        ("This paper has been withdrawn by the author due to a crucial error.", None),
        ("The manuscript (arXiv:2401.00001) was temporarily withdrawn.", None),
        ("Withdrawn.", None),
        ("An abstract.", "This submission has been withdrawn by arXiv administrators"),
        ("An abstract.", "Paper withdrawn due to an error in Lemma 2"),
        ("An abstract.", "withdrawn"),
    ],
)
def test_withdrawn_papers_are_known_by_their_words(abstract, comment):
    assert dataclasses.replace(PAPER, abstract=abstract, comment=comment).withdrawn


@pytest.mark.parametrize(
    ("abstract", "comment"),
    [
        ("We study a drug after it was withdrawn from the market.", None),
        ("The article analyses how troops were withdrawn.", None),
        ("Deposits are withdrawn.", "12 pages; accepted"),
        ("An abstract.", None),
    ],
)
def test_papers_about_what_was_withdrawn_are_not(abstract, comment):
    assert not dataclasses.replace(PAPER, abstract=abstract, comment=comment).withdrawn


def test_lines_of_an_abstract_are_joined_and_its_paragraphs_kept():
    assert clean_abstract("  First\nline.\n  Second  one\ngoes on.\n\nThird.\n") == (
        "First line.\n\nSecond one goes on.\n\nThird."
    )
    assert clean_abstract(" \n ") == ""
