"""Takes a parsed document, leaves chunks of its prose: whole sentences, within one section, of bounded length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from glossator.errors import ParsingError
from glossator.records import Block, Chunk, ParsedDocument, Reject, content_id
from glossator.text.sentences import split_sentences

CountTokens = Callable[[Sequence[str]], list[int]]

_SEPARATOR = "\n\n"
_BACK_MATTER = re.compile(
    r"(?:[\dIVX.]+\s+)?(?:references?|bibliography|keywords|literature cited|works cited|acknowledge?ments?"
    r"|author (?:contribution|note)s?|funding|(?:table of )?contents|competing interests?"
    r"|conflicts? of interest|declarations?)[.:]?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_NAMES = re.compile(
    r"@|\b(?:University|Universit\w+|Institut\w*|Department|Laborator\w+|College|ORCID|Corresponding)\b"
)


@dataclass(frozen=True, slots=True)
class _Passage:
    """A paragraph, or a run of whole sentences of one, with where it stands."""

    text: str
    tokens: int
    page: int
    path: tuple[str, ...]
    separator: str
    """What stands between it and the passage before it, if both share a chunk."""


def chunk_document(
    parsed: ParsedDocument,
    *,
    count_tokens: CountTokens,
    chunk_by: str = "section",
    min_tokens: int = 20,
    max_tokens: int = 500,
) -> tuple[list[Chunk], list[Reject]]:
    """Cut a parsed document into chunks; leave what is too short, and what is no prose, as rejects.

    Kind `section`: the paragraphs and list items under one heading are put together up to `max_tokens`. A section that
    is too short alone joins its neighbours under the same top-level section. A paragraph longer than `max_tokens` is
    divided at sentence ends; only a sentence that is itself too long is divided at spaces. Headings, captions, tables,
    code and references are no part of a chunk's text.

    Args:
        parsed: with blocks in reading order; one without blocks gives nothing.
        count_tokens: length in tokens of each text.
        chunk_by: `section`.
        min_tokens: shorter chunks become rejects with the reason `too_short`.
        max_tokens: no chunk is longer.

    Raises:
        ParsingError: `chunk_by` is unknown, or the bounds leave no room.
    """
    if chunk_by != "section":
        raise ParsingError(f"chunk_by {chunk_by!r} is unknown; use 'section'")
    if not 0 <= min_tokens <= max_tokens or max_tokens < 1:
        raise ParsingError(f"min_tokens {min_tokens} and max_tokens {max_tokens} leave no room; lower the minimum")
    prose, rejects = _select_prose(parsed)
    chunks: list[Chunk] = []
    for group in _pack(list(_divide(prose, count_tokens, max_tokens)), count_tokens, min_tokens, max_tokens):
        text, tokens = _text_of(group), _tokens_of(group, count_tokens)
        path = _common_path([passage.path for passage in group])
        chunk_id = _id_of(parsed, path, text)
        pages = [passage.page for passage in group]
        if tokens < min_tokens:
            rejects.append(_reject("too_short", f"{tokens} tokens", parsed, text, path))
            continue
        chunk = Chunk(chunk_id, parsed.document_id, len(chunks), path, min(pages), max(pages), text, tokens)
        if any(other.id == chunk_id for other in chunks):
            rejects.append(_reject("repeated", "the same text stands twice", parsed, text, path))
            continue
        chunks.append(chunk)
    return chunks, rejects


def _reject(reason: str, detail: str, parsed: ParsedDocument, text: str, path: Sequence[str]) -> Reject:
    record = {"document_id": parsed.document_id, "heading_path": list(path), "text": text}
    return Reject(_id_of(parsed, path, text), "chunk", reason, detail, record)


def _id_of(parsed: ParsedDocument, path: Sequence[str], text: str) -> str:
    return content_id(parsed.document_id, "\x1f".join(path), text)


def _select_prose(parsed: ParsedDocument) -> tuple[list[tuple[Block, tuple[str, ...]]], list[Reject]]:
    """The blocks that make chunks, each with its headings; front matter, back matter and fragments become rejects."""
    title = _title_position(parsed.blocks)
    has_sections = any(block.kind == "heading" for block in parsed.blocks[(title or 0) + 1 :])
    stack: list[tuple[int, str]] = []
    prose, rejects = [], []
    before_section = title is not None and has_sections
    for position, block in enumerate(parsed.blocks):
        if block.kind == "heading":
            if position != title:
                before_section = False
                stack = [*(entry for entry in stack if entry[0] < block.level), (block.level, block.text)]
            continue
        if block.kind not in ("paragraph", "list_item"):
            continue
        path = tuple(text for _, text in stack)
        reason = ""
        if before_section and (position < (title or 0) or not _is_prose(block.text)):
            reason = "front_matter"
        elif block.kind == "paragraph" and len(block.text.split()) < 12 and not _SENTENCE_END.search(block.text):
            reason = "fragment"
        elif any(_BACK_MATTER.fullmatch(heading) for heading in path):
            reason = "back_matter"
        if reason:
            rejects.append(_reject(reason, block.text[:80], parsed, block.text, path))
        else:
            prose.append((block, path))
    return prose, rejects


def _title_position(blocks: Sequence[Block]) -> int | None:
    """The position of the document's title: its only heading of level 1, if that is its first heading."""
    headings = [i for i, block in enumerate(blocks) if block.kind == "heading"]
    first_level = [i for i in headings if blocks[i].level == 1]
    return headings[0] if headings and first_level == headings[:1] else None


def _is_prose(text: str) -> bool:
    """Whether a paragraph before the first section is an abstract rather than names and affiliations."""
    words = text.split()
    lower = sum(word[0].islower() for word in words)
    return len(words) >= 25 and lower > 0.6 * len(words) and len(_NAMES.findall(text)) < 3


def _divide(
    prose: Sequence[tuple[Block, tuple[str, ...]]], count_tokens: CountTokens, max_tokens: int
) -> Iterator[_Passage]:
    """Turn blocks into passages of at most `max_tokens`, cut at sentence ends."""
    counts = count_tokens([block.text for block, _ in prose]) if prose else []
    previous: Block | None = None
    for (block, path), tokens in zip(prose, counts, strict=True):
        both_items = previous is not None and previous.kind == block.kind == "list_item"
        separator = "\n" if both_items else _SEPARATOR
        pieces = [(block.text, tokens)]
        if tokens > max_tokens:
            pieces = _split_long(block.text, count_tokens, max_tokens)
        for text, length in pieces:
            yield _Passage(text, length, block.page, path, separator)
            separator = " "
        previous = block


def _split_long(text: str, count_tokens: CountTokens, max_tokens: int) -> list[tuple[str, int]]:
    sentences = [text[start:end] for start, end in split_sentences(text)]
    units: list[str] = []
    for sentence, tokens in zip(sentences, count_tokens(sentences), strict=True):
        units += [sentence] if tokens <= max_tokens else _split_words(sentence, count_tokens, max_tokens)
    pieces: list[tuple[str, int]] = []
    for unit, tokens in zip(units, count_tokens(units), strict=True):
        if pieces:
            joined = f"{pieces[-1][0]} {unit}"
            # Tokens of a joined text are not the sum of its parts; the sum only saves counting hopeless cases.
            if pieces[-1][1] + tokens <= max_tokens + 8 and (length := count_tokens([joined])[0]) <= max_tokens:
                pieces[-1] = (joined, length)
                continue
        pieces.append((unit, tokens))
    return pieces


def _split_words(sentence: str, count_tokens: CountTokens, max_tokens: int) -> list[str]:
    """Halve a sentence at spaces until each part fits; a single word that does not fit is halved as it is."""
    if count_tokens([sentence])[0] <= max_tokens or len(sentence) < 2:
        return [sentence]
    words = sentence.split()
    if len(words) < 2:
        halves = [sentence[: len(sentence) // 2], sentence[len(sentence) // 2 :]]
    else:
        halves = [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
    return [part for half in halves for part in _split_words(half, count_tokens, max_tokens)]


def _pack(
    passages: Sequence[_Passage], count_tokens: CountTokens, min_tokens: int, max_tokens: int
) -> Iterator[list[_Passage]]:
    """Group passages to chunks: within a section while they fit, over sections only to reach `min_tokens`."""
    group: list[_Passage] = []
    for passage in passages:
        if group and not _fits(group, passage, count_tokens, min_tokens, max_tokens):
            yield group
            group = []
        group.append(passage)
    if group:
        yield group


def _fits(
    group: list[_Passage], passage: _Passage, count_tokens: CountTokens, min_tokens: int, max_tokens: int
) -> bool:
    last = group[-1]
    if last.path[:1] != passage.path[:1]:
        return False
    total = sum(member.tokens for member in group)
    if last.path != passage.path and total >= min_tokens and passage.tokens >= min_tokens:
        return False
    if total + passage.tokens > max_tokens + 4 * len(group):
        return False
    return _tokens_of([*group, passage], count_tokens) <= max_tokens


def _text_of(group: Sequence[_Passage]) -> str:
    return group[0].text + "".join(passage.separator + passage.text for passage in group[1:])


def _tokens_of(group: Sequence[_Passage], count_tokens: CountTokens) -> int:
    return count_tokens([_text_of(group)])[0]


def _common_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings that all passages of a chunk share."""
    common = paths[0]
    for path in paths[1:]:
        length = next((i for i, (a, b) in enumerate(zip(common, path, strict=False)) if a != b), None)
        common = common[: min(len(common), len(path)) if length is None else length]
    return common
