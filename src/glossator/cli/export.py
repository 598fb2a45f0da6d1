"""`glossator export`: a run's samples in the format that another program reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunArgument, RunsDirOption


def export(
    run: RunArgument,
    kind: Annotated[
        Literal["chat_jsonl", "alpaca", "sharegpt", "hf_dataset", "csv", "mlx", "dpo_jsonl"],
        typer.Option("--format", "-f", help="What to write."),
    ] = "chat_jsonl",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The folder to write; exports/FORMAT in the run's folder if left out.",
            metavar="FOLDER",
        ),
    ] = None,
    splits: Annotated[
        str | None,
        typer.Option(help="Which splits, parted by commas; all but the pool if left out.", metavar="NAMES"),
    ] = None,
    by: Annotated[
        Literal["group"] | None, typer.Option("--by", help="A folder for each group, such as a persona.")
    ] = None,
    lineage: Annotated[
        bool, typer.Option("--lineage", help="Add columns that tell where each sample comes from.")
    ] = False,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Write the questions and answers of a run for other programs, with a card that tells counts and licences.

    An earlier export at the same place is replaced; anything else there is left alone and is an error.

    Examples:
      glossator export quickstart --format alpaca --output data/quickstart

      glossator export paper-personas --format mlx --by group --splits train,dev

      glossator export quickstart --format csv --lineage --json
    """
    from glossator.cli.output import console, counts_text, escape, print_json
    from glossator.pipeline.exporting import export_run

    done = export_run(
        run,
        runs_dir,
        kind=kind,
        output=output,
        splits=[name.strip() for name in splits.split(",")] if splits is not None else None,
        by_group=by == "group",
        lineage=lineage,
    )
    if as_json:
        groups: dict[str, dict[str, int]] = {
            group: {str(split): count for split, count in counts.items()} for group, counts in done.counts.items()
        }
        print_json(
            {
                "format": kind,
                "folder": str(done.folder),
                "splits": _sum(groups),
                "groups": groups if by else {},
                "left_out": done.left_out,
            }
        )
        return
    out = console()
    for group, counts in done.counts.items():
        head = f"{escape(group or 'without a group')}: " if by else ""
        out.print(head + ", ".join(f"{split} {count:,}" for split, count in counts.items()))
    if done.left_out:
        out.print(f"left out, since the format has no place for them: {counts_text({'samples': done.left_out})}")
    out.print(f"written to {escape(str(done.folder))}")


def _sum(groups: dict[str, dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in groups.values():
        for split, count in counts.items():
            total[split] = total.get(split, 0) + count
    return total
