"""`glossator score`: metrics of predictions against references, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glossator.cli.options import JsonOption


def score(
    file: Annotated[
        Path, typer.Argument(help='JSON lines: {"prediction", "reference"[, "group"]}.', metavar="FILE.jsonl")
    ],
    metrics: Annotated[str, typer.Option(help="Comma-separated metric names.")] = "token_f1,exact_match,rougeL",
    as_json: JsonOption = False,
) -> None:
    """Score predictions against references.

    Examples:
      glossator score answers.jsonl --metrics rougeL,token_f1

      glossator score answers.jsonl --json | jq .corpus
    """
    from glossator.artifacts import read_numbered_jsonl
    from glossator.cli.output import print_json, print_table
    from glossator.errors import GlossatorError
    from glossator.evaluation import score_file

    names = [name.strip() for name in metrics.split(",") if name.strip()]
    if not file.is_file():
        raise GlossatorError(f"{file} does not exist; give a JSONL file")
    numbered = list(read_numbered_jsonl(file))
    scored = score_file([row for _, row in numbered], names, line_numbers=[number for number, _ in numbered])
    if as_json:
        print_json(scored)
        return
    groups = scored.get("groups", {})
    rows = [
        [metric, f"{value:.4f}", *(f"{groups[g][metric]:.4f}" for g in groups)]
        for metric, value in scored["corpus"].items()
    ]
    print_table(f"{len(scored['rows'])} rows", ["metric", "all", *groups], rows)
