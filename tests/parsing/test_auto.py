import importlib.util

import pypdfium2
import pytest
from tests.parsing.scanned import BAD_PDFS, DATA, PAPERS, picture, words, write_joined, write_lines, write_scan
from tests.parsing.test_text_layer import PROSE

from glossator.parsing import auto, fast, ocr
from glossator.parsing.options import ParseOptions
from glossator.records import ParsedDocument

needs_ocr = pytest.mark.skipif(
    not (importlib.util.find_spec("rapidocr") and importlib.util.find_spec("onnxruntime")),
    reason="rapidocr is not installed",
)
SOME_PAPERS = sorted(DATA.glob("papers-j*/*.pdf"))[::6]


@pytest.fixture
def mixed(tmp_path):
    """A paper whose second page was scanned."""
    paper = PAPERS / "jose.00021.pdf"
    scan = write_scan(tmp_path / "scan.pdf", [picture("jose.00021.pdf", 2, dpi=120, turn=0.5)], dpi=120)
    return write_joined(tmp_path / "mixed.pdf", [paper, scan, paper], [1, 1, 3])


@pytest.fixture
def without_rapidocr(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(auto, "find_spec", lambda name: None if name == "rapidocr" else find(name))


def text_of(blocks):
    return " ".join(block.text for block in blocks)


@pytest.mark.parametrize("path", sorted(PAPERS.glob("*.pdf")), ids=lambda path: path.stem)
def test_a_born_digital_paper_comes_out_as_from_fast(path):
    assert auto.parse(path, path.name) == fast.parse(path, path.name)


@pytest.mark.skipif(not SOME_PAPERS, reason="shared data (papers-jose, papers-juliacon) is not present")
def test_so_do_the_papers_of_two_journals():
    for path in SOME_PAPERS:
        assert auto.parse(path, path.name) == fast.parse(path, path.name), path.name


@needs_ocr
def test_only_the_scanned_page_of_a_paper_is_read_from_its_image(mixed, monkeypatch):
    numbers = []
    read = ocr.read_pages
    monkeypatch.setattr(
        ocr, "read_pages", lambda pdf, pages, options: numbers.extend(pages) or read(pdf, pages, options)
    )
    parsed = auto.parse(mixed, "mixed", ParseOptions(dpi=150))
    assert numbers == [2]
    assert (parsed.outcome, parsed.reason, parsed.pages, parsed.parser) == ("ok", "", 3, auto.VERSION)
    paper = fast.parse(PAPERS / "jose.00021.pdf", "paper")
    scanned = {word for block in paper.blocks if block.page == 2 for word in words(block.text)}
    assert len(scanned & set(words(text_of(b for b in parsed.blocks if b.page == 2)))) > 0.9 * len(scanned)
    assert [b for b in parsed.blocks if b.page == 1][:3] == [b for b in paper.blocks if b.page == 1][:3]
    # A scanned page is set in the type of the others: its headings are the paper's headings.
    assert [(b.level, b.text) for b in parsed.blocks if b.kind == "heading" and b.page == 2] == [
        (b.level, b.text) for b in paper.blocks if b.kind == "heading" and b.page == 2
    ]


@needs_ocr
def test_a_page_whose_letters_are_told_wrong_is_read_from_its_image(tmp_path):
    path = write_lines(tmp_path / "wrong.pdf", PROSE, shift=3)
    assert "lighthouse" not in text_of(fast.parse(path, "wrong").blocks)
    parsed = auto.parse(path, "wrong")
    assert text_of(parsed.blocks) == " ".join(PROSE)
    assert (parsed.outcome, parsed.parser) == ("ok", ocr.VERSION)


def test_without_rapidocr_the_scanned_pages_are_named_and_the_others_kept(mixed, without_rapidocr):
    parsed = auto.parse(mixed, "mixed")
    assert parsed.outcome == "repaired"
    assert parsed.reason == "pages with no text layer: 2; to read them run: pip install 'glossator[ocr]'"
    assert {block.page for block in parsed.blocks} == {1, 3}


def test_without_rapidocr_a_file_of_nothing_else_is_empty(tmp_path, without_rapidocr):
    path = write_lines(tmp_path / "wrong.pdf", PROSE, shift=3)
    parsed = auto.parse(path, "wrong")
    assert (parsed.outcome, parsed.blocks) == ("empty", ())
    assert parsed.reason == "pages with a garbled text layer: 1; to read them run: pip install 'glossator[ocr]'"


def test_a_blank_document_is_empty_and_never_read_from_its_image(tmp_path, monkeypatch):
    monkeypatch.setattr(ocr, "read_pages", lambda *arguments: pytest.fail("a blank page was read"))
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    document.save(tmp_path / "blank.pdf")
    document.close()
    assert auto.parse(tmp_path / "blank.pdf", "blank").outcome == "empty"


def test_only_the_pages_asked_for_are_looked_at(mixed, without_rapidocr):
    parsed = auto.parse(mixed, "mixed", ParseOptions(pages=(3, 3)))
    assert (parsed.outcome, {block.page for block in parsed.blocks}) == ("ok", {3})


def test_a_broken_file_is_unreadable(tmp_path):
    (tmp_path / "file.pdf").write_bytes(b"no PDF at all")
    assert auto.parse(tmp_path / "file.pdf", "broken").outcome == "unreadable"


@pytest.mark.skipif(not BAD_PDFS.is_dir(), reason="shared data (bad-pdfs) is not present")
def test_a_locked_file_opens_with_one_of_the_passwords(monkeypatch):
    path = BAD_PDFS / "bad-pdfminer--encryption__aes-128.pdf"
    assert auto.parse(path, "locked").outcome == "encrypted"
    monkeypatch.setenv("PDF_WORDS", "wrong\nfoo")
    options = ParseOptions(passwords_variable="PDF_WORDS")
    assert auto.parse(path, "locked", options) == fast.parse(path, "locked", options)


def test_without_rapidocr_an_unreadable_file_stays_unreadable():
    broken = ParsedDocument("d", "unreadable", "the stream of page 2 is cut", 2, (), fast.VERSION)
    told = auto._without_ocr(broken, {1: "no text layer"})
    assert told.outcome == "unreadable"
    assert told.reason.startswith("the stream of page 2 is cut; pages with no text layer: 1; to read them run")
