"""Takes the number of a failed try and what the server said, leaves how long to wait before the next one."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timezone
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 120.0
"""However long a server asks to be left alone, it is asked again after this: a quota may be back sooner."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from try to try, each shortened at random by up to a half.

    The randomness keeps many clients that failed together from coming back together. Source: Brooker 2015,
    "Exponential Backoff and Jitter", AWS Architecture Blog (the variant "equal jitter").
    """

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    random: random.Random = field(default_factory=random.Random)

    def delay(self, attempt: int, asked_for: float | None = None) -> float:
        """Turn the number of a failed try, from 1, into seconds to wait.

        Args:
            attempt: how many tries have failed.
            asked_for: what the server asked for (`Retry-After`): obeyed up to `LONGEST_WAIT_SECONDS`, and up to a
                tenth is added at random.
        """
        if asked_for is not None:
            return min(asked_for, LONGEST_WAIT_SECONDS) * self.random.uniform(1.0, 1.1)
        doubled = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 30))
        return doubled * self.random.uniform(0.5, 1.0)


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Read from a reply's headers how long to wait, in seconds; None where they do not say.

    `retry-after-ms`, then `Retry-After` as seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Args:
        headers: names in lower case, or a mapping that does not care.
        now: seconds since 1970, for dates.
    """
    for name, share in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) / share
        except ValueError:
            seconds = _seconds_until(value, now)
        if not math.isnan(seconds):
            return max(0.0, seconds)
    return None


def _seconds_until(date: str, now: float) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError):
        return math.nan
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.timestamp() - now
