"""Takes the first bytes of a file, leaves what they are: PDF, HTML or text, whatever the file is called."""

from __future__ import annotations

import codecs
import re

HEAD_BYTES = 1024
"""A PDF's header may stand anywhere within its first 1024 bytes (PDF 1.7, appendix H, note 13)."""
SNIFFED_BYTES = 8192
"""As many are looked at for the first tag of a page, which may stand behind a long comment."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_COMMENT, _COMMENT_END = b"<!--", b"-->"
_DECLARATION = re.compile(rb"<\?xml\b[^>]*>", re.IGNORECASE)
_TAGS = rb"html|head|title|meta|link|script|style|body|main|article|section|h1|div|p|table|br"
_PAGE = re.compile(rb"<(?:!doctype\s+html\b|html(?=[\s/>]))", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html\b|(?:" + _TAGS + rb")(?=[\s/>]))", re.IGNORECASE)
_TAG = re.compile(
    rb"<(?:!doctype\s+html\b|(?:" + _TAGS + rb"|h[2-6]|ul|ol|dl|pre|span|a|img)(?=[\s/>]))", re.IGNORECASE
)
_MARKUP = re.compile(rb"\s*<[a-z!?/]", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_PDF = b"%PDF-"
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""Bytes that no text holds; form feed and escape are found in some."""
_WRAPPED = {
    b"PK\x03\x04": "a zip archive, or an office document",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "zstd",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"{\\rtf": "RTF",
    b"%!PS": "PostScript",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"AT&TFORM": "DjVu",
}


def is_pdf(head: bytes, *, called_text: bool = False) -> bool:
    """Take a file's first bytes, leave whether a PDF header stands in the first `HEAD_BYTES` of them.

    Args:
        head: the bytes, `SNIFFED_BYTES` if there are as many.
        called_text: whether it is called a text where it comes from. Texts may mention the header, so there it must
            open the file, or bytes around it must be none of a text.
    """
    if _PDF not in head[:HEAD_BYTES]:
        return False
    if not called_text or head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(_PDF):
        return True
    return _holds_binary(head) and not is_html(head)


def is_html(head: bytes) -> bool:
    """Take a file's first bytes, leave whether they open a page of HTML or XHTML.

    Space, comments and an XML declaration may stand before the first tag, as in the WHATWG's "MIME Sniffing", 7.1.
    """
    plain = _as_ascii(head)
    return _HTML.match(plain, _after_lead(plain)) is not None


def is_page(head: bytes) -> bool:
    """Take a file's first bytes, leave whether they say outright that a whole page follows, by doctype or `<html>`."""
    plain = _as_ascii(head)
    return _PAGE.match(plain, _after_lead(plain)) is not None


def has_tags(head: bytes) -> bool:
    """Take a file's first bytes, leave whether any tag that pages are made of stands in them."""
    return _TAG.search(_as_ascii(head)) is not None


def name_binary(head: bytes) -> str:
    """Take a file's first bytes, leave in words what well-known format they are that is not read; "" for none."""
    return next((name for magic, name in _WRAPPED.items() if head.startswith(magic)), "")


def is_prose(head: bytes) -> bool:
    """Take a file's first bytes, leave whether they may open a text: no NUL, no markup, no JSON."""
    plain = head.removeprefix(codecs.BOM_UTF8)
    return b"\0" not in plain and not _MARKUP.match(plain) and not _JSON.match(plain)


def has_wide_mark(head: bytes) -> bool:
    """Take a file's first bytes, leave whether they say that it is UTF-16, where NUL is half of a letter."""
    return head[:2] in _UTF16


def _after_lead(plain: bytes) -> int:
    """Where the first tag may stand: behind space, comments and declarations. Each byte is looked at once."""
    place = 0
    while True:
        start = place
        while plain[place : place + 1].isspace():
            place += 1
        if plain.startswith(_COMMENT, place):
            end = plain.find(_COMMENT_END, place + len(_COMMENT))
            place = end + len(_COMMENT_END) if end >= 0 else place
        elif (declaration := _DECLARATION.match(plain, place)) and declaration[0].endswith(b"?>"):
            place = declaration.end()
        if place == start:
            return place


def _holds_binary(head: bytes) -> bool:
    """Whether there are bytes that a text in UTF-8 cannot hold."""
    if _CONTROLS.search(head):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # what is cut in the middle of a letter is no error
    except UnicodeDecodeError:
        return True
    return False


def _as_ascii(head: bytes) -> bytes:
    """The bytes as if they were written in an encoding that keeps ASCII."""
    if has_wide_mark(head):
        return head[2:].decode(_UTF16[head[:2]], "replace").encode("ascii", "replace")
    return head.removeprefix(codecs.BOM_UTF8)
