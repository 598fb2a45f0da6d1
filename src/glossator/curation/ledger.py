"""The filter ledger: what went in, what came out and why, with examples; and the line below which a run stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from glossator import records
from glossator.errors import YieldError
from glossator.records import JsonValue, Reject

EXAMPLES = 3
"""Rejects that are shown for each filter."""
Unit = Literal["passages", "chunks", "replies", "samples", "attempts"]

_SHOWN_CHARACTERS = 80
_SHOWN_FILTERS = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A reject as the ledger shows it."""

    subject_id: str
    reason: str
    detail: str
    question: str
    """The rejected question, shortened; empty when the reject holds none."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One filter's account: `taken_in` is `passed` plus the sum of `reasons`."""

    name: str
    taken_in: int
    passed: int
    reasons: Mapping[str, int]
    """Reason → how many."""
    examples: tuple[Example, ...]
    unit: Unit = "samples"
    """What is counted; a passage gives a reply, a reply samples."""


@dataclass(slots=True)
class Ledger:
    """The accounts of all filters, in the order they ran."""

    rows: list[LedgerRow] = field(default_factory=list)

    def enter(
        self, name: str, *, taken_in: int, passed: int, rejects: Sequence[Reject], unit: Unit = "samples"
    ) -> None:
        """Take what one filter did, leave a row.

        Raises:
            ValueError: what passed and what was rejected do not add up to what went in.
        """
        if passed + len(rejects) != taken_in:
            raise ValueError(f"{name}: {taken_in} in, {passed} out and {len(rejects)} rejected do not add up")
        reasons = Counter(reject.reason for reject in rejects)
        row = LedgerRow(name, taken_in, passed, dict(sorted(reasons.items())), tuple(_examples(rejects)), unit)
        self.rows.append(row)

    def to_dict(self) -> dict[str, JsonValue]:
        """Leave plain data that `json` can write; `in` and `out` count what `unit` says."""
        return {
            "filters": [
                {
                    "name": row.name,
                    "unit": row.unit,
                    "in": row.taken_in,
                    "out": row.passed,
                    "reasons": dict(row.reasons),
                    "examples": [records.to_dict(example) for example in row.examples],
                }
                for row in self.rows
            ]
        }

    def worst(self) -> str:
        """Leave the filters that took most, three at most, with what they took; empty where none took any."""
        rows = (row for row in self.rows if row.reasons and row.unit not in ("attempts", "chunks"))
        took = sorted(rows, key=lambda row: row.passed - row.taken_in)
        return "; ".join(
            f"{row.name} took {row.taken_in - row.passed} of {row.taken_in}{_listed(row)}"
            for row in took[:_SHOWN_FILTERS]
        )


def _listed(row: LedgerRow) -> str:
    """The filter's reasons in parentheses, most frequent first; nothing where its name says the same."""
    if set(row.reasons) == {row.name}:
        return ""
    return f" ({', '.join(f'{reason} {count}' for reason, count in Counter(row.reasons).most_common())})"


def check_yield(
    kept: Mapping[str, int],
    considered: int,
    *,
    ledger: Ledger | None = None,
    minimum_train: int = 8,
    minimum_holdout: int = 2,
    minimum_share: float = 0.05,
) -> None:
    """Take how many samples each split kept of how many that were considered; leave nothing, if it is enough.

    Args:
        kept: split → samples.
        considered: samples before any filter.
        ledger: of the filters between the two; the message then names those that took most.
        minimum_train: fewest samples in train.
        minimum_holdout: fewest samples in dev, and in test.
        minimum_share: smallest share of the considered samples that has to survive.

    Raises:
        YieldError: nothing or far too little is left; the message says what, and what to do.
    """
    total = sum(kept.values())
    counts = ", ".join(f"{split} {kept.get(split, 0)}" for split in ("train", "dev", "test", "test_seen", "pool"))
    if considered == 0:
        raise YieldError("no sample was made, so there is nothing to curate; look at the rejects of synthesis")
    floors = {"train": minimum_train, "dev": minimum_holdout, "test": minimum_holdout}
    short = [f"{split} (at least {floor})" for split, floor in floors.items() if kept.get(split, 0) < floor]
    if short:
        raise YieldError(
            f"too few samples are left for {' and '.join(short)}: {total} of {considered} survived ({counts}); "
            f"{_culprits(ledger)}{_remedy(ledger)}"
        )
    if total < minimum_share * considered:
        raise YieldError(
            f"only {total} of {considered} samples survived ({counts}), less than {minimum_share:.0%}; "
            f"{_culprits(ledger)}mend what the filters refuse, or ask for other questions"
        )


_REMEDIES = {
    "over_budget": "raise curation.max_tokens if the base model holds more, or set curation.fit: trim",
    "language": "correct curation.languages",
    "judge": "look at judge.json, and choose another judge or teacher",
    "malformed": "choose another teacher.model, or mend its prompt",
    "evidence": "choose another teacher.model, or mend its prompt",
}
"""What to do where one filter took most, by its name."""


def _remedy(ledger: Ledger | None) -> str:
    """Say what to do about the filter that took more than was left; without one there was too little to begin with."""
    rows = ledger.rows if ledger else []
    worst = min(rows, key=lambda row: row.passed - row.taken_in, default=None)
    if worst is not None and worst.taken_in - worst.passed > worst.passed:
        if worst.name == "teacher" and max(worst.reasons, key=worst.reasons.__getitem__) == "budget":
            return "raise synthesis.budget"
        if worst.name in _REMEDIES:
            return _REMEDIES[worst.name]
    return "give more or longer documents, or more ready pairs, or ask for more questions a chunk"


def _culprits(ledger: Ledger | None) -> str:
    worst = ledger.worst() if ledger else ""
    return f"{worst}; " if worst else ""


def _examples(rejects: Sequence[Reject]) -> list[Example]:
    """Choose the first reject of each reason, then the next ones, up to `EXAMPLES`."""
    first = {reject.reason: place for place, reject in reversed(list(enumerate(rejects)))}
    places = [*sorted(first.values()), *(place for place in range(EXAMPLES * 2) if place not in first.values())]
    return [_example(rejects[place]) for place in places[:EXAMPLES] if place < len(rejects)]


def _example(reject: Reject) -> Example:
    question = str((reject.record or {}).get("question", ""))
    if len(question) > _SHOWN_CHARACTERS:
        question = question[: _SHOWN_CHARACTERS - 1] + "…"
    return Example(reject.subject_id, reject.reason, reject.detail, question)
