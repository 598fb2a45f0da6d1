"""Turns a task and a material into the conversation a chat teacher answers.

What repeats comes first, so that an endpoint can reuse its work: the system turn and the examples are the same for
every material of a task. The last user turn holds what is to be written about and nothing else, between fences that it
cannot forge. That the passage does not come before the task's words, so that several tasks share it, was decided by
count: `benchmarks/prefix_cache.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from glossator.llm.answer_styles import AnswerStyle
from glossator.llm.images import Image, ImageMessage
from glossator.llm.passages import DATA_RULE, fence
from glossator.records import Chunk, Message, content_id
from glossator.synthesis.materials import Material
from glossator.synthesis.schemas import reply_form, reply_schema, schema_names
from glossator.synthesis.task import Task

_MOST_TITLE = 300
_DATA = f"{DATA_RULE}\nWrite in the language of the passage."
_READER = {
    "none": """\
Your reader does not have the passage. Each question names what it is about and can be answered by someone who knows
the subject. Neither question nor answer speaks of the text it came from: not of a paper or a passage, its authors,
figures, tables or sections, and not of anything "above".""",
    "chunk": """\
Your reader has the passage at hand. Ask about what it says and never about the passage itself: no question speaks of
"the passage" or "the text", or of what is "mentioned above".""",
    "retrieved": """\
Your reader finds the passage among others on similar subjects. Each question names what it is about, so that only this
passage answers it. Ask about what it says and never about the passage itself: no question speaks of "the passage" or
"the text", or of what is "mentioned above".""",
}
_SEVERAL = "The user turn holds several passages, each between lines of its own, and your reader has all of them."
_STYLE = "Your answers keep to what the reader will be told about answers:"
_NUMBER = "Write at most {pairs} {listed}. If the passage allows no good one, leave the list empty."
_FORM = "Reply with one JSON object and nothing else, of this form:"

PROMPT_HASH = content_id(
    _DATA, *_READER.values(), _SEVERAL, _STYLE, _NUMBER, _FORM, *(reply_form(reply_schema(n)) for n in schema_names())
)[:8]
"""Names the words around a task's text, so that other words are another teacher in lineage."""


def instruction(task: Task, style: AnswerStyle | None, *, pairs: int) -> str:
    """Turn a task into the system turn: what to write, for whom, how, and in which form to reply.

    Args:
        task: its text comes first, word for word.
        style: the task's answer style, word for word; None without one.
        pairs: most parts of a reply; of no effect for a task with a fixed question.
    """
    parts = [task.text, _DATA]
    if task.shows == "related_chunks":
        parts.append(_SEVERAL)
    if task.question is None:
        listed = task.form.listed[:-1] if pairs == 1 else task.form.listed
        parts += [_READER[task.context], _NUMBER.format(pairs=pairs, listed=listed)]
    else:
        parts.append(f"The reader asks: {task.question}")
    if style is not None:
        parts.append(f"{_STYLE}\n{style.text}")
    parts.append(f"{_FORM}\n{reply_form(task.form)}")
    return "\n\n".join(parts)


def opening_turns(task: Task, style: AnswerStyle | None, *, pairs: int) -> tuple[Message, ...]:
    """Turn a task into all turns before the passage: the system turn, and each example as a passage with its reply."""
    shots = (
        turn
        for shot in task.examples
        for turn in (Message("user", fence(shot.passage)), Message("assistant", shot.reply))
    )
    return (Message("system", instruction(task, style, pairs=pairs)), *shots)


def material_turn(material: Material, titles: Mapping[str, str] | None = None) -> Message:
    """Turn a material into the user turn: document, section and text of each passage, all of them between fences.

    The fences bear a key that none of the three contains. Control strings of chat templates are broken with a space.
    A figure is its label, caption and description, with its image where there is one.

    Args:
        material: one chunk or figure, neighbours in one fence, or related chunks in a fence each.
        titles: the title of each document, by document id, where it is known.

    Raises:
        OSError: the figure's image cannot be read.
        ModelError: it is none that can be sent.
    """
    known = titles or {}
    first = material.chunks[0]
    title = known.get(first.document_id, "")
    if material.figure:
        words = Message("user", fence(_passage(material.text, first, title)))
        data = material.image
        return ImageMessage("user", words.content, (Image(data),)) if data else words
    if len(material.document_ids) == 1 and _neighbours(material.chunks):
        head, *others = material.chunks
        told = [_passage(head.text, head, title)]
        for before, chunk in zip(material.chunks, others, strict=False):
            same = chunk.heading_path == before.heading_path
            told.append(chunk.text if same else _passage(chunk.text, chunk, ""))
        return Message("user", fence("\n\n".join(told)))
    passages = (fence(_passage(chunk.text, chunk, known.get(chunk.document_id, ""))) for chunk in material.chunks)
    return Message("user", "\n\n".join(passages))


def _neighbours(chunks: tuple[Chunk, ...]) -> bool:
    return all(second.index == first.index + 1 for first, second in itertools.pairwise(chunks))


def told_around(chunk: Chunk, title: str) -> tuple[str, str]:
    """Turn a chunk into the words that a teacher is shown before its text: title and headings, a line each."""
    return _line(title), _line(" › ".join(chunk.heading_path))


def _passage(text: str, chunk: Chunk, title: str) -> str:
    named, section = told_around(chunk, title)
    lines = [f"Document: {named}"] if named else []
    if chunk.heading_path:
        lines.append(f"Section: {section}")
    return "\n".join([*lines, "", text] if lines else [text])


def _line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())[:_MOST_TITLE]
