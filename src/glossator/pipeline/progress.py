"""What the corridor tells whoever watches: which stage, how far, and what happened."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Someone who watches a run. The command line draws it; a library user may pass `Silent`."""

    def begin_stage(self, number: str, name: str, summary: str) -> None:
        """A stage starts to work."""

    def end_stage(self, status: str, seconds: float, counts: dict[str, int]) -> None:
        """The stage that began last has ended; or was skipped, with the figures of when it was done."""

    def expect(self, total: int, unit: str) -> None:
        """The stage is about to do `total` pieces of work, each one `unit`."""

    def advance(self, count: int = 1) -> None:
        """Some of them are done."""

    def say(self, text: str) -> None:
        """A line worth reading."""


class Silent:
    """Watches and says nothing."""

    def begin_stage(self, number: str, name: str, summary: str) -> None:
        """Say nothing."""

    def end_stage(self, status: str, seconds: float, counts: dict[str, int]) -> None:
        """Say nothing."""

    def expect(self, total: int, unit: str) -> None:
        """Say nothing."""

    def advance(self, count: int = 1) -> None:
        """Say nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""
