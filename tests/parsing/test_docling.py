"""The parser of kind `docling`: real Docling documents to blocks, and what is said where its models are missing."""

import sys
from pathlib import Path

import pytest

from glossator.errors import MissingExtraError, ParsingError
from glossator.parsing import docling, fast
from glossator.parsing.options import ParseOptions

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"


@pytest.fixture(autouse=True)
def _forget_converter():
    docling.load_converter.cache_clear()
    yield
    docling.load_converter.cache_clear()


def make_document(*, title=True):
    core = pytest.importorskip("docling_core.types.doc", reason="docling is an extra of its own")

    def on(page):
        box = core.BoundingBox(l=0, t=10, r=10, b=0, coord_origin=core.CoordOrigin.BOTTOMLEFT)
        return core.ProvenanceItem(page_no=page, bbox=box, charspan=(0, 0))

    document = core.DoclingDocument(name="paper")
    if title:
        document.add_title("On Tides", prov=on(1))
    document.add_heading("1 Introduction", level=1, prov=on(1))
    document.add_text(core.DocItemLabel.TEXT, "The ﬁrst tide\nrises.", prov=on(1))
    document.add_heading("1.1 Harbours", level=2, prov=on(1))
    group = document.add_list_group()
    document.add_list_item("Brest", parent=group, prov=on(2))
    document.add_list_item("St. Malo", parent=group, prov=on(2))
    document.add_code("def f(x):\n    return x", prov=on(2))
    caption = document.add_text(core.DocItemLabel.CAPTION, "Table 1: Heights.", prov=on(2))
    cells = [
        core.TableCell(
            text=text,
            start_row_offset_idx=row,
            end_row_offset_idx=row + 1,
            start_col_offset_idx=column,
            end_col_offset_idx=column + 1,
            column_header=row == 0,
        )
        for row, line in enumerate((("Port", "Height"), ("Brest", "6.1")))
        for column, text in enumerate(line)
    ]
    data = core.TableData(num_rows=2, num_cols=2, table_cells=cells)
    document.add_table(data, caption=caption, prov=on(2))
    figure = document.add_text(core.DocItemLabel.CAPTION, "Figure 1: A wave.", prov=on(3))
    document.add_picture(caption=figure, prov=on(3))
    document.add_text(core.DocItemLabel.FOOTNOTE, "1 Of the year 1990.", prov=on(3))
    document.add_text(core.DocItemLabel.PAGE_FOOTER, "3", prov=on(3), content_layer=core.ContentLayer.FURNITURE)
    document.add_heading("References", level=1, prov=on(3))
    document.add_text(core.DocItemLabel.TEXT, "Roe, J. Tides, 2019.", prov=on(3))
    return document


def test_a_docling_document_becomes_blocks_with_pages_and_levels():
    blocks = docling.to_blocks(make_document())
    told = [(block.kind, block.level, block.page, block.text) for block in blocks if block.kind != "table"]
    assert told == [
        ("heading", 1, 1, "On Tides"),
        ("heading", 2, 1, "1 Introduction"),
        ("paragraph", 0, 1, "The first tide rises."),
        ("heading", 3, 1, "1.1 Harbours"),
        ("list_item", 0, 2, "Brest"),
        ("list_item", 0, 2, "St. Malo"),
        ("code", 0, 2, "def f(x):\n    return x"),
        ("caption", 0, 2, "Table 1: Heights."),
        ("caption", 0, 3, "Figure 1: A wave."),
        ("reference", 0, 3, "1 Of the year 1990."),
        ("heading", 2, 3, "References"),
        ("reference", 0, 3, "Roe, J. Tides, 2019."),
    ]


def test_a_table_is_markdown_and_comes_right_behind_its_caption():
    blocks = docling.to_blocks(make_document())
    place = next(index for index, block in enumerate(blocks) if block.kind == "table")
    assert blocks[place - 1].text == "Table 1: Heights."
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in blocks[place].text.splitlines()]
    assert (rows[0], rows[2]) == (["Port", "Height"], ["Brest", "6.1"])


def test_without_a_title_sections_begin_at_level_one():
    first = docling.to_blocks(make_document(title=False))[0]
    assert (first.level, first.text) == (1, "1 Introduction")


def test_missing_models_are_told_in_one_line_with_the_remedy(monkeypatch, tmp_path):
    pytest.importorskip("docling.document_converter", reason="docling is an extra of its own")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ParsingError, match="docling-tools models download") as told:
        docling.parse(PAPERS / "jcon.00015.pdf", "x")
    assert docling.ARTIFACTS_VARIABLE in str(told.value)
    assert f"memory_mb of {docling.MEMORY_MB} or more" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.fixture
def modelless(monkeypatch):
    """Docling's own pipeline for PDFs that needs no models: each line of text is an item."""
    converter = pytest.importorskip("docling.document_converter", reason="docling is an extra of its own")
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.pipeline_options import NativePdfPipelineOptions
    from docling.pipeline.native_pdf_pipeline import NativePdfPipeline

    option = converter.PdfFormatOption(pipeline_cls=NativePdfPipeline, pipeline_options=NativePdfPipelineOptions())
    made = converter.DocumentConverter(allowed_formats=[InputFormat.PDF], format_options={InputFormat.PDF: option})
    monkeypatch.setattr(docling, "load_converter", lambda: made)


@pytest.mark.usefixtures("modelless")
def test_pages_and_outcomes_of_real_files(tmp_path):
    whole = docling.parse(PAPERS / "jose.00260.pdf", "x")
    assert (whole.outcome, whole.pages) == ("ok", 3)
    assert {block.page for block in whole.blocks} == {1, 2, 3}
    part = docling.parse(PAPERS / "jose.00260.pdf", "x", ParseOptions(pages=(2, 2)))
    assert {block.page for block in part.blocks} == {2}
    assert docling.parse(PAPERS / "jose.00260.pdf", "x", ParseOptions(pages=(7, 8))).outcome == "empty"
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no PDF at all")
    assert docling.parse(broken, "x").outcome == "unreadable"
    assert docling.parse(tmp_path / "missing.pdf", "x").outcome == "unreadable"


@pytest.mark.usefixtures("modelless")
def test_a_file_with_more_pages_than_are_read_is_refused(monkeypatch):
    monkeypatch.setattr(fast, "MAX_PAGES", 2)
    parsed = docling.parse(PAPERS / "jose.00260.pdf", "x", ParseOptions(pages=(1, 1)))
    assert (parsed.outcome, parsed.reason) == ("unreadable", "it says it has 3 pages; at most 2 are read")


def test_a_missing_library_is_told_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "docling.datamodel.base_models", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[docling\]"):
        docling.parse(PAPERS / "jcon.00015.pdf", "x")
