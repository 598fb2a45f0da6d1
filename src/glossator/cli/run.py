"""`glossator run`: walk the road, or a part of it."""

from __future__ import annotations

from typing import Annotated

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RecipeArgument, RunsDirOption, SetOption

INTERRUPTED = 130


def run(
    recipe: RecipeArgument,
    stage: Annotated[str | None, typer.Option(help="Only this stage, by number or name: 4b, train, generate.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Begin with this stage.", metavar="STAGE")] = None,
    last: Annotated[str | None, typer.Option("--to", help="End with this stage.", metavar="STAGE")] = None,
    overrides: SetOption = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Walk a recipe's stages; what is done is skipped, what was interrupted goes on.

    Examples:
      glossator run recipes/quickstart.yaml

      glossator run recipes/quickstart.yaml --set sources.0.path=~/papers

      glossator run recipes/quickstart.yaml --from 4b --set training.num_train_epochs=8
    """
    from glossator.cli.live import LiveProgress
    from glossator.cli.output import print_json
    from glossator.cli.sets import absolute_paths
    from glossator.cli.summary import print_summary
    from glossator.pipeline import run_recipe, summarize
    from glossator.recipe import load_recipe

    loaded = load_recipe(recipe, absolute_paths(overrides or []))
    try:
        made = run_recipe(loaded, recipe, runs_dir, stage=stage, first=first, last=last, progress=LiveProgress())
    except KeyboardInterrupt:
        typer.echo("interrupted; what is finished is kept: run the same command again to go on", err=True)
        raise typer.Exit(INTERRUPTED) from None
    summary = summarize(made)
    if as_json:
        print_json(summary)
    else:
        print_summary(summary, next_steps=True)
