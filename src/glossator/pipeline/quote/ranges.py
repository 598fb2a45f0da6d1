"""A figure that is not known yet: from low to high, with the arithmetic that keeps both ends honest."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.records import JsonValue

_CONFIDENCE = 0.95
"""How often the whole lies within the range that a sample tells, were its members drawn at random."""
_LEAST = 0.1
"""Members that are all alike in a sample are not all alike: the least error of what was not looked at, as a share."""
_ONE_DOCUMENT = 0.6
"""How far, as a share, the whole may lie from what a single looked-at member tells."""


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`; where both are the same the figure is known."""

    low: float
    high: float

    @classmethod
    def of(cls, value: float) -> Range:
        """A figure that is known."""
        return cls(value, value)

    @property
    def known(self) -> bool:
        """Whether there is nothing left to guess."""
        return self.low == self.high

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Range) -> Range:
        """The product of two figures that are not negative and err independently: their errors add as squares.

        Errors are factors, so they are taken as logarithms; a range that begins at 0 is taken by its ends.
        """
        if min(self.low, other.low) <= 0:
            return Range(self.low * other.low, self.high * other.high)
        middle = math.sqrt(self.low * self.high * other.low * other.high)
        error = math.exp(math.hypot(math.log(self.high / self.low), math.log(other.high / other.low)) / 2)
        return Range(middle / error, middle * error)

    def by_estimate(self, other: Range) -> Range:
        """The product of two estimates from samples: their middles count, and shares of error add as squares."""
        middle = (self.low + self.high) * (other.low + other.high) / 4
        error = min(1.0, math.hypot(self._error, other._error))
        return Range(middle * (1 - error), middle * (1 + error))

    @property
    def _error(self) -> float:
        """How far either end lies from the middle, as a share of it."""
        total = self.low + self.high
        return (self.high - self.low) / total if total else 0.0

    def scaled(self, low: float, high: float | None = None) -> Range:
        """Both ends by a factor, or each by its own."""
        return Range(self.low * low, self.high * (low if high is None else high))

    def rounded(self) -> Range:
        """In whole numbers, outwards."""
        return Range(float(math.floor(self.low)), float(math.ceil(self.high)))

    def at_most(self, bound: float) -> Range:
        """Neither end above a bound."""
        return Range(min(self.low, bound), min(self.high, bound))

    def plain(self, digits: int = 0) -> JsonValue:
        """As JSON: one number where it is known, else `{"low", "high"}`."""
        low, high = _round(self.low, digits), _round(self.high, digits)
        return low if low == high else {"low": low, "high": high}


NOTHING = Range(0.0, 0.0)


def _round(value: float, digits: int) -> int | float:
    return round(value, digits) if digits else round(value)


def standard_errors(looked: int) -> float:
    """How many standard errors a range reaches to either side, for so many members looked at."""
    from glossator.evaluation.t_quantile import two_sided_t

    return two_sided_t(_CONFIDENCE, max(1, looked - 1))


def expand(values: Sequence[float], sizes: Sequence[float], *, count: int, total_size: float) -> Range:
    """Turn what a sample of members holds into what all of them hold.

    Two estimators are compared by the scatter in the sample itself: so much a member, and so much a unit of size (the
    ratio estimator); the one that errs less is taken. The range is a 95 % interval of Student's t, with the
    finite population correction, and never below what was seen.

    Args:
        values: of each looked-at member.
        sizes: of the same members, in any unit.
        count: members in all.
        total_size: of all members together.

    Source: Cochran, Sampling Techniques (3rd ed.), sections 2.6 and 6.2.
    """
    looked, seen = len(values), float(sum(values))
    if not looked:
        return NOTHING
    if looked >= count:
        return Range.of(seen)
    if looked == 1:
        middle = seen * count
        return Range(max(seen, middle * (1 - _ONE_DOCUMENT)), max(seen, middle * (1 + _ONE_DOCUMENT)))
    mean = seen / looked
    estimates = [(mean * count, statistics.stdev(values))]
    if all(size > 0 for size in sizes):
        rate = seen / sum(sizes)
        residues = [value - rate * size for value, size in zip(values, sizes, strict=True)]
        # A sample of small members shows small residues: they are taken to the size of all members.
        larger = (total_size / count) / (sum(sizes) / looked)
        spread = math.sqrt(sum(residue**2 for residue in residues) / (looked - 1)) * larger
        estimates.append((rate * total_size, spread))
    middle, scatter = min(estimates, key=lambda pair: pair[1])
    unseen = 1 - looked / count
    error = standard_errors(looked) * count * scatter * math.sqrt(unseen / looked)
    error = max(error, _LEAST * unseen * middle)
    return Range(max(seen, middle - error), max(seen, middle + error))
