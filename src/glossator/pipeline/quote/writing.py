"""What writing samples will take, and how many there will be: calls of a teacher, or a real try of one without."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glossator.artifacts import Artifact
from glossator.llm.answer_styles import load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.pipeline.context import Road
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.calls import NO_CALLS, CallQuote, Meter, Typical
from glossator.pipeline.quote.looking import Look
from glossator.pipeline.quote.passages import Passages, passages_of
from glossator.pipeline.quote.ranges import NOTHING, Range, standard_errors
from glossator.pipeline.quote.replies import Before, kept_replies, written_before
from glossator.pipeline.settings import synthesize as synthesis_settings
from glossator.pipeline.settings import task_of
from glossator.pipeline.teaching import journal_path
from glossator.recipe import ChatTeacherSection
from glossator.records import Message, Origin, Sample, content_id
from glossator.synthesis.schemas import PAIRS
from glossator.text.tokens import TokenCounter

if TYPE_CHECKING:
    from glossator.synthesis import Material, Task

TRY_SECONDS = 10.0
_MOST_ROWS = 200
_QUESTION, _ANSWER = 95, 145
"""Characters of a typical question and answer, where none was written yet."""
_WHOLE_TRY = 20_000


@dataclass(frozen=True, slots=True)
class Written:
    """What stage 3b will leave."""

    passages: Range = NOTHING
    """Materials times tasks."""
    samples: Range = NOTHING
    by_split: Mapping[str, Range] = field(default_factory=dict)
    calls: CallQuote = NO_CALLS
    seconds: Range = NOTHING
    rows: tuple[Sample, ...] = ()
    """Samples as they will be like: real ones of a teacher that needs no model, else made of real passages."""
    rests_on: str = ""
    notes: tuple[str, ...] = ()

    def __add__(self, other: Written) -> Written:
        names = dict.fromkeys([*self.by_split, *other.by_split])
        return Written(
            self.passages + other.passages,
            self.samples + other.samples,
            {name: self.by_split.get(name, NOTHING) + other.by_split.get(name, NOTHING) for name in names},
            self.calls + other.calls,
            self.seconds + other.seconds,
            (*self.rows, *other.rows),
            "; ".join(dict.fromkeys(filter(None, (self.rests_on, other.rests_on)))),
            tuple(dict.fromkeys([*self.notes, *other.notes])),
        )


def quote_writing(road: Road, look: Look, done: Mapping[str, Artifact], counter: TokenCounter) -> Written:
    """Quote every task of a recipe's teacher."""
    section = road.recipe.synthesis
    assert section is not None
    before = written_before(road, synthesis_settings(road))
    total = Written()
    for row in section.tasks:
        task = task_of(road, row.prompt)
        passages = passages_of(road, task, look, done)
        if section.teacher.kind == "extractive":
            total = total + _tried(road, task, passages, look)
        else:
            total = total + _asked(road, task, passages, look.titles, before=before, counter=counter)
    return total


def _tried(road: Road, task: Task, passages: Passages, look: Look) -> Written:
    """Let the teacher that makes no calls write about what was looked at."""
    from glossator.synthesis import open_teacher, synthesize

    teacher = open_teacher("extractive", seed=road.recipe.seed)
    tried = list(passages.sample)
    if len(tried) > _WHOLE_TRY or not passages.whole:
        random.Random(road.recipe.seed).shuffle(tried)
    began, done = time.monotonic(), 0
    rows: list[Sample] = []
    counts: dict[str, int] = {}  # by document, for the scatter
    sizes: dict[str, int] = {}
    for material in () if passages.stand_in else tried:
        made = synthesize([material], teacher=teacher, task=task, groups={}, seed=road.recipe.seed, titles=look.titles)
        samples = [one for one in made if isinstance(one, Sample)]
        name = material.document_ids[0]
        counts[name], sizes[name] = counts.get(name, 0) + len(samples), sizes.get(name, 0) + 1
        rows += samples
        done += 1
        if time.monotonic() - began > TRY_SECONDS:
            break
    seconds = time.monotonic() - began
    if not done:
        return _parted(passages, passages.total * Range(0.1, 1.0), rests_on=f"{task.name}: typical figures")
    if passages.whole and done == len(tried):
        counted = Range.of(len(rows))
        shares = {
            split: Range.of(sum(row.split == split for row in rows) / max(1, len(rows))) for split in passages.shares
        }
        passages = replace(passages, shares=shares)
    elif passages.total.known and passages.total.low == done == len(tried):
        counted = Range.of(len(rows))  # all documents were read; only who teaches and who examines is not drawn yet
    else:
        each = _rate([float(counts[name]) for name in counts], [float(sizes[name]) for name in counts])
        counted = passages.total.by_estimate(each).rounded()
    return replace(
        _parted(passages, counted, rests_on=f"{task.name}: really written about {done:,} of the passages"),
        seconds=passages.total.scaled(seconds / done * 0.7, seconds / done * 1.5),
        rows=tuple(rows[:_MOST_ROWS]),
    )


def _parted(passages: Passages, samples: Range, *, rests_on: str) -> Written:
    """Share samples out among the splits as their passages are."""
    by_split = {name: samples.by_estimate(share).rounded() for name, share in passages.shares.items()}
    return Written(passages=passages.total, samples=samples, by_split=by_split, rests_on=rests_on)


def _rate(values: Sequence[float], sizes: Sequence[float]) -> Range:
    """So many for each unit of size, with the scatter between documents."""
    total = sum(sizes)
    rate = sum(values) / total
    if len(values) < 2:
        return Range(rate * 0.5, rate * 1.5)
    residues = [value - rate * size for value, size in zip(values, sizes, strict=True)]
    error = standard_errors(len(values)) * (sum(one**2 for one in residues) * len(values) / (len(values) - 1)) ** 0.5
    return Range(max(0.0, rate - error / total), rate + error / total)


def _asked(
    road: Road, task: Task, passages: Passages, titles: Mapping[str, str], *, before: Before, counter: TokenCounter
) -> Written:
    """Compose the prompts of what was looked at as the teacher will, and count what they will take."""
    from glossator.synthesis import open_teacher

    section = road.recipe.synthesis
    assert section is not None
    teacher_section = section.teacher
    if not isinstance(teacher_section, ChatTeacherSection):
        return _local(road, task, passages)
    prices = road.resolve(section.prices) if section.prices else None
    meter = Meter(teacher_section, counter, prices)
    recorder = meter.recorder(road.recipe.seed)
    teacher = open_teacher(
        "chat",
        model=recorder,
        temperature=teacher_section.temperature,
        max_new_tokens=teacher_section.max_new_tokens,
    )
    for _ in teacher.write(passages.sample, task, titles=titles):
        pass  # what it would ask is written down by the recorder
    asked = len(recorder.keys)
    shown = len(passages.sample)
    conversations = Range.of(asked) if passages.whole else passages.total.scaled(asked / shown if shown else 1.0)
    kept = kept_replies(journal_path(road), list(dict.fromkeys(recorder.keys)))
    most = task.pairs or _most_pairs(teacher)
    image = typical.IMAGE_TOKENS if task.shows == "figure" else NOTHING
    if task.shows == "figure" and not asked:
        image = image + typical.FIGURE_PROMPT_TOKENS
    like = Typical(pairs=most, tokens_out=before.tokens_out_a_call, extra_tokens_in=image)
    calls = meter.quote(recorder, conversations.rounded(), kept, like)
    each = before.samples_a_passage or _typical_yield(task, most)
    asked_share = asked / shown if shown else 1.0
    samples = (passages.total * each).scaled(asked_share).rounded()
    seen = shown and not passages.stand_in
    rests_on = f"{task.name}: prompts composed for {asked:,} passages" if seen else f"{task.name}: typical figures"
    return replace(
        _parted(passages, samples, rests_on=rests_on),
        calls=calls,
        seconds=calls.seconds,
        rows=_rows_like(task, passages.sample),
    )


def _most_pairs(teacher: object) -> int:
    return int(getattr(teacher, "max_pairs", 3))


def _typical_yield(task: Task, most: int) -> Range:
    pairs = (
        Range(most * typical.PAIR_SHARE.low, most * typical.PAIR_SHARE.high) if task.question is None else Range.of(1)
    )
    return pairs * typical.ACCEPTED


def _local(road: Road, task: Task, passages: Passages) -> Written:
    """A model in this process: nothing is paid; how long it takes depends on the model and is only told roughly."""
    section = road.recipe.synthesis
    assert section is not None
    each = _typical_yield(task, task.pairs or 3)
    most = float(getattr(section.teacher, "max_new_tokens", 512))
    tokens = passages.total * Range(0.1 * most, most)
    return replace(
        _parted(passages, (passages.total * each).rounded(), rests_on=f"{task.name}: typical figures of a model here"),
        calls=CallQuote(tokens_out=tokens.rounded()),
        seconds=tokens * Range(1 / 200, 1 / 10),
        rows=_rows_like(task, passages.sample),
        notes=("a local teacher writes 10 to 200 tokens a second, depending on model and device: that is a guess",),
    )


def _rows_like(task: Task, materials: Sequence[Material]) -> tuple[Sample, ...]:
    """Rows of real passages, with words of the passage in the place of question and answer: their length is right."""
    if not materials:
        return ()
    style = load_answer_style(task.answer_style) if task.answer_style else None
    step = max(1, len(materials) // _MOST_ROWS)
    rows = []
    persona = task.schema != PAIRS and task.question is not None
    for material in materials[::step]:
        text = material.text
        asked = task.question or text[:_QUESTION]
        answer = text[: 3 * int(typical.FIELD_CHARACTERS.low + typical.FIELD_CHARACTERS.high) // 2] if persona else (
            text[:_ANSWER]
        )  # fmt: skip
        shown = "\n\n".join([text, *(chunk.text for chunk in material.distractors)]) if task.context != "none" else None
        messages = (*student_messages(asked, context=shown, answer_style=style), Message("assistant", answer or "-"))
        rows.append(_row(task, material, asked, messages))
    return tuple(rows)


def _row(task: Task, material: Material, asked: str, messages: tuple[Message, ...]) -> Sample:
    return Sample(
        id=content_id(task.name, material.id),
        messages=messages,
        question=asked,
        group=None,
        split=material.split,
        task=task.name,
        context=task.context,
        document_ids=material.document_ids,
        chunk_ids=(material.chunks[0].id,),
        evidence=(),
        origin=Origin("plan", task.hash),
    )
