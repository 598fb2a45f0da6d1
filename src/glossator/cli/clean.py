"""`glossator clean`: what lies in the runs folder, and freeing what no run needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunsDirOption


def clean(
    recipe: Annotated[str | None, typer.Argument(help="Only this recipe's runs.", metavar="[NAME]")] = None,
    keep: Annotated[int, typer.Option(min=1, help="How many of a recipe's newest runs to keep.")] = 3,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is listed as not needed.")] = False,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """List runs, and the artifacts and drafts that no kept run needs; with --delete, free their disk.

    Kept assignments (splits.json) and the count of looks at the test set are never deleted.

    Examples:
      glossator clean

      glossator clean quickstart --keep 1 --delete
    """
    from glossator.cli.output import print_json, print_table
    from glossator.pipeline import clean_runs

    report = clean_runs(runs_dir, recipe=recipe, keep=keep, delete=delete)
    if as_json:
        print_json(report)
        return
    root = runs_dir.absolute()
    rows = [
        [str(Path(row["path"]).relative_to(root)), row["why"], f"{row['bytes'] / 1e6:.1f}"] for row in report["items"]
    ]
    print_table(str(root), ["path", "what", "MB"], rows)
    freed = f"{report['unneeded_bytes'] / 1e6:.1f} MB"
    typer.echo(f"{freed} freed" if delete else f"{freed} can be freed with --delete")
