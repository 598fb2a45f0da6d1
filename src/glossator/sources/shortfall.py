"""Takes what became of each thing that was wanted, leaves how much failed for now and what to say of it."""

from __future__ import annotations

from collections import Counter

from glossator.sources.fetched import Fetched, Watcher


class Shortfall:
    """What failed for reasons that may pass."""

    def __init__(self) -> None:
        self._problems = Counter[str]()
        self.in_a_row = 0
        """How many of the last outcomes failed so, one after the other."""

    def add(self, fetched: Fetched) -> None:
        """Take in what became of one thing."""
        failed = bool(fetched.problem) and fetched.transient
        self.in_a_row = self.in_a_row + 1 if failed else 0
        if failed:
            self._problems[fetched.problem] += 1

    @property
    def total(self) -> int:
        """How much failed so."""
        return self._problems.total()

    @property
    def reasons(self) -> str:
        """How often it failed for which reason, most often first."""
        return ", ".join(f"{count} {problem}" for problem, count in self._problems.most_common())

    def is_too_much(self, wanted: int) -> bool:
        """Whether it is more than half of what was wanted, so that there is no going on."""
        return 2 * self.total > wanted

    def tell(self, wanted: int, watch: Watcher | None) -> None:
        """Say, where something failed so, how much of what was wanted, and how to ask for it again."""
        if watch is not None and self.total:
            watch.say(
                f"{self.total} of {wanted} could not be fetched for now ({self.reasons}); another as_of asks for them"
                " again"
            )
