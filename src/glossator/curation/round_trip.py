"""Puts each question to the run's index: one that does not find the passage it was made of may say too little.

`What did the committee decide?` is a fine question beside its passage and none without it. Where the student has no
passage, or has to retrieve it, such a question teaches a guess. It is information and no proof: a question may miss
because other passages answer it as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Literal, Protocol

from glossator.curation.filters.filter import Outcome, reject_sample
from glossator.records import JsonValue, Reject, Sample
from glossator.retrieval import Hit, Mode

NAME = "round_trip"
BATCH = 256
"""Questions searched at once; nothing else is held of them than their own rank."""


class Search(Protocol):
    """Anything that finds passages for questions, such as `glossator.retrieval.SearchIndex.search`."""

    def __call__(self, queries: Sequence[str], *, k: int, mode: Mode) -> list[list[Hit]]:
        """Find the `k` passages nearest to each query, nearest first."""


class RoundTrip:
    """Marks samples with the rank at which their question finds their own chunk, or rejects those that do not find it.

    The verdict `round_trip` is `found at 3` or `not found in 10`; where a sample is made of several chunks, any of them
    counts, and the nearest decides. Samples without a chunk or without a question are let through as they are.

    Args:
        search: of the run's index.
        k: passages among which the own one has to be.
        on_miss: `mark` lets all samples through; `reject` makes a reject (`not_self_contained`) of what is not found.
        mode: how the index is searched.
        tasks: the tasks whose samples may be rejected; the others are marked. None: all. Where the student reads the
            chunk, a question need not find it.
    """

    name = NAME

    def __init__(
        self,
        search: Search,
        *,
        k: int = 10,
        on_miss: Literal["mark", "reject"] = "mark",
        mode: Mode = "hybrid",
        tasks: Collection[str] | None = None,
    ) -> None:
        self._search, self._k, self._on_miss, self._mode, self._tasks = search, k, on_miss, mode, tasks
        self._report: dict[str, JsonValue] = {}

    @property
    def report(self) -> dict[str, JsonValue]:
        """Plain data about the last run: how many were asked and found, by task and by split; empty before."""
        return self._report

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave them with their rank, and rejects where those are asked for.

        Raises:
            RetrievalError: the index cannot be searched.
        """
        kept: list[Sample] = []
        rejects: list[Reject] = []
        asked = _Tally(self._k)
        for sample, rank in self._ranked(samples):
            if rank is None:
                kept.append(sample)
                asked.skip()
                continue
            asked.count(sample, rank)
            if rank or not self._rejects(sample):
                kept.append(_marked(sample, f"found at {rank}" if rank else f"not found in {self._k}"))
                continue
            detail = f"its own passage is not among the {self._k} nearest"
            rejects.append(reject_sample(sample, stage=self.name, reason="not_self_contained", detail=detail))
        self._report = asked.to_dict()
        return kept, rejects

    def _rejects(self, sample: Sample) -> bool:
        return self._on_miss == "reject" and (self._tasks is None or sample.task in self._tasks)

    def _ranked(self, samples: Sequence[Sample]) -> Iterator[tuple[Sample, int | None]]:
        """Yield each sample with the rank of its chunk: 0 where it is not found, None where it is not looked for."""
        rows = iter(samples)
        while batch := list(islice(rows, BATCH)):
            # One question put to several passages, as personas are, is searched once.
            questions = list(dict.fromkeys(sample.question for sample in batch if _is_asked(sample)))
            found = dict(zip(questions, self._find(questions), strict=True))
            for sample in batch:
                yield sample, _rank(sample, found[sample.question]) if _is_asked(sample) else None

    def _find(self, questions: Sequence[str]) -> list[list[str]]:
        if not questions:
            return []
        return [[hit.chunk_id for hit in hits] for hits in self._search(questions, k=self._k, mode=self._mode)]


def round_trip(samples: Sequence[Sample], search: Search, *, k: int = 10, mode: Mode = "hybrid") -> list[Sample]:
    """Take samples, leave them with the verdict `round_trip`; see `RoundTrip`, which also gives a report.

    Raises:
        RetrievalError: the index cannot be searched.
    """
    return RoundTrip(search, k=k, mode=mode)(samples)[0]


class _Tally:
    """Counts what was asked and found, as a whole, by task and by split."""

    def __init__(self, k: int) -> None:
        self._k, self._skipped = k, 0
        self._all = [0, 0, 0]
        self._by: Mapping[str, dict[str, list[int]]] = {
            name: defaultdict(lambda: [0, 0, 0]) for name in ("tasks", "splits")
        }

    def skip(self) -> None:
        self._skipped += 1

    def count(self, sample: Sample, rank: int) -> None:
        for row in (self._all, self._by["tasks"][sample.task], self._by["splits"][sample.split]):
            row[0] += 1
            row[1] += rank > 0
            row[2] += rank == 1

    def to_dict(self) -> dict[str, JsonValue]:
        groups = {name: {key: _row(row) for key, row in sorted(by.items())} for name, by in self._by.items()}
        return {"k": self._k, "without_chunk": self._skipped, **_row(self._all), **groups}


def _row(row: Sequence[int]) -> dict[str, JsonValue]:
    asked, found, first = row
    return {"asked": asked, "found": found, "first": first, "share": round(found / asked, 4) if asked else None}


def _is_asked(sample: Sample) -> bool:
    return bool(sample.chunk_ids) and bool(sample.question.replace("\0", "").strip())


def _rank(sample: Sample, chunk_ids: Sequence[str]) -> int:
    own = {evidence.chunk_id for evidence in sample.evidence} or set(sample.chunk_ids)
    return next((rank for rank, chunk_id in enumerate(chunk_ids, start=1) if chunk_id in own), 0)


def _marked(sample: Sample, verdict: str) -> Sample:
    return replace(sample, origin=replace(sample.origin, verdicts={**sample.origin.verdicts, NAME: verdict}))
