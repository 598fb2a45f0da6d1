"""Stage 3b: chunks with their splits to questions and answers, as far as the budget goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from glossator.artifacts import fingerprint, iterate_table, write_json, write_records
from glossator.errors import EndpointError, YieldError
from glossator.pipeline import settings
from glossator.pipeline.context import Context
from glossator.pipeline.describing import image_to_send
from glossator.pipeline.documents import read_chunks, read_documents, read_rejects, reasons_text, titles_of
from glossator.pipeline.samples import read_splits
from glossator.pipeline.teaching import OpenTeacher, journal_path, open_teacher_of
from glossator.recipe import ChatTeacherSection, SynthesisSection, TaskSection
from glossator.records import Figure, ParsedDocument, Reject, Sample

if TYPE_CHECKING:
    from glossator.synthesis import Material, Task

TEMPORARY = ("timeout", "rate_limited", "server_error", "cut_connection", "unreachable", "no_completion")
"""Why a call may have failed that would succeed another time."""
OVER_BUDGET = "budget"
"""Why a passage was not asked about: what may be spent is spent."""
MOST_UNANSWERED = 0.05
SHOWN_CHARACTERS = 120
SLICE = 256
"""Passages that one task is given before the next task has its turn, where a budget may end the work."""

_WITHOUT = {
    "chunk": "there are no chunks in train, dev or test",
    "related_chunks": "no two passages of one split are about the same",
    "figure": "no figure of these documents has a caption or description",
}


def synthesize(context: Context) -> dict[str, int]:
    """Let the teacher write about every chunk of every split but the pool, what covers most first."""
    section = context.recipe.synthesis
    assert section is not None
    work = [(row, task, _materials(context, task)) for row, task in _tasks(context, section)]
    for _, task, materials in work:
        if not materials:
            context.progress.say(f"task {task.name} finds nothing to ask about: {_WITHOUT[task.shows]}")
    asked = sum(len(materials) for _, _, materials in work)
    if not asked:
        raise YieldError(f"there is no passage to ask about ({reasons_text(_set_aside(context))}); give more documents")
    context.progress.expect(asked, "passages")
    samples: list[Sample] = []
    rejects: list[Reject] = []
    with open_teacher_of(context.road, spent=_spent_file(context)) as opened:
        for made in _write(context, section, work, opened):
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                samples.append(made)
        usage, usd = dict(opened.usage()), opened.usd()
    unasked = sum(reject.reason == OVER_BUDGET for reject in rejects)
    if unasked:
        _tell_what_is_missing(context, rejects, asked)
    if not samples:
        raise YieldError(f"{asked} passages gave no question ({reasons_text(rejects)}); {_remedy(context, rejects)}")
    _refuse_unanswered(rejects, asked)
    write_records(context.output("samples.jsonl"), samples)
    write_records(context.output("rejects.jsonl"), rejects)
    write_json(context.output("spent.json"), {"usd": usd, **usage})
    write_json(context.output("asked.json"), {task.name: len(materials) for _, task, materials in work})
    return {"samples": len(samples), "rejected": len(rejects), **usage, **({"unasked": unasked} if unasked else {})}


def _tasks(context: Context, section: SynthesisSection) -> Iterator[tuple[TaskSection, Task]]:
    for row in section.tasks:
        yield row, settings.task_of(context.road, row.prompt)


def _materials(context: Context, task: Task) -> list[Material]:
    """What the teacher is shown for a task, in the order that covers every section first."""
    from glossator.synthesis import make_materials, spread

    section = context.recipe.synthesis
    assert section is not None
    assignment = read_splits(context)
    chunks = read_chunks(context)
    return spread(
        make_materials(
            [(chunk, assignment.split_of_chunk(chunk)) for chunk in chunks],
            task,
            tokens_per_call=section.tokens_per_call,
            figures=_figures(context) if task.shows == "figure" else None,
            images=lambda figure: image_to_send(context.road, figure),
            seed=context.recipe.seed,
        )
    )


def _set_aside(context: Context) -> list[Reject]:
    return read_rejects(context, "split")


def _figures(context: Context) -> dict[str, Figure]:
    parsed = iterate_table(context.input("parse", "parsed.parquet"), ParsedDocument)
    return {figure.id: figure for document in parsed for figure in document.figures}


def _write(
    context: Context,
    section: SynthesisSection,
    work: Sequence[tuple[TaskSection, Task, Sequence[Material]]],
    opened: OpenTeacher,
) -> Iterator[Sample | Reject]:
    """Give every task its turn; with a budget in small pieces, so that it ends for all of them at about one place."""
    from glossator.synthesis import synthesize as write

    groups = {document.id: document.group for document in read_documents(context)}
    titles = titles_of(context)
    longest = max(len(materials) for _, _, materials in work)
    size = SLICE if section.budget is not None else max(longest, 1)
    for start in range(0, longest, size):
        for row, task, materials in work:
            yield from write(
                materials[start : start + size],
                teacher=opened.teacher,
                task=task,
                groups=dict.fromkeys(groups, row.group) if row.group else groups,
                titles=titles,
                seed=context.recipe.seed,
                on_progress=context.progress.advance,
            )


def _spent_file(context: Context) -> str:
    """The name under which a budget's spending is kept: another budget for the same work goes on from there."""
    values = settings.synthesize(context.road)
    assert isinstance(values, dict)
    rest = {key: value for key, value in values.items() if key != "budget"}
    inputs = {name: artifact.manifest.fingerprint for name, artifact in context.inputs.items()}
    return fingerprint("spent", "1", rest, inputs)


def _tell_what_is_missing(context: Context, rejects: Sequence[Reject], asked: int) -> None:
    unasked = [reject for reject in rejects if reject.reason == OVER_BUDGET]
    why = unasked[0].detail.partition(":")[0] or OVER_BUDGET
    context.progress.say(
        f"the budget of {why} is used up: {len(unasked):,} of {asked:,} passages were not asked about;"
        " what was written is kept, and coverage.json tells which sections have none"
    )


def _remedy(context: Context, rejects: Sequence[Reject]) -> str:
    """What to do where nothing came of all the chunks: with a chat teacher it is its replies that were no good."""
    section = context.recipe.synthesis
    if rejects and all(reject.reason == OVER_BUDGET for reject in rejects):
        return f"nothing may be spent ({rejects[0].detail}); raise synthesis.budget"
    if section is None or not isinstance(section.teacher, ChatTeacherSection):
        return "give more or longer documents"
    said = next((f"such as: {reject.detail[:SHOWN_CHARACTERS]}; " for reject in rejects if reject.detail), "")
    kept = f"its replies are kept in {journal_path(context.road)}: another seed (--set seed=N) asks anew"
    return f"{said}choose another teacher.model, or mend its prompt; {kept}"


def _refuse_unanswered(rejects: Sequence[Reject], asked: int) -> None:
    """Leave the stage unfinished where a busy or broken server left many passages without a reply.

    A few are let be: one passage that is always too slow must not hold up the rest for good.
    """
    reasons = Counter(reject.reason for reject in rejects if reject.reason in TEMPORARY)
    if reasons.total() > MOST_UNANSWERED * asked:
        unanswered = [reject for reject in rejects if reject.reason in TEMPORARY]
        raise EndpointError(
            f"{reasons.total()} of {asked} passages have no reply ({reasons_text(unanswered)});"
            " run again later: what was answered is kept and not asked again"
        )
