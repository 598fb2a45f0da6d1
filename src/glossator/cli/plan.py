"""`glossator plan`: what a run would do, counted before anything is done."""

from __future__ import annotations

from glossator.cli.options import RUNS_DIR, DocumentsOption, JsonOption, RecipeArgument, RunsDirOption, SetOption


def plan(
    recipe: RecipeArgument,
    documents: DocumentsOption = None,
    overrides: SetOption = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Count what a run would do: documents, bytes, and what is already done. Nothing is written.

    Examples:
      glossator plan recipes/quickstart.yaml
    """
    from glossator.cli.output import counts_text, print_json, print_table
    from glossator.cli.sets import overrides_of
    from glossator.pipeline import plan_recipe
    from glossator.recipe import load_recipe

    planned = plan_recipe(load_recipe(recipe, overrides_of(documents, overrides)), recipe, runs_dir)
    if as_json:
        print_json(planned)
        return
    rows = [
        [
            row["number"],
            row["name"],
            row["status"],
            counts_text(row["counts"]),
        ]
        for row in planned["stages"]
    ]
    print_table(f"{planned['recipe']}: {planned['sentence']}", ["number", "stage", "status", "counts"], rows)
