"""Takes calls that want to be sent, leaves them in turn: as many at a time as the server bears, none while it rests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable

_FIRST = 16
"""Calls in flight at the start, if so many are allowed: what any server bears."""

_DOUBLING_SECONDS = 0.05
"""How long it takes at the start to double what is in flight: a server that has too much says so at once, and waiting
for whole replies, which take seconds, would cost as many seconds."""

_TICK_SECONDS = 0.002
"""In small steps, so that calls are not sent, and answered, all in one moment."""

_CUT = 0.5
"""The part of the window that goes when every call of a round trip was too much; of fewer, the same part of that."""

_LEARNING = 1 / 16
"""The weight of the newest call in the share of complaints. Source: the gain of DCTCP."""

_STEPS = 32
"""After the first complaint the window grows by this part of the whole in a round trip."""


class Window:
    """How many calls may be in flight: a fast start, then additive increase, and decrease by the share of complaints.

    Decreasing by the share rather than at every complaint keeps the window open for a server that refuses some calls
    whatever is in flight, and closes it as fast for one that refuses most. Sources: Chiu and Jain 1989, "Analysis of
    the increase and decrease algorithms for congestion avoidance"; RFC 8257 (DCTCP) for the share.

    Args:
        most: the largest number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = float(min(most, _FIRST))
        self._sent = self._round_ends_after = self._ended = 0
        self._share = 0.0
        self.starting = self._size < most
        """Whether nobody has complained yet, and there is room to grow."""

    @property
    def size(self) -> int:
        """How many may be in flight now; at least one."""
        return int(self._size)

    def send(self) -> int:
        """Number a call that is about to be sent; `end` wants to know which one it was."""
        self._sent += 1
        return self._sent

    def end(self, number: int, *, complained: bool) -> None:
        """Take in how a call ended: with a reply, or with the server's complaint that it was too much.

        The window shrinks once in a round trip: when as many calls as it holds have ended since the last time, and
        one that was sent after that.
        """
        self._ended += 1
        self._share += _LEARNING * (complained - self._share)
        if complained:
            self.starting = False
        elif not self.starting:
            self._resize(self._size + max(1.0, self._most / _STEPS) / self._size)
        if number > self._round_ends_after and self._ended >= self.size:
            if not self.starting:
                self._resize(self._size * (1.0 - _CUT * self._share))
            self._ended, self._round_ends_after = 0, self._sent

    def quiet(self, seconds: float) -> None:
        """Grow at the start, after a while without complaint; a long one (the machine slept) tells no more."""
        if self.starting:
            self._resize(self._size * 2.0 ** min(1.0, seconds / _DOUBLING_SECONDS))

    def _resize(self, size: float) -> None:
        self._size = min(float(self._most), max(1.0, size))
        if self._size >= self._most:
            self.starting = False


class Pacer:
    """Lets calls through one by one; lives in one event loop.

    Until the server has said anything, calls go alone: with a wrong key, a wrong model or no server, nothing else
    is sent.

    Args:
        most: the most calls in flight.
    """

    def __init__(self, most: int) -> None:
        self.window = Window(most)
        self._open = self._resting = 0
        self._known = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def known(self) -> bool:
        """Whether the server has said anything yet."""
        return self._known

    def meet(self) -> None:
        """Note that the server has said something: others may be sent."""
        if not self._known:
            self._known = True
            self._watch()
            self.admit()

    async def enter(self, *, again: bool = False) -> None:
        """Wait for a turn; a call that is repeated comes before those that were never sent."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if again else self._waiting.append)(turn)
        self.admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the turn to another."""
        self._open -= 1
        self.admit()

    async def step_out(self, waiting: Awaitable[None], *, everybody: bool) -> None:
        """Give the turn to another while something is waited for, and take it again before all that were never sent.

        Args:
            waiting: what is waited for.
            everybody: let nobody through meanwhile: the server wants to be left alone.
        """
        self._resting += everybody
        self._open -= 1
        self.admit()
        try:
            try:
                await waiting
            finally:
                self._resting -= everybody
            await self.enter(again=True)
        except BaseException:
            self._open += 1  # as if the turn were there: whoever has it gives it back with `leave`
            raise

    def admit(self) -> None:
        """Let through whoever may go."""
        while self._waiting and not self._resting and self._open < (self.window.size if self._known else 1):
            turn = self._waiting.popleft()
            if not turn.done():
                self._open += 1
                turn.set_result(None)

    def close(self) -> None:
        """End the clock of the start."""
        if self._timer is not None:
            self._timer.cancel()

    def _watch(self) -> None:
        if self.window.starting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_TICK_SECONDS, self._grow, loop.time())

    def _grow(self, since: float) -> None:
        # Nothing is learned from silence while nobody is in flight.
        if self._open and not self._resting:
            self.window.quiet(asyncio.get_running_loop().time() - since)
            self.admit()
        self._watch()
