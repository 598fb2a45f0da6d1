"""The parser of kind `html`, with the real library on pages such as the web has."""

import sys

import pytest

from glossator.errors import MissingExtraError
from glossator.parsing import html

SENTENCE = "The tide in the harbour rises twice a day because the moon pulls the sea towards itself. "

ARTICLE = f"""<!doctype html><html><head><meta charset="utf-8"><title>Tides and Moons</title>
<meta name="author" content="Ada Marsh"><meta property="article:published_time" content="2024-03-05">
<script>var words = "script words";</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/jobs">Jobs at our company</a></li></ul></nav>
<main><article><h1>Tides and Moons</h1><p>{SENTENCE * 3}</p>
<h2>Heights</h2>
<p>{SENTENCE}See <a href="https://example.org/x">the <em>tables</em></a> and <strong>charts</strong>.</p>
<ul><li>Spring tides come at full moon.</li><li>Neap tides come a week later.</li></ul>
<table><tr><th>Port</th><th>Height (m)</th></tr><tr><td>Brest</td><td>6.1</td></tr></table>
<pre><code>def height(t):
    return 3 * t_0</code></pre>
<p style="display:none">Words of a hidden shop.</p><div hidden>Words of a hidden door.</div>
<p>{SENTENCE * 2}</p></article></main>
<section id="comments" class="comments"><div class="comment"><p>First! A great article, thanks.</p></div></section>
<footer><p>Cookie settings. All rights reserved.</p></footer></body></html>"""

PAPER = rf"""<!DOCTYPE html><html><head><title>Learning on Graphs</title></head><body><article class="ltx_document">
<h1 class="ltx_title">Learning on Graphs</h1><section><h2>1 Introduction</h2>
<p>{SENTENCE}The error is <math alttext="O(\sqrt{{n}})" display="inline"><mi>O</mi><mi>n</mi></math> here.</p>
<table class="ltx_equation"><tr><td><math alttext="L=\sum_{{i}}y_{{i}}" display="block"><mi>L</mi></math></td>
<td>(1)</td></tr></table><p>{SENTENCE * 2}</p></section>
<figure><img src="x.png"><figcaption><span>Figure 1: </span>Error against labels.</figcaption></figure>
<section><h2>References</h2><ul><li>[1] Roe, J. Graphs and labels. Journal of Graphs, 2019.</li></ul></section>
</article></body></html>"""


@pytest.fixture(autouse=True)
def _library():
    try:
        import trafilatura  # noqa: F401
    except ImportError:
        pytest.skip("trafilatura, or lxml_html_clean beneath it, is not installed")


def blocks(page):
    return html.read_page(page.encode(), "x")[0].blocks


def test_the_main_text_comes_with_headings_lists_tables_and_code():
    found = [(block.kind, block.level, block.text) for block in blocks(ARTICLE)]
    assert found[0] == ("heading", 1, "Tides and Moons")
    assert ("heading", 2, "Heights") in found
    assert ("list_item", 0, "Neap tides come a week later.") in found
    assert ("code", 0, "def height(t):\n    return 3 * t_0") in found
    table = next(text for kind, _, text in found if kind == "table")
    assert table.splitlines()[0] == "| Port | Height (m) |"
    assert "| Brest | 6.1 |" in table
    assert any(text.endswith("See the tables and charts.") for _, _, text in found)


@pytest.mark.parametrize("words", ["Home", "script words", "hidden shop", "hidden door", "First!", "Cookie"])
def test_what_is_no_main_text_stays_out(words):
    assert words not in "\n".join(block.text for block in blocks(ARTICLE))


def test_what_a_page_says_about_itself_is_not_lost():
    facts = html.read_page(ARTICLE.encode(), "x")[1]
    assert (facts.title, facts.author, facts.published) == ("Tides and Moons", "Ada Marsh", "2024-03-05")


def test_a_title_that_the_text_lacks_is_its_first_heading():
    page = f"<html><head><title>On Tides</title></head><body><article><p>{SENTENCE * 5}</p></article></body></html>"
    first = blocks(page)[0]
    assert (first.kind, first.level, first.text) == ("heading", 1, "On Tides")


def test_formulas_are_tex_and_captions_and_references_are_told_apart():
    found = [(block.kind, block.text) for block in blocks(PAPER)]
    assert any(kind == "paragraph" and r"The error is $O(\sqrt{n})$ here." in text for kind, text in found)
    assert ("paragraph", r"$$L=\sum_{i}y_{i}$$") in found
    assert ("caption", "Figure 1: Error against labels.") in found
    assert ("reference", "[1] Roe, J. Graphs and labels. Journal of Graphs, 2019.") in found


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ("", "cp1252"),
        ('<meta charset="shift_jis">', "shift_jis"),
        ("", "utf-8"),
    ],
)
def test_a_page_is_decoded_by_what_it_says_or_shows(declared, codec):
    word = "潮の満ち引き" if codec == "shift_jis" else "l’été à Saint-Malo"
    page = f"<html><head>{declared}<title>x</title></head><body><article><p>{word}: {SENTENCE * 5}</p></article>"
    parsed, _ = html.read_page(page.encode(codec), "x")
    assert word in parsed.blocks[-1].text


def test_a_byte_order_mark_beats_what_a_page_says():
    page = (
        f'<html><head><meta charset="cp1252"></head><body><article><p>l’été {SENTENCE * 5}</p></article></body></html>'
    )
    parsed, _ = html.read_page(b"\xff\xfe" + page.encode("utf-16-le"), "x")
    assert "l’été" in parsed.blocks[-1].text


def test_a_page_that_is_one_form_keeps_its_text_without_the_controls():
    controls = '<input value="secret"><select><option>Choose me</option></select><textarea>Write here</textarea>'
    closing = "At the quay the harbour master writes down its height, as his mother did before him."
    inner = f"<h1>Tides</h1><p>{SENTENCE * 5}</p>{controls}<p>{closing}</p><button>Press me</button>"
    found = [block.text for block in blocks(f'<html><body><form action="./">{inner}</form></body></html>')]
    assert found == ["Tides", (SENTENCE * 5).strip(), closing]


def test_text_between_elements_that_are_taken_out_stays_in_its_order():
    parts = "One<script>x</script> two<b> three<input></b><span> four</span><span hidden>no</span><font> five<wbr> six"
    page = f"<html><body><article><p>{parts}</font> <script></script>seven.</p><p>{SENTENCE * 5}</p></article></body>"
    (text,) = [block.text for block in blocks(page) if "One" in block.text]
    assert text == "One two three four five six seven."


@pytest.mark.parametrize("left_out", ["<script></script>", "<i hidden></i>", "<input>", "<wbr>", "<span></span>"])
def test_thousands_of_elements_that_are_taken_out_leave_few_pieces_of_text(left_out):
    from lxml import html as lxml_html

    tree = lxml_html.document_fromstring("<html><body><p>" + f"word {left_out}" * 40_000 + "</p></body></html>")
    html._prepare(tree)
    assert len(tree.xpath("//text()")) == 1  # each piece more is copied by every reader of the text


@pytest.mark.parametrize(
    "page",
    [
        f"<html><body><p>{SENTENCE * 5}</p>" + "<b><i>" * 50_000 + SENTENCE,
        f"<html><body><article><p>{SENTENCE * 5}</p>" + "<ul><li>" * 20_000 + SENTENCE,
        "<html><body><script>" + "var x = '<p>evil</p>';" * 100_000 + f"</script><p>{SENTENCE * 5}</p></body></html>",
        f'<!DOCTYPE html [<!ENTITY a "aaaaaaaa"><!ENTITY b "{"&a;" * 1000}">]><p>{SENTENCE * 5}{"&b;" * 10}</p>',
        f"<?xml version='1.0' encoding='utf-8'?><html><body><p>{SENTENCE * 5}\x00</p></body></html>",
    ],
    ids=["deep", "deep-list", "scripts", "entities", "xml-and-nul"],
)
def test_hostile_pages_give_their_text_and_no_more(page):
    parsed, _ = html.read_page(page.encode(), "x")
    assert parsed.outcome == "ok"
    assert SENTENCE.strip() in parsed.blocks[-1].text
    assert sum(len(block.text) for block in parsed.blocks) < 10_000


def test_pages_beyond_all_measure_are_refused(tmp_path):
    huge = tmp_path / "huge.html"
    with huge.open("wb") as file:
        file.truncate(html.LARGEST_BYTES + 1)
    assert html.parse(huge, "x").reason == "over 32 MiB of HTML"
    many = "<html><body>" + "<p>x</p>" * 50_001
    assert html.read_page(many.encode(), "x")[0].reason == "over 50000 elements"


@pytest.mark.parametrize("page", ["", "   ", "<html><body></body></html>"])
def test_a_page_without_text_is_empty(page, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(page)
    assert html.parse(path, "x").outcome in ("empty", "unreadable")
    assert html.parse(path, "x").reason


def test_a_missing_file_and_a_missing_library_are_told(tmp_path, monkeypatch):
    assert html.parse(tmp_path / "none.html", "x").outcome == "unreadable"
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[documents\]"):
        html.read_page(ARTICLE.encode(), "x")
