import pytest

from glossator.errors import SourceError
from glossator.sources.arxiv_query import check_category, plain_ids, search_expression


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("testing", "testing"),
        ("  graph  neural networks ", "all:graph AND all:neural AND all:networks"),
        ("ti:glass AND abs:melting", "ti:glass AND abs:melting"),
        ('"melting point"', '"melting point"'),
        ("glass OR sand", "glass OR sand"),
        (None, ""),
        (" ", ""),
    ],
)
def test_plain_words_must_all_be_there_and_expressions_stay_as_they_are(query, expression):
    assert search_expression(query) == expression


def test_what_has_an_or_in_it_is_bracketed_before_more_is_added():
    assert search_expression("glass OR sand", ["cs.LG"]) == "(glass OR sand) AND (cat:cs.LG)"
    assert search_expression(None, ["cs.LG", "hep-th"]) == "(cat:cs.LG OR cat:hep-th)"


def test_a_window_with_an_open_end_has_the_same_address_every_day():
    assert search_expression(None, date_from="2024-02-29") == "submittedDate:[202402290000 TO 209912312359]"
    assert search_expression(None, date_to="2024-02-29") == "submittedDate:[199101010000 TO 202402292359]"


def test_ids_are_taken_as_people_write_them_each_once():
    written = [" arXiv:1707.08567", "https://arxiv.org/abs/1707.08567", "export.arxiv.org/pdf/2104.12255v1.pdf", ""]
    assert plain_ids([*written, "quant-ph/0201082v1"]) == ["1707.08567", "2104.12255v1", "quant-ph/0201082v1"]


@pytest.mark.parametrize("category", ["cs.LG", "hep-th", "cs.*", "cond-mat.mtrl-sci", "astro-ph"])
def test_categories_of_arxiv_are_known(category):
    assert check_category(f" {category} ") == category


@pytest.mark.parametrize("category", ["", "machine learning", "cs.LG OR all:x", "cs.LG)", "CS.LG", "cs."])
def test_what_is_no_category_is_refused_by_name(category):
    with pytest.raises(SourceError, match="is none of arXiv's"):
        check_category(category)
