"""What decides the blocks of a document besides its bytes: the rules of its parser and the libraries beneath them."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from glossator.errors import MissingExtraError
from glossator.parsing import fast, figures, plain
from glossator.parsing.options import ParseOptions
from glossator.parsing.tasks import open_parser, parser_kind

_PDF = (("pdf_oxide", "documents"), ("pypdfium2", "documents"))
"""What opens a PDF and counts its pages, whoever parses it."""
_LIBRARIES: dict[str, tuple[tuple[str, str], ...]] = {
    "fast": _PDF,
    "auto": _PDF,
    "ocr": (*_PDF, ("rapidocr", "ocr"), ("onnxruntime", "ocr")),
    "pymupdf": (*_PDF, ("pymupdf", "pymupdf")),
    "docling": (*_PDF, ("docling", "docling")),
    "html": (("trafilatura", "documents"), ("lxml_html_clean", "documents")),
    "plain": (),
}
"""Kind of parser → the libraries that it needs, with the extra that brings each."""
_RULES_BENEATH = {
    "auto": (fast.VERSION,),
    "ocr": (fast.VERSION,),
    "pymupdf": (plain.VERSION,),
    "docling": (plain.VERSION,),
    "html": (plain.VERSION,),
    "plain": (plain.VERSION,),
}
"""Kind of parser → the rules of others that it makes its blocks by."""
_WHERE_INSTALLED = {"auto": ("rapidocr", "onnxruntime")}
"""Kind of parser → the libraries that it uses where they are installed."""


def parser_version(options: ParseOptions, media_type: str) -> str:
    """Say what decides the blocks of a file of this type: rules, libraries and options. Loads no library.

    It belongs into the stage's fingerprint and into the key of every cache of parsed documents.
    """
    kind = parser_kind(media_type, options)
    own = media_type if kind == "plain" else open_parser(kind).VERSION
    names = [name for name, _ in _LIBRARIES[kind]] + list(_WHERE_INSTALLED.get(kind, ()))
    parts = [own, *_RULES_BENEATH.get(kind, ()), *filter(None, map(_installed, names))]
    if kind == "pymupdf":
        parts.append("layout" if options.layout else "no-layout")
    if kind in ("ocr", "auto"):
        parts.append(f"{options.dpi}dpi")
    if kind not in ("plain", "html") and options.figures_folder is not None:
        parts.append(figures.VERSION)
    return " ".join(parts)


def check_libraries(options: ParseOptions, media_types: Collection[str]) -> None:
    """Check that the libraries are there that read documents of these types.

    Raises:
        MissingExtraError: one is not.
        ParsingError: there is no such parser.
    """
    for media_type in sorted(media_types):
        kind = parser_kind(media_type, options)
        if kind != "plain":
            open_parser(kind)
        for library, extra in _LIBRARIES[kind]:
            if find_spec(library) is None:
                raise MissingExtraError(library, extra)


def _installed(library: str) -> str:
    try:
        return f"{library}/{version(library)}"
    except PackageNotFoundError:
        return ""
