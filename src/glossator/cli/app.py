"""The list of doors, in the order of the road."""

from __future__ import annotations

import typer

from glossator.cli import (
    chat,
    clean,
    doctor,
    explain,
    export,
    forget,
    generate,
    journal,
    parse,
    plan,
    preview,
    registry,
    review,
    run,
    score,
    search,
    serve,
    show,
    stages,
)

app = typer.Typer(
    name="glossator",
    help="Read documents, write questions about them, teach a small model, and prove whether it learned.",
    epilog="Begin with: glossator run recipes/quickstart.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ROAD = "The road"
ROOMS = "One room alone"
HOUSE = "The house"

app.command("plan", rich_help_panel=ROAD)(plan.plan)
app.command("preview", rich_help_panel=ROAD)(preview.preview)
app.command("run", rich_help_panel=ROAD)(run.run)
app.command("stages", rich_help_panel=ROAD)(stages.stages)
app.command("show", rich_help_panel=ROAD)(show.show)
app.command("serve", rich_help_panel=ROAD)(serve.serve)
app.command("chat", rich_help_panel=ROAD)(chat.chat)
app.command("parse", rich_help_panel=ROOMS)(parse.parse)
app.command("generate", rich_help_panel=ROOMS)(generate.generate)
app.command("score", rich_help_panel=ROOMS)(score.score)
app.command("search", rich_help_panel=ROOMS)(search.search)
app.command("review", rich_help_panel=ROOMS)(review.review)
app.command("export", rich_help_panel=ROOMS)(export.export)
app.add_typer(registry.registry, name="registry", rich_help_panel=ROOMS)
app.command("explain", rich_help_panel=HOUSE)(explain.explain)
app.command("forget", rich_help_panel=HOUSE)(forget.forget)
app.command("journal", rich_help_panel=HOUSE)(journal.journal)
app.command("doctor", rich_help_panel=HOUSE)(doctor.doctor)
app.command("clean", rich_help_panel=HOUSE)(clean.clean)


def _version(*, wanted: bool) -> None:
    if wanted:
        from glossator import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", is_eager=True, callback=lambda wanted: _version(wanted=wanted)
    ),
) -> None:
    pass
