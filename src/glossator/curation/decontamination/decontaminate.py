"""Samples in, those out that teach nothing of what is examined: removed, counted, and looked for once more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from glossator import records
from glossator.curation.decontamination.benchmarks import Benchmark
from glossator.curation.decontamination.overlap import Finding, Rule
from glossator.curation.decontamination.pieces import TEACHING, Piece, benchmark_pieces, pieces_of
from glossator.curation.decontamination.search import Rules, Search
from glossator.curation.vectors import Embed
from glossator.errors import CurationError
from glossator.records import JsonValue, Reject, Sample, Split

NAME = "decontamination"
"""The stage of its rejects."""
NGRAM = 8
"""Words of a run; shorter ones are shared by texts that only speak of the same thing."""
THRESHOLD = 0.25
"""Share of the runs of eight words."""
COSINE = 0.92
"""For the packaged embedder."""

_SHORT_RULE = Rule(words=3, share=0.4, fewest=3, least=0.25)
_FEWEST = 4
_EXAMINING: tuple[Split, ...] = ("test", "dev", "test_seen")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Decontaminated:
    """What is left, what was removed, and how much of which split stood where."""

    samples: tuple[Sample, ...]
    """In the order given, without those of train and pool that hold what dev, test or a benchmark asks."""
    rejects: tuple[Reject, ...]
    """Reason `contaminated`; each names the held-out sample and the measure, and holds the whole sample removed."""
    report: Mapping[str, JsonValue]
    """Plain data: rules, what was compared, what was found by split, side and measure."""


def decontaminate(
    samples: Sequence[Sample],
    *,
    cluster_of: Mapping[str, str] | None,
    benchmarks: Sequence[Benchmark] = (),
    threshold: float = THRESHOLD,
    cosine: float = COSINE,
    embed: Embed | None = None,
) -> Decontaminated:
    """Take samples of all splits, leave those of train and pool out that hold what is held out.

    With dev, test and the benchmarks the whole sample is compared, the passage in its prompt included; with
    `test_seen`, whose documents are those of train, question and answer alone. What is found is removed from train
    and pool. Then it is looked for again in another way, and the run stops if any is left. Of dev, test and test_seen
    is only told how much of them stands in a benchmark.

    Args:
        samples: with their splits.
        cluster_of: sample or document id → cluster of near-duplicates. None: each document is its own.
        benchmarks: published examinations that must not be taught either.
        threshold: share of the runs of eight words of either text, from which two texts share too many.
        cosine: similarity of question and answer, from which they say the same.
        embed: takes texts, leaves a vector of each; None leaves that measure out.

    Raises:
        CurationError: a threshold is out of range, or something is left after removal.
    """
    for name, value in (("threshold", threshold), ("cosine", cosine)):
        if not 0 < value <= 1:
            raise CurationError(f"{name} is {value:g}; it must lie above 0 and not above 1")
    rules = Rules(Rule(NGRAM, threshold, _FEWEST), _SHORT_RULE, cosine, embed)
    teaching = [sample for sample in samples if sample.split in TEACHING]
    taught, places = pieces_of(teaching, cluster_of)
    held = _held_pieces(samples, cluster_of, benchmarks)
    search = Search.of(taught, held, rules)
    findings = search.find()
    removed: dict[int, Finding] = {}
    for place, own in enumerate(places):
        own_findings = [findings[piece] for piece in own if piece in findings]
        if own_findings:
            removed[place] = max(own_findings, key=lambda finding: finding.value)
    again = search.find_again()
    _refuse_left([one.id for n, one in enumerate(teaching) if n not in removed and not again.isdisjoint(places[n])])
    gone = {id(teaching[place]) for place in removed}
    return Decontaminated(
        samples=tuple(sample for sample in samples if id(sample) not in gone),
        rejects=tuple(_reject(teaching[place], finding, held) for place, finding in removed.items()),
        report={
            "rules": {
                "words": NGRAM,
                "threshold": threshold,
                "short_words": _SHORT_RULE.words,
                "short_threshold": _SHORT_RULE.share,
                "cosine": cosine if embed else None,
            },
            "compared": _count_splits(samples),
            "removed": _tell(teaching, removed, held),
            "benchmarks": {
                benchmark.name: {
                    "texts": len(benchmark.texts),
                    "removed": sum(held[finding.held].side == benchmark.name for finding in removed.values()),
                    **_look_into(benchmark, samples, cluster_of, rules),
                }
                for benchmark in benchmarks
            },
        },
    )


def _held_pieces(
    samples: Iterable[Sample], cluster_of: Mapping[str, str] | None, benchmarks: Sequence[Benchmark]
) -> list[Piece]:
    examining = [sample for sample in samples if sample.split in _EXAMINING]
    examining.sort(key=lambda sample: _EXAMINING.index(sample.split))
    pieces, _ = pieces_of(examining, cluster_of)
    kept = [piece for piece in pieces if piece.side != "test_seen" or piece.part == "dialogue"]
    return [*kept, *benchmark_pieces(benchmarks)]


def _refuse_left(left: Sequence[str]) -> None:
    if left:
        shown = ", ".join(left[:_SHOWN]) + (", …" if len(left) > _SHOWN else "")
        raise CurationError(
            f"{len(left)} sample{'s' * (len(left) != 1)} of train or pool still hold what dev, test or a benchmark "
            f"asks after decontamination ({shown}); leave them out with `review`, or split anew with another seed"
        )


def _reject(sample: Sample, finding: Finding, held: Sequence[Piece]) -> Reject:
    other = held[finding.held]
    measure = "the same text" if finding.measure == "equal" else f"{finding.measure} {finding.value:.2f}"
    detail = f"{measure} with {other.owner} of {other.side}"
    return Reject(sample.id, NAME, "contaminated", detail, records.to_dict(sample))


def _count_splits(samples: Iterable[Sample]) -> dict[str, int]:
    counts = Counter(sample.split for sample in samples)
    return {split: counts[split] for split in (*TEACHING, *_EXAMINING)}


def _tell(
    teaching: Sequence[Sample], removed: Mapping[int, Finding], held: Sequence[Piece]
) -> dict[str, dict[str, dict[str, int]]]:
    """Split → side → measure → samples removed."""
    told: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for place, finding in removed.items():
        told[teaching[place].split][held[finding.held].side][finding.measure] += 1
    return {split: {side: dict(own) for side, own in sides.items()} for split, sides in told.items()}


def _look_into(
    benchmark: Benchmark, samples: Iterable[Sample], cluster_of: Mapping[str, str] | None, rules: Rules
) -> dict[str, int]:
    """How many samples of each examining split stand in a benchmark."""
    examining = [sample for sample in samples if sample.split in _EXAMINING]
    pieces, places = pieces_of(examining, cluster_of)
    findings = Search.of(pieces, benchmark_pieces([benchmark]), rules).find()
    told = Counter(
        sample.split for sample, own in zip(examining, places, strict=True) if any(piece in findings for piece in own)
    )
    return {split: told[split] for split in _EXAMINING}
