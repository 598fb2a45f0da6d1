"""The `html` parser: the main text of a web page, without its menus, comments and advertisements."""

from __future__ import annotations

import codecs
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError
from glossator.parsing.cleaning import collapse_whitespace
from glossator.parsing.markdown_pages import mark_references
from glossator.parsing.options import ParseOptions
from glossator.parsing.plain import parse_text
from glossator.records import Block, Outcome, ParsedDocument

VERSION = "html/1"

LARGEST_BYTES = 32 << 20
"""A larger file is refused: it is no page that anyone reads."""

_MOST_ELEMENTS = 50_000
_DEEPEST = 250
"""Elements within elements; what lies deeper is read as text of the one at that depth."""
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "canvas"})
_CONTROLS = frozenset({"input", "select", "button", "textarea"})
_LEFT_OUT = "unseen"
"""The tag of elements that are to be taken out."""
_WRAPPERS = ("span", "font", "wbr", "bdi", "bdo")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()<>#+\-.!|~$])")
_DEFAULTS = ParseOptions()


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a web page says about itself; None where it says nothing."""

    title: str | None = None
    author: str | None = None
    published: str | None = None
    """ISO 8601 date."""
    license: str | None = None
    site: str | None = None
    url: str | None = None
    """The address it calls its own."""


def parse(path: Path, document_id: str, options: ParseOptions = _DEFAULTS) -> ParsedDocument:  # noqa: ARG001
    """Read an HTML file; leave the blocks of its main text, or the outcome and reason if it has none to give.

    The page's title is its first heading. Formulas are TeX where the page holds it.

    Raises:
        MissingExtraError: trafilatura is not installed.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return _failed(document_id, "unreadable", f"over {LARGEST_BYTES >> 20} MiB of HTML")
        data = path.read_bytes()
    except OSError as error:
        return _failed(document_id, "unreadable", f"{path.name}: {error.strerror or error}")
    return read_page(data, document_id)[0]


def read_page(data: bytes, document_id: str) -> tuple[ParsedDocument, PageFacts]:
    """Turn the bytes of an HTML page into its parsed document and what the page says about itself.

    Raises:
        MissingExtraError: trafilatura is not installed.
    """
    library, html = _load()
    try:
        tree = html.document_fromstring(_decode(data), parser=html.HTMLParser(remove_comments=True, remove_pis=True))
        count = _count(tree)
        if count > _MOST_ELEMENTS:
            return _failed(document_id, "unreadable", f"over {_MOST_ELEMENTS} elements"), PageFacts()
        _flatten(tree)
        facts = _facts(library, tree)
        _prepare(tree)
        markdown = library.extract(
            tree,
            output_format="markdown",
            include_comments=False,
            include_formatting=True,
            include_tables=True,
            include_links=False,
            include_images=False,
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library makes of a bad page is that page's outcome
        return _failed(document_id, "unreadable", _one_line(error)), PageFacts()
    blocks = mark_references(_blocks(markdown or "", facts.title))
    if not any(block.kind != "heading" for block in blocks):
        return _failed(document_id, "empty", "no main text; it may be made by a script or hold only links"), facts
    return ParsedDocument(document_id, "ok", "", 1, blocks, VERSION), facts


def _load() -> tuple[Any, Any]:
    try:
        return importlib.import_module("trafilatura"), importlib.import_module("lxml.html")
    except ImportError as error:
        raise MissingExtraError("trafilatura", "documents") from error


def _decode(data: bytes) -> str:
    """Decode a page: by its byte order mark, else by what it says, else as UTF-8, else as Western European."""
    text = None
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(name, "replace")
            break
    if text is None:
        told = _META.search(data[:4096])
        text = _decode_as(data, told[1].decode("ascii")) if told else None
    if text is None:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return _XML.sub("", text.replace("\x00", "")) or " "


def _decode_as(data: bytes, name: str) -> str | None:
    """Decode as browsers do; None if there is no such encoding, or UTF-8 is claimed of what is none."""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return None
    if known in ("iso8859-1", "ascii"):
        known = "cp1252"
    if known == "utf-8" or known.startswith("utf-16"):  # a page that could be read this far is no UTF-16
        return None
    try:
        return data.decode(known, "replace")
    except (ValueError, TypeError, LookupError):
        return None


def _count(tree: Any) -> int:
    count = 0
    for _ in tree.iter():
        count += 1
        if count > _MOST_ELEMENTS:
            break
    return count


def _flatten(tree: Any) -> None:
    """Cut off elements that lie deeper than any page needs: what walks over them does so by recursion."""
    level = [tree]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element]
    for element in level:
        element.tail = "".join(element.itertext()) + (element.tail or "")
        for child in list(element):
            element.remove(child)
        element.text = None


def _facts(library: Any, tree: Any) -> PageFacts:
    found = library.extract_metadata(tree)
    if found is None:
        return PageFacts()
    values = (found.title, found.author, found.date, found.license, found.sitename, found.url)
    return PageFacts(*(collapse_whitespace(str(value)) or None if value else None for value in values))


def _prepare(tree: Any) -> None:
    """Take out what no reader sees, and turn formulas and captions into paragraphs, which are kept."""
    for element in list(tree.iter()):
        if element.getparent() is None or not isinstance(element.tag, str):
            continue
        hidden = "hidden" in element.attrib or _HIDDEN.search(element.get("style", ""))
        if hidden or element.tag in _UNSEEN or element.tag in _CONTROLS:
            element.tag = _LEFT_OUT
        elif element.tag == "form":
            element.tag = "div"  # some sites wrap the whole page in one
        elif element.tag == "table" and "ltx_equation" in element.get("class", ""):
            formulas = [formula.get("alttext") for formula in element.iter("math") if formula.get("alttext")]
            tail = element.tail
            element.clear()
            element.tag, element.tail = "p", tail
            element.text = " ".join(f"$${formula}$$" for formula in formulas)
        elif element.tag == "figcaption":
            text = " ".join("".join(element.itertext()).split())
            tail = element.tail
            element.clear()
            element.tag, element.tail, element.text = "p", tail, text
            figure = element.getparent()
            if figure.tag == "figure":
                figure.tag = "div"
    etree = importlib.import_module("lxml.etree")
    for element in reversed(list(tree.iter("*"))):
        if len(element):
            _take_out(element)
    etree.strip_tags(tree, *_WRAPPERS)  # they say nothing, and thousands in a row cost the library minutes


def _take_out(parent: Any) -> None:
    """Take out an element's children that are left out, and of wrappers of nothing but text all but the text.

    The text of a run of them is put together at once: handed on by one after the other, it would be copied each time.
    """
    before: Any = None
    pieces = [parent.text or ""]
    for child in [*parent, None]:
        left_out = child is not None and child.tag == _LEFT_OUT
        if child is not None and (left_out or (child.tag in _WRAPPERS and not len(child))):
            pieces += ["" if left_out else child.text or "", child.tail or ""]
            parent.remove(child)
            continue
        if len(pieces) > 1 and before is None:
            parent.text = "".join(pieces)
        elif len(pieces) > 1:
            before.tail = "".join(pieces)
        before, pieces = child, [child.tail or ""] if child is not None else []


def _blocks(markdown: str, title: str | None) -> Iterator[Block]:
    blocks = [
        block if block.kind == "code" else replace(block, text=_ESCAPED.sub(r"\1", block.text))
        for block in parse_text(f"\n{markdown}", "", markdown=True).blocks
    ]
    named = any(block.kind == "heading" and block.level == 1 for block in blocks[:3])
    if title and not named:
        yield Block("heading", title, 1, 1)
    yield from (block for block in blocks if block.text)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _failed(document_id: str, outcome: Outcome, reason: str) -> ParsedDocument:
    return ParsedDocument(document_id, outcome, reason, 1 if outcome == "empty" else 0, (), VERSION)
