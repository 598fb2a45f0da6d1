"""A run's end as a person reads it: funnel, scores, verdict, where the report lies, what to try next."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from glossator.cli.options import REGISTRY_DIR, RUNS_DIR
from glossator.cli.output import console, counts_text, duration, escape, print_table
from glossator.evaluation import looks_sentence
from glossator.evaluation.compare import Unit

FEWEST_GROUPS = 2
SHOWN_REJECTS = 8
GATEWAY = "http://127.0.0.1:8000"
"""Where `glossator serve` listens unless told otherwise."""
SPLIT_TITLES = {"test": "unseen {unit}s (test)", "test_seen": "trained {unit}s (test_seen)"}


def print_summary(summary: dict[str, Any], *, stages: bool = False, next_steps: bool = False) -> None:
    """Print what `summarize` gathered."""
    out = console()
    out.print()
    if stages:
        _print_stages(summary)
    _print_funnel(summary)
    if summary["differences"]:
        _print_scores(summary)
        out.print(f"[bold]{escape(summary['verdict']['sentence'])}[/]")
        out.print(f"[dim]{looks_sentence(summary['test_looks'], _unit(summary))}[/]")
    else:
        out.print(escape(summary["verdict"]["sentence"]))
    out.print()
    _print_set_aside(summary)
    for name, path in summary["paths"].items():
        if path:
            out.print(f"{name:<10} {escape(_shown_path(path))}")
    if registered := summary.get("registered"):
        out.print(f"registered {escape(registered['label'])} in {escape(_shown_path(registered['registry']))}")
    if next_steps:
        _print_next_steps(summary)


def _shown_path(path: str) -> str:
    """A path below the working directory without the part that is known."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _print_stages(summary: dict[str, Any]) -> None:
    rows = [
        [
            stage["number"],
            stage["name"],
            stage["status"].replace("_", " "),
            duration(stage["seconds"]),
            counts_text(stage["counts"]) or escape(stage.get("error", "")),
        ]
        for stage in summary["stages"]
    ]
    print_table(
        f"{summary['recipe']}, begun {summary['started']}", ["number", "stage", "status", "took", "counts"], rows
    )


def _print_funnel(summary: dict[str, Any]) -> None:
    funnel, splits = summary["funnel"], summary["splits"]
    out = console()
    shown = [(name, funnel[name]) for name in ("documents", "pages", "chunks") if funnel[name]]
    counted = " → ".join(f"[bold]{count:,}[/] {name}" for name, count in shown)
    out.print(f"{counted} → [bold]{funnel['samples']:,}[/] samples kept, [bold]{funnel['rejected']:,}[/] rejected")
    if funnel["samples"]:
        out.print("samples: " + ", ".join(f"{count:,} {name}" for name, count in splits.items() if count))
    out.print()


def _print_scores(summary: dict[str, Any]) -> None:
    unit, confidence = _unit(summary), summary.get("confidence")
    interval_title = "interval" if confidence is None else f"{confidence * 100:g} % interval"
    for split, title in SPLIT_TITLES.items():
        found = [row for row in summary["differences"] if row["split"] == split]
        if not found:
            continue
        scores = summary["scores"] if split == "test" else summary["scores_test_seen"]
        rows = []
        for row in found:
            base, tuned = (scores[model][row["metric"]] for model in ("base", "tuned"))
            low, high = row["low"], row["high"]
            interval = f"too few {unit}s" if low is None else f"{low:+.3f} to {high:+.3f}"
            rows.append([row["metric"], f"{base:.3f}", f"{tuned:.3f}", f"{row['difference']:+.3f}", interval])
        counted = f"{_count(found[0]['questions'], 'question')}, {_count(found[0]['documents'], unit)}"
        print_table(
            f"{title.format(unit=unit)}: {counted}", ["metric", "base", "tuned", "change", interval_title], rows
        )
    _print_groups(summary)


def _print_groups(summary: dict[str, Any]) -> None:
    """The primary metric by group, worst tuned group first; nothing where all questions are of one group."""
    primary = summary.get("primary")
    rows = [row for row in summary.get("groups", ()) if row["split"] == "test" and row["metric"] == primary]
    if len(rows) < FEWEST_GROUPS:
        return
    cells = [
        [
            row["group"],
            str(row["questions"]),
            f"{row['base']:.3f}",
            f"{row['tuned']:.3f}",
            f"{row['tuned'] - row['base']:+.3f}",
        ]
        for row in sorted(rows, key=lambda row: (row["tuned"], row["group"]))
    ]
    print_table(f"{primary} by group (test)", ["group", "questions", "base", "tuned", "change"], cells)


def _print_set_aside(summary: dict[str, Any]) -> None:
    """Which files were left out, and why; of many the first."""
    aside = summary.get("set_aside") or {"count": 0, "first": []}
    if not aside["count"]:
        return
    out = console()
    out.print(f"set aside: {aside['count']:,}")
    for row in aside["first"][:SHOWN_REJECTS]:
        out.print(escape(f"  {row['reason']:<16} {row['detail']}"))
    if aside["count"] > SHOWN_REJECTS:
        out.print("  … the rest is in rejects.jsonl of the artifacts collect, parse and split")
    out.print()


def _unit(summary: dict[str, Any]) -> Unit:
    """What "unseen" means in this run."""
    unit: Unit = summary.get("unit") or "document"
    return unit


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _print_next_steps(summary: dict[str, Any]) -> None:
    recipe = summary["recipe"]
    out = console()
    out.print()
    out.print("[bold]Try next[/]")
    if summary["paths"]["report"]:
        out.print("  open the report in a browser: the charts, the rejects, answers side by side")
    command, runs_dir = _command(), Path(summary["paths"]["run"]).parents[1]
    place = "" if runs_dir == Path.cwd() / RUNS_DIR else f" --runs-dir {shlex.quote(_shown_path(str(runs_dir)))}"
    shown = recipe if summary["differences"] else shlex.quote(_shown_path(summary["paths"]["run"]))
    out.print(escape(f"  {command} show {shown}{place}"))
    if path := summary.get("recipe_path"):
        shown = escape(shlex.quote(_shown_path(path)))
        # A name of its own in the registry: a trial must not become the latest version of something else.
        name = " --set registry.domain=mine" if summary.get("registered") else ""
        out.print(f"  {command} run {shown} --documents YOUR_FOLDER{name} --runs-dir my-runs")
    if summary["paths"]["samples"] and not summary.get("registered"):
        out.print(escape(f"  {command} review {recipe}{place}"))
        out.print(escape(f"  {command} export {recipe} --format chat_jsonl{place}"))
    if summary["paths"].get("index") and summary.get("example_question"):
        question = shlex.quote(summary["example_question"])
        out.print(escape(f"  {command} search {recipe} {question}{place}"))
    if summary.get("registered"):
        _print_serving(summary, command)
    out.print(escape(f"  {command} clean{place}"))


def _print_serving(summary: dict[str, Any], command: str) -> None:
    """How to ask the registered model: serve it in one terminal, ask in another."""
    registry, label = Path(summary["registered"]["registry"]), summary["registered"]["label"]
    place = (
        "" if registry == Path.cwd() / REGISTRY_DIR else f" --registry-dir {shlex.quote(_shown_path(str(registry)))}"
    )
    body = json.dumps({"question": summary.get("example_question") or "What is this about?"}, ensure_ascii=False)
    out = console()
    out.print(escape(f"  {command} chat {label}{place}"))
    out.print(escape(f"  {command} serve {label}{place}     # and in another terminal, once it listens:"))
    out.print(escape(f"  curl -s {GATEWAY}/ask -H 'Content-Type: application/json' -d {shlex.quote(body)}"))


def _command() -> str:
    """The program as this user can call it: by name where that is found, else by the path it was called by."""
    called = Path(sys.argv[0]).absolute()
    if shutil.which("glossator") or called.name != "glossator":
        return "glossator"
    return shlex.quote(_shown_path(str(called)))
