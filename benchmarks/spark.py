"""What does Spark cost on one machine? Parses the same papers with the executors `local` and `spark`, in turn.

    python benchmarks/spark.py FOLDER [FOLDER ...] [--papers 500] [--repeats 3] [--workers 2]

Repeats the PDFs of the folders under other ids until there are `--papers`, parses them with the parser `fast`, first a
tenth of them, then all, with each executor in turn, Spark in a session that is warm. Prints pages per second of CPU
time (of all processes that the executor needs, the JVM among them) and of wall time, their ratio, and the most memory
that was held; fails if the records are not equal.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from glossator.executors import EXECUTORS, SparkSettings, map_records, spark_session
from glossator.executors.wire import encode
from glossator.parsing import fast
from glossator.records import ParsedDocument, content_id

_SAMPLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Paper:
    id: str
    path: str


def parse(paper: Paper) -> ParsedDocument:
    return fast.parse(Path(paper.path), paper.id)


@dataclass
class Cost:
    """CPU time and memory of this process and all below it, looked at while a block runs."""

    wall: float = 0.0
    cpu: float = 0.0
    peaks: dict[str, int] = field(default_factory=dict)
    """Most resident bytes at once: of all processes, and of the largest process of each kind."""
    without: tuple[str, ...] = ()
    """Kinds of process that are there but not needed."""
    _seen: dict[psutil.Process, float] = field(default_factory=dict)
    _before: dict[psutil.Process, float] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def measured(cls, without: tuple[str, ...]) -> Iterator[Cost]:
        cost, stop = cls(without=without), threading.Event()
        cost._look()
        cost._before = dict(cost._seen)
        thread = threading.Thread(target=cost._look_until, args=(stop,))
        began = time.monotonic()
        thread.start()
        try:
            yield cost
        finally:
            stop.set()
            thread.join()
            cost._look()
            cost.wall = time.monotonic() - began
            cost.cpu = sum(cost._seen.values()) - sum(cost._before.values())

    def _look_until(self, stop: threading.Event) -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        held: dict[str, int] = {"all": 0}
        this = psutil.Process()
        for process in [this, *this.children(recursive=True)]:
            try:
                with process.oneshot():
                    kind = "this" if process == this else _kind(process)
                    if kind in self.without:
                        continue
                    times = process.cpu_times()
                    self._seen[process] = times.user + times.system
                    resident = process.memory_info().rss
            except psutil.Error:
                continue
            held["all"] += resident
            held[kind] = max(held.get(kind, 0), resident)
        for kind, resident in held.items():
            self.peaks[kind] = max(self.peaks.get(kind, 0), resident)


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    if "java" in process.name():
        return "java"
    if "pyspark.daemon" in words:
        return "task"
    return "worker" if "spawn_main" in words else "other"


def main() -> None:
    import spark as here  # this file by the name that a worker can import

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--papers", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    files = sorted(path for folder in arguments.folders for path in folder.glob("*.pdf"))
    papers = [
        here.Paper(content_id(str(number)), str(files[number % len(files)].absolute()))
        for number in range(arguments.papers)
    ]
    settings = SparkSettings(master=f"local[{arguments.workers}]", items_per_wave=200)
    rates: dict[str, list[tuple[float, float]]] = {executor: [] for executor in EXECUTORS}
    with spark_session(settings):
        for executor in EXECUTORS:
            _map(here, executor, papers[:20], arguments.workers, settings)
        for some in [papers[::10], *[papers] * arguments.repeats]:
            told = {executor: _measure(here, executor, some, arguments.workers, settings) for executor in EXECUTORS}
            if told["local"][0] != told["spark"][0]:
                sys.exit("the records are not equal")
            for executor, (_, *rate) in told.items():
                if some is papers:
                    rates[executor].append((rate[0], rate[1]))
    for place, name in enumerate(("CPU time", "wall time")):
        local, spark = (statistics.median(rate[place] for rate in rates[executor]) for executor in EXECUTORS)
        print(f"pages per second of {name}, median: local {local:.1f}, spark {spark:.1f}, ratio {spark / local:.2f}")


def _measure(here, executor, papers, workers, settings) -> tuple[str, float, float]:
    with Cost.measured(("java", "task") if executor == "local" else ()) as cost:
        digest, pages, failures = _map(here, executor, papers, workers, settings)
    peaks = ", ".join(f"{kind} {peak >> 20}" for kind, peak in sorted(cost.peaks.items()))
    print(
        f"{executor:<6} {len(papers):>5} papers {pages:>6} pages {failures} failures: {cost.cpu:6.1f} s CPU, "
        f"{cost.wall:6.1f} s wall, {pages / cost.cpu:5.1f} pages per s CPU; most MiB: {peaks}"
    )
    return digest, pages / cost.cpu, pages / cost.wall


def _map(here, executor, papers, workers, settings) -> tuple[str, int, int]:
    results = map_records(
        here.parse, iter(papers), leaves=ParsedDocument, executor=executor, workers=workers, spark=settings
    )
    digests, pages, failures = [b""] * len(papers), 0, 0
    for result in results:
        if result.failure is None:
            digests[result.index] = hashlib.blake2b(encode(result.value), digest_size=16).digest()
            pages += result.value.pages
        else:
            digests[result.index] = result.reason.encode()
            failures += 1
    return hashlib.blake2b(b"|".join(digests)).hexdigest(), pages, failures


if __name__ == "__main__":
    main()
