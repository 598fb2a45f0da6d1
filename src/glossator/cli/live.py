"""A run as a person watches it: a live bar with rate and time left on a terminal, one line a stage elsewhere."""

from __future__ import annotations

import time
from typing import Any

from glossator.cli.output import console, counts_text, duration


class LiveProgress:
    """Draws a run on standard error; quiet between stages when that is not a terminal."""

    def __init__(self) -> None:
        self._console = console(error=True)
        self._bar: Any = None
        self._task: Any = None
        self._label = ""
        self._begun = 0.0

    def begin_stage(self, number: str, name: str, summary: str) -> None:
        """Note which stage works."""
        self._label = f"{number:>3} {name:<11}"
        self._begun = time.monotonic()
        if self._console.is_terminal:
            self._open_bar(summary)

    def end_stage(self, status: str, seconds: float, counts: dict[str, int]) -> None:
        """Leave one line about the stage."""
        self.close()
        marks = {"done": "[green]✓[/]", "skipped": "[dim]·[/]", "failed": "[red]✗[/]", "interrupted": "[yellow]‖[/]"}
        took = {"done": duration(seconds), "skipped": "found done"}.get(status, status)
        self._console.print(f"{marks[status]} {self._label} {took:>12}  {counts_text(counts)}".rstrip())

    def expect(self, total: int, unit: str) -> None:
        """Show how much there is to do."""
        if self._bar is not None:
            self._bar.reset(self._task, total=total, unit=unit)

    def advance(self, count: int = 1) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.advance(self._task, count)

    def say(self, text: str) -> None:
        """Print a line beside the bar."""
        self._console.print(f"    [dim]{text}[/]")

    def _open_bar(self, summary: str) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            Task,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Task) -> Text:
                speed = task.finished_speed or task.speed
                return Text(f"{speed:.1f} {task.fields['unit']}/s" if speed else "", style="dim")

        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task(f"{self._label} {summary}", total=None, unit="")
        self._bar.start()

    def close(self) -> None:
        """Take the bar away, without a word."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
