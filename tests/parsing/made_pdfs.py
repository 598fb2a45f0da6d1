"""Makes PDF files by hand, sound ones and hostile ones, byte by byte."""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def write_pdf(objects: Sequence[bytes]) -> bytes:
    """A file of these objects, numbered from 1, the first one the catalog; with a cross-reference table."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(content), entries, content)


def page(contents: int, font: int = 3, parent: int = 2) -> bytes:
    """A page of A4 with one font and the contents of that object number."""
    resources = b"/Resources << /Font << /F1 %d 0 R >> >>" % font
    box = b"/MediaBox [0 0 595 842]"
    return b"<< /Type /Page /Parent %d 0 R %s %s /Contents %d 0 R >>" % (parent, box, resources, contents)


def show(lines: Sequence[tuple[float, float, float, bytes]]) -> bytes:
    """The operators that set lines: left edge, baseline and font size in points, and text."""
    set_line = b"BT /F1 %g Tf %g %g Td (%s) Tj ET"
    return b"\n".join(set_line % (size, x, y, text) for x, y, size, text in lines)


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def many_pages(texts: Sequence[bytes], *, count: int | None = None) -> bytes:
    """A file with a line on each page; `count` is how many pages it says it has, if that is a lie."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(len(texts)))
    said = len(texts) if count is None else count
    objects = [CATALOG, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (said, kids), HELVETICA]
    for index, text in enumerate(texts):
        objects += [page(5 + 2 * index), stream(show([(72, 700, 11, text)]))]
    return write_pdf(objects)


def one_page(contents: bytes) -> bytes:
    """A file of one page with these operators."""
    return write_pdf([CATALOG, b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>", HELVETICA, page(5), stream(contents)])


def bomb(megabytes: int) -> bytes:
    """A small file whose page unpacks to so many megabytes of spaces."""
    packer = zlib.compressobj(9)
    unit = b" " * (1 << 20)
    first = packer.compress(unit) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(unit) + packer.flush(zlib.Z_FULL_FLUSH)  # a block that may be repeated as it is
    checksum = 1
    for _ in range(megabytes):
        checksum = zlib.adler32(unit, checksum)
    packed = first + again * (megabytes - 1) + b"\x03\x00" + checksum.to_bytes(4, "big")
    contents = stream(packed, b"/Filter /FlateDecode ")
    return write_pdf([CATALOG, b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>", HELVETICA, page(5), contents])


def circular_tree() -> bytes:
    """A file whose page tree holds itself, twice, before its one page."""
    tree = b"<< /Type /Pages /Count 3 /Kids [2 0 R 6 0 R 4 0 R] >>"
    again = b"<< /Type /Pages /Count 3 /Parent 2 0 R /Kids [2 0 R 6 0 R] >>"
    contents = stream(show([(72, 700, 11, b"The one page of a tree without end")]))
    return write_pdf([CATALOG, tree, HELVETICA, page(5), contents, again])
