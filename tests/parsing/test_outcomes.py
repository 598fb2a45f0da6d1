import os
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from glossator.parsing import ParseOptions, fast, parse_documents, parse_file, parser_version, to_markdown
from glossator.records import Block, Document, ParsedDocument, content_id

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"
BAD_PDFS = Path(__file__).parents[2].parent / "shared" / "data" / "bad-pdfs"


def document(path, media_type="application/pdf"):
    return Document(content_id(path.read_bytes()), path.name, (), path.stem, media_type, path=str(path))


@pytest.fixture
def encrypted_pdf(tmp_path):
    """A paper that opens with a password only."""
    import pdf_oxide

    path = tmp_path / "encrypted.pdf"
    pdf_oxide.PdfDocument(str(PAPERS / "jcon.00091.pdf")).save_encrypted(str(path), "secret", "owner")
    return path


def outcome(path, media_type="application/pdf"):
    parsed = parse_file(path, media_type, content_id(path.read_bytes()))
    assert (parsed.outcome in ("ok", "repaired")) == bool(parsed.blocks)
    assert parsed.outcome == "ok" or parsed.reason
    return parsed.outcome


def test_an_encrypted_file_says_so(encrypted_pdf):
    assert outcome(encrypted_pdf) == "encrypted"


def test_a_truncated_file_is_unreadable(tmp_path):
    path = tmp_path / "cut.pdf"
    path.write_bytes((PAPERS / "jcon.00091.pdf").read_bytes()[:3000])
    assert outcome(path) == "unreadable"


def test_a_page_of_html_named_pdf_is_unreadable(tmp_path):
    path = tmp_path / "fake.pdf"
    path.write_text("<html><body>404 %PDF-1.4 not found</body></html>")
    assert outcome(path) == "unreadable"


def test_an_empty_file_and_a_pdf_without_text_are_empty(tmp_path):
    path = tmp_path / "empty.pdf"
    path.write_bytes(b"")
    assert outcome(path) == "empty"
    from pdf_oxide import Pdf

    path.write_bytes(Pdf.from_text(" ").to_bytes())
    assert outcome(path) == "empty"


def test_text_that_is_not_utf8_and_a_file_that_is_gone_are_unreadable(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes(b"caf\xe9")
    assert outcome(path, "text/plain") == "unreadable"
    assert parse_file(tmp_path / "gone.txt", "text/plain", "0").outcome == "unreadable"


def test_a_file_changed_since_it_was_collected_is_unreadable(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("before")
    known = document(path, "text/plain")
    path.write_text("after")
    (parsed,) = parse_documents([known])
    assert (parsed.outcome, parsed.reason) == ("unreadable", "the file has changed since it was collected")


def test_a_file_emptied_since_it_was_collected_is_not_taken_for_an_empty_document(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("before")
    known = content_id(path.read_bytes())
    path.write_text("")
    assert parse_file(path, "text/plain", known).outcome == "unreadable"


def test_the_parser_version_names_rules_and_libraries_without_loading_them():
    named = parser_version(ParseOptions("fast"), "application/pdf")
    assert named.split() == [fast.VERSION, f"pdf_oxide/{version('pdf_oxide')}", f"pypdfium2/{version('pypdfium2')}"]
    code = (
        "import sys; from glossator.parsing import PARSERS, ParseOptions as O, parser_version as v;"
        "[v(O(kind), t) for kind in PARSERS for t in ('application/pdf', 'text/html', 'text/plain')];"
        "sys.exit(bool({'pdf_oxide', 'pypdfium2', 'pymupdf', 'rapidocr', 'trafilatura', 'docling'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_whatever_decides_the_blocks_is_in_the_parser_version():
    options = [
        ParseOptions("fast"),
        ParseOptions("auto"),
        ParseOptions("auto", dpi=300),
        ParseOptions("auto", figures_folder="figures"),
        ParseOptions("ocr"),
        ParseOptions("pymupdf"),
        ParseOptions("pymupdf", layout=False),
        ParseOptions("docling"),
    ]
    assert len({parser_version(option, "application/pdf") for option in options}) == len(options)
    assert parser_version(options[0], "text/plain") == parser_version(options[4], "text/plain")


def test_every_document_comes_back_once_and_texts_need_no_file(tmp_path, encrypted_pdf):
    markdown = tmp_path / "note.md"
    markdown.write_text("# Title\n\nText.")
    abstract = Document("abstract", "a", (), "A", "text/plain", text="An abstract.")
    blank = Document("blank", "b", (), "B", "text/plain", text=" ")
    documents = [
        document(PAPERS / "jose.00021.pdf"),
        document(encrypted_pdf),
        document(markdown, "text/markdown"),
        abstract,
        blank,
    ]
    timed = []
    parsed = list(parse_documents(documents, workers=2, on_result=timed.append))
    assert Counter(p.document_id for p in parsed) == Counter(d.id for d in documents)
    outcomes = {p.document_id: p.outcome for p in parsed}
    assert [outcomes[d.id] for d in documents] == ["ok", "encrypted", "ok", "ok", "empty"]
    assert [finished.document for finished in timed] == parsed
    assert all(finished.seconds >= 0 and not finished.lost for finished in timed)


def test_a_parser_that_takes_too_long_ends_as_timeout(tmp_path):
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    stuck = Document("0", "pipe.txt", (), "pipe", "text/plain", path=str(pipe))
    fine = Document("1", "t", (), "t", "text/plain", text="Text.")
    outcomes = {p.document_id: p.outcome for p in parse_documents([stuck, fine], timeout_seconds=1)}
    assert outcomes == {"0": "timeout", "1": "ok"}


def test_a_parser_that_takes_too_much_memory_ends_as_memory(tmp_path):
    big = tmp_path / "big.txt"
    big.write_text("word " * (16 << 20))
    (parsed,) = parse_documents([document(big, "text/plain")], memory_mb=64)
    assert parsed.outcome == "memory"


def test_markdown_shows_each_kind_of_block():
    blocks = (
        Block("heading", "A title", 1, 1),
        Block("paragraph", "Text.", 1),
        Block("list_item", "Item", 1),
        Block("code", "x = '```'", 2),
    )
    parsed = ParsedDocument("d", "ok", "", 2, blocks, "fast/1")
    assert to_markdown(parsed) == "# A title\n\nText.\n\n- Item\n\n~~~~\nx = '```'\n~~~~\n"
    assert to_markdown(ParsedDocument("d", "empty", "no text", 0, (), "fast/1")) == ""


@pytest.mark.skipif(not BAD_PDFS.is_dir(), reason="shared data (bad-pdfs) is not present")
def test_no_hostile_pdf_is_lost_or_hangs():
    documents = [document(path) for path in sorted(BAD_PDFS.glob("*.pdf"))]
    unique = {d.id: d for d in documents}
    parsed = list(parse_documents(list(unique.values()), workers=2, timeout_seconds=20))
    assert {p.document_id for p in parsed} == set(unique)
    assert all(p.reason for p in parsed if p.outcome != "ok")
    passwords = [d.id for d in documents if "pdfminer--encryption" in d.source_id]
    assert {p.outcome for p in parsed if p.document_id in passwords} == {"encrypted"}
