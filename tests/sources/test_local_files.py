import os
from pathlib import Path

import pytest

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources import collect, contents, local_files, state

PDF = b"junk before the header\n%PDF-1.4\nthe rest"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "papers"
    (root / "sub").mkdir(parents=True)
    (root / "b.pdf").write_bytes(PDF)
    (root / "a.md").write_text("# The Title #\n\nText.")
    (root / "sub" / "note.txt").write_text("Plain words.")
    return root


def split(found):
    found = list(found)
    documents = [item for item in found if isinstance(item, Document)]
    return documents, {item.detail.split(":")[0]: item.reason for item in found if isinstance(item, Reject)}


def test_types_are_told_by_content_and_titles_by_heading_or_file_name(folder):
    documents, rejects = split(collect("local_files", path=folder))
    assert [(d.source_id, d.media_type, d.title) for d in documents] == [
        ("a.md", "text/markdown", "The Title"),
        ("b.pdf", "application/pdf", "b"),
        ("sub/note.txt", "text/plain", "note"),
    ]
    assert documents[1].id == content_id(PDF)
    assert rejects == {}


def test_a_pdf_is_known_by_its_content_and_a_page_named_pdf_is_refused(tmp_path):
    (tmp_path / "page.pdf").write_text("<html>not found</html>")
    (tmp_path / "paper.txt").write_bytes(b"\xef\xbb\xbf\n" + PDF[PDF.index(b"%") :])
    (tmp_path / "headless.pdf").write_bytes(b"1 0 obj\n<< >>\nendobj\n")
    documents, rejects = split(local_files.collect(tmp_path))
    assert {d.source_id: d.media_type for d in documents} == {
        "headless.pdf": "application/pdf",
        "paper.txt": "application/pdf",
    }
    assert rejects == {"page.pdf": "fake_pdf"}


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("page.html", b"<!DOCTYPE html><title> Tides\n&amp; Moons </title><p>x", "Tides & Moons"),
        ("page.HTM", b"<p>A fragment.</p>", "page"),
        ("latin.html", b"<meta charset=iso-8859-1><title>\xdcber</title>", "Über"),
        ("wide.html", "<html><title>Über</title>".encode("utf-16"), "Über"),
        ("odd.html", b'<meta charset="base64"><title>Plain</title>', "Plain"),
        ("nul.html", b"<html><title>a\0b</title>\0", "ab"),
        ("x.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><title>X</title></html>', "X"),
        ("late.htm", b"<!-- " + b"licence " * 900 + b"--><html><title>Late</title>", "Late"),
        ("saved.txt", b"<!doctype html><title>Saved</title>", "Saved"),
        ("index", b"<html><title>Index</title>", "Index"),
    ],
)
def test_a_page_is_taken_in_any_encoding_and_titled_by_itself(tmp_path, name, content, title):
    (tmp_path / name).write_bytes(content)
    [document], rejects = split(local_files.collect(tmp_path))
    assert (document.media_type, document.title, document.id) == ("text/html", title, content_id(content))
    assert rejects == {}


def test_markdown_that_opens_with_a_tag_stays_markdown(tmp_path):
    (tmp_path / "README.md").write_text('<p align="center"><img src="x"></p>\n\n# Title')
    [document], _ = split(local_files.collect(tmp_path))
    assert (document.media_type, document.title) == ("text/markdown", "Title")


@pytest.mark.parametrize(
    ("name", "content", "problem", "detail"),
    [
        ("page.pdf", b"<!doctype html><p>not found", "fake_pdf", "is an HTML page"),
        ("packed.pdf", b"PK\x03\x04....", "fake_pdf", "is a zip archive"),
        ("paper.txt", b"\x1f\x8b\x08....", "unknown_type", "it is gzip, though called .txt"),
        ("paper.md", b"PK\x03\x04....", "unknown_type", "zip archive, or an office document"),
        ("paper.html", b"\x89PNG\r\n", "unknown_type", "a PNG image"),
        ("words.html", b"only words", "unknown_type", "holds no HTML"),
        ("nul.txt", b"words\0words", "unknown_type", "NUL"),
    ],
)
def test_a_file_that_is_something_else_is_refused_by_what_it_is(tmp_path, name, content, problem, detail):
    (tmp_path / name).write_bytes(content)
    [reject] = local_files.collect(tmp_path)
    assert (reject.reason, detail in reject.detail) == (problem, True)


def test_a_file_that_may_not_be_read_is_rejected(folder, monkeypatch):
    original = Path.open

    def guarded(self, *arguments, **options):
        if self.name == "b.pdf":
            raise PermissionError(13, "Permission denied")
        return original(self, *arguments, **options)

    # The superuser, whom tests may run as, reads a file whatever its mode.
    monkeypatch.setattr(Path, "open", guarded)
    documents, rejects = split(local_files.collect(folder))
    assert (len(documents), rejects) == (2, {"b.pdf": "unreadable"})


def test_folders_linked_in_a_circle_end(folder):
    (folder / "round").symlink_to(folder / "sub")
    (folder / "sub" / "back").symlink_to(folder)
    documents, rejects = split(local_files.collect(folder))
    assert [d.source_id for d in documents if "back" not in d.source_id] == ["a.md", "b.pdf", "sub/note.txt"]
    assert rejects == {}


def test_a_link_to_itself_is_rejected(folder):
    (folder / "self.txt").symlink_to(folder / "self.txt")
    documents, rejects = split(local_files.collect(folder))
    assert (len(documents), rejects) == (3, {"self.txt": "unreadable"})


def test_text_that_is_not_prose_is_not_taken_for_a_document(tmp_path):
    for name in ("crossref.xml", "page.html", "data.json", "table.csv", "code.py"):
        (tmp_path / name).write_text("some text")
    (tmp_path / "README").write_text("some prose")
    documents, rejects = split(local_files.collect(tmp_path))
    assert [d.source_id for d in documents] == ["README"]
    assert set(rejects.values()) == {"unknown_type"}


def test_the_same_bytes_under_two_names_are_one_document_with_both_origins(folder):
    (folder / "sub" / "copy.pdf").write_bytes(PDF)
    documents, _ = split(local_files.collect(folder))
    twice = next(d for d in documents if d.id == content_id(PDF))
    assert twice.origins == ("local_files:b.pdf", "local_files:sub/copy.pdf")
    assert len(documents) == 3


def test_what_cannot_be_taken_is_rejected_with_its_reason(folder, tmp_path):
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "image.png").write_bytes(b"\x89PNG\r\n\0\0")
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "secret.txt").write_text("outside")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    documents, rejects = split(local_files.collect(folder))
    assert len(documents) == 3
    assert rejects == {
        "empty.pdf": "empty",
        "image.png": "unknown_type",
        "latin.txt": "unknown_type",
        "leak.txt": "outside_folder",
        "up": "outside_folder",
        "gone.txt": "unreadable",
        "pipe": "unreadable",
    }


def test_hidden_files_and_folders_are_passed_over(folder):
    (folder / ".hidden.txt").write_text("no")
    (folder / ".git").mkdir()
    (folder / ".git" / "config.txt").write_text("no")
    documents, rejects = split(local_files.collect(folder))
    assert len(documents) == 3
    assert rejects == {}


def test_patterns_a_glob_and_a_single_file_choose_what_is_taken(folder):
    assert [d.source_id for d in split(local_files.collect(folder, patterns=["*.md", "*.pdf"]))[0]] == ["a.md", "b.pdf"]
    assert [d.source_id for d in split(local_files.collect(folder / "**" / "*.txt"))[0]] == ["sub/note.txt"]
    assert [d.source_id for d in split(local_files.collect(folder / "b.pdf"))[0]] == ["b.pdf"]


def test_a_missing_path_names_itself_and_the_remedy(tmp_path):
    with pytest.raises(SourceError, match=r"absent: no such file or folder; check the path"):
        list(local_files.collect(tmp_path / "absent"))
    with pytest.raises(SourceError, match="no file matches"):
        list(local_files.collect(tmp_path / "*.pdf"))
    with pytest.raises(SourceError, match="relative"):
        list(local_files.collect(tmp_path, patterns=["/etc/*"]))


def test_the_state_changes_with_content_names_and_nothing_else(folder, tmp_path):
    before = state("local_files", path=folder)
    os.utime(folder / "b.pdf", (1, 1))
    assert state("local_files", path=folder) == before
    (folder / "b.pdf").rename(folder / "c.pdf")
    renamed = state("local_files", path=folder)
    (folder / "c.pdf").write_bytes(PDF + b"!")
    assert len({before, renamed, state("local_files", path=folder)}) == 3


def test_the_state_does_not_depend_on_where_the_folder_lies(folder, tmp_path):
    before = state("local_files", path=folder)
    folder.rename(tmp_path / "moved")
    assert state("local_files", path=tmp_path / "moved") == before


def test_a_rewritten_file_is_noticed_though_size_and_modification_time_stay(folder):
    text = folder / "a.md"
    os.utime(text, (1, 1))
    before = state("local_files", path=folder)
    text.write_text(text.read_text().replace("Text", "Test"))
    os.utime(text, (1, 1))
    assert state("local_files", path=folder) != before


def test_a_settled_file_is_read_once_for_its_state_and_its_document(folder, monkeypatch):
    opened = []
    original = Path.open

    def watched(self, *arguments, **options):
        opened.append(self.name)
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", watched)
    monkeypatch.setattr(contents, "_SETTLED_NS", -1)
    state("local_files", path=folder)
    list(collect("local_files", path=folder))
    assert sorted(opened) == ["a.md", "b.pdf", "note.txt"]


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname == "Darwin", reason="names are Unicode here")
def test_a_file_whose_name_is_not_utf8_is_rejected_under_a_name_that_can_be_printed(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("# Coffee")
    (tmp_path / "tea.md").write_text("# Tea")
    documents, rejects = split(local_files.collect(tmp_path))
    assert [d.source_id for d in documents] == ["tea.md"]
    assert rejects == {"caf\\xe9.md": "unreadable"}
    assert state("local_files", path=tmp_path)


def sparse(path, size, head=b""):
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


def test_a_file_that_is_no_document_is_refused_without_being_read_whole(tmp_path):
    sparse(tmp_path / "movie.mp4", 1 << 40)
    sparse(tmp_path / "dump", 1 << 40)
    documents, rejects = split(local_files.collect(tmp_path))
    assert (documents, rejects) == ([], {"movie.mp4": "unknown_type", "dump": "unknown_type"})
    before = state("local_files", path=tmp_path)
    sparse(tmp_path / "movie.mp4", (1 << 40) + 1)
    assert state("local_files", path=tmp_path) != before


def test_a_document_beyond_the_limit_is_too_large_and_says_what_is_allowed(tmp_path):
    sparse(tmp_path / "atlas.pdf", contents.MAX_PDF_BYTES + 1, b"%PDF-1.7")
    sparse(tmp_path / "log.txt", contents.MAX_TEXT_BYTES + 1, b"words " * 200)
    (tmp_path / "note.txt").write_text("words")
    found = list(local_files.collect(tmp_path))
    assert split(found)[1] == {"atlas.pdf": "too_large", "log.txt": "too_large"}
    assert "at most 200 MB are read of a PDF" in found[1].detail
    assert split(local_files.collect(tmp_path, max_text_bytes=4))[1]["note.txt"] == "too_large"


def test_blocks_give_the_id_and_the_type_that_the_whole_file_has(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "_BLOCK_BYTES", 3)
    text = "\ufeff# Über Ärzte\n\nDänemark €".encode()
    (tmp_path / "text.md").write_bytes(text)
    headless = b"1 0 obj << >> endobj"
    (tmp_path / "headless.pdf").write_bytes(headless)
    (tmp_path / "cut.md").write_bytes(text[:-1])
    (tmp_path / "late.txt").write_bytes(b"word " * 300 + b"\0")
    documents, rejects = split(local_files.collect(tmp_path))
    assert {d.source_id: d.id for d in documents} == {
        "headless.pdf": content_id(headless),
        "text.md": content_id(text),
    }
    assert rejects == {"cut.md": "unknown_type", "late.txt": "unknown_type"}


def test_the_title_is_found_behind_a_byte_order_mark(tmp_path):
    (tmp_path / "text.md").write_bytes("\ufeff# Über Ärzte\n".encode())
    assert split(local_files.collect(tmp_path))[0][0].title == "Über Ärzte"


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(SourceError, match="local_files"):
        collect("floppy", path=".")


def test_the_licence_that_a_user_tells_is_kept_with_each_file(tmp_path: Path):
    (tmp_path / "one.md").write_text("# One\n\nA text.")
    (document,) = local_files.collect(tmp_path, license="CC-BY-4.0")
    assert document.license == "CC-BY-4.0"
    assert local_files.state(tmp_path, license="CC-BY-4.0") == local_files.state(tmp_path)
