"""Evidence that is not where it says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import Fault, Outcome, is_ready, sift
from glossator.records import Chunk, Sample


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """Rejects a sample whose evidence is missing or does not stand in its chunk at its offsets (`evidence`).

    A ready sample has no chunk to stand in, so it is let through, whatever its task.
    """

    chunks_by_id: Mapping[str, Chunk]
    tasks: Collection[str] | None = None
    """The tasks it looks at; None: all."""
    name: str = "evidence"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those whose every piece of evidence is where it says."""
        return sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> Fault | None:
        if is_ready(sample) or (self.tasks is not None and sample.task not in self.tasks):
            return None
        if not sample.evidence:
            return "evidence", "no evidence is given"
        for evidence in sample.evidence:
            chunk = self.chunks_by_id.get(evidence.chunk_id)
            place = f"[{evidence.start}:{evidence.end}] of chunk {evidence.chunk_id}"
            if chunk is None or evidence.chunk_id not in sample.chunk_ids:
                return "evidence", f"{place}: not a chunk of this sample"
            if not evidence.text.strip() or not 0 <= evidence.start < evidence.end <= len(chunk.text):
                return "evidence", f"{place}: no such span in a text of {len(chunk.text)} characters"
            if chunk.text[evidence.start : evidence.end] != evidence.text:
                return "evidence", f"{place}: the text there is another one"
        return None
