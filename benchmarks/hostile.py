"""Parses hostile, broken and odd PDF files in worker processes and prints what became of them.

python benchmarks/hostile.py FOLDER [--workers 2] [--timeout 30] [--memory 1024] [--parser auto] [--passwords VAR]

FOLDER holds PDF files. Printed are the counts by outcome, the slowest files, the files whose worker held most memory at
its peak, and every file without text with its reason. A worker serves many files, so its peak is that of the greediest
so far; the figure is the increase that a file brought on top. The exit code is 1 if a worker crashed or hung.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # workers import this file by its name

from glossator.executors.local import map_isolated


def main() -> None:
    """Read the command line, parse, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where PDF files lie")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds of the clock a file may take")
    parser.add_argument("--memory", type=int, default=1024, help="MiB that a worker may hold")
    parser.add_argument("--parser", default="auto", help="auto, fast, pymupdf, docling or ocr")
    parser.add_argument("--passwords", help="the environment variable with passwords to try, one a line")
    parser.add_argument("--json", action="store_true", help="one JSON value instead of the text")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.pdf"))
    if not paths:
        parser.error(f"no PDF files in {options.folder}")
    rows = run(paths, options)
    print(json.dumps(rows, indent=2) if options.json else told(rows))
    raise SystemExit(any(row["outcome"] in ("timeout", "crash", "error") for row in rows))


def run(paths: list[Path], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Parse every file in a worker; a row for each, in the order of the names."""
    import hostile

    tasks = [(str(path), options.parser, options.passwords) for path in paths]
    results = map_isolated(
        hostile.parse_one,
        tasks,
        workers=options.workers,
        timeout_seconds=options.timeout,
        memory_bytes=options.memory << 20,
    )
    rows = []
    for result in results:
        row = result.value or {
            "outcome": result.failure,
            "reason": result.reason,
            "pages": 0,
            "blocks": 0,
            "grown_mb": 0,
        }
        rows.append({"file": paths[result.index].name, "seconds": round(result.seconds, 3), **row})
    return sorted(rows, key=lambda row: str(row["file"]))


def parse_one(task: tuple[str, str, str | None]) -> dict[str, Any]:
    """In a worker: parse a file and tell the outcome and the memory it took."""
    from glossator.parsing import ParseOptions, parse_file
    from glossator.records import content_id

    path, parser, passwords = Path(task[0]), task[1], task[2]
    before = peak_mb()
    options = ParseOptions(parser=parser, passwords_variable=passwords)
    parsed = parse_file(path, "application/pdf", content_id(path.read_bytes()), options)
    row = {"outcome": parsed.outcome, "reason": parsed.reason, "pages": parsed.pages, "blocks": len(parsed.blocks)}
    return {**row, "grown_mb": peak_mb() - before, "peak_mb": peak_mb()}


def peak_mb() -> int:
    """The most resident memory that this process ever held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak >> (20 if sys.platform == "darwin" else 10)


def told(rows: list[dict[str, Any]]) -> str:
    """Write the rows for a reader."""
    counts = Counter(row["outcome"] for row in rows)
    lines = [f"{len(rows)} files: {', '.join(f'{count} {outcome}' for outcome, count in counts.most_common())}"]
    slowest = sorted(rows, key=lambda row: -row["seconds"])[:5]
    lines += ["", "slowest:", *(f"  {row['seconds']:.2f} s  {row['pages']} pages  {row['file']}" for row in slowest)]
    greedy = sorted(rows, key=lambda row: -row["grown_mb"])[:5]
    highest = max(row.get("peak_mb", 0) for row in rows)
    lines += ["", f"highest memory of a worker: {highest} MiB; most on top by one file:"]
    lines += [f"  {row['grown_mb']} MiB  {row['file']}" for row in greedy]
    lines += ["", "not ok:"]
    lines += [f"  {row['outcome']}: {row['file']}: {row['reason'][:120]}" for row in rows if row["outcome"] != "ok"]
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
