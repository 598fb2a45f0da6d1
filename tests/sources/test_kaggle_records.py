import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from glossator.sources.arxiv_papers import Paper
from glossator.sources.kaggle_records import Newest, Wish, paper_of

PAPER = Paper("2401.00001v1", "T", "A.", (), ("cs.LG",), "cs.LG", "2024-01-01", "")


@given(st.lists(st.integers(1, 28)), st.integers(1, 10))
def test_the_newest_are_kept_whatever_the_order_and_of_one_day_the_first(days, most):
    newest = Newest(most)
    papers = [dataclasses.replace(PAPER, id=str(n), published=f"2024-02-{day:02d}") for n, day in enumerate(days)]
    for paper in papers:
        newest.add(paper)
    assert newest.papers() == sorted(papers, key=lambda paper: paper.published, reverse=True)[:most]


def test_a_record_without_versions_has_no_day_and_no_version():
    line = b'{"id": "hep-th/9901001", "title": "T\\n  U", "abstract": " A.", "authors": "A. B. and C. D."}'
    paper = paper_of(line)
    assert isinstance(paper, Paper)
    assert (paper.id, paper.title, paper.published, paper.primary) == ("hep-th/9901001", "T U", "", "")
    assert paper.authors == ("A. B. and C. D.",)
    assert paper_of(line, Wish(date_from="1999-01-01")) is None
    assert paper_of(line, Wish(categories=["hep-th"])) is None


def test_the_day_is_that_of_utc():
    line = (
        b'{"id": "2401.00001", "title": "T", "abstract": "A.",'
        b' "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 23:30:00 -0500"}]}'
    )
    assert paper_of(line).published == "2024-01-02"
