"""How documents are parsed: plain values that travel with every document to whichever process or machine parses it."""

from __future__ import annotations

import os
from dataclasses import dataclass

PARSERS = ("auto", "fast", "pymupdf", "docling", "ocr")
"""The kinds of PDF parser; each is the module of that name in this package. Other types have one parser each."""


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What a parser is told besides the file."""

    parser: str = "auto"
    """One of `PARSERS`."""
    layout: bool = True
    """Whether `pymupdf` analyses the layout of a page with its model, or only the order of its text."""
    dpi: int = 200
    """Resolution at which pages are rendered for OCR."""
    figures_folder: str | None = None
    """Where figures are written as `<id>.png`: a folder or an fsspec URL; None: figures are not extracted."""
    passwords_variable: str | None = None
    """The environment variable that holds passwords to try, one a line. Its value never travels or reaches a disk."""
    pages: tuple[int, ...] | None = None
    """First and last page to parse, from 1, both included; None for all."""

    def passwords(self) -> tuple[str, ...]:
        """The passwords to try on an encrypted file; the empty one, which needs no telling, is not among them."""
        text = os.environ.get(self.passwords_variable, "") if self.passwords_variable else ""
        return tuple(line for line in text.splitlines() if line)
