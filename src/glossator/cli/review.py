"""`glossator review`: read samples beside their passages; drop, edit or re-admit them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunArgument, RunsDirOption

if TYPE_CHECKING:
    from glossator.curation.reviews import Action, Decision
    from glossator.pipeline.reviewing import Review, Reviewable
    from glossator.records import JsonValue


def review(
    run: RunArgument,
    split: Annotated[str | None, typer.Option(help="Only this split: train, dev, test, test_seen, pool.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="What was left out, instead of what was kept.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Print samples instead of opening the page.")] = False,
    limit: Annotated[int, typer.Option("-n", min=1, help="Most samples that are printed.")] = 50,
    drop: Annotated[str | None, typer.Option(metavar="ID", help="Take this sample out.")] = None,
    admit: Annotated[str | None, typer.Option(metavar="ID", help="Bring this rejected sample back.")] = None,
    edit: Annotated[str | None, typer.Option(metavar="ID", help="Give it --question, --answer, or both.")] = None,
    undo: Annotated[str | None, typer.Option(metavar="ID", help="Take back what was decided about it.")] = None,
    question: Annotated[str, typer.Option(help="With --edit: the new question.")] = "",
    answer: Annotated[str, typer.Option(help="With --edit: the new answer.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "",
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Read samples beside their passages, and drop, edit or re-admit them: a page in the terminal.

    Decisions are kept in runs/<recipe>/reviews.jsonl and done again on every later run: run the recipe once more, and
    it curates with them and goes on from there. Without a terminal, use --list and the options that name an ID.

    Examples:
      glossator review quickstart

      glossator review quickstart --rejected --list -n 5

      glossator review quickstart --edit 3f2a --answer "Four, since 2019."
    """
    from glossator.errors import GlossatorError
    from glossator.pipeline import find_run
    from glossator.pipeline.reviewing import Review

    named: dict[Action, str | None] = {"drop": drop, "admit": admit, "edit": edit, "undo": undo}
    wanted = [(action, sample_id) for action, sample_id in named.items() if sample_id is not None]
    if len(wanted) > 1:
        raise GlossatorError("give one of --drop, --admit, --edit and --undo at a time")
    if (question or answer) and edit is None:
        raise GlossatorError("--question and --answer go with --edit ID")
    with Review(find_run(run, runs_dir, ["curate"])) as opened:
        if wanted:
            action, sample_id = wanted[0]
            shown = opened.find(sample_id)
            if action == "admit" and shown.reject is None:
                raise GlossatorError(f"sample {shown.sample.id} was not rejected; there is nothing to admit")
            if action == "undo" and shown.decision is None:
                raise GlossatorError(f"nothing was decided about sample {shown.sample.id}; there is nothing to undo")
            made = opened.decide(shown.sample, action, question=question, answer=answer, reason=reason)
            _tell_decision(made, as_json=as_json)
        elif listed or as_json:
            _tell_samples(opened, split, rejected=rejected, limit=limit, as_json=as_json)
        else:
            _open_page(opened, split, rejected=rejected)


def _tell_decision(decision: Decision, *, as_json: bool) -> None:
    from glossator.cli.output import print_json
    from glossator.records import to_dict

    if as_json:
        print_json(to_dict(decision))
    else:
        typer.echo(f"{decision.action} {decision.sample_id}: written down; run the recipe again to curate with it")


def _tell_samples(opened: Review, split: str | None, *, rejected: bool, limit: int, as_json: bool) -> None:
    from glossator.cli.output import console, escape, print_json

    rows = list(islice(opened.samples(split=split, rejected=rejected), limit))
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    out = console()
    for row in rows:
        out.print(f"[bold]{row.sample.id}[/]  {row.sample.split}  {row.sample.task}  {escape(status(row))}")
        out.print(f"  Q: {escape(row.sample.question)}")
        out.print(f"  A: {escape(row.sample.answer)}")
    if not rows:
        typer.echo("nothing to look at")


def status(row: Reviewable) -> str:
    """Say in a few words where a sample stands: `kept`, `rejected by evidence (not_found)`, `kept, to be dropped`."""
    told = f"rejected by {row.reject.stage} ({row.reject.reason})" if row.reject else "kept"
    done = {
        "drop": row.reject is not None and row.reject.stage == "review",
        "edit": "edited_from" in row.sample.metadata,
        "admit": row.reject is None and row.sample.origin.verdicts.get("review") == "admitted",
    }
    if row.decision is None or row.decision.action == "undo":
        return told
    word = {"drop": "dropped", "edit": "edited", "admit": "admitted"}[row.decision.action]
    return f"{told}, {word}" if done[row.decision.action] else f"{told}, to be {word}"


def _plain(row: Reviewable) -> dict[str, JsonValue]:
    from glossator.records import to_dict

    sample = row.sample
    return {
        "id": sample.id,
        "split": sample.split,
        "task": sample.task,
        "group": sample.group,
        "question": sample.question,
        "answer": sample.answer,
        "status": status(row),
        "rejected_by": row.reject and {"stage": row.reject.stage, "reason": row.reject.reason},
        "decision": row.decision and to_dict(row.decision),
        "evidence": [span.text for span in sample.evidence],
        "passages": list(row.passages),
        "titles": list(row.titles),
    }


def _open_page(opened: Review, split: str | None, *, rejected: bool) -> None:
    import sys
    from importlib.util import find_spec

    from glossator.errors import GlossatorError, MissingExtraError

    if find_spec("textual") is None:
        raise MissingExtraError("textual", "review")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise GlossatorError("review opens a page and there is no terminal; use --list, or --drop, --edit, --admit ID")
    from glossator.cli.review_page import ReviewPage

    ReviewPage(opened, split=split, rejected=rejected).run()
    typer.echo(f"{opened.decisions} decisions stand in {Path(opened.path)}; run the recipe again to curate with them")
