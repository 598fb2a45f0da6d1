"""`glossator journal`: what the replies of teachers take, and dropping old ones."""

from __future__ import annotations

from typing import Annotated

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunsDirOption


def journal(
    prune_older_than: Annotated[
        float | None,
        typer.Option(min=0, help="Count, and with --yes drop, replies that are older.", metavar="DAYS"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Drop what --prune-older-than counts.")] = False,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Tell how many replies of teachers are kept, since when, and what they take; drop old ones.

    A reply that was dropped is asked for, and paid, again by a run that needs it.

    Examples:
      glossator journal

      glossator journal --prune-older-than 180 --yes
    """
    from glossator.cli.output import print_json, print_table
    from glossator.errors import GlossatorError
    from glossator.pipeline.journal_keeping import keep_journal

    if yes and prune_older_than is None:
        raise GlossatorError("--yes drops nothing by itself; say what is old: --prune-older-than DAYS")
    told = keep_journal(runs_dir, older_than_days=prune_older_than, drop=yes)
    if as_json:
        print_json(told)
        return
    rows = [
        ["replies", f"{told['replies']:,}"],
        ["size", f"{told['bytes'] / 1e6:.1f} MB"],
        ["oldest", _day(told["oldest"])],
        ["newest", _day(told["newest"])],
        ["tokens read", f"{told['tokens_in']:,}"],
        ["tokens written", f"{told['tokens_out']:,}"],
        ["documents", f"{told['documents']:,}"],
        *([["about no known document", f"{told['unattributed']:,}"]] if told["unattributed"] else []),
        *([f"kept in {month}", f"{count:,}"] for month, count in told["months"].items()),
    ]
    print_table(told["path"], ["what", "how much"], rows)
    if told["dropped"]:
        freed = max(0, told["bytes"] - told["bytes_after"])
        typer.echo(f"{told['old']:,} replies dropped, {freed / 1e6:.1f} MB freed")
    elif prune_older_than is not None:
        typer.echo(f"{told['old']:,} replies are older than {prune_older_than:g} days; drop them with --yes")


def _day(moment: str | None) -> str:
    return moment[:16].replace("T", " ") if moment else "none"
