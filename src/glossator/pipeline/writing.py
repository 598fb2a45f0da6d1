"""Stage 3b: chunks with their splits to questions and answers, as far as the budget goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from glossator.artifacts import iterate_table, write_json, write_records
from glossator.errors import EndpointError, YieldError
from glossator.llm.faults import TEMPORARY
from glossator.pipeline import settings
from glossator.pipeline.context import Context
from glossator.pipeline.describing import image_to_send, refuse_missing_images
from glossator.pipeline.documents import read_chunks, read_documents, read_rejects, reasons_text, titles_of
from glossator.pipeline.samples import read_splits
from glossator.pipeline.teaching import OpenTeacher, journal_path, open_teacher_of
from glossator.recipe import ChatTeacherSection, SynthesisSection, TaskSection
from glossator.records import Figure, JsonValue, ParsedDocument, Reject, Sample

if TYPE_CHECKING:
    from glossator.synthesis import Material, Task

OVER_BUDGET = "budget"
"""Why a passage was not asked about: what may be spent is spent."""
CUT_OFF = ("truncated", "too_long")
"""Why a reply came to nothing that another length of replies would mend."""
MOST_UNANSWERED = 0.05
SHOWN_CHARACTERS = 120
IN_VAIN = 40
"""Rejects without a single sample after which a model is not asked any further."""
FEWEST_AT_ONCE = 4
"""Passages that a task is given at least before the next one has its turn, where a budget may end the work."""

_WITHOUT = {
    "chunk": "there are no chunks in train, dev or test",
    "related_chunks": "no two passages of one split are about the same",
    "figure": "no figure of these documents has a caption or description",
}


def synthesize(context: Context) -> dict[str, int]:
    """Let the teacher write about every chunk of every split but the pool, what covers most first."""
    section = context.recipe.synthesis
    assert section is not None
    work = list(_work(context, section))
    for _, task, materials in work:
        if not materials:
            context.progress.say(f"task {task.name} finds nothing to ask about: {_WITHOUT[task.shows]}")
    asked = sum(len(materials) for _, _, materials in work)
    if not asked:
        raise YieldError(f"there is no passage to ask about ({reasons_text(_set_aside(context))}); give more documents")
    context.progress.expect(asked, "passages")
    samples: list[Sample] = []
    rejects: list[Reject] = []
    with open_teacher_of(context.road, spent=settings.spent_name(context.road, _inputs(context))) as opened:
        for made in _write(context, section, work, opened):
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                samples.append(made)
            if not samples and len(rejects) >= IN_VAIN and section.teacher.kind != "extractive":
                break  # whoever was wrong about all of these is not asked, and paid, about the rest
        usage, spent = dict(opened.usage()), opened.spent()
    _tell_cost(context, spent)
    unasked = sum(reject.reason == OVER_BUDGET for reject in rejects)
    if unasked:
        _tell_what_is_missing(context, rejects, asked)
    write_records(context.output("rejects.jsonl"), rejects)
    if not samples:
        tried = f"the first {len(rejects)} of {asked}" if len(rejects) < asked else str(asked)
        raise YieldError(
            f"{tried} passages gave no question ({reasons_text(rejects)}); {_remedy(context, rejects)};"
            f" every reject is told in {context.output('rejects.jsonl')}"
        )
    _refuse_unanswered(rejects, asked - unasked)
    write_records(context.output("samples.jsonl"), samples)
    write_json(context.output("spent.json"), {"in_this_run": usage, "of_the_budget": spent})
    write_json(context.output("asked.json"), _asked(work))
    return {"samples": len(samples), "rejected": len(rejects), **usage, **({"unasked": unasked} if unasked else {})}


def _work(context: Context, section: SynthesisSection) -> Iterator[tuple[TaskSection, Task, Sequence[Material]]]:
    """Each task with what the teacher is shown for it, in the order that covers every section first."""
    from glossator.synthesis import make_materials, spread

    assignment = read_splits(context)
    told = [(chunk, assignment.split_of_chunk(chunk)) for chunk in read_chunks(context)]
    for row in section.tasks:
        task = settings.task_of(context.road, row.prompt)
        figures = _figures(context) if task.shows == "figure" else None
        materials = make_materials(
            told,
            task,
            tokens_per_call=section.tokens_per_call,
            figures=figures,
            images=lambda figure: image_to_send(context.road, figure),
            seed=context.recipe.seed,
        )
        if figures is not None:
            refuse_missing_images(context.road, [one.figure for one in materials if one.figure])
        yield row, task, spread(materials)


def _asked(work: Sequence[tuple[TaskSection, Task, Sequence[Material]]]) -> dict[str, JsonValue]:
    """Passages to be asked about, counted by task; the chunks of those that are made of several; all chunks shown."""
    shown = [one for _, _, materials in work for one in materials]
    return {
        "passages": {task.name: len(materials) for _, task, materials in work},
        "groups": {one.id: [chunk.id for chunk in one.chunks] for one in shown if len(one.chunks) > 1},
        "chunks": sorted({chunk.id for one in shown for chunk in one.chunks}),
    }


def _inputs(context: Context) -> dict[str, str]:
    return {name: artifact.manifest.fingerprint for name, artifact in context.inputs.items()}


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
    concurrency = section.teacher.concurrency if isinstance(section.teacher, ChatTeacherSection) else longest
    shared = section.budget is not None and len(work) > 1
    size = max(concurrency, FEWEST_AT_ONCE) if shared else longest
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


def _tell_cost(context: Context, spent: Mapping[str, float | None]) -> None:
    usd = spent.get("usd")
    if usd:
        context.progress.say(f"{spent['calls']:,.0f} calls have cost {usd:.4f} USD, earlier runs of this work included")


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
    if section is None or section.teacher.kind == "extractive":
        return "give more or longer documents"
    if Counter(reject.reason for reject in rejects).most_common(1)[0][0] in CUT_OFF:
        return (
            "change synthesis.teacher.max_new_tokens: replies were cut off, or do not fit the model beside the passage"
        )
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
