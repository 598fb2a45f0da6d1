"""Takes samples, leaves the texts of them that are compared: what is said in each, and what is read with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from glossator.curation.decontamination.benchmarks import Benchmark
from glossator.curation.turns import turns_of
from glossator.records import Sample, Split
from glossator.text import near_duplicates

Part = Literal["dialogue", "passage"]

TEACHING: tuple[Split, ...] = ("train", "pool")
"""The splits that are learned from."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One text, with who holds it first."""

    text: str
    part: Part
    """`dialogue`: the questions and answers of a sample, and once more with the worse answer of a preference that is
    taught; `passage`: the text in its prompt."""
    cluster: str
    """Of near-duplicates: a phrase that pieces of many clusters hold is a stock phrase."""
    side: str
    """A split; of a benchmark its name."""
    owner: str
    """Id of the first sample that holds it; of a benchmark's text its row."""


def pieces_of(
    samples: Iterable[Sample], cluster_of: Mapping[str, str] | None
) -> tuple[list[Piece], list[tuple[int, ...]]]:
    """Take samples, leave their distinct texts, and of each sample the places of its texts among them.

    A passage about which ten questions are asked is one piece. The answer style, a system turn, is none.

    Args:
        samples: of any split.
        cluster_of: sample or document id → cluster; None where nothing is known, then each document is its own, and
            so is each ready sample, whose document is a file of many.
    """
    pieces: list[Piece] = []
    place_of: dict[tuple[str, str, Part, str], int] = {}
    places: list[tuple[int, ...]] = []
    for sample in samples:
        cluster, own = cluster_name(sample, cluster_of), []
        for part, text in _texts(sample):
            key = (sample.split, cluster, part, text)
            place = place_of.setdefault(key, len(pieces))
            if place == len(pieces):
                pieces.append(Piece(text, part, cluster, sample.split, sample.id))
            own.append(place)
        places.append(tuple(own))
    return pieces, places


def cluster_name(sample: Sample, cluster_of: Mapping[str, str] | None) -> str:
    """Take a sample, leave the name of its cluster: its own, else its documents', else what stands for it alone."""
    known = cluster_of or {}
    if sample.id in known:
        return known[sample.id]
    if not sample.chunk_ids:
        return sample.id
    return "+".join(sorted({known.get(document_id, document_id) for document_id in sample.document_ids}))


def benchmark_pieces(benchmarks: Iterable[Benchmark]) -> list[Piece]:
    """Take benchmarks, leave a piece of each text; rows that are near-duplicates are one cluster."""
    pieces = []
    for benchmark in benchmarks:
        texts = {f"row {number}": text for number, text in enumerate(benchmark.texts, start=1)}
        clusters = near_duplicates.cluster(texts)
        pieces += [
            Piece(text, "dialogue", f"{benchmark.name}\n{clusters[row]}", benchmark.name, row)
            for row, text in texts.items()
        ]
    return pieces


def _texts(sample: Sample) -> Iterator[tuple[Part, str]]:
    """The questions and answers of a sample as one text, then what else it teaches from."""
    turns = turns_of(sample)
    said = [turn.said for turn in turns]
    yield "dialogue", "\n".join(filter(None, said))
    if sample.rejected and sample.split in TEACHING:
        # A worse answer is read in training as well; nobody is examined by one.
        yield "dialogue", "\n".join(filter(None, [*said[:-1], sample.rejected]))
    passage = "\n".join(turn.passage for turn in turns if turn.passage)
    if passage:
        yield "passage", passage
