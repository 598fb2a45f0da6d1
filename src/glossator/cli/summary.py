"""A run's end as a person reads it: funnel, scores, verdict, where the report lies, what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glossator.cli.output import console, duration, escape, print_table

LABELS = {"test": "unseen documents (test)", "test_seen": "trained documents (test_seen)"}


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
        looks = summary["test_looks"]
        out.print(f"[dim]The test set was scored {looks} time{'s' if looks != 1 else ''} under this recipe.[/]")
    else:
        out.print(escape(summary["verdict"]["sentence"]))
    out.print()
    for name, path in summary["paths"].items():
        if path:
            out.print(f"{name:<8} {escape(_shown_path(path))}")
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
            ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in stage["counts"].items()),
        ]
        for stage in summary["stages"]
    ]
    print_table(
        f"{summary['recipe']}, begun {summary['started']}", ["number", "stage", "status", "took", "counts"], rows
    )


def _print_funnel(summary: dict[str, Any]) -> None:
    funnel, splits = summary["funnel"], summary["splits"]
    out = console()
    out.print(
        f"[bold]{funnel['documents']:,}[/] documents → [bold]{funnel['pages']:,}[/] pages → "
        f"[bold]{funnel['chunks']:,}[/] chunks → [bold]{funnel['samples']:,}[/] samples kept, "
        f"[bold]{funnel['rejected']:,}[/] rejected"
    )
    if funnel["samples"]:
        out.print("samples: " + ", ".join(f"{count:,} {name}" for name, count in splits.items() if count))
    out.print()


def _print_scores(summary: dict[str, Any]) -> None:
    for split, label in LABELS.items():
        rows = []
        scores = summary["scores"] if split == "test" else summary["scores_test_seen"]
        for row in summary["differences"]:
            if row["split"] == split:
                base, tuned = (scores[model][row["metric"]] for model in ("base", "tuned"))
                low, high = row["low"], row["high"]
                interval = "too few documents" if low is None else f"{low:+.3f} to {high:+.3f}"
                rows.append([row["metric"], f"{base:.3f}", f"{tuned:.3f}", f"{row['difference']:+.3f}", interval])
        if rows:
            found = next(row for row in summary["differences"] if row["split"] == split)
            title = f"{label}: {found['questions']} questions, {found['documents']} documents"
            print_table(title, ["metric", "base", "tuned", "change", "95 % interval"], rows)


def _print_next_steps(summary: dict[str, Any]) -> None:
    recipe = summary["recipe"]
    out = console()
    out.print()
    out.print("[bold]Try next[/]")
    if summary["paths"]["report"]:
        out.print("  open the report in a browser: the charts, the rejects, answers side by side")
    out.print(f"  glossator show {recipe}")
    out.print(f"  glossator run recipes/{recipe}.yaml --set sources.0.path=FOLDER_OF_YOUR_PDFS --runs-dir my-runs")
    out.print("  glossator clean")
