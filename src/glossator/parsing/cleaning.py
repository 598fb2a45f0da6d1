"""Small rules that turn what a page shows into plain text; each takes text and leaves text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

_LIGATURES = {ord(c): unicodedata.normalize("NFKC", c) for c in "ﬀﬁﬂﬃﬄﬅﬆĲĳǆǉǌ"}
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\uffff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_IMAGE_TAG = re.compile(r"!\[[^\[\]]{0,1000}\]\([^()]{0,2000}\)|<img\b[^<>]{0,2000}>|<!--\s*image\s*-->", re.IGNORECASE)
_DOT_LEADER = re.compile(r"(?:(?:\s*\.){4,}|(?:\s\.){3,})\s*(?:\d{1,4}|[ivxl]{1,6})?[ \t]*$", re.MULTILINE)
_PICTURE = r"(?:cover\s+)?(?:photo(?:graph)?|image|picture|illustration|artwork)s?"
_CREDIT = re.compile(
    rf"{_PICTURE}(?:\s+(?:credits?|source|courtesy(?:\s+of)?|by))?\s*:\s*\S.{{0,100}}"
    rf"|{_PICTURE}\s+(?:by|courtesy\s+of)\s+[^.]{{2,80}}\.?"
    r"|courtesy\s+of\s+[^.]{2,80}\.?"
    r"|(?:©|\(c\)|copyright\s+©?)\s*(?:(?:19|20)\d\d\b)?[\s,]*[^.]{2,80}(?:\.\s*all rights reserved)?\.?",
    re.IGNORECASE,
)
_TRAILING_CREDIT = re.compile(
    rf"\s*[(\[](?:{_PICTURE}\s*(?:credits?|source|courtesy(?:\s+of)?|by)?\s*:|©)[^()\[\]]{{2,100}}[)\]]\s*(\.?)$",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:p(?:age|\.)?\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[-–—\s]*", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_TAIL_WORD = re.compile(r"([^\W\d_]+)[-‐]$")
_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HEAD_WORD = re.compile(r"^([^\W\d_]+)")

_COMPOUND_OPENER = re.compile(
    "closed|command|cross|data|five|four|full|half|hands|high|large|long|low|machine|non|one|open|peer|problem|quasi|real|"
    "self|short|single|so|state|student|three|two|user|well|wide|world"
)
"""First halves that usually keep their hyphen: `well-known`, `open-source`, `self-study`."""

_COMPOUND_CLOSER = re.compile(
    "aware|based|cent(?:er|re)d|compatible|complete|defined|dependent|dimensional|driven|efficient|formatted|free|"
    "friendly|independent|intensive|level|oriented|party|related|needed|scale|separated|sized|speaking|specific|standard|style|term|"
    "tested|typed|valued"
)
"""Second halves that usually keep the hyphen before them: `comma-separated`, `problem-based`."""

_SOLID_OPENER = re.compile("inter|over|super|under")
"""First halves that look like words of their own and usually join: `under-graduate` divided is `undergraduate`."""

_ENDING = re.compile(r"(?:jl|py|com|org|io|net|edu|html|md|git|json|csv)\b")
_SUFFIX = re.compile(r"(?:i[sz]|ing|ity|ism|est|er|ly|ness|ment|able|ation|ened|ward)")
"""How the second half of a divided simple word may begin: `real-ize`, `open-ing`."""


def expand_ligatures(text: str) -> str:
    """Replace typographic ligatures by their letters: `ﬁnal` becomes `final`."""
    return text.translate(_LIGATURES)


def collapse_whitespace(text: str) -> str:
    """Turn every run of spaces into one, drop invisible characters, and strip both ends of each line."""
    text = _INVISIBLE.sub("", text)
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.splitlines()).strip()


def remove_image_tags(text: str) -> str:
    """Remove Markdown and HTML images: they are not prose."""
    return _IMAGE_TAG.sub("", text)


def remove_dot_leaders(text: str) -> str:
    """Remove the dots, and the page number behind them, of a line of a table of contents."""
    return _DOT_LEADER.sub("", text)


def has_dot_leader(text: str) -> bool:
    """Whether a line is one of a table of contents, with dots before the page number."""
    return _DOT_LEADER.search(text) is not None and text.count(".") > 5


def is_credit(text: str) -> bool:
    """Whether a line does nothing but name who made or owns a picture or the page: `Photo: A. Name / Agency`."""
    return len(text) < 140 and _CREDIT.fullmatch(text.strip()) is not None


def remove_credit(caption: str) -> str:
    """Remove the credit in brackets at the end of a caption: `A bridge (Photo: A. Name)` becomes `A bridge`."""
    return _TRAILING_CREDIT.sub(r"\1", caption)


def is_page_number(text: str) -> bool:
    """Whether a line is nothing but a page number, such as `12`, `- 3 -`, `Page 4 of 10` or `xiv`."""
    return bool(text.strip()) and _PAGE_NUMBER.fullmatch(text) is not None


def furniture_key(text: str) -> str:
    """Reduce a line to what repeats on every page: letters in lower case, numbers as `#`, no spaces."""
    return "".join(_DIGITS.sub("#", text).lower().split())


def join_lines(lines: Sequence[str], vocabulary: Collection[str] = ()) -> str:
    """Join the lines of one paragraph, undoing hyphenation at line ends.

    A hyphen at a line end is dropped unless the words say otherwise: it stays if the hyphenated word stands elsewhere
    in the document, if more hyphens follow, if both halves are words of the document and the joined word is not, if
    the first half usually opens a compound or the second closes one, or if the next line opens with a capital or a
    digit.

    Args:
        lines: in order.
        vocabulary: the document's words in lower case, hyphenated ones included, without those split at line ends.
    """
    text = ""
    for line in lines:
        piece = line.strip()
        if not piece:
            continue
        if not text:
            text = piece
        elif text.endswith(("-", "‐", "\u00ad")) and piece[0].isalnum():
            text = _join_at_hyphen(text, piece, vocabulary)
        elif (text.endswith(("/", "—")) and not piece.startswith("(")) or _goes_on(text, piece):
            text += piece
        else:
            text += " " + piece
    return text


def _goes_on(text: str, piece: str) -> bool:
    """Whether a web address or a file name is divided behind one of its full stops."""
    if not text.endswith((".", "_", "=")):
        return False
    return "://" in text.rsplit(maxsplit=1)[-1] or (text.endswith(".") and _ENDING.match(piece) is not None)


def _join_at_hyphen(text: str, piece: str, vocabulary: Collection[str]) -> str:
    if text.endswith("\u00ad"):
        return text[:-1] + piece
    tail, head = _TAIL_WORD.search(text), _HEAD_WORD.match(piece)
    if tail is None or head is None or not piece[0].islower():
        return text + piece
    first, second = tail[1].lower(), head[1].lower()
    rest = piece[len(second) : len(second) + 1]
    return text + piece if rest == "-" or _is_compound(first, second, vocabulary) else text[:-1] + piece


def _is_compound(first: str, second: str, vocabulary: Collection[str]) -> bool:
    joined = first + second
    if joined in vocabulary or joined.removesuffix("s") in vocabulary or f"{joined}s" in vocabulary:
        return False
    if f"{first}-{second}" in vocabulary:
        return True
    if _SOLID_OPENER.fullmatch(first):
        return False
    if _COMPOUND_OPENER.fullmatch(first):
        return len(second) > 3 and not _SUFFIX.match(second)
    if _COMPOUND_CLOSER.fullmatch(second):
        return len(first) > 3 or first in vocabulary
    return len(first) > 3 and len(second) > 3 and first in vocabulary and second in vocabulary


def words_of(lines: Sequence[str]) -> frozenset[str]:
    """Collect a document's words in lower case, hyphenated ones too, leaving out those split at line ends."""
    found: set[str] = set()
    divided = False
    for line in lines:
        words = _COMPOUND.findall(line.lower())
        if divided and words:
            words.pop(0)
        divided = line.rstrip().endswith(("-", "‐"))
        if divided and words:
            words.pop()
        found.update(words)
        found.update(part for word in words if "-" in word for part in word.split("-"))
    return frozenset(found)
