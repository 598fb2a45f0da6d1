import pypdfium2
import pytest
from tests.parsing.scanned import PAPERS, picture, write_joined, write_lines, write_scan, write_searchable

from glossator.parsing import fast, text_layer
from glossator.parsing.options import ParseOptions
from glossator.parsing.text_layer import find_faults

PROSE = [
    "The keeper of the lighthouse climbed the stairs every evening before the sun",
    "went down, and every morning he came back to the small kitchen where his",
    "daughter had already lit the fire. They seldom spoke of the winter when the",
    "supply boat did not come, although both of them remembered each week of it,",
    "the bread made of old flour, the lamp that was never allowed to go out, and",
    "the strange quiet after the storm had broken the last window of the tower.",
]


def faults(path):
    pdf = fast.open_pdf(path, ParseOptions())
    return find_faults(path, pdf.password, fast.read_pages(pdf, ParseOptions()))


@pytest.mark.parametrize("path", sorted(PAPERS.glob("*.pdf")), ids=lambda path: path.stem)
def test_every_page_of_a_born_digital_paper_is_usable(path):
    assert faults(path) == {}


def test_a_scanned_page_has_no_text_layer_and_its_neighbours_have(tmp_path):
    scan = write_scan(tmp_path / "scan.pdf", [picture("jose.00021.pdf", 1, dpi=40)], dpi=40)
    paper = PAPERS / "jose.00021.pdf"
    assert faults(write_joined(tmp_path / "mixed.pdf", [paper, scan, paper], [1, 1, 2])) == {2: "no text layer"}


def test_a_scan_with_a_stamp_is_a_scan_still(tmp_path):
    scan = write_scan(tmp_path / "scan.pdf", [picture("jose.00021.pdf", 1, dpi=40)], dpi=40)
    stamp = write_lines(tmp_path / "stamp.pdf", ["Downloaded from the library of the university by a guest"])
    document, stamped = pypdfium2.PdfDocument(stamp), pypdfium2.PdfDocument(scan)
    page = stamped[0]
    page.insert_obj(document.page_as_xobject(0, stamped).as_pageobject())
    page.gen_content()
    stamped.save(tmp_path / "stamped.pdf")
    assert faults(tmp_path / "stamped.pdf") == {1: "no text layer"}
    assert faults(stamp) == {}


def test_a_searchable_scan_is_usable_as_it_is(tmp_path):
    assert faults(write_searchable(tmp_path / "searchable.pdf", "jose.00021.pdf", 1)) == {}


def test_letters_told_wrong_are_a_garbled_layer(tmp_path):
    assert faults(write_lines(tmp_path / "right.pdf", PROSE)) == {}
    assert faults(write_lines(tmp_path / "wrong.pdf", PROSE, shift=3)) == {1: "a garbled text layer"}


def test_a_blank_page_needs_nothing(tmp_path):
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    document.save(tmp_path / "blank.pdf")
    document.close()
    assert faults(tmp_path / "blank.pdf") == {}


def test_a_small_picture_beside_a_caption_is_no_scan(tmp_path):
    page = write_lines(tmp_path / "page.pdf", ["Figure 7. The lamp of the tower, drawn by the keeper."])
    document = pypdfium2.PdfDocument(page)
    image = pypdfium2.PdfImage.new(document)
    image.set_bitmap(pypdfium2.PdfBitmap.from_pil(picture("jose.00021.pdf", 1, dpi=30)))
    image.set_matrix(pypdfium2.PdfMatrix().scale(400, 300).translate(100, 200))
    document[0].insert_obj(image)
    document.save(tmp_path / "figure.pdf")
    document.close()
    assert faults(tmp_path / "figure.pdf") == {}


def test_the_few_words_of_a_slide_with_a_picture_behind_them_are_its_text(tmp_path):
    slide = write_lines(tmp_path / "words.pdf", [*[" "] * 12, "Harbours of the north and their lights"])
    document = pypdfium2.PdfDocument(slide)
    image = pypdfium2.PdfImage.new(document)
    image.set_bitmap(pypdfium2.PdfBitmap.from_pil(picture("jose.00021.pdf", 1, dpi=30)))
    page = document[0]
    image.set_matrix(pypdfium2.PdfMatrix().scale(*page.get_size()))
    page.insert_obj(image)
    page.gen_content()
    document.save(tmp_path / "slide.pdf")
    document.close()
    assert faults(tmp_path / "slide.pdf") == {}


def test_a_lack_of_memory_is_not_taken_for_a_page_that_needs_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    scan = write_scan(tmp_path / "scan.pdf", [picture("jose.00021.pdf", 1, dpi=40)], dpi=40)
    monkeypatch.setattr(text_layer, "_share_of_images", fail)
    with pytest.raises(MemoryError):
        faults(scan)
