"""What a person decided about samples: kept apart from them, and done again whenever they are made again.

Decisions lie in a file of their own, one a line, the last one about a sample counts. Samples are named by their ids,
which are hashes of their words: a sample that is written anew in the same words finds its decision again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from glossator import records
from glossator.curation.filters import reject_sample
from glossator.errors import CurationError
from glossator.records import Message, Reject, Sample, content_id

Action = Literal["drop", "edit", "admit", "undo"]
STAGE = "review"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one sample."""

    sample_id: str
    """As it was shown: before any edit."""
    action: Action
    """`drop` takes a sample out, `edit` gives it other words, `admit` brings a rejected one back, `undo` takes an
    earlier decision back."""
    when: str
    """ISO 8601, UTC."""
    question: str = ""
    """After an edit; empty: as it was."""
    answer: str = ""
    """After an edit; empty: as it was."""
    reason: str = ""
    """Why, if the person said."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Samples after a person's decisions."""

    samples: tuple[Sample, ...]
    rejects: tuple[Reject, ...]
    """What was dropped, whole."""
    admitted: frozenset[str]
    """Ids of the samples that a person vouched for: no filter of taste takes them out again."""
    taken: frozenset[str]
    """Ids of the rejects that came back, as they were before an edit."""
    counts: Mapping[str, int]
    """Action → samples; `unmatched` counts decisions about samples that are not there any more."""


def read_decisions(path: Path) -> list[Decision]:
    """Take the file of decisions, leave them in the order they were made; a last line that a kill cut off is left out.

    Raises:
        CurationError: another line is no decision.
    """
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        return [records.from_dict(Decision, json.loads(line)) for line in lines if line.strip()]
    except (ValueError, TypeError, AttributeError) as error:
        raise CurationError(f"{path} holds a line that is no decision ({error}); remove that line") from error


def standing(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Take decisions in the order they were made, leave the one that counts for each sample."""
    last: dict[str, Decision] = {}
    for decision in decisions:
        if decision.action == "undo":
            last.pop(decision.sample_id, None)
        else:
            last[decision.sample_id] = decision
    return last


def apply_reviews(samples: Sequence[Sample], rejects: Iterable[Reject], decisions: Iterable[Decision]) -> Reviewed:
    """Take what was written and what was rejected on the way, leave it as a person wants it.

    Args:
        samples: before any filter.
        rejects: of those who wrote them; one that holds a whole sample can be admitted.
        decisions: in the order they were made.
    """
    last = standing(decisions)
    left = dict(last)
    kept: list[Sample] = []
    dropped: list[Reject] = []
    admitted: set[str] = set()
    taken: set[str] = set()
    for sample, was_rejected in _candidates(samples, rejects, last):
        decision = left.pop(sample.id, None) if sample.id in left else last.get(sample.id)
        if decision is None:
            kept.append(sample)
        elif decision.action == "drop":
            if not was_rejected:
                detail = decision.reason or f"by a person, {decision.when}"
                dropped.append(reject_sample(sample, stage=STAGE, reason="dropped", detail=detail))
        else:
            made = edited(sample, decision) if decision.action == "edit" else _vouched(sample, "admitted")
            kept.append(made)
            admitted.add(made.id)
            if was_rejected:
                taken.add(sample.id)
    done = [decision.action for key, decision in last.items() if key not in left]
    counts = {action: done.count(action) for action in ("drop", "edit", "admit")}
    counts["unmatched"] = len(left)
    return Reviewed(tuple(kept), tuple(dropped), frozenset(admitted), frozenset(taken), counts)


def _candidates(
    samples: Sequence[Sample], rejects: Iterable[Reject], last: Mapping[str, Decision]
) -> Iterable[tuple[Sample, bool]]:
    """The samples, then those of the rejected that a person decided about and that are not among the samples."""
    present = set()
    for sample in samples:
        present.add(sample.id)
        yield sample, False
    for reject in rejects:
        if reject.subject_id in last and reject.subject_id not in present and reject.record is not None:
            present.add(reject.subject_id)
            yield records.from_dict(Sample, reject.record), True


def edited(sample: Sample, decision: Decision) -> Sample:
    """Take a sample and an edit, leave the sample in its new words; its id is theirs.

    The question is replaced where it stands: at the end of the last user turn. A turn that does not hold it becomes it.
    """
    question, answer = decision.question or sample.question, decision.answer or sample.answer
    *earlier, asked = sample.prompt
    before, found, _ = asked.content.rpartition(sample.question)
    turn = Message(asked.role, f"{before}{question}" if found else question)
    messages = (*earlier, turn, Message("assistant", answer))
    made = replace(
        sample,
        id=content_id(sample.task, *(part for message in messages for part in (message.role, message.content))),
        messages=messages,
        question=question,
        metadata={**sample.metadata, "edited_from": sample.id},
    )
    return _vouched(made, "edited")


def _vouched(sample: Sample, how: str) -> Sample:
    return replace(sample, origin=replace(sample.origin, verdicts={**sample.origin.verdicts, STAGE: how}))
