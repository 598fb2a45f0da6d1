"""`glossator run`: walk the road, or a part of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glossator.cli.options import RUNS_DIR, DocumentsOption, JsonOption, RecipeArgument, RunsDirOption, SetOption

if TYPE_CHECKING:
    from glossator.recipe import Recipe

INTERRUPTED = 130


def run(
    recipe: RecipeArgument,
    stage: Annotated[str | None, typer.Option(help="Only this stage, by number or name: 4b, train, generate.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Begin with this stage.", metavar="STAGE")] = None,
    last: Annotated[str | None, typer.Option("--to", help="End with this stage.", metavar="STAGE")] = None,
    documents: DocumentsOption = None,
    overrides: SetOption = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Walk a recipe's stages up to the registry; what is done is skipped, what was interrupted goes on.

    The last stage, 6 serve, lasts until it is ended and is entered only when it is named.

    Examples:
      glossator run recipes/quickstart.yaml

      glossator run recipes/quickstart.yaml --documents ~/papers

      glossator run recipes/quickstart.yaml --from 4b --set training.num_train_epochs=8

      glossator run recipes/quickstart.yaml --to serve
    """
    from glossator.cli.live import LiveProgress
    from glossator.cli.output import print_json
    from glossator.cli.sets import overrides_of
    from glossator.cli.summary import print_summary
    from glossator.pipeline import run_recipe, summarize
    from glossator.recipe import load_recipe

    loaded = load_recipe(recipe, overrides_of(documents, overrides))
    serves = any(_is_serve(name) for name in (stage, first, last))
    if serves:
        _check_serving(loaded, as_json=as_json)
        alone = _is_serve(stage) or _is_serve(first)
        stage, first, last = ("register", None, None) if alone else (stage, first, "register")
    try:
        made = run_recipe(loaded, recipe, runs_dir, stage=stage, first=first, last=last, progress=LiveProgress())
    except KeyboardInterrupt:
        typer.echo("interrupted; what is finished is kept: run the same command again to go on", err=True)
        raise typer.Exit(INTERRUPTED) from None
    summary = summarize(made)
    if as_json:
        print_json(summary)
    else:
        print_summary(summary, next_steps=not serves)
    if serves:
        _serve(loaded, summary)


def _is_serve(name: str | None) -> bool:
    from glossator.pipeline.stages import SERVE

    return name is not None and name.strip().lower() in SERVE


def _check_serving(recipe: Recipe, *, as_json: bool) -> None:
    from glossator.errors import GlossatorError, ServingError
    from glossator.recipe import read_variables
    from glossator.serving import bind, check_listen, read_token

    if recipe.serving is None:
        raise GlossatorError(f"recipe {recipe.name} has no serving section; add one, or run it without stage serve")
    if as_json:
        raise GlossatorError("--json cannot go with stage serve, which never ends; give one of them")
    # Before hours of work, not after.
    check_listen(recipe.serving.host, read_token(read_variables()))
    try:
        bind(recipe.serving.host, recipe.serving.port).close()
    except ServingError as error:
        remedy = str(error).replace("--port", "--set serving.port=PORT").replace("--host", "--set serving.host=HOST")
        raise ServingError(remedy) from error


def _serve(recipe: Recipe, summary: dict[str, Any]) -> None:
    from glossator.cli.serve import serve_models

    section, registered = recipe.serving, summary["registered"]
    assert section is not None
    serve_models(
        Path(registered["registry"]),
        [registered["label"]],
        host=section.host,
        port=section.port,
        timeout_seconds=section.timeout_seconds,
        max_new_tokens=section.max_new_tokens,
    )
