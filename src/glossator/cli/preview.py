"""`glossator preview`: a few samples before paying for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glossator.cli.options import RUNS_DIR, DocumentsOption, JsonOption, RecipeArgument, RunsDirOption, SetOption

if TYPE_CHECKING:
    from glossator.pipeline.previewing import Preview
    from glossator.records import JsonValue, Sample

SHOWN_REJECTS = 5
SHOWN_CHARACTERS = 160


def preview(
    recipe: RecipeArgument,
    count: Annotated[int, typer.Option("-n", min=1, max=100, help="Samples of each task.")] = 5,
    documents: DocumentsOption = None,
    overrides: SetOption = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Write a few samples on real passages, show them with what was rejected and what they cost, and keep no run.

    Replies of a chat teacher are kept in the journal: a run that asks the same does not pay for them again.

    Examples:
      glossator preview recipes/quickstart.yaml -n 3

      glossator preview recipes/domain_qa.yaml --documents ~/reports --set synthesis.teacher.model=gpt-5-mini
    """
    from glossator.cli.output import print_json
    from glossator.cli.sets import overrides_of
    from glossator.pipeline import preview_recipe
    from glossator.recipe import load_recipe

    made = preview_recipe(load_recipe(recipe, overrides_of(documents, overrides)), recipe, runs_dir, count=count)
    if as_json:
        print_json(_plain(made))
    else:
        _show(made)


def _plain(made: Preview) -> dict[str, JsonValue]:
    from glossator.records import to_dict

    return {
        "samples": [to_dict(sample) for sample in made.samples],
        "rejects": [
            {"subject_id": reject.subject_id, "stage": reject.stage, "reason": reject.reason, "detail": reject.detail}
            for reject in made.rejects
        ],
        "rests_on": made.rests_on,
        "notes": list(made.notes),
        "usage": made.usage,
        "usd": made.usd,
    }


def _show(made: Preview) -> None:
    from glossator.cli.output import console, counts_text, escape

    out = console()
    for sample in made.samples:
        out.print(f"[bold]{escape(sample.task)}[/]  {escape(_place(made, sample))}")
        for turn in sample.messages:
            if turn.role != "system":
                label = {"user": "Q", "assistant": "A"}[turn.role]
                text = sample.question if turn is sample.messages[-2] else turn.content
                out.print(f"  {label}: {escape(text)}")
        for span in sample.evidence:
            out.print(f"  [dim]because: {escape(span.text)}[/]")
        if sample.rejected:
            out.print(f"  [dim]rather than: {escape(sample.rejected)}[/]")
        out.print()
    for reject in made.rejects[:SHOWN_REJECTS]:
        told = escape(reject.detail)[:SHOWN_CHARACTERS]
        out.print(f"[yellow]rejected[/] {reject.stage} ({reject.reason}): {told}")
    if len(made.rejects) > SHOWN_REJECTS:
        out.print(f"and {len(made.rejects) - SHOWN_REJECTS} more rejects; --json shows them all")
    for note in made.notes:
        out.print(escape(note))
    cost = f", {made.usd:.4f} USD" if made.usd else ""
    spent = f"; {counts_text(made.usage)}{cost}" if made.usage else ""
    out.print(f"{len(made.samples)} samples, {len(made.rejects)} rejected; {escape(made.rests_on)}{spent}")


def _place(made: Preview, sample: Sample) -> str:
    title = next((made.titles[name] for name in sample.document_ids if name in made.titles), "")
    heading = str(sample.metadata.get("heading", ""))
    return " › ".join(part for part in (title, heading, f"page {sample.metadata.get('page', '?')}") if part)
