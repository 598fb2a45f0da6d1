"""Takes a confidence and degrees of freedom, leaves how many standard errors an interval reaches on either side.

Student's t by its tail, the regularised incomplete beta function, so that no statistics library need be installed.
"""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
"""Takes the place of a zero in a denominator of the continued fraction."""
_ENOUGH = 1e-15
"""A factor this near 1 no longer changes the continued fraction."""


@lru_cache(maxsize=256)
def two_sided_t(confidence: float, degrees: int) -> float:
    """Give the t for which Student's distribution holds `confidence` of its mass between -t and t.

    Found by bisection on the two-sided tail until two neighbouring numbers remain; good to ten digits for confidences
    from 0.001 on.

    Args:
        confidence: between 0 and 1, both excluded.
        degrees: of freedom, from 1 on.

    Source: Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 26.7.1.
    """
    wanted = 1 - confidence
    low, high = 0.0, 1.0
    while _two_sided_tail(high, degrees) > wanted:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if _two_sided_tail(middle, degrees) > wanted:
            low = middle
        else:
            high = middle
    return high


def _two_sided_tail(t: float, degrees: int) -> float:
    """Give the probability that Student's t is farther from 0 than `t`."""
    square = t * t
    return _incomplete_beta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5)


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """Give the regularised incomplete beta function at `x`; `rest` is 1 - x, given apart so that no digit is lost."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(a * math.log(x) + b * math.log(rest) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    # The fraction converges fast on one side of this point only; the other side is the same function mirrored.
    if x < (a + 1) / (a + b + 2):
        return front / a * _continued_fraction(x, a, b)
    return 1 - front / b * _continued_fraction(rest, b, a)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz's method.

    Source: Press et al. 2007, "Numerical Recipes", 3rd edition, section 6.4; about sqrt(max(a, b)) terms are needed.
    """
    upper, lower = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = lower
    for term in range(1, 1_000 + int(10 * math.sqrt(max(a, b)))):
        twice = a + 2 * term
        even = term * (b - term) * x / ((twice - 1) * twice)
        odd = -(a + term) * (a + b + term) * x / (twice * (twice + 1))
        for numerator in (even, odd):
            lower = 1 / _nonzero(1 + numerator * lower)
            upper = _nonzero(1 + numerator / upper)
            value *= upper * lower
        if abs(upper * lower - 1) < _ENOUGH:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
