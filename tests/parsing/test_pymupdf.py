"""The parser of kind `pymupdf`, with the real library on real papers."""

import functools
import re
import sys
from pathlib import Path

import pytest
from tests.parsing.made_pdfs import many_pages

from glossator.errors import MissingExtraError
from glossator.parsing import fast, markdown_pages, pymupdf
from glossator.parsing.options import ParseOptions
from glossator.records import Block

pytest.importorskip("pymupdf4llm", reason="pymupdf is an extra of its own")

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"
HOSTILE = Path(__file__).parents[2].parent / "shared/data/bad-pdfs"


@functools.cache
def parsed(name, layout=True):
    return pymupdf.parse(PAPERS / name, name, ParseOptions(layout=layout))


def words(text):
    return re.findall(r"\w+", text.lower())


def test_nearly_all_words_and_all_headings_of_a_paper_come():
    truth = (PAPERS / "jose.00260.truth.md").read_text()
    blocks = parsed("jose.00260.pdf").blocks
    found = words(" ".join(block.text for block in blocks))
    wanted = words(truth)
    assert sum(word in set(found) for word in wanted) / len(wanted) > 0.95
    expected = [match[1].strip() for match in re.finditer(r"^#+ (.*)$", truth, re.MULTILINE)]
    headings = [block.text for block in blocks if block.kind == "heading"]
    assert [heading for heading in headings if heading in expected] == expected


def test_blocks_know_their_pages_and_tables_stay_markdown():
    blocks = parsed("jose.00260.pdf").blocks
    assert {block.page for block in blocks} == {1, 2, 3}
    tables = [block for block in blocks if block.kind == "table"]
    assert [table.page for table in tables] == [2, 2]
    assert all(table.text.startswith("|") and "|---|" in table.text for table in tables)
    assert [block.text[:8] for block in blocks if block.kind == "caption"] == ["Table 1:", "Table 2:"]


def test_references_are_marked_and_margins_heads_and_feet_left_out():
    for name in ("jcon.00091.pdf", "jose.00260.pdf"):
        blocks = parsed(name).blocks
        assert any(block.kind == "reference" for block in blocks)
        everything = "\n".join(block.text for block in blocks)
        for furniture in ("Authors of papers retain", "Submitted:", "Proceedings of JuliaCon"):
            assert furniture not in everything


def test_marks_of_type_leave_no_text():
    everything = "\n".join(block.text for block in parsed("jcon.00015.pdf").blocks)
    for mark in ("<sup>", "<mark>", "**", "~~", "<br>", "<!--"):
        assert mark not in everything
    assert "Pairwise learning is a machine learning paradigm" in everything


def test_without_the_layout_model_the_text_is_there_as_well():
    plain = parsed("jcon.00091.pdf", layout=False)
    assert plain.outcome == "ok"
    assert "reactive message passing-based Bayesian inference" in " ".join(
        " ".join(b.text.split()) for b in plain.blocks
    )


def test_only_the_pages_asked_for_are_read_and_keep_their_numbers():
    part = pymupdf.parse(PAPERS / "jose.00260.pdf", "x", ParseOptions(pages=(2, 2)))
    assert {block.page for block in part.blocks} == {2}
    assert part.pages == 3
    beyond = pymupdf.parse(PAPERS / "jose.00260.pdf", "x", ParseOptions(pages=(4, 9)))
    assert (beyond.outcome, beyond.reason) == ("empty", "it has 3 pages; 4 to 9 were asked for")


def test_what_is_no_pdf_is_unreadable_and_its_path_is_not_told(tmp_path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no PDF at all")
    for path in (broken, tmp_path / "missing.pdf"):
        outcome = pymupdf.parse(path, "x")
        assert outcome.outcome == "unreadable"
        assert outcome.reason
        assert str(tmp_path) not in outcome.reason


def encrypted(path):
    import pymupdf as library

    with library.open(str(PAPERS / "jcon.00091.pdf")) as pdf:
        pdf.save(str(path), encryption=library.PDF_ENCRYPT_AES_256, user_pw="open sesame", owner_pw="owner")


def test_an_encrypted_file_opens_with_one_of_the_passwords_told(tmp_path, monkeypatch):
    path = tmp_path / "locked.pdf"
    encrypted(path)
    assert pymupdf.parse(path, "x").outcome == "encrypted"
    monkeypatch.setenv("PASSWORDS", "wrong\nopen sesame")
    assert pymupdf.parse(path, "x", ParseOptions(passwords_variable="PASSWORDS")).outcome == "ok"
    monkeypatch.setenv("PASSWORDS", "wrong")
    assert pymupdf.parse(path, "x", ParseOptions(passwords_variable="PASSWORDS")).outcome == "encrypted"


def test_nothing_is_printed(capfd):
    pymupdf.parse(PAPERS / "jcon.00015.pdf", "x")
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "")


def test_a_missing_library_is_told_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymupdf4llm", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[pymupdf\]"):
        pymupdf.parse(PAPERS / "jcon.00015.pdf", "x")


def test_a_paragraph_goes_on_over_a_page_break_past_a_caption():
    pages = [
        [Block("paragraph", "The sea rises and", 1), Block("caption", "Figure 1: A wave.", 1)],
        [Block("paragraph", "falls twice a day.", 2), Block("paragraph", "So it does.", 2)],
    ]
    joined = markdown_pages.join_pages(pages)
    assert [block.text for block in joined] == [
        "The sea rises and falls twice a day.",
        "Figure 1: A wave.",
        "So it does.",
    ]


def test_running_heads_and_page_numbers_are_dropped():
    texts = ["The sea rises.", "It falls again.", "So it goes on."]
    pages = [
        [Block("paragraph", text, page) for text in (f"Journal of Tides, {page}", body, str(page))]
        for page, body in enumerate(texts, 1)
    ]
    assert [block.text for block in markdown_pages.join_pages(pages)] == texts


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the shared hostile files are not here")
@pytest.mark.parametrize(
    "name", ["opendataloader--samples__pdf__empty.pdf", "opendataloader--samples__pdf__fake-jpg.pdf"]
)
def test_hostile_files_have_an_outcome(name):
    assert pymupdf.parse(HOSTILE / name, "x").outcome == "unreadable"


def test_a_file_with_more_pages_than_are_read_is_refused_as_by_every_parser(tmp_path, monkeypatch):
    path = tmp_path / "long.pdf"
    path.write_bytes(many_pages([b"One", b"Two", b"Three"]))
    monkeypatch.setattr(fast, "MAX_PAGES", 2)
    told = [parser.parse(path, "x", ParseOptions()) for parser in (fast, pymupdf)]
    assert {one.outcome for one in told} == {"unreadable"}
    assert {one.reason for one in told} == {"it says it has 3 pages; at most 2 are read"}
