"""What a teacher is shown at one time: chunks with their splits in, materials out, in an order that covers first."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from glossator.records import Chunk, Figure, Split
from glossator.synthesis.related import Likeness
from glossator.synthesis.task import Task

_DRAWN_FROM = 4
"""Distractors are drawn from so many times as many of the most similar chunks."""
_TRIED = 5
"""Of the chunks most like one, how many may already be its partner elsewhere before it stays without one."""

ReadImage = Callable[[Figure], bytes | None]
"""Takes a figure, leaves the bytes of its image (PNG), of a size that a model takes; None where there is none."""


@dataclass(frozen=True, slots=True)
class Material:
    """One teacher call's worth of text, and what the student will read besides."""

    chunks: tuple[Chunk, ...]
    """One; several small neighbours of one document; or two related ones. All of one split, in reading order."""
    split: Split
    """Where what is written about them goes."""
    figure: Figure | None = None
    """The figure that is asked about; None where the text is."""
    read_image: ReadImage | None = field(default=None, compare=False, repr=False)
    """Reads that figure's image when it is asked about, so that no run holds all of them."""
    distractors: tuple[Chunk, ...] = ()
    """Chunks of the same split that answer something else; they stand beside the right one in the student's prompt."""

    @property
    def id(self) -> str:
        """What rejects and progress name it by: the figure's id, or that of its first chunk."""
        return self.figure.id if self.figure else self.chunks[0].id

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The documents that the teacher reads, each once."""
        return tuple(dict.fromkeys(chunk.document_id for chunk in self.chunks))

    @property
    def image(self) -> bytes | None:
        """The figure's image, read now; None without a figure, or where no image of it is kept."""
        return self.read_image(self.figure) if self.figure and self.read_image else None

    @property
    def text(self) -> str:
        """What is to be read: the chunks, or the figure's label, caption and description."""
        return figure_text(self.figure) if self.figure else "\n\n".join(chunk.text for chunk in self.chunks)


def figure_text(figure: Figure) -> str:
    """Turn a figure into the words about it: label, caption and description, as far as there are any."""
    caption = figure.caption.strip()
    label = "" if caption.casefold().startswith(figure.label.strip().casefold()) else figure.label.strip()
    return "\n\n".join(part for part in (label, caption, figure.description.strip()) if part)


def make_materials(
    chunks: Iterable[tuple[Chunk, Split | None]],
    task: Task,
    *,
    tokens_per_call: int | None = None,
    figures: Mapping[str, Figure] | None = None,
    images: ReadImage | None = None,
    seed: int = 0,
) -> list[Material]:
    """Turn chunks with their splits into what a teacher is shown for a task.

    Chunks of the pool, and those without a split, are passed over; so are figures without a word about them, and
    chunks that no other one is related to, where a task needs two. No material goes across splits.

    Args:
        chunks: document by document, in reading order.
        task: says whether a teacher is shown chunks, related ones or figures, and whether there are distractors.
        tokens_per_call: small neighbours of one document are grouped up to so many tokens, where quotes tell which
            of them a pair belongs to; None: one chunk at a time.
        figures: by id; needed where the task is about figures.
        images: reads the image of a figure.
        seed: draws the distractors.
    """
    told = [(chunk, split) for chunk, split in chunks if split is not None and split != "pool"]
    if task.shows == "figure":
        return list(_about_figures(told, figures or {}, images))
    if task.shows == "related_chunks":
        return [material for split in _splits(told) for material in _related(_of(told, split), split)]
    if task.distractors:
        return [
            material
            for split in _splits(told)
            for material in _with_distractors(_of(told, split), split, task.distractors, seed)
        ]
    if tokens_per_call is not None and "evidence" in task.checks and task.schema != "multi_turn":
        return [Material(tuple(group), split) for group, split in _grouped(told, tokens_per_call)]
    return [Material((chunk,), split) for chunk, split in told]


def _splits(told: Sequence[tuple[Chunk, Split]]) -> list[Split]:
    return list(dict.fromkeys(split for _, split in told))


def _of(told: Sequence[tuple[Chunk, Split]], wanted: Split) -> list[Chunk]:
    return [chunk for chunk, split in told if split == wanted]


def _about_figures(
    told: Sequence[tuple[Chunk, Split]], figures: Mapping[str, Figure], images: ReadImage | None
) -> Iterator[Material]:
    """One material a figure and split, with the chunk that holds most of what is said of it."""
    holders: dict[tuple[str, Split], Chunk] = {}
    for chunk, split in told:
        for name in chunk.figures:
            figure = figures.get(name)
            if figure is None or not figure_text(figure):
                continue
            held = holders.get((name, split))
            if held is None or _told_of(figure, chunk) > _told_of(figure, held):
                holders[name, split] = chunk
    splits = dict(reversed(holders))  # of a figure in several sections, the first counts
    for (name, split), chunk in holders.items():
        if splits[name] == split:
            yield Material((chunk,), split, figures[name], images)


def _told_of(figure: Figure, chunk: Chunk) -> int:
    said = (figure.caption.strip(), figure.description.strip())
    return sum(len(part) for part in said if part and part in chunk.text)


def _related(chunks: Sequence[Chunk], split: Split) -> Iterator[Material]:
    """Each chunk with the one most like it that it was not paired with already."""
    likeness = Likeness(chunks)
    paired: set[tuple[int, int]] = set()
    for place in range(len(chunks)):
        for other in islice(likeness.nearest(place), _TRIED):
            pair = (min(place, other), max(place, other))
            if pair not in paired:
                paired.add(pair)
                yield Material((chunks[pair[0]], chunks[pair[1]]), split)
                break


def _with_distractors(chunks: Sequence[Chunk], split: Split, count: int, seed: int) -> Iterator[Material]:
    """Each chunk with others: drawn from the most similar ones, filled up from the rest of the split."""
    likeness = Likeness(chunks)
    for place, chunk in enumerate(chunks):
        draw = random.Random(f"{seed} {chunk.id}")
        near = list(islice(likeness.nearest(place), _DRAWN_FROM * count))
        chosen = draw.sample(near, min(count, len(near)))
        for other in draw.sample(range(len(chunks)), min(len(chunks), _DRAWN_FROM * count + 1)):
            if len(chosen) < count and other != place and other not in chosen and not likeness.repeat(place, other):
                chosen.append(other)
        if chosen:
            yield Material((chunk,), split, distractors=tuple(chunks[other] for other in chosen))


def _grouped(told: Sequence[tuple[Chunk, Split]], most_tokens: int) -> Iterator[tuple[list[Chunk], Split]]:
    """Runs of chunks of one document and split that together are small enough; a larger one stays alone."""
    group: list[Chunk] = []
    of: Split = "train"
    for chunk, split in told:
        joins = group and split == of and chunk.document_id == group[-1].document_id
        follows = joins and chunk.index == group[-1].index + 1
        if group and not (follows and sum(one.tokens for one in group) + chunk.tokens <= most_tokens):
            yield group, of
            group = []
        group, of = [*group, chunk], split
    if group:
        yield group, of


def spread(materials: Sequence[Material]) -> list[Material]:
    """Put materials into the order that covers most first, so that a budget that ends early was well spent.

    Every top-level section of every document has its first material before any has a second; within a round the
    documents take turns. Otherwise the order stays, so the same materials always come out in the same order.
    """
    rounds: dict[tuple[str, str], int] = {}
    sections: dict[str, dict[str, int]] = {}
    keys = []
    for material in materials:
        first = material.chunks[0]
        section = first.heading_path[0] if first.heading_path else ""
        known = sections.setdefault(first.document_id, {})
        turn = rounds.get((first.document_id, section), 0)
        rounds[first.document_id, section] = turn + 1
        keys.append((turn, known.setdefault(section, len(known))))
    order = sorted(range(len(materials)), key=lambda place: (*keys[place], place))
    return [materials[place] for place in order]
