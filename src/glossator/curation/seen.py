"""`test_seen`: a share of the questions about train documents, held out.

It answers "did it learn these documents?", where `test` answers "does it carry over?".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from glossator.curation.filters import is_ready
from glossator.curation.normalize import normalize
from glossator.records import Sample, content_id
from glossator.text.forest import Forest


def hold_out_seen(samples: Sequence[Sample], *, share: float, seed: int, minimum: int = 2) -> list[Sample]:
    """Take samples, leave them in the same order with a share of those in train moved to `test_seen`.

    What stays together moves together: questions of one chunk whose evidence overlaps, questions with the same
    evidence text in one document (chunks may repeat each other's ends), the same question, and all questions of a
    chunk once one of them has no evidence, since that one is about the whole chunk. Such units, in the order of a
    seeded hash, are taken until the share is reached; one that would overshoot is passed over. Where all would, the
    smallest is taken, unless it is more than half of train.

    Ready samples, which were not written about a document, stay where they are: "did it learn these documents?" cannot
    be asked of them, and they count neither for the share nor for what is held out.

    Args:
        samples: of any split; only those in train that are about a chunk are moved.
        share: of the train samples about documents, from 0 to below 1. 0 moves nothing.
        seed: decides the order of the units.
        minimum: samples to hold out however small the share is; never more than half of the train samples.
    """
    train = [place for place, sample in enumerate(samples) if sample.split == "train" and not is_ready(sample)]
    if share <= 0:
        return list(samples)
    units = _units([samples[place] for place in train])
    units.sort(key=lambda unit: content_id(str(seed), min(_name(samples[train[i]]) for i in unit)))
    target = min(max(round(share * len(train)), minimum), len(train) // 2)
    held: list[int] = []
    for unit in units:
        if len(held) + len(unit) <= target:
            held += [train[i] for i in unit]
    if not held and units:
        smallest = min(units, key=len)
        held = [train[i] for i in smallest] if len(smallest) <= len(train) // 2 else []
    moved = list(samples)
    for place in held:
        moved[place] = replace(moved[place], split="test_seen")
    return moved


def _units(samples: Sequence[Sample]) -> list[list[int]]:
    """Join the samples that share a source of their answer; leave the positions of each group."""
    forest: Forest[int] = Forest()
    for one, other in _links(samples):
        forest.join(one, other)
    units: dict[int, list[int]] = defaultdict(list)
    for place in range(len(samples)):
        units[forest.root(place)].append(place)
    return list(units.values())


def _links(samples: Sequence[Sample]) -> Iterator[tuple[int, int]]:
    """Yield pairs of positions that belong together; their number grows with the samples, not with their square."""
    first_with: dict[tuple[str, ...], int] = {}
    spans: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
    for place, sample in enumerate(samples):
        # A question put to a passage means something else for each passage; put without one, it is one question.
        keys = [("question", *(sample.chunk_ids if sample.context == "chunk" else ()), normalize(sample.question))]
        for evidence in sample.evidence:
            spans[evidence.chunk_id].append((evidence.start, evidence.end, place))
            keys += [("evidence", document_id, normalize(evidence.text)) for document_id in sample.document_ids]
        if not sample.evidence:
            for chunk_id in sample.chunk_ids:
                spans[chunk_id].append((-1, float("inf"), place))
        for key in keys:
            first = first_with.setdefault(key, place)
            if first != place:
                yield first, place
    for of_chunk in spans.values():
        yield from _overlaps(of_chunk)


def _overlaps(spans: list[tuple[int, float, int]]) -> Iterator[tuple[int, int]]:
    reach, holder = float("-inf"), -1
    for start, end, place in sorted(spans):
        if start < reach:
            yield holder, place
        if end > reach:
            reach, holder = end, place


def _name(sample: Sample) -> str:
    """Name what the sample is about, not the sample, so that a reworded question keeps its place in the order."""
    if sample.evidence:
        return f"{sample.evidence[0].chunk_id}:{sample.evidence[0].start:09d}"
    return sample.chunk_ids[0] if sample.chunk_ids else normalize(sample.question)
