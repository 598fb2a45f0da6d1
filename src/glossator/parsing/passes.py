"""The passes over documents: most need one; long ones are divided, and images of pages read by tasks of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from glossator.executors import Result
from glossator.parsing.layout import PageSpans
from glossator.parsing.ocr import ReadPages
from glossator.parsing.ranges import merge
from glossator.parsing.tasks import IMAGES_A_TASK, ImageTask, Parsed, ParseTask, failed, parse_task, read_images
from glossator.records import Outcome, ParsedDocument

_FAILURES: dict[str, Outcome] = {"timeout": "timeout", "memory": "memory"}
_UNREAD_HEIGHT = 842.0


class MapRecords(Protocol):
    """`executors.map_records` with its limits and its place settled."""

    def __call__(self, function: Any, items: Iterable[Any], *, leaves: type) -> Iterator[Result]:
        """Apply the function to each item; one result per item."""


@dataclass(slots=True)
class _Unit:
    """A document, or a range of its pages, and the time it has taken so far."""

    task: ParseTask
    seconds: float = 0.0
    lost: Result | None = None
    """The last of its tasks that was lost to a time-out, too little memory or a crash."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A document that was parsed, and how that went."""

    document: ParsedDocument
    seconds: float
    """Wall time of all its tasks together."""
    lost: bool
    """Whether a task was lost to a time-out, too little memory or a crash: another time it may fare better."""


class Passes:
    """Parses documents by as many passes of a mapped function as each of them needs.

    Args:
        run: maps a function over records.
        images_at_once: what was read on so many images is held until their documents are put together, and lost with
            the process: few where few are read at a time, many where a cluster reads them.
    """

    def __init__(self, run: MapRecords, *, images_at_once: int = 32) -> None:
        self._run = run
        self._images_at_once = images_at_once

    def parse(self, tasks: Sequence[ParseTask]) -> Iterator[Finished]:
        """Parse documents, in the order they finish."""
        divided: list[tuple[_Unit, tuple[tuple[int, int], ...]]] = []
        for unit, parsed in self._settle([_Unit(task) for task in tasks]):
            if parsed.ranges:
                divided.append((unit, parsed.ranges))
            else:
                yield Finished(parsed.document, unit.seconds, unit.lost is not None)
        for whole, ranges in divided:
            parts = [_Unit(replace(whole.task, options=replace(whole.task.options, pages=pages))) for pages in ranges]
            made = {unit.task.options.pages: parsed.document for unit, parsed in self._settle(parts)}
            document = merge([made[pages] for pages in ranges], ranges=ranges)
            seconds = whole.seconds + sum(part.seconds for part in parts)
            yield Finished(document, seconds, any(part.lost for part in parts))

    def _settle(self, units: Sequence[_Unit]) -> Iterator[tuple[_Unit, Parsed]]:
        """Parse units; those with many images once these were read, a bounded number of pages at a time."""
        waiting: list[tuple[_Unit, tuple[int, ...]]] = []
        for unit, parsed in self._parse(units):
            if parsed.unread:
                waiting.append((unit, parsed.unread))
            else:
                yield unit, parsed
        while waiting:
            batch = [waiting.pop(0)]
            while waiting and sum(len(pages) for _, pages in [*batch, waiting[0]]) <= self._images_at_once:
                batch.append(waiting.pop(0))
            yield from self._parse(list(self._with_images(batch)))

    def _parse(self, units: Sequence[_Unit]) -> Iterator[tuple[_Unit, Parsed]]:
        for result in self._run(parse_task, (unit.task for unit in units), leaves=Parsed):
            unit = units[result.index]
            unit.seconds += result.seconds
            if not isinstance(result.value, Parsed):
                unit.lost = result
                yield unit, Parsed(_lost(unit.task, result))
            elif unit.lost is not None and not result.value.document.blocks:
                yield unit, Parsed(_lost(unit.task, unit.lost))  # nothing came of it because images were lost
            else:
                yield unit, result.value

    def _with_images(self, batch: Sequence[tuple[_Unit, tuple[int, ...]]]) -> Iterator[_Unit]:
        """Read the images of pages by tasks of their own; leave the units with what was read."""
        tasks = [
            (unit, ImageTask(unit.task.document_id, unit.task.path or "", some, unit.task.options))
            for unit, pages in batch
            for some in (pages[start : start + IMAGES_A_TASK] for start in range(0, len(pages), IMAGES_A_TASK))
        ]
        found: defaultdict[int, list[ReadPages]] = defaultdict(list)
        for result in self._run(read_images, (task for _, task in tasks), leaves=ReadPages):
            unit, task = tasks[result.index]
            unit.seconds += result.seconds
            if isinstance(result.value, ReadPages):
                found[id(unit)].append(result.value)
                continue
            unit.lost = result
            lost = tuple(PageSpans(number, _UNREAD_HEIGHT, (), result.reason) for number in task.pages)
            found[id(unit)].append(ReadPages((), lost))
        for unit, _ in batch:
            unit.task = replace(unit.task, read=_together(found[id(unit)]))
            yield unit


def _lost(task: ParseTask, result: Result) -> ParsedDocument:
    return failed(task.document_id, _FAILURES.get(result.failure or "", "unreadable"), result.reason)


def _together(parts: Sequence[ReadPages]) -> ReadPages:
    pages = sorted((page for part in parts for page in part.pages), key=lambda page: page.number)
    problems = sorted((page for part in parts for page in part.problems), key=lambda page: page.number)
    return ReadPages(tuple(pages), tuple(problems))
