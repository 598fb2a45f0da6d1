"""`glossator plan`: what a run would count, call, spend and hold, before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glossator.cli.options import RUNS_DIR, DocumentsOption, JsonOption, RecipeArgument, RunsDirOption, SetOption

if TYPE_CHECKING:
    from glossator.pipeline.quote.ranges import Range
    from glossator.records import JsonValue

_HEADER = ("number", "stage", "status", "counts", "calls", "tokens in", "tokens out", "USD", "time", "disk")


def plan(
    recipe: RecipeArgument,
    documents: DocumentsOption = None,
    overrides: SetOption = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Load the base and make a few steps on the longest rows, to measure training."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Quote a run before it: calls, tokens, money, time, disk and memory, by stage. Nothing is fetched, sent or kept.

    A few documents are really read, cut and put into prompts; figures that this does not settle are told from low to
    high, with what they rest on. What is done already costs nothing.

    Examples:
      glossator plan recipes/quickstart.yaml

      glossator plan recipes/quickstart.yaml --probe

      glossator plan recipes/quickstart.yaml --set synthesis.budget.usd=5
    """
    from glossator.cli.output import print_json
    from glossator.cli.sets import overrides_of
    from glossator.pipeline import plan_recipe
    from glossator.recipe import load_recipe

    loaded = load_recipe(recipe, overrides_of(documents, overrides))
    planned = plan_recipe(loaded, recipe, runs_dir, probe=probe)
    if as_json:
        print_json(planned)
    else:
        _print(planned)


def _print(planned: Mapping[str, Any]) -> None:
    from glossator.cli.output import console, escape, print_table

    out = console()
    out.print(f"{escape(planned['recipe'])}: {escape(planned['sentence'])}")
    rows = [_row(row) for row in planned["stages"]]
    used = [place for place, name in enumerate(_HEADER) if place < 4 or any(row[place] for row in rows)]
    print_table("", [_HEADER[place] for place in used], [[row[place] for place in used] for row in rows])
    if planned["budget"]:
        out.print(escape(planned["budget"]["sentence"]))
    for warning in planned["warnings"]:
        out.print(f"missing: {escape(warning)}")
    for row in planned["stages"]:
        if row["estimate"] and row["estimate"]["rests_on"]:
            out.print(f"{row['number']} rests on: {escape(row['estimate']['rests_on'])}")
    for note in planned["notes"]:
        out.print(f"note: {escape(note)}")


def _row(row: Mapping[str, Any]) -> list[str]:
    from glossator.cli.output import counts_text
    from glossator.pipeline.quote.lines import money_text, range_text, size_text, time_text

    head = [str(row["number"]), str(row["name"]), str(row["status"])]
    quoted = row["estimate"]
    if not quoted:
        return [*head, counts_text(row["counts"]), *([""] * (len(_HEADER) - len(head) - 1))]
    counts = [f"{range_text(_range(count))} {name.replace('_', ' ')}" for name, count in quoted["counts"].items()]
    if "memory_bytes" in quoted:
        counts.append(size_text(_range(quoted["memory_bytes"])))
    asked = [range_text(_range(quoted[key])) if key in quoted else "" for key in ("calls", "tokens_in", "tokens_out")]
    money = "" if "usd" not in quoted else "unknown" if quoted["usd"] is None else money_text(_range(quoted["usd"]))
    seconds, disk = _range(quoted["seconds"]), _range(quoted["disk_bytes"])
    told = [time_text(seconds) if seconds.high else "", size_text(disk) if disk.high else ""]
    return [*head, ", ".join(counts) or counts_text(row["counts"]), *asked, money, *told]


def _range(value: JsonValue) -> Range:
    """What a quote's JSON says: one number, or from low to high."""
    from glossator.pipeline.quote.ranges import Range

    return Range(value["low"], value["high"]) if isinstance(value, dict) else Range.of(float(value))
