from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parsing.made_pdfs import many_pages

from glossator.parsing import fast
from glossator.parsing.options import ParseOptions
from glossator.parsing.ranges import merge, page_count, plan_ranges
from glossator.records import Block, Figure, ParsedDocument

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"


def part(*blocks, outcome="ok", reason="", figures=(), pages=9):
    return ParsedDocument("d", outcome, reason, pages, tuple(blocks), "fast/2", tuple(figures))


def paragraph(text, page):
    return Block("paragraph", text, page)


def heading(text, page, level):
    return Block("heading", text, page, level)


@given(st.integers(1, 20_000), st.integers(1, 500))
def test_ranges_cover_every_page_once_and_none_is_too_long(pages, pages_a_task):
    ranges = plan_ranges(pages, pages_a_task=pages_a_task)
    assert [page for first, last in ranges for page in range(first, last + 1)] == list(range(1, pages + 1))
    lengths = [last - first + 1 for first, last in ranges]
    assert max(lengths) <= pages_a_task
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("pages", [0, -1, 20_001, 4_000_000])
def test_a_count_that_is_no_count_makes_no_tasks(pages):
    assert plan_ranges(pages) == []


def test_pages_are_counted_without_being_read(tmp_path):
    assert page_count(PAPERS / "jcon.00091.pdf", ParseOptions()) == 2
    path = tmp_path / "long.pdf"
    path.write_bytes(many_pages([b"x"] * 5000))
    assert page_count(path, ParseOptions()) == 5000
    path.write_bytes(b"no PDF")
    assert page_count(path, ParseOptions()) == 0


@pytest.mark.parametrize("total", [8, 400])
def test_a_range_holds_its_own_pages_by_their_own_numbers(tmp_path, total):
    path = tmp_path / "long.pdf"
    path.write_bytes(many_pages([b"This is page number %d." % number for number in range(1, total + 1)]))
    parsed = fast.parse(path, "d", ParseOptions(pages=(total - 2, total)))
    assert [(b.page, b.text) for b in parsed.blocks] == [
        (number, f"This is page number {number}.") for number in range(total - 2, total + 1)
    ]
    assert parsed.pages == total


def test_a_broken_page_outside_the_range_is_not_touched(tmp_path):
    path = tmp_path / "lie.pdf"
    path.write_bytes(many_pages([b"One page", b"Another page"], count=5))
    assert fast.parse(path, "d", ParseOptions(pages=(1, 2))).outcome == "ok"
    assert fast.parse(path, "d").outcome == "repaired"


@pytest.mark.parametrize("name", ["jose.00100.pdf", "jcon.00015.pdf", "jose.00260.pdf"])
def test_a_paper_parsed_page_by_page_and_merged_reads_as_the_whole(name):
    whole = fast.parse(PAPERS / name, "d")
    ranges = plan_ranges(whole.pages, pages_a_task=1)
    parts = [fast.parse(PAPERS / name, "d", ParseOptions(pages=pages)) for pages in ranges]
    merged = merge(parts, ranges=ranges)
    assert (merged.outcome, merged.pages) == ("ok", whole.pages)
    titles = [b.text for b in whole.blocks if b.kind == "heading"]
    assert [b.text for b in merged.blocks if b.kind == "heading"] == titles
    words = " ".join(b.text for b in whole.blocks).split()
    again = " ".join(b.text for b in merged.blocks).split()
    assert len(set(words) - set(again)) < 0.02 * len(set(words))
    assert merged.blocks[-1].kind == "reference"


def test_a_paragraph_cut_at_a_border_is_joined_with_its_hyphen_resolved():
    merged = merge(
        [
            part(paragraph("It was seen as an in-", 2), Block("caption", "Figure 1: A plot.", 2)),
            part(paragraph("stallation of sensors.", 3), paragraph("Next.", 3)),
        ]
    )
    assert [(b.text, b.page) for b in merged.blocks] == [
        ("It was seen as an installation of sensors.", 2),
        ("Figure 1: A plot.", 2),
        ("Next.", 3),
    ]


def test_a_finished_paragraph_is_not_joined():
    merged = merge([part(paragraph("It ends.", 2)), part(paragraph("It begins.", 3))])
    assert [b.text for b in merged.blocks] == ["It ends.", "It begins."]


def test_references_go_on_over_a_border_up_to_the_next_heading():
    merged = merge(
        [
            part(heading("References", 2, 2), Block("reference", "Doe, J. A book.", 2)),
            part(paragraph("Roe, J. A paper.", 3), heading("Appendix", 3, 2), paragraph("After all.", 3)),
        ]
    )
    assert [b.kind for b in merged.blocks] == ["heading", "reference", "reference", "heading", "paragraph"]


def test_headings_take_the_level_that_like_headings_had_before():
    merged = merge(
        [
            part(heading("Chapter 1", 1, 2), heading("Exercises", 2, 3), paragraph("Do.", 2)),
            part(
                heading("Exercises", 3, 2), heading("Hints", 3, 3), heading("4.1 Numbered", 3, 3), paragraph("Go.", 3)
            ),
        ]
    )
    levels = {b.text: b.level for b in merged.blocks if b.kind == "heading" and b.page == 3}
    assert levels == {"Exercises": 3, "Hints": 4, "4.1 Numbered": 3}


def test_parts_that_failed_are_named_by_their_pages():
    parts = [
        part(paragraph("Text.", 1)),
        part(outcome="timeout", reason="took longer than 60 seconds", pages=0),
        part(paragraph("More.", 7), outcome="repaired", reason="pages that could not be read: 8"),
    ]
    merged = merge(parts, ranges=[(1, 3), (4, 6), (7, 9)])
    assert (merged.outcome, merged.pages) == ("repaired", 9)
    assert merged.reason == "pages 4-6 (timeout): took longer than 60 seconds; pages that could not be read: 8"
    assert "part 2 of 3 (timeout)" in merge(parts).reason


def test_nothing_goes_on_over_a_part_that_was_lost():
    lost = part(outcome="timeout", reason="took longer than 60 seconds", pages=0)
    first = part(
        heading("References", 1, 2), Block("reference", "Doe, J. Tides,", 1), paragraph("The water rises and", 1)
    )
    last = part(paragraph("falls in every harbour.", 7))
    assert merge([first, lost, last]).blocks == (*first.blocks, *last.blocks)
    joined = merge([first, last]).blocks
    assert joined[-1].kind == "reference" or joined[-1].text == "The water rises and falls in every harbour."


def test_if_all_parts_failed_the_failure_stays_a_failure():
    empty, lost = part(outcome="empty", reason="no text"), part(outcome="memory", reason="held 2 GiB", pages=0)
    merged = merge([empty, lost])
    assert (merged.outcome, merged.reason, merged.pages, merged.blocks) == ("memory", "held 2 GiB", 9, ())
    assert merge([empty, empty]).outcome == "empty"


def test_figures_are_counted_through():
    figures = [Figure(f"f{n}", "d", 0, n, "", "", 10, 10) for n in (1, 2, 3)]
    merged = merge(
        [
            part(Block("figure", "f1", 1), figures=figures[:1]),
            part(Block("figure", "f2", 2), Block("figure", "f3", 3), figures=figures[1:]),
        ]
    )
    assert [(f.id, f.index) for f in merged.figures] == [("f1", 0), ("f2", 1), ("f3", 2)]


def test_parts_of_different_documents_and_no_parts_are_refused():
    with pytest.raises(ValueError, match="one document"):
        merge([])
    with pytest.raises(ValueError, match="one document"):
        merge([part(), ParsedDocument("e", "ok", "", 1, (), "fast/2")])
    with pytest.raises(ValueError, match="one range for each part"):
        merge([part(), part()], ranges=[(1, 2)])
