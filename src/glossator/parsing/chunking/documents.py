"""What holds for every kind of chunking: no prose is lost, no chunk is too long, every length is counted once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from glossator.parsing.chunking import recursive, section, semantic, token
from glossator.parsing.chunking.cutting import halve
from glossator.parsing.chunking.figures import FigureIndex, describe_runs
from glossator.parsing.chunking.prose import Prose, Run, Span, common_path, reject, select_prose, text_id
from glossator.parsing.chunking.rules import Embed, Rules
from glossator.records import Chunk, ParsedDocument, Reject
from glossator.text.tokens import CountTokens, LocatesTokens, locate_tokens

Check = Callable[[str], str]
"""Takes a text, leaves the word for what is wrong with it; an empty one if nothing is."""
Cut = Callable[[Sequence[Run], Rules], list[list[Span]]]
"""Takes the runs of one document, leaves the spans of each that make a chunk, in order."""

_CUTS: dict[str, Cut] = {
    "section": section.cut,
    "token": token.cut,
    "recursive": recursive.cut,
    "semantic": semantic.cut,
}
_WITHOUT_MAP = ("recursive",)
"""Kinds that measure by themselves."""
_BATCH = 1_000_000
"""Characters of prose of the documents that are measured together: small ones share the calls of the tokenizer."""


def chunk_document(
    parsed: ParsedDocument,
    *,
    count_tokens: CountTokens | LocatesTokens,
    chunk_by: str = "section",
    min_tokens: int = 20,
    max_tokens: int = 500,
    overlap: int = 0,
    embed: Embed | None = None,
    check: Check | None = None,
) -> tuple[list[Chunk], list[Reject]]:
    """Cut a parsed document into chunks; leave what is too short, and what is no prose, as rejects.

    Headings, captions, tables, code and references are no part of a chunk's text; a figure that was described is a
    chunk of its own.

    Args:
        parsed: with blocks in reading order; one without blocks gives nothing.
        count_tokens: a `TokenCounter`; or a function that gives the length in tokens of each text, which is then asked
            for single words besides.
        chunk_by: one of `KINDS`.
        min_tokens: shorter chunks become rejects with the reason `too_short`.
        max_tokens: no chunk is longer.
        overlap: most tokens that neighbours share; for `token` and `recursive` only, at most half of `max_tokens`.
        embed: turns texts into unit vectors, such as `Embedder.embed`; needed by `semantic`.
        check: says for each chunk why it is left out; an empty word keeps it.

    Raises:
        ParsingError: `chunk_by` is unknown, the bounds leave no room, or the kind cannot do what is asked.
        MissingExtraError: a library that the kind needs is not installed.
    """
    rules = Rules(chunk_by, min_tokens, max_tokens, overlap, count_tokens, embed)
    return _chunk_batch([_prepare(parsed)], rules, check)[0]


def chunk_documents(
    parsed: Iterable[ParsedDocument],
    *,
    count_tokens: CountTokens | LocatesTokens,
    chunk_by: str = "section",
    min_tokens: int = 20,
    max_tokens: int = 500,
    overlap: int = 0,
    embed: Embed | None = None,
    check: Check | None = None,
) -> Iterator[tuple[list[Chunk], list[Reject]]]:
    """Cut documents into chunks as `chunk_document` does, one pair of chunks and rejects for each, in their order.

    Small documents are measured together; no more of them are held at once than make a megabyte of prose.

    Raises:
        ParsingError: as `chunk_document`, when the first result is asked for.
        MissingExtraError: as `chunk_document`.
    """
    rules = Rules(chunk_by, min_tokens, max_tokens, overlap, count_tokens, embed)
    batch: list[_Draft] = []
    held = 0
    for document in parsed:
        batch.append(_prepare(document))
        held += sum(len(run.text) for run in batch[-1].runs) + 1_000
        if held >= _BATCH:
            yield from _chunk_batch(batch, rules, check)
            batch, held = [], 0
    yield from _chunk_batch(batch, rules, check)


@dataclass(slots=True)
class _Draft:
    """A document on its way to chunks."""

    parsed: ParsedDocument
    prose: Prose
    runs: list[Run]
    """Its prose, then its described figures."""
    pieces: list[tuple[Run, Span, int]] = field(default_factory=list)
    """What is to be a chunk, with its length in tokens."""


def _prepare(parsed: ParsedDocument) -> _Draft:
    prose = select_prose(parsed)
    return _Draft(parsed, prose, [*prose.runs, *describe_runs(parsed, prose)])


def _chunk_batch(batch: Sequence[_Draft], rules: Rules, check: Check | None) -> list[tuple[list[Chunk], list[Reject]]]:
    """Measure all documents at once, cut each, count all chunks at once."""
    _measure(batch, rules)
    spans = [(draft, run, span) for draft in batch for run, span in _spans(draft, rules)]
    for draft, run, span, tokens in _count(spans, rules):
        draft.pieces.append((run, span, tokens))
    return [_to_chunks(draft, rules, check) for draft in batch]


def _measure(batch: Sequence[_Draft], rules: Rules) -> None:
    def measured(run: Run) -> bool:
        return bool(run.figures) or rules.chunk_by not in _WITHOUT_MAP

    texts = [run.text for draft in batch for run in draft.runs if measured(run)]
    maps = iter(locate_tokens(texts, rules.count_tokens))
    for draft in batch:
        draft.runs = [dataclasses.replace(run, tokens=next(maps)) if measured(run) else run for run in draft.runs]


def _spans(draft: _Draft, rules: Rules) -> list[tuple[Run, Span]]:
    """What is to be a chunk, in the order of the document; a figure's description is cut at sentences by every kind."""
    prose = [run for run in draft.runs if not run.figures]
    figures = [run for run in draft.runs if run.figures]
    spans = [
        *zip(prose, _CUTS[rules.chunk_by](prose, rules), strict=True),
        *zip(figures, section.cut(figures, rules), strict=True),
    ]
    ordered = [(run.places_of(span)[0].position, run, span) for run, own in spans for span in own]
    ordered.sort(key=lambda item: item[0])
    return [(run, span) for _, run, span in ordered]


def _count(spans: Sequence[tuple[_Draft, Run, Span]], rules: Rules) -> list[tuple[_Draft, Run, Span, int]]:
    """Count every chunk as it is; halve those of which the tokenizer makes more alone than in their place."""
    known = [run.known_length(span) for _, run, span in spans]
    asked = [run.text[span[0] : span[1]] for (_, run, span), tokens in zip(spans, known, strict=True) if tokens is None]
    new = iter(rules.count(asked))
    counts = [next(new) if tokens is None else tokens for tokens in known]
    counted: list[tuple[_Draft, Run, Span, int]] = []
    for (draft, run, span), tokens in zip(spans, counts, strict=True):
        if tokens <= rules.max_tokens or span[1] - span[0] < 2:
            counted.append((draft, run, span, tokens))
        else:
            counted.extend(_count([(draft, run, half) for half in halve(run.text, span)], rules))
    return counted


def _to_chunks(draft: _Draft, rules: Rules, check: Check | None) -> tuple[list[Chunk], list[Reject]]:
    document_id = draft.parsed.document_id
    figures = FigureIndex(draft.parsed, draft.prose)
    chunks: list[Chunk] = []
    rejects = draft.prose.rejects
    seen: set[str] = set()
    for run, span, tokens in draft.pieces:
        text = run.text[span[0] : span[1]]
        places = run.places_of(span)
        path = common_path([place.path for place in places])
        chunk_id = text_id(document_id, path, text)
        reason, detail = _fault(text, tokens, rules, check, repeated=chunk_id in seen)
        if reason:
            rejects.append(reject(reason, detail, document_id, path, text))
            continue
        seen.add(chunk_id)
        pages = [place.page for place in places]
        shown = run.figures or figures.find(text, places[0].position, places[-1].position)
        chunks.append(Chunk(chunk_id, document_id, len(chunks), path, min(pages), max(pages), text, tokens, shown))
    return chunks, rejects


def _fault(text: str, tokens: int, rules: Rules, check: Check | None, *, repeated: bool) -> tuple[str, str]:
    """Why a text makes no chunk, and the rest of the story; empty if it makes one."""
    if tokens < rules.min_tokens:
        return "too_short", f"{tokens} tokens"
    if tokens > rules.max_tokens:
        return "too_long", f"a single character of {tokens} tokens"
    if repeated:
        return "repeated", "the same text stands twice"
    return (check(text), "") if check else ("", "")
