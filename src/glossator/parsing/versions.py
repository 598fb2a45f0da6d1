"""What decides the blocks of a document besides its bytes: the rules of its parser and the libraries beneath them."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from glossator.errors import MissingExtraError
from glossator.parsing import fast, figures, plain
from glossator.parsing.options import ParseOptions
from glossator.parsing.tasks import open_parser, parser_kind

_LIBRARIES: dict[str, tuple[tuple[str, str], ...]] = {
    "fast": (("pdf_oxide", "documents"), ("pypdfium2", "documents")),
    "auto": (("pdf_oxide", "documents"), ("pypdfium2", "documents")),
    "ocr": (("pypdfium2", "documents"), ("rapidocr", "ocr"), ("onnxruntime", "ocr")),
    "pymupdf": (("pymupdf", "pymupdf"),),
    "docling": (("docling", "docling"),),
    "html": (("trafilatura", "documents"), ("lxml_html_clean", "documents")),
    "plain": (),
}
"""Kind of parser → the libraries that it needs, with the extra that brings each."""
_WHERE_INSTALLED = {"auto": ("rapidocr", "onnxruntime")}
"""Kind of parser → the libraries that it uses where they are installed."""


def parser_version(options: ParseOptions, media_type: str) -> str:
    """Say what decides the blocks of a file of this type: rules, libraries and options. Loads no library.

    It belongs into the stage's fingerprint and into the key of every cache of parsed documents.
    """
    kind = parser_kind(media_type, options)
    rules = plain.VERSION if kind == "plain" else open_parser(kind).VERSION
    if kind == "auto":
        rules = f"{rules} {fast.VERSION}"
    names = [name for name, _ in _LIBRARIES[kind]] + list(_WHERE_INSTALLED.get(kind, ()))
    parts = [rules, *filter(None, map(_installed, names))]
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
