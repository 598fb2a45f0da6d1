import functools
import random
import re
import sys
from pathlib import Path

import pytest

from glossator.parsing import fallback, fast
from glossator.parsing.blocks import build_blocks
from glossator.parsing.layout import Column, Line, Page, PageSpans, Span
from glossator.parsing.options import ParseOptions
from glossator.parsing.pieces import Piece
from glossator.parsing.tables import find_grids

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="shared data (papers) is not present")


@functools.cache
def parsed(name):
    return fast.parse(PAPERS / name, name)


def texts(name, *kinds):
    return [block.text for block in parsed(name).blocks if block.kind in kinds]


def words(text):
    return re.findall(r"\w+", text.lower())


def recall_in_order(truth, found):
    """Share of the truth's words found in the same order, scanning forward within a window."""
    hits, position = 0, 0
    for word in truth:
        window = found[position : position + 400]
        if word in window:
            hits, position = hits + 1, position + window.index(word) + 1
    return hits / len(truth)


def test_nearly_all_words_and_all_headings_of_a_paper_come_in_order():
    truth = (PAPERS / "jose.00260.truth.md").read_text()
    blocks = parsed("jose.00260.pdf").blocks
    assert recall_in_order(words(truth), words(" ".join(b.text for b in blocks))) > 0.95
    expected = [match[1].strip() for match in re.finditer(r"^#+ (.*)$", truth, re.MULTILINE)]
    found = [b.text for b in blocks if b.kind == "heading"]
    assert [h for h in found if h in expected] == expected
    assert set(found) - set(expected) <= {"References"}


def test_title_and_sections_have_levels():
    headings = [(b.level, b.text) for b in parsed("jcon.00091.pdf").blocks if b.kind == "heading"]
    assert headings[0] == (1, "ReactiveMP.jl: A Julia Package for Reactive Message Passing-based Bayesian Inference")
    assert (2, "2. Message Passing") in headings
    assert all(level == 2 for level, _ in headings[1:])


NODES = (
    "In this framework, relationships between model variables are represented by a graph of sparsely connected nodes, "
    "and inference proceeds efficiently by a sequence of nodes sending probabilistic messages to neighboring nodes."
)
PAIRS = (
    "Applications include recommender systems, molecular network inference, and ecological interaction prediction. "
    "Kronecker-based learning systems provide a simple yet elegant method to learn from such pairs."
)


@pytest.mark.parametrize(("name", "passage"), [("jcon.00091.pdf", NODES), ("jcon.00015.pdf", PAIRS)])
def test_columns_are_read_one_after_the_other(name, passage):
    assert passage in " ".join(texts(name, "paragraph"))


def test_margin_heads_feet_and_page_numbers_leave_no_text():
    for name in ("jose.00021.pdf", "jose.00260.pdf", "jcon.00091.pdf"):
        everything = "\n".join(b.text for b in parsed(name).blocks)
        for furniture in (
            "Authors of papers retain",
            "Submitted:",
            "Journal of Open Source Education, ",
            "Proceedings of JuliaCon",
        ):
            assert furniture not in everything, (name, furniture)
        assert not [b.text for b in parsed(name).blocks if b.text.isdigit()]


def test_a_paragraph_goes_on_over_a_page_break():
    name = "jose.00140.pdf"
    (over,) = [b for b in parsed(name).blocks if b.text.startswith("In my teaching, I have used bin packing")]
    assert over.page == 1
    assert (
        "is to illustrate concepts of collective intelligence, or swarm intelligence, where intelligent behavior"
        in (over.text)
    )
    assert not [b for b in parsed(name).blocks if b.kind == "paragraph" and b.text[0].islower()]


def test_what_follows_the_references_heading_is_a_reference():
    blocks = parsed("jcon.00091.pdf").blocks
    at = next(i for i, b in enumerate(blocks) if b.text == "6. References")
    assert {b.kind for b in blocks[at + 1 :]} == {"reference"}
    assert not any(text.startswith("[1] ") for text in texts("jcon.00091.pdf", "paragraph"))


def test_pages_never_run_backwards_and_stay_within_the_document():
    for path in sorted(PAPERS.glob("*.pdf")):
        pages = [block.page for block in parsed(path.name).blocks]
        assert pages[0] == 1
        assert max(pages) <= parsed(path.name).pages
        assert parsed(path.name).outcome == "ok"


def test_parsing_twice_gives_the_same_blocks():
    assert fast.parse(PAPERS / "jose.00021.pdf", "jose.00021.pdf") == parsed("jose.00021.pdf")


def shown(text, x, y, *, size=10.0, bold=False, width=None):
    """A span; its characters are half as wide as they are high, unless a width is given."""
    return Span(text, x, x + (width or 0.5 * size * len(text)), y, size, bold=bold, italic=False, mono=False)


def shared(name):
    (path,) = DATA.glob(f"papers-*/{name}.pdf")
    return fast.parse(path, name).blocks


@needs_data
def test_indices_within_a_sentence_stand_behind_their_letters():
    everything = " ".join(b.text for b in shared("jcon.00117"))
    assert "the integrality constraint y1, y2 ∈ {0, 1} is relaxed to 0 ≤ x1, x2 ≤ 1, the resulting" in everything


@needs_data
def test_a_logo_and_the_labels_of_a_figure_are_no_headings():
    headings = [b.text for b in shared("jcon.00069") if b.kind == "heading"]
    assert headings == ["DFTK: A Julian approach for simulating electrons in solids", "Acknowledgements", "References"]


@needs_data
def test_a_name_in_fixed_width_type_makes_no_heading_and_divides_none():
    headings = [b.text for b in shared("jcon.00179") if b.kind == "heading"]
    assert "ABSTRACT" in headings
    assert "2.2 Using ExponentialFamilyManifolds.jl for Optimization" in headings
    assert not [text for text in headings if "implements" in text]


@needs_data
def test_a_page_whose_scale_the_library_takes_twice_is_read_as_it_is_shown():
    headings = [b.text for b in shared("jcon.00043") if b.kind == "heading"]
    assert "3. Collision Handling" in headings
    assert "3.1 User’s View" in headings


@needs_data
def test_the_numbers_of_headings_have_no_gap_in_any_paper():
    for path in sorted(DATA.glob("papers-juliacon/*.pdf")):
        texts = [b.text for b in fast.parse(path, path.name).blocks if b.kind == "heading"]
        found = [tuple(map(int, m[1].split("."))) for t in texts if (m := re.match(r"(\d+(?:\.\d+)*)\.?\s", t))]
        for before, after in zip([(0,), *found], found, strict=False):
            follows = [(*before[:depth], before[depth] + 1) for depth in range(len(before))]
            assert after in [*follows, (*before, 1)], (path.name, before, after)


@needs_data
def test_rows_and_cells_become_a_markdown_table():
    tables = [b.text for b in shared("jcon.00058") if b.kind == "table"]
    assert (
        "| Benchmark | Size | Number of Solves | Time (Python) | Time (Julia) |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| SONORAN | 3339832 | 6002 | 56.62 hrs | 2.838 hrs |\n"
        "| MOJAVE | 437 million | 1 | Crashed | 3.385 hrs |"
    ) in tables


def test_cells_of_several_lines_stay_whole():
    (table,) = [t for t in texts("jose.00260.pdf", "table") if t.startswith("| Day # |")]
    head, _, *rows = table.splitlines()
    assert head == "| Day # | Learning Objectives | Topics |"
    assert [row.split(" | ")[0] for row in rows] == [
        "| Day 1: The workbench",
        "| Day 2: Sharing and Contributing",
        "| Day 3: Managing Dependencies and data",
        "| Day 4: Building Reproducible Computational Environments with Docker",
    ]


def test_the_second_reader_finds_what_the_first_one_does():
    path = PAPERS / "jose.00100.pdf"
    with fallback.open_pdfium(path, ("",)) as (document, password):
        pages = fallback.read_pages(document, range(1, len(document) + 1), "")
    assert password == ""
    blocks = fast.assemble(pages)
    truth = words(" ".join(texts("jose.00100.pdf", "heading", "paragraph", "list_item")))
    assert recall_in_order(truth, words(" ".join(b.text for b in blocks))) > 0.98
    assert [b.text for b in blocks if b.kind == "heading"] == texts("jose.00100.pdf", "heading")


def test_pages_from_any_reader_are_assembled_and_keep_their_numbers():
    body = "The quick brown fox jumps over the lazy dog and goes on to the end of this line"
    pages = [
        PageSpans(
            number,
            800.0,
            [
                shown("A running head", 50, 770, size=8),
                shown(f"{number} Section", 50, 700, size=14, bold=True),
                *[shown(f"{body}.", 50, 680 - 12 * line, width=400) for line in range(5)],
                shown(str(number), 290, 30, size=8),
            ],
        )
        for number in (7, 8)
    ]
    blocks = fast.assemble(pages)
    assert [(b.kind, b.page, b.level) for b in blocks] == [
        ("heading", 7, 2),
        ("paragraph", 7, 0),
        ("heading", 8, 2),
        ("paragraph", 8, 0),
    ]
    assert not [b for b in blocks if "running" in b.text or b.text.isdigit()]


def test_long_running_text_in_larger_type_than_the_tables_is_no_heading():
    sentence = (
        "This report tells who owns the plants and how much of each of them they own in the year in which it was made"
    )
    table = [
        shown(f"row {row} with small type and much of it, more than all of the text", 50, 400 - 9 * row, size=7)
        for row in range(30)
    ]
    text = [
        shown(f"{sentence}{'.' if line == 3 else ','}", 50, 700 - 14 * line, size=12, width=480) for line in range(4)
    ]
    blocks = fast.assemble([PageSpans(1, 800.0, [*text, *table])])
    assert [b.kind for b in blocks if b.text.startswith("This report")] == ["paragraph"]


def test_numbers_of_pages_are_listed_as_ranges_and_long_lists_are_cut():
    assert fast.list_numbers([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"
    assert fast.list_numbers(range(1, 60, 2)) == "1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and 20 more"


def test_only_the_asked_pages_are_read():
    pdf = fast.open_pdf(PAPERS / "jose.00100.pdf", ParseOptions())
    assert [page.number for page in fast.read_pages(pdf, ParseOptions(pages=(2, 9)))] == [2, 3]
    assert [page.number for page in fast.read_pages(pdf, ParseOptions())] == [1, 2, 3]


class OutOfMemory:
    """A document of a library that has no memory left."""

    page_count = 1

    def extract_spans(self, _):
        raise MemoryError

    page_media_box = extract_spans


def test_a_page_for_which_memory_is_lacking_is_no_unreadable_page():
    pdf = fast.OpenPdf(PAPERS / "jose.00021.pdf", 1, "", OutOfMemory())
    with pytest.raises(MemoryError):
        fast.read_pages(pdf, ParseOptions())


def test_a_file_for_which_memory_is_lacking_is_no_unreadable_file(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("pdf_oxide.PdfDocument", fail)
    with pytest.raises(MemoryError):
        fast.parse(PAPERS / "jose.00021.pdf", "x")
    monkeypatch.undo()
    monkeypatch.setattr(fallback, "_spans", fail)
    with fallback.open_pdfium(PAPERS / "jose.00021.pdf", ("",)) as (document, _), pytest.raises(MemoryError):
        fallback.read_pages(document, [1], "")


def calls_of(function, *arguments):
    """How many calls a function makes, all in all."""
    count = 0

    def tell(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tell)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


def scattered(count, *, within=(30, 810), sizes=(6.0, 8.0)):
    rng = random.Random(count)
    return [
        shown(rng.choice(("ab", "12", "Lab")), rng.uniform(30, 540), rng.uniform(*within), size=rng.choice(sizes))
        for _ in range(count)
    ]


def beneath_text(count):
    text = [shown("The quick brown fox jumps over the lazy dog and goes on.", 50, 800 - 13 * n) for n in range(12)]
    return [*text * (count // 100), *scattered(count, within=(30, 600))]


def in_a_row(count):
    return [shown("ab", 30 + 12 * index, 400, size=8) for index in range(count)]


@pytest.mark.parametrize("labels", [scattered, beneath_text, in_a_row])
def test_four_times_as_many_labels_on_a_page_are_about_four_times_the_work(labels):
    few, many = ([PageSpans(1, 842.0, labels(count))] for count in (1_000, 4_000))
    assert calls_of(fast.assemble, many) < 6 * calls_of(fast.assemble, few)


def test_pieces_that_make_no_table_are_not_tried_again_from_each_of_them():
    def pieces(count):
        lines = [Line(1, [shown("word", 50, 800 - 0.1 * n, size=6)], "word", in_row=True) for n in range(count)]
        return [Piece("table" if n % 2 else "paragraph", [line]) for n, line in enumerate(lines, 1)]

    few, many = pieces(4_000), pieces(16_000)
    assert calls_of(find_grids, many, 10.0) < 6 * calls_of(find_grids, few, 10.0)


def test_a_text_that_looks_like_an_entry_of_references_to_no_end_is_read_in_time():
    text = "Doe, J. " + "(1999). " * 50 + "1" * 200_000
    line = Line(1, [shown(text, 50, 700)], text)
    (block,) = build_blocks([Page(1, 842.0, [line], (Column(50, 540),))], 10.0)
    assert (block.kind, block.text) == ("table", text)
