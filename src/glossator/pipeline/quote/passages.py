"""What a teacher will be shown: materials of real chunks, and how many of them there will be."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from glossator.artifacts import Artifact, iterate_table
from glossator.pipeline.context import Road
from glossator.pipeline.describing import image_to_send
from glossator.pipeline.quote.looking import Look
from glossator.pipeline.quote.ranges import Range
from glossator.pipeline.quote.shares import SPLITS, shares_of
from glossator.pipeline.splits_file import ASSIGNMENT
from glossator.records import Chunk, Figure, ParsedDocument, Split

if TYPE_CHECKING:
    from glossator.synthesis import Material, Task

_WORDS = "The river carries its water from the hills to the sea. "
_WORDS_TOKENS = 12
MOST_CHUNKS = 20_000
"""Chunks of which materials are made at once; of more, a part is."""


@dataclass(frozen=True, slots=True)
class Passages:
    """The materials of one task."""

    sample: list[Material]
    total: Range
    """How many there will be, those of the pool left out."""
    shares: Mapping[str, Range]
    """Which part of them each split has."""
    whole: bool
    """Whether `sample` holds every material with the split it has."""
    stand_in: bool = False
    """Whether `sample` is made of no document's words, since there is none to look at yet."""


def passages_of(road: Road, task: Task, look: Look, done: Mapping[str, Artifact]) -> Passages:
    """Make the materials of a task from the chunks that were looked at, and say how many there will be.

    Where chunks and splits are there, that is all of them; else the splits are shared out as the recipe says.
    """
    from glossator.synthesis.materials import make_materials

    section = road.recipe.synthesis
    assert section is not None
    if not look.sample and look.chunks.high:
        return _of_nothing_seen(road, task, look)
    chunks = _bounded(look.sample, road.recipe.seed)
    splits = _splits_of(chunks, done) if look.whole else None
    given: list[tuple[Chunk, Split | None]] = (
        list(zip(chunks, splits, strict=True)) if splits is not None else [(chunk, "train") for chunk in chunks]
    )
    figures = _figures_of(look, done) if task.shows == "figure" else {}
    made = make_materials(
        given,
        task,
        tokens_per_call=section.tokens_per_call,
        figures=figures,
        # Of documents that are only looked at, the images are gone with the folder they were read in.
        images=partial(image_to_send, road) if "parse" in done else None,
        seed=road.recipe.seed,
    )
    if splits is not None and len(chunks) == len(look.sample):
        count = max(1, len(made))
        known = {name: Range.of(sum(one.split == name for one in made) / count) for name in SPLITS[:3]}
        return Passages(made, Range.of(len(made)), known, whole=True)
    if splits is not None:
        shares = {name: Range.of(sum(split == name for split in splits) / max(1, len(splits))) for name in SPLITS}
    else:
        shares = shares_of(road.recipe, (look.documents.low + look.documents.high) / 2)
    pool = shares.pop("pool")
    taught = Range(max(0.0, 1 - pool.high), 1 - pool.low)
    if task.shows == "figure":
        each = _askable(look.figures, made, [chunk for chunk, split in given if split not in (None, "pool")], figures)
    else:
        read = sum(split is not None and split != "pool" for _, split in given)
        each = look.chunks.scaled(len(made) / read) if read else look.chunks
    middle = max(1e-9, (taught.low + taught.high) / 2)
    return Passages(
        made, (each * taught).rounded(), {name: one.scaled(1 / middle) for name, one in shares.items()}, whole=False
    )


def _figures_of(look: Look, done: Mapping[str, Artifact]) -> dict[str, Figure]:
    """Every figure of the parsed documents, else those of the documents that were looked at."""
    if "parse" not in done:
        return dict(look.seen_figures)
    parsed = iterate_table(done["parse"].file("parsed.parquet"), ParsedDocument)
    return {figure.id: figure for document in parsed for figure in document.figures}


def _askable(count: Range, made: Sequence[Material], chunks: Sequence[Chunk], figures: Mapping[str, Figure]) -> Range:
    """How many of all figures a teacher can be asked about: those without a word about them are passed over."""
    documents = {chunk.document_id for chunk in chunks}
    among = sum(figure.document_id in documents for figure in figures.values())
    return count.scaled(len(made) / among) if made else Range(0.0, count.high)


def _of_nothing_seen(road: Road, task: Task, look: Look) -> Passages:
    """A passage as long as one will be, where no document is there to take a real one from."""
    from glossator.synthesis import Material

    tokens = (look.chunk_tokens.low + look.chunk_tokens.high) / max(1.0, look.chunks.low + look.chunks.high)
    text = _WORDS * max(1, round(tokens / _WORDS_TOKENS))
    chunk = Chunk("0" * 20, "0" * 20, 0, ("Section",), 1, 1, text.strip(), round(tokens))
    shown = {"chunk": [Material((chunk,), "train")], "related_chunks": [Material((chunk, chunk), "train")]}
    shares = shares_of(road.recipe, look.documents.low)
    pool = shares.pop("pool")
    each = look.figures if task.shows == "figure" else look.chunks
    total = each.scaled(max(0.0, 1 - (pool.low + pool.high) / 2)).rounded()
    return Passages(shown.get(task.shows, []), total, shares, whole=False, stand_in=True)


def _bounded(chunks: Sequence[Chunk], seed: int) -> list[Chunk]:
    """All chunks, or those of documents drawn by seed until there are enough."""
    if len(chunks) <= MOST_CHUNKS:
        return list(chunks)
    names = list(dict.fromkeys(chunk.document_id for chunk in chunks))
    random.Random(seed).shuffle(names)
    order = {name: place for place, name in enumerate(names)}
    return sorted(chunks, key=lambda chunk: order[chunk.document_id])[:MOST_CHUNKS]


def _splits_of(chunks: Sequence[Chunk], done: Mapping[str, Artifact]) -> list[Split | None] | None:
    if "split" not in done:
        return None
    from glossator.curation import Assignment

    assignment = Assignment.from_dict(json.loads(done["split"].file(ASSIGNMENT).read_text("utf-8")))
    return [assignment.split_of_chunk(chunk) for chunk in chunks]
