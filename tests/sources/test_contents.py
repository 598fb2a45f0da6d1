import subprocess
import sys

import pytest

from glossator.sources.contents import read_contents

HOSTILE = """
import sys
from pathlib import Path
from glossator.sources import sniffing
from glossator.sources.arxiv_papers import Paper, clean_abstract
from glossator.sources.contents import read_contents
from glossator.sources.kaggle_records import paper_of

SIZE = 1_000_000
unit = {
    "blanks": " ", "lines": "\\n", "tabs": "\\n\\t", "comments": "<!---->", "open comments": "<!--", "less": "<",
    "titles": "<title>", "open titles": "<title ", "ends": "<title></title   ", "hashes": "#", "heading": "# ",
    "brackets": "[", "braces": "{", "quotes": '"', "metas": "<meta ", "doctypes": "<!doctype ", "xml": "<?xml ",
    "work": "work ", "withdrawn": "withdrawn by ", "letters": "a",
}
folder = Path(sys.argv[1])
for name, part in unit.items():
    for start, end in (("", "x"), ("# x", "\\0"[:0] + "x"), ("<meta charset=", ">"), ("<html><title>", "x")):
        text = start + part * (SIZE // len(part)) + end
        head = text.encode()
        for look in (sniffing.is_pdf, sniffing.is_html, sniffing.is_page, sniffing.has_tags, sniffing.is_prose):
            look(head)
        sniffing.is_pdf(b"x%PDF-" + head, called_text=True)
        for ending in (".md", ".html", ".txt"):
            path = folder / ("hostile" + ending)
            path.write_text(text)
            read_contents(path)
        Paper("1", "t", text, (), (), "", "", "", comment=text).withdrawn
        clean_abstract(text)
        paper_of(b'{"id": "2401.00001", "title": "t", "abstract": "a", "versions": [{"created": "%s"}]}' % (
            text.replace("\\\\", "").replace('"', "'").replace("\\n", " ").replace("\\t", " ").encode()))
print("done")
"""
"""Files and answers of a megabyte, made to keep patterns busy."""


def test_no_text_keeps_its_reader_busy(tmp_path):
    command = [sys.executable, "-c", HOSTILE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout, done.stderr) == ("done\n", "")


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("# A title", "A title"),
        ("words\n   #   A title  ##  \n# Another", "A title"),
        ("# C#", "C#"),
        ("# #\n#\n#\tTabs", "Tabs"),
        ("    # code\n#hash\n## second", ""),
        ("# One\r\nwords", "One"),
        ("#\n\nwords", ""),
    ],
)
def test_the_first_top_heading_names_a_markdown_file(tmp_path, text, heading):
    path = tmp_path / "text.md"
    path.write_bytes(text.encode())
    assert read_contents(path).heading == heading


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<html><TITLE lang='en'>A\n &lt;title&gt; </title >", "A <title>"),
        ("<html><title></title><title>Second</title>", "Second"),
        ("<html><titles>no</titles><title>Yes</title>", "Yes"),
        ("<html><title>never closed" + " " * 3000 + "</title>", ""),
        ("<html><title>" + "long " * 100 + "</title>", ("long " * 60).strip()),
    ],
)
def test_the_first_title_that_holds_anything_names_a_page(tmp_path, text, title):
    path = tmp_path / "page.html"
    path.write_text(text)
    assert read_contents(path).heading.strip() == title


def test_a_text_that_mentions_a_pdf_header_stays_a_text_and_a_pdf_with_junk_before_it_a_pdf(tmp_path):
    mention, junk = b"# Formats\n\nFiles begin with %PDF-1.7.\n", b"junk\n%PDF-1.4\n1 0 obj"
    types = {}
    for name, data in {"a.md": mention, "a.txt": mention, "a.py": mention, "b.pdf": junk, "b": junk}.items():
        (tmp_path / name).write_bytes(data)
        types[name] = read_contents(tmp_path / name).media_type
    expected = {"a.md": "text/markdown", "a.txt": "text/plain", "a.py": "", "b.pdf": "application/pdf"}
    assert types == {**expected, "b": "application/pdf"}
