"""Takes a parsed document, leaves its prose as runs of text that know which block each of their characters is from.

A run is what stands under one top-level heading. Every chunk is cut out of one run, so none crosses such a heading.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glossator.parsing.options import PARSERS
from glossator.records import Block, ParsedDocument, Reject, content_id
from glossator.text.sentences import split_sentences
from glossator.text.tokens import TokenMap

Span = tuple[int, int]
"""First character, and the one behind the last."""
Path = tuple[str, ...]

_BACK_MATTER = re.compile(
    r"(?:[\dIVX.]+\s+)?(?:references?|bibliography|keywords|literature cited|works cited|acknowledge?ments?"
    r"|author (?:contribution|note)s?|funding|(?:table of )?contents|competing interests?"
    r"|conflicts? of interest|declarations?)[.:]?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟।][\"'”’)\]」』]*$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Characters of scripts that set no spaces between words."""
_ABSTRACT_WORDS = 25
"""A paragraph before the first section that has fewer words is no abstract."""
_FRAGMENT_WORDS = 12
"""A paragraph of fewer words that ends like no sentence is a fragment: a label, a running title."""
_NAMES = re.compile(
    r"@|\b(?:University|Universit\w+|Institut\w*|Department|Laborator\w+|College|ORCID|Corresponding)\b"
)
_DEEPEST = 12
"""Headings below this level count as of this level; a heading path is never longer."""
_LONGEST_HEADING = 300
"""Characters of a heading that a heading path holds: it is repeated in every chunk."""


@dataclass(frozen=True, slots=True)
class Place:
    """A block within a run."""

    start: int
    end: int
    """Where in the run's text it stands."""
    position: int
    """Its position among the document's blocks."""
    page: int
    path: Path
    """The headings above it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Blocks under one top-level heading, put together to one text."""

    text: str
    places: tuple[Place, ...]
    """In the order of the text."""
    tokens: TokenMap = field(default_factory=TokenMap)
    """Where the tokens of the text stand; empty if they were not asked for."""
    figures: tuple[str, ...] = ()
    """Ids of the figures that it describes."""

    def length(self, start: int, end: int) -> int:
        """Tokens of a part of the text, counted in its place.

        One more where it opens within a line: there its first word loses the space before it, which most vocabularies
        hold together with the word.
        """
        return self.tokens.count(start, end) + self._within_line(start)

    def known_length(self, span: Span) -> int | None:
        """Tokens of a part of the text, tokenized alone; None if that has not been done."""
        return len(self.tokens.starts) if self.tokens.exact and span == (0, len(self.text)) else None

    def reach(self, start: int, tokens: int, end: int) -> int:
        """Find the furthest character, at most `end`, up to which the length is no more than `tokens`."""
        return self.tokens.reach(start, max(1, tokens - self._within_line(start)), end)

    def _within_line(self, start: int) -> bool:
        return start > 0 and self.text[start - 1] != "\n"

    def places_of(self, span: Span) -> tuple[Place, ...]:
        """The blocks that a part of the text is from."""
        first = bisect_right(self.places, span[0], key=lambda place: place.start) - 1
        last = bisect_right(self.places, span[1] - 1, key=lambda place: place.start)
        return self.places[max(0, first) : last]

    def sentences(self, place: Place) -> list[Span]:
        """The sentences of one block, as parts of the run's text."""
        offset = place.start
        return [(offset + start, offset + end) for start, end in split_sentences(self.text[offset : place.end])]


@dataclass(slots=True)
class Prose:
    """What of a document makes chunks, where its figures stand, and what was left out."""

    runs: list[Run] = field(default_factory=list)
    figure_places: dict[str, tuple[int, Path]] = field(default_factory=dict)
    """Figure id → position of its block, the headings above it."""
    rejects: list[Reject] = field(default_factory=list)


def select_prose(parsed: ParsedDocument) -> Prose:
    """Take a parsed document, leave its paragraphs and list items as runs.

    Front matter, back matter and fragments become rejects; headings, captions, tables, code and references are no
    prose. Front matter is looked for in PDFs only: names and affiliations stand there between title and first section,
    where a web page or a text has its opening words.
    """
    prose = Prose()
    chosen: list[tuple[int, Block, Path]] = []
    title = _title_position(parsed.blocks)
    before_section = (
        title is not None
        and parsed.parser.partition("/")[0] in PARSERS  # the parsers of PDFs
        and any(block.kind == "heading" for block in parsed.blocks[title + 1 :])
    )
    stack: list[tuple[int, str]] = []
    for position, block in enumerate(parsed.blocks):
        if block.kind == "heading" and position != title:
            before_section = False
            level = min(block.level, _DEEPEST)
            stack = [*(entry for entry in stack if entry[0] < level), (level, _shortened(block.text))]
        path = tuple(text for _, text in stack)
        if block.kind == "figure":
            prose.figure_places[block.text] = (position, path)
        if block.kind not in ("paragraph", "list_item") or not block.text.strip():
            continue
        reason = ""
        if before_section and (position < (title or 0) or not _is_prose(block.text)):
            reason = "front_matter"
        elif block.kind == "paragraph" and _is_fragment(block.text):
            reason = "fragment"
        elif is_back_matter(path):
            reason = "back_matter"
        if reason:
            prose.rejects.append(reject(reason, block.text[:80], parsed.document_id, path, block.text))
        else:
            chosen.append((position, block, path))
    prose.runs = _to_runs(chosen)
    return prose


def is_back_matter(path: Path) -> bool:
    """Whether a heading above is one of references, acknowledgements and the like."""
    return any(_BACK_MATTER.fullmatch(heading) for heading in path)


def reject(reason: str, detail: str, document_id: str, path: Sequence[str], text: str) -> Reject:
    """A text that makes no chunk, under the id that the chunk would have had."""
    record: Mapping[str, object] = {"document_id": document_id, "heading_path": list(path), "text": text}
    return Reject(text_id(document_id, path, text), "chunk", reason, detail, record)


def text_id(document_id: str, path: Sequence[str], text: str) -> str:
    """The id of a chunk: hash of document, headings and text."""
    return content_id(document_id, "\x1f".join(path), text)


def common_path(paths: Sequence[Path]) -> Path:
    """The headings that all paths share, from the outermost."""
    low, high = min(paths), max(paths)
    # What the first and the last in order share, all between them share.
    shared = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:shared]


def _to_runs(chosen: Sequence[tuple[int, Block, Path]]) -> list[Run]:
    runs: list[Run] = []
    pieces: list[str] = []
    places: list[Place] = []
    length, previous = 0, None
    for position, block, path in chosen:
        if places and places[-1].path[:1] != path[:1]:
            runs.append(Run("".join(pieces), tuple(places)))
            pieces, places, length, previous = [], [], 0, None
        if previous is not None:
            both_items = previous == block.kind == "list_item"
            pieces.append("\n" if both_items else "\n\n")
            length += len(pieces[-1])
        text = block.text.strip()
        pieces.append(text)
        places.append(Place(length, length + len(text), position, block.page, path))
        length += len(text)
        previous = block.kind
    return [*runs, Run("".join(pieces), tuple(places))] if places else runs


def _shortened(heading: str) -> str:
    return heading if len(heading) <= _LONGEST_HEADING else heading[: _LONGEST_HEADING - 1].rstrip() + "…"


def _title_position(blocks: Sequence[Block]) -> int | None:
    """The position of the document's title: its only heading of level 1, if that is its first heading."""
    headings = [i for i, block in enumerate(blocks) if block.kind == "heading"]
    first_level = [i for i in headings if blocks[i].level == 1]
    return headings[0] if headings and first_level == headings[:1] else None


def _is_fragment(text: str) -> bool:
    words = len(text.split())
    if words >= _FRAGMENT_WORDS or _SENTENCE_END.search(text):
        return False
    return words + len(_UNSPACED.findall(text, 0, 50 * _FRAGMENT_WORDS)) < _FRAGMENT_WORDS


def _is_prose(text: str) -> bool:
    """Whether a paragraph before the first section is an abstract rather than names and affiliations.

    Where spaces divide no words, characters are counted for them. Most letters of such scripts, and of some others,
    have no case: there an abstract is told by its sentences.
    """
    words = text.split()
    unspaced = len(_UNSPACED.findall(text, 0, 50 * _ABSTRACT_WORDS))
    lower = sum(word[0].islower() for word in words)
    caseless = unspaced + sum(_is_caseless(word[0]) and not _UNSPACED.match(word[0]) for word in words)
    count = len(words) + unspaced
    if count < _ABSTRACT_WORDS or len(_NAMES.findall(text)) > 2:
        return False
    if caseless > 0.5 * count:
        return _SENTENCE_END.search(text) is not None
    return lower > 0.6 * len(words)


def _is_caseless(character: str) -> bool:
    return character.isalpha() and character.lower() == character.upper()
