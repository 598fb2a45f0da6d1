"""Takes what a judge said of planted pairs, leaves how far it can be trusted, as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.curation.judging.cases import Unjudged, Verdict, aspects_of
from glossator.curation.judging.planting import BAD_KINDS, SAYS_SO, Planted
from glossator.records import JsonValue

FEWEST = 10
"""Planted pairs below which their accuracy stops no run: chance would decide."""
_Z = 1.959963984540054
"""Standard errors of a two-sided interval of 95 %."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Turn hits of a number of tries into the 95 % interval of their share; without tries it says nothing: 0 to 1.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.
    """
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, _Z * _Z / of
    middle = share + spread / 2
    reach = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a judge said of planted pairs."""

    said: Sequence[tuple[Planted, Verdict | Unjudged]]

    @property
    def judged(self) -> int:
        """How many of them got a verdict."""
        return sum(not isinstance(verdict, Unjudged) for _, verdict in self.said)

    @property
    def right(self) -> int:
        """How many verdicts were right."""
        return sum(is_right(planted, verdict) for planted, verdict in self.said if isinstance(verdict, Verdict))

    @property
    def accuracy(self) -> float | None:
        """Share of the verdicts that were right; None without any."""
        return self.right / self.judged if self.judged else None

    def to_dict(self) -> dict[str, JsonValue]:
        """Leave plain data: accuracy on all, on good, bad and each kind of bad, with intervals, and the confusion.

        A bad pair counts as found only if the part of the verdict that concerns it is false: an answer with a changed
        number that is called unanswerable, but supported, was not found.
        """
        confusion = Counter[str]()
        for planted, verdict in self.said:
            side = "good" if planted.kind == "good" else "bad"
            confusion[f"{side}_{_outcome(planted, verdict)}"] += 1
        keys = [f"{side}_{outcome}" for side in ("good", "bad") for outcome in ("passed", "rejected", "unjudged")]
        return {
            "all": self._share(("good", *BAD_KINDS)),
            "good": self._share(("good",)),
            "bad": self._share(BAD_KINDS),
            "kinds": {kind: self._share((kind,)) for kind in BAD_KINDS},
            "confusion": {key: confusion[key] for key in keys},
        }

    def _share(self, kinds: Sequence[str]) -> dict[str, JsonValue]:
        known = [
            is_right(planted, verdict)
            for planted, verdict in self.said
            if planted.kind in kinds and isinstance(verdict, Verdict)
        ]
        low, high = wilson(sum(known), len(known))
        return {
            "judged": len(known),
            "right": sum(known),
            "accuracy": round(sum(known) / len(known), 4) if known else None,
            "interval": [round(low, 4), round(high, 4)],
        }

    def sentence(self) -> str:
        """Leave the accuracy in words, with the kinds on which the judge was worst first."""
        low, high = wilson(self.right, self.judged)
        parts = []
        for kind in ("good", *BAD_KINDS):
            share = self._share((kind,))
            if share["judged"]:
                parts.append((share["accuracy"], f"{kind} {share['right']} of {share['judged']}"))
        listed = ", ".join(text for _, text in sorted(parts))
        return f"right on {self.right} of {self.judged} planted pairs (95 % interval {low:.0%} to {high:.0%}; {listed})"


def is_right(planted: Planted, verdict: Verdict) -> bool:
    """Whether a verdict on a planted pair is right."""
    if planted.kind == "good":
        return passes(planted, verdict)
    return not getattr(verdict, SAYS_SO[planted.kind])


def passes(planted: Planted, verdict: Verdict) -> bool:
    """Whether a verdict would let a planted pair through."""
    return all(getattr(verdict, aspect) for aspect in aspects_of(planted.case))


def _outcome(planted: Planted, verdict: Verdict | Unjudged) -> str:
    if isinstance(verdict, Unjudged):
        return "unjudged"
    return "passed" if passes(planted, verdict) else "rejected"
