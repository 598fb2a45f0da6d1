"""Checks what a chat model wrote about a chunk: a part of its reply in, a draft or the fault out."""

from __future__ import annotations

from collections.abc import Mapping

from glossator.records import Chunk
from glossator.synthesis.evidence import locate
from glossator.synthesis.replies import Fault, excerpt
from glossator.synthesis.schemas import Form, Pair, render
from glossator.synthesis.self_contained import points_outside
from glossator.synthesis.tasks import Task
from glossator.synthesis.teachers.drafts import Draft
from glossator.synthesis.wording import Prompted, copies, other_script, refuses, says_nothing


def check_part(part: Form, chunk: Chunk, task: Task, prompted: Prompted) -> Draft | Fault:
    """Turn a pair, or a persona's whole reply, into a draft; the first thing that is wrong with it is its fault.

    Args:
        part: what the reply held, in the form of the task's schema.
        chunk: the passage it is about.
        task: its checks say whether evidence must be found.
        prompted: what the teacher was told besides the passage.
    """
    texts = {key: text for key, text in dict(part).items() if key not in ("kind", "evidence")}
    for key, text in texts.items():
        fault = _fault_of(key, text, chunk, prompted)
        if fault is not None:
            return fault
    if isinstance(part, Pair):
        return _pair(part, chunk, task)
    for key, text in texts.items():
        if copies(text, chunk.text):
            return Fault("echo", f"{key} copies the passage: {excerpt(text)}")
    return Draft(task.question or "", render(part), None, task.schema)


def _fault_of(key: str, text: str, chunk: Chunk, prompted: Prompted) -> Fault | None:
    """What is wrong with the words of any text a teacher writes."""
    script = other_script(text, chunk.text)
    faults: Mapping[str, bool] = {
        "empty": says_nothing(text),
        "refused": key != "question" and refuses(text),
        "other_script": script is not None,
        "echo": prompted.echoed_in(text, chunk.text),
    }
    reason = next((reason for reason, is_so in faults.items() if is_so), None)
    return Fault(reason, f"{key}{f' in {script}' if script else ''}: {excerpt(text)}") if reason else None


def _pair(pair: Pair, chunk: Chunk, task: Task) -> Draft | Fault:
    told = excerpt(f"{pair.question} {pair.answer}")
    pointing = points_outside(pair.question, task.context)
    if task.context == "none":
        pointing = pointing or points_outside(pair.answer, task.context)
    if pointing is not None:
        return Fault("not_self_contained", f"{pointing!r}: {told}")
    found = locate(pair.evidence, chunk)
    if found is None and "evidence" in task.checks:
        return Fault("evidence_not_found", f"{told} evidence: {excerpt(pair.evidence)}")
    if found is None:
        return Draft(pair.question, pair.answer, None, pair.kind)
    return Draft(pair.question, pair.answer, found.evidence, pair.kind, verdicts={"quote": found.how})
