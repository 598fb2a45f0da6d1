import functools
import sys
from pathlib import Path

import pytest

pytest.importorskip("rapidocr")
pytest.importorskip("onnxruntime")

import numpy as np
import pypdfium2
from PIL import Image
from rapidfuzz.distance import LCSseq
from tests.parsing.scanned import BAD_PDFS, PAPERS, SCANS, picture, words, write_scan

from glossator.errors import MissingExtraError, ParsingError
from glossator.parsing import fast, ocr, ocr_engine
from glossator.parsing.options import ParseOptions


@functools.cache
def born_digital(name, page):
    """What `fast` makes of one page of the paper itself."""
    return fast.parse(PAPERS / name, name, ParseOptions(pages=(page, page))).blocks


def text_of(blocks):
    return " ".join(block.text for block in blocks)


def recall(blocks, truth):
    expected = words(text_of(truth))
    return LCSseq.similarity(expected, words(text_of(blocks))) / len(expected)


def headings(blocks):
    return [block.text for block in blocks if block.kind == "heading"]


def test_a_page_scanned_askew_reads_as_the_paper_itself(tmp_path):
    path = write_scan(tmp_path / "scan.pdf", [picture("jose.00260.pdf", 1, turn=-1.1)])
    parsed = ocr.parse(path, "scan")
    assert (parsed.outcome, parsed.reason, parsed.pages, parsed.parser) == ("ok", "", 1, ocr.VERSION)
    truth = born_digital("jose.00260.pdf", 1)
    assert recall(parsed.blocks, truth) > 0.97
    assert headings(parsed.blocks) == headings(truth)
    assert "Authors of papers retain" not in text_of(parsed.blocks)


def test_columns_of_a_scan_in_black_and_white_are_read_one_after_the_other(tmp_path):
    path = write_scan(tmp_path / "scan.pdf", [picture("jcon.00091.pdf", 1, dpi=200, mode="1")], dpi=200)
    parsed = ocr.parse(path, "scan")
    paragraphs = " ".join(block.text for block in parsed.blocks if block.kind == "paragraph")
    assert "relationships between model variables are represented by a graph of sparsely connected nodes" in paragraphs
    assert recall(parsed.blocks, born_digital("jcon.00091.pdf", 1)) > 0.93


@pytest.mark.parametrize(("turn", "mode"), [(90, "CMYK"), (180, "L"), (270, "RGB")])
def test_a_page_on_its_side_or_upside_down_is_turned(tmp_path, turn, mode):
    page = picture("jose.00260.pdf", 1, dpi=120)
    prose = page.crop((page.width // 4, page.height // 2, page.width, page.height * 2 // 3))
    turned = prose.rotate(turn, expand=True).convert(mode)
    parsed = ocr.parse(write_scan(tmp_path / "scan.pdf", [turned], dpi=120), "scan", ParseOptions(dpi=120))
    found = words(text_of(parsed.blocks))
    assert len(found) > 60
    assert LCSseq.similarity(words(text_of(born_digital("jose.00260.pdf", 1))), found) / len(found) > 0.9


def test_only_the_pages_asked_for_are_read(tmp_path):
    lines = [picture("jose.00021.pdf", page, dpi=100).crop((200, 100, 820, 300)) for page in (1, 2, 2)]
    path = write_scan(tmp_path / "scan.pdf", lines, dpi=100)
    parsed = ocr.parse(path, "scan", ParseOptions(pages=(2, 2), dpi=150))
    assert {block.page for block in parsed.blocks} == {2}
    assert parsed.pages == 3


def test_a_scan_of_an_empty_sheet_is_empty(tmp_path):
    grain = np.random.default_rng(7).integers(225, 245, (1100, 850), dtype=np.uint8)
    parsed = ocr.parse(write_scan(tmp_path / "scan.pdf", [Image.fromarray(grain)], dpi=100), "scan")
    assert (parsed.outcome, parsed.reason) == ("empty", "no text was found on the image of any page")


def test_a_page_that_cannot_be_rendered_does_not_take_the_others_with_it(tmp_path, monkeypatch):
    page = picture("jose.00021.pdf", 2, dpi=100).crop((200, 100, 820, 300))
    path = write_scan(tmp_path / "scan.pdf", [page, page], dpi=100)
    render = ocr.render
    monkeypatch.setattr(ocr, "render", lambda d, n, dpi: render(d, n if n == 1 else 99, dpi))
    parsed = ocr.parse(path, "scan")
    assert (parsed.outcome, parsed.reason) == ("repaired", "pages that could not be read: 2")
    assert {block.page for block in parsed.blocks} == {1}


def test_a_page_for_which_memory_is_lacking_is_no_unreadable_page(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(ocr, "render", fail)
    with pytest.raises(MemoryError):
        ocr.parse(PAPERS / "jose.00021.pdf", "x", ParseOptions(pages=(1, 1)))


def test_a_broken_file_and_a_locked_one_say_so(tmp_path):
    import pdf_oxide

    path = tmp_path / "file.pdf"
    path.write_bytes(b"no PDF at all")
    assert ocr.parse(path, "scan").outcome == "unreadable"
    pdf_oxide.PdfDocument(str(PAPERS / "jose.00021.pdf")).save_encrypted(str(path), "secret", "owner")
    assert ocr.parse(path, "scan").outcome == "encrypted"


@pytest.mark.skipif(not BAD_PDFS.is_dir(), reason="shared data (bad-pdfs) is not present")
def test_a_locked_file_opens_with_one_of_the_passwords(monkeypatch):
    monkeypatch.setenv("SCAN_WORDS", "wrong\nfoo")
    path = BAD_PDFS / "bad-pdfminer--encryption__aes-128.pdf"
    parsed = ocr.parse(path, "scan", ParseOptions(passwords_variable="SCAN_WORDS"))
    # A single word on an empty sheet.
    assert (parsed.outcome, text_of(parsed.blocks)) == ("ok", "Secret!")


def test_a_page_of_any_size_is_rendered_within_the_bound(tmp_path):
    document = pypdfium2.PdfDocument.new()
    document.new_page(14400, 9000)
    image, points = ocr.render(document, 1, 600)
    document.close()
    assert 0.9 * ocr.MAX_PIXELS < image.size <= 1.01 * ocr.MAX_PIXELS
    assert image.shape[1] * points == pytest.approx(14400, rel=1e-3)


def test_the_models_are_those_of_the_wheel_and_nothing_is_downloaded(monkeypatch, capfd):
    import rapidocr
    import requests

    def refuse(*arguments, **named):
        raise AssertionError("something was to be downloaded")

    monkeypatch.setattr(requests, "get", refuse)
    engine = ocr_engine.Engine(Path(rapidocr.__file__).parent / "models")
    sheet = np.full((200, 600), 255, np.uint8)
    assert len(engine.find(sheet)) == 0
    assert engine.read(sheet[:40, :300]).text == ""
    assert capfd.readouterr() == ("", "")


def test_a_worker_reads_with_one_thread():
    engine = ocr_engine.load_engine()
    assert engine is ocr_engine.load_engine()
    engine.find(np.full((64, 64), 255, np.uint8))
    session = engine._rapid.text_det.session.session
    assert session.get_session_options().intra_op_num_threads == 1


def test_missing_models_and_a_missing_library_are_named(tmp_path, monkeypatch):
    with pytest.raises(ParsingError, match="came without its 'det' model"):
        ocr_engine.Engine(tmp_path)
    ocr_engine.load_engine.cache_clear()
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'glossator\[ocr\]'"):
        ocr.parse(PAPERS / "jose.00021.pdf", "paper")


@pytest.mark.skipif(not SCANS.is_dir(), reason="shared data (scans-jose) is not present")
def test_the_first_page_of_a_real_scan_has_its_title_and_sentences_whole():
    path = SCANS / "jose.00173_dpi200_rot-0.8.pdf"
    parsed = ocr.parse(path, "scan", ParseOptions(pages=(1, 1)))
    title = "Spatial data analysis with R: wrangling, visualization and econometric models"
    assert headings(parsed.blocks) == [title, "Summary"]
    everything = text_of(parsed.blocks)
    assert "The objective of the book is to guide the student, from a basic practical approach, in the" in everything
    # Where the model leaves out the space between two words, the gap tells.
    assert "is a full open course in Spanish for the analysis of spatial information" in everything
    assert "CDMX" in everything
    assert "Authors of papers retain copyright" not in everything
