"""Takes what a provider allows in a minute, leaves calls spread over it; heeds what the server says is left."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from glossator.errors import ModelError
from glossator.llm.retrying import LONGEST_WAIT_SECONDS

_REQUESTS_AT_ONCE = 1 / 30
_TOKENS_AT_ONCE = 1 / 12
"""The share of a minute's allowance that may go at once; the rest of it flows evenly."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|h|m|s|)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows in any minute; None for no limit.

    Raises:
        ModelError: a limit is below 1.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    """Of prompts and replies together."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ModelError(f"{name} {value} is too small; use 1 or more, or leave it out")


class Bucket:
    """A store that fills evenly and is drawn from; one draw may leave it in debt, the next then waits.

    Within any minute no more is drawn than `per_minute`, draws larger than `at_once` aside.

    Args:
        per_minute: what may be drawn in a minute.
        at_once: how much it holds.
        now: seconds, of the clock that all later calls use.
    """

    def __init__(self, per_minute: float, at_once: float, now: float) -> None:
        self._most = at_once
        self._a_second = (per_minute if at_once <= 1.0 else per_minute - at_once) / 60  # one at a time needs no reserve
        self._level, self._seen = at_once, now

    def wait(self, amount: float, now: float) -> float:
        """Turn an amount into the seconds until it may be drawn; 0 if it may be now."""
        self._level = min(self._most, self._level + max(0.0, now - self._seen) * self._a_second)
        self._seen = now
        missing = min(amount, self._most) - self._level
        return missing / self._a_second if missing > 1e-9 else 0.0

    def draw(self, amount: float) -> None:
        """Take an amount out; a negative one is given back."""
        self._level = min(self._most, self._level - amount)


class Throttle:
    """Lets calls through within limits; lives in one event loop.

    Args:
        limits: None for those that the server tells alone.
        sleep: waits.
        clock: seconds.
    """

    def __init__(
        self, limits: Limits | None, sleep: Callable[[float], Awaitable[None]], clock: Callable[[], float]
    ) -> None:
        limits = limits or Limits()
        self._sleep, self._clock = sleep, clock
        requests, tokens, now = limits.requests_per_minute, limits.tokens_per_minute, clock()
        self._requests = Bucket(requests, max(1.0, requests * _REQUESTS_AT_ONCE), now) if requests else None
        self._tokens = Bucket(tokens, tokens * _TOKENS_AT_ONCE, now) if tokens else None
        self._closed_until = 0.0
        self._line: asyncio.Lock | None = None

    async def admit(self, tokens: float, check: Callable[[], None]) -> None:
        """Wait until one call of about so many tokens may be sent; calls come through in order.

        Args:
            tokens: of prompt and reply.
            check: called before each wait; what it raises ends the waiting.
        """
        check()
        if self._line is None:
            self._line = asyncio.Lock()  # inside the loop that it will be used in
        if not self._line.locked() and self._wait(tokens) <= 0:
            self._draw(tokens)
            return
        async with self._line:
            while (seconds := self._wait(tokens)) > 0:
                check()
                await self._sleep(seconds)
            self._draw(tokens)

    def _wait(self, tokens: float) -> float:
        now = self._clock()
        waits = [min(self._closed_until - now, LONGEST_WAIT_SECONDS)]
        if self._requests:
            waits.append(self._requests.wait(1.0, now))
        if self._tokens:
            waits.append(self._tokens.wait(tokens, now))
        return max(waits)

    def _draw(self, tokens: float) -> None:
        if self._requests:
            self._requests.draw(1.0)
        if self._tokens:
            self._tokens.draw(tokens)

    def correct(self, guessed: float, counted: float) -> None:
        """Replace what a call was thought to take by what it took, in tokens."""
        if self._tokens:
            self._tokens.draw(counted - guessed)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Close until the moment that the server names if it says that nothing is left.

        Args:
            headers: of a reply, such as `x-ratelimit-remaining-requests: 0` and `x-ratelimit-reset-requests: 1m2.5s`.
        """
        for kind in ("requests", "tokens"):
            if headers.get(f"x-ratelimit-remaining-{kind}", "").strip() != "0":
                continue
            seconds = duration_seconds(headers.get(f"x-ratelimit-reset-{kind}", ""))
            if seconds is not None:
                until = self._clock() + min(seconds, LONGEST_WAIT_SECONDS)
                self._closed_until = max(self._closed_until, until)


def duration_seconds(text: str) -> float | None:
    """Turn a duration such as `6m0s`, `1.5s`, `20ms` or `7` (seconds) into seconds; None if it is none."""
    text = text.strip().lower()
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        return None
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
