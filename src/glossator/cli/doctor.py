"""`glossator doctor`: what is installed, what is missing, and the remedy."""

from __future__ import annotations

from glossator.cli.options import RUNS_DIR, JsonOption, RunsDirOption


def doctor(runs_dir: RunsDirOption = RUNS_DIR, as_json: JsonOption = False) -> None:
    """Check the installation: libraries, embedded model, devices, memory, disk. Exit 2 if something needed is missing.

    Examples:
      glossator doctor
    """
    from glossator.cli.output import console, escape, print_json
    from glossator.errors import GlossatorError
    from glossator.pipeline import examine

    findings = examine(runs_dir)
    if as_json:
        print_json(findings)
    else:
        marks = {"ok": "[green]✓[/]", "missing": "[red]✗[/]", "note": "[yellow]·[/]"}
        for row in findings:
            remedy = f"  → {row['remedy']}" if row["remedy"] else ""
            console().print(f"{marks[row['status']]} {row['name']:<16} {escape(row['detail'] + remedy)}")
    missing = [row["name"] for row in findings if row["status"] == "missing"]
    if missing:
        raise GlossatorError(f"missing: {', '.join(missing)}; the lines above say how to get them")
