"""`glossator parse` and the room behind it: one row a file, and nothing that could draw on a terminal."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from glossator.errors import GlossatorError
from glossator.pipeline import parse_paths, read_conversations

COMMAND = [sys.executable, "-c", "from glossator.cli import main; main()", "parse"]
LIMITS = {"workers": 1, "timeout_seconds": 60, "memory_mb": 1024}
unicode_names = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode here")


def parse(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False, env={**os.environ, **environment})


def test_two_files_with_equal_bytes_have_a_row_each(tmp_path: Path):
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# Title\n\nText.\n")
    (tmp_path / "c.md").symlink_to(tmp_path / "a.md")
    rows = parse_paths([tmp_path, tmp_path / "a.md"], **LIMITS)
    assert [row["path"] for row in rows] == [str(tmp_path / name) for name in ("a.md", "b.md", "c.md")]
    assert {row["outcome"] for row in rows} == {"ok"}
    assert len({row["markdown"] for row in rows}) == 1


def test_rows_come_in_the_order_given_with_the_paths_given(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd: name.md").write_text("")
    (tmp_path / "z.md").write_text("Text.")
    rows = parse_paths([Path("z.md"), Path("odd: name.md")], **LIMITS)
    assert [(row["path"], row["outcome"]) for row in rows] == [("z.md", "ok"), ("odd: name.md", "empty")]


@unicode_names
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_name_that_is_not_utf8_is_a_row_and_not_a_crash(tmp_path: Path, locale: str):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("# Coffee")
    told = parse(tmp_path, "--json", LC_ALL=locale)
    assert told.returncode == 0, told.stderr
    (row,) = json.loads(told.stdout)
    assert (Path(row["path"]).name, row["outcome"]) == ("caf\\xe9.md", "unreadable")
    assert "not UTF-8" in row["reason"]
    assert parse(tmp_path, LC_ALL=locale).returncode == 0


@unicode_names
def test_a_file_name_cannot_draw_on_the_terminal(tmp_path: Path):
    (tmp_path / "a\nb\x1b[2J.md").write_text("Text.")
    told = parse(tmp_path)
    assert rb"a\nb\x1b[2J.md: ok" in told.stderr
    assert b"\x1b" not in told.stderr


def test_a_document_reaches_a_pipe_as_it_is_and_a_terminal_without_control_characters(tmp_path: Path):
    pty = pytest.importorskip("pty")
    (tmp_path / "a.md").write_text("```\nclear \x1b[2J \x9b2J ünd\n```\n", encoding="utf-8")
    assert "clear \x1b[2J \x9b2J ünd\n".encode() in parse(tmp_path / "a.md", LC_ALL="C").stdout
    ours, theirs = pty.openpty()
    subprocess.run([*COMMAND, str(tmp_path / "a.md")], stdout=theirs, stderr=subprocess.DEVNULL, check=True)
    shown = os.read(ours, 10_000).decode("utf-8")
    os.close(ours)
    os.close(theirs)
    assert "clear [2J 2J ünd\r\n" in shown


def test_the_line_of_a_bad_conversation_is_counted_with_the_blank_lines_above_it(tmp_path: Path):
    path = tmp_path / "in.jsonl"
    path.write_text('\n{"messages": [{"role": "user", "content": "Q?"}]}\n\n{"prompt": "Q?"}\n')
    with pytest.raises(GlossatorError, match="line 4"):
        read_conversations(path)


def test_many_files_end_with_how_many_were_read(tmp_path: Path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "fine.md").write_text("# Title\n\nText.\n")
    both = parse(tmp_path)
    assert both.returncode == 0
    assert both.stderr.decode().splitlines()[-1] == "2 files: 1 read, 1 not"


def test_figures_are_written_beside_the_markdown_that_shows_them(tmp_path: Path):
    paper = Path(__file__).parents[2] / "examples" / "papers" / "jose.00168.pdf"
    parse(paper, "--output", tmp_path / "md", "--figures", tmp_path / "md" / "pictures")
    shown = re.findall(r"!\[Figure \d\]\((pictures/\w+\.png)\)", (tmp_path / "md" / "jose.00168.md").read_text())
    assert len(shown) == 2
    assert all((tmp_path / "md" / name).is_file() for name in shown)


def test_passwords_come_from_a_file(tmp_path: Path):
    import pdf_oxide

    paper = Path(__file__).parents[1] / "fixtures" / "papers" / "jcon.00091.pdf"
    pdf_oxide.PdfDocument(str(paper)).save_encrypted(str(tmp_path / "locked.pdf"), "sesame", "owner")
    (tmp_path / "words").write_text("wrong\nsesame\n")
    assert b"encrypted" in parse(tmp_path / "locked.pdf").stderr
    opened = parse(tmp_path / "locked.pdf", "--passwords", tmp_path / "words")
    assert (opened.returncode, b"# " in opened.stdout, b"sesame" in opened.stderr) == (0, True, False)
