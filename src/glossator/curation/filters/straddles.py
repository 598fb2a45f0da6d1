"""Chunks that serve two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import Fault, Outcome, by_priority, sift
from glossator.records import Sample, Split


@dataclass(frozen=True, slots=True)
class OneSplitPerChunk:
    """Rejects a sample that uses a chunk which a sample of a more guarded split uses as well (`straddles`).

    Splits are made by document or section before any question exists, so this finds nothing unless something
    upstream went wrong; then the held-out side survives. `train` and `test_seen` share their chunks by intention.
    """

    name: str = "straddles"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those whose chunks serve one side only."""
        side_of: dict[str, Split] = {}
        for sample in sorted(samples, key=by_priority):
            for chunk_id in sample.chunk_ids:
                side_of.setdefault(chunk_id, _side(sample))

        def find_fault(sample: Sample) -> Fault | None:
            for chunk_id in sample.chunk_ids:
                if side_of[chunk_id] != _side(sample):
                    return "straddles", f"in {sample.split}, but chunk {chunk_id} serves {side_of[chunk_id]}"
            return None

        return sift(samples, self.name, find_fault)


def _side(sample: Sample) -> Split:
    return "train" if sample.split == "test_seen" else sample.split
