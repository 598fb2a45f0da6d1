"""Questions and answers that point at a text which their reader does not have, or should not be sent to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import Fault, Outcome, sift
from glossator.curation.filters.prompt import explains_passage
from glossator.records import Sample
from glossator.text.self_reference import points_outside


@dataclass(frozen=True, slots=True)
class SelfContained:
    """Rejects a sample that speaks of the text it came from, such as "the table above" (`self_referential`).

    Without a text in the prompt neither question nor answer may speak of a paper, its authors or its tables. With one
    they may, but the question may not speak of "the passage", and of the answer nothing is asked. A fixed question that
    is put to a whole passage ("Explain this section to me") names it by design.
    """

    name: str = "self_referential"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those that can be understood by who sees the prompt."""
        return sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> Fault | None:
        if explains_passage(sample):
            return None
        found = points_outside(sample.question, sample.context)
        if found is not None:
            return "question", repr(found)
        found = points_outside(sample.answer, "none", part="answer") if sample.context == "none" else None
        return ("answer", repr(found)) if found is not None else None
