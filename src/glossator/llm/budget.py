"""Takes what may be spent, leaves a purse that pays call by call and is never overdrawn."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from glossator.errors import ModelError
from glossator.llm.prices import Price


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent; None for no limit, 0 to send nothing.

    Raises:
        ModelError: a limit is negative or no number.
    """

    usd: float | None = None
    calls: int | None = None
    """Requests that are sent, repeated ones included."""
    minutes: float | None = None
    """Of wall time since the purse was opened, and before that in earlier runs."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and not (value >= 0 and math.isfinite(value)):
                raise ModelError(f"budget {name} {value} cannot be spent; give 0 or more, or leave it out")


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent so far."""

    usd: float = 0.0
    calls: int = 0
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one call under way may cost at worst."""

    usd: float


class OutOfBudget(Exception):
    """A call does not fit into what is left; tells what ran out."""


class Purse:
    """Pays for calls; any thread and any event loop may draw from it.

    Before a call its worst case is set aside, after it the true cost is taken instead. A call that nobody can say the
    cost of (no reply came, though one may have been written and charged) counts at its worst.

    Args:
        budget: the most that may be spent.
        price: of the model that is asked; None counts no money.
        spent: what earlier runs have spent of the same budget.
        clock: seconds.
        on_spent: told what was spent, what is under way at its worst included, whenever that changes.

    Raises:
        ModelError: money is limited, and there is no price.
    """

    def __init__(
        self,
        budget: Budget,
        price: Price | None = None,
        *,
        spent: Spent | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_spent: Callable[[Spent], None] | None = None,
    ) -> None:
        if budget.usd is not None and price is None:
            raise ModelError(
                f"budget usd {budget.usd:g} cannot be kept without a price; give the price of the model's tokens,"
                " or limit calls or minutes"
            )
        self._budget, self._price, self._clock, self._on_spent = budget, price or Price(0.0, 0.0), clock, on_spent
        before = spent or Spent()
        self._usd, self._calls = before.usd, before.calls
        self._began = clock() - 60.0 * before.minutes
        self._aside, self._under_way = 0.0, 0
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    @property
    def spent(self) -> Spent:
        """What was spent so far; calls under way count with nothing but their number."""
        with self._lock:
            return Spent(self._usd, self._calls, self._minutes())

    def check(self, tokens_in: int, max_new_tokens: int) -> None:
        """Do nothing while one call fits into what is left, or may do so once those under way have been paid.

        Raises:
            OutOfBudget: it does not fit, whatever they leave.
        """
        with self._lock:
            lack = self._lack(self._price.cost(tokens_in, max_new_tokens))
        if lack:
            raise OutOfBudget(lack)

    async def reserve(self, tokens_in: int, max_new_tokens: int) -> Reservation:
        """Set the worst case of one call aside; waits while calls under way may leave enough for it.

        Raises:
            OutOfBudget: it does not fit, whatever they leave.
            ArtifactError: what was spent cannot be kept.
        """
        usd = self._price.cost(tokens_in, max_new_tokens)
        while True:
            with self._lock:
                lack = self._lack(usd)
                if lack:
                    raise OutOfBudget(lack)
                if self._fits(usd + self._aside):
                    self._tell(self._aside + usd, self._calls + 1)  # before the call is sent, and first of all
                    self._aside, self._under_way, self._calls = self._aside + usd, self._under_way + 1, self._calls + 1
                    return Reservation(usd)
                loop = asyncio.get_running_loop()
                changed: asyncio.Future[None] = loop.create_future()
                self._waiting.append((loop, changed))
            await changed

    def settle(self, reservation: Reservation, tokens_in: int, tokens_out: int) -> None:
        """Take what a call has cost; no tokens cost nothing."""
        self._close(reservation, self._price.cost(tokens_in, tokens_out))

    def forfeit(self, reservation: Reservation) -> None:
        """Take the worst case of a call that nobody can say the cost of."""
        self._close(reservation, reservation.usd)

    def _close(self, reservation: Reservation, usd: float) -> None:
        with self._lock:
            self._under_way -= 1
            self._aside = self._aside - reservation.usd if self._under_way else 0.0
            self._usd += usd
            waiting, self._waiting = self._waiting, []
            self._tell(self._aside, self._calls)
        for loop, changed in waiting:
            with contextlib.suppress(RuntimeError):  # a loop that was closed waits for nothing
                loop.call_soon_threadsafe(_wake, changed)

    def _lack(self, usd: float) -> str:
        """Say what of the budget cannot pay for another call, whatever calls under way leave; empty if nothing."""
        budget, minutes = self._budget, self._minutes()
        if budget.calls is not None and self._calls >= budget.calls:
            return f"calls: {self._calls} of {budget.calls} were made; raise the budget of calls"
        if budget.minutes is not None and minutes >= budget.minutes:
            return f"minutes: {minutes:.1f} of {budget.minutes:g} have passed; raise the budget of minutes"
        if not self._fits(usd):
            return (
                f"usd: {self._usd:.4f} of {budget.usd:g} are spent, and one more call may cost {usd:.4f};"
                " raise the budget of usd"
            )
        return ""

    def _fits(self, usd: float) -> bool:
        most = self._budget.usd
        return most is None or (most > 0.0 and self._usd + usd <= most * (1.0 + 1e-9))

    def _minutes(self) -> float:
        return (self._clock() - self._began) / 60.0

    def _tell(self, aside: float, calls: int) -> None:
        if self._on_spent is not None:
            self._on_spent(Spent(self._usd + aside, calls, self._minutes()))


def _wake(changed: asyncio.Future[None]) -> None:
    if not changed.done():
        changed.set_result(None)
