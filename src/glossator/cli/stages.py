"""`glossator stages`: the table of stages, and which are done under a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glossator.cli.options import RUNS_DIR, DocumentsOption, JsonOption, RunsDirOption, SetOption


def stages(
    recipe: Annotated[
        Path | None, typer.Argument(help="Show what is done under this recipe.", metavar="[RECIPE]")
    ] = None,
    documents: DocumentsOption = None,
    overrides: SetOption = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """List the stages; with a recipe, say which are done.

    Examples:
      glossator stages

      glossator stages recipes/quickstart.yaml
    """
    from glossator.cli.output import print_json, print_table
    from glossator.cli.sets import overrides_of
    from glossator.pipeline import list_stages
    from glossator.recipe import load_recipe

    loaded = load_recipe(recipe, overrides_of(documents, overrides)) if recipe else None
    rows = list_stages(loaded, recipe, runs_dir)
    if as_json:
        print_json(rows)
        return
    header = ["number", "name", "part of", "leaves", *(["status"] if loaded else [])]
    keys = ["number", "name", "room", "leaves", *(["status"] if loaded else [])]
    print_table("", header, [[str(row[key]) for key in keys] for row in rows])
