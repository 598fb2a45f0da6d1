"""The `qa_files` source: ready questions with answers, in JSON files, tables and saved data sets on this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glossator.llm.answer_styles import AnswerStyle, load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.records import Document, JsonValue, Message, Origin, Reject, Sample, content_id
from glossator.sources import READY_SAMPLES
from glossator.sources.finding import Found, find
from glossator.sources.qa_rows import ENDINGS, TABLE_ENDINGS, BadRow, Fields, Row, read_rows
from glossator.sources.qa_tables import ARROW, dataset_name, describes_dataset, is_row_file
from glossator.sources.reading import Fault, file_state, hash_file, open_file

MAX_BYTES = 200_000_000
"""A file with more bytes is not taken; a table, which is read a little at a time, may have ten times as many."""
TASK = "qa"
"""The task of every sample made here."""
TEACHER = "qa_files/1"
GROUP_PREFIX = "dataset_with_answers_"
"""What stands before the group in a file's name; without it, the whole stem is the group."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What one call of `collect` makes of every row."""

    fields: Fields
    group: str | None
    style: AnswerStyle | None
    license: str | None


def collect(
    path: Path | str,
    *,
    question_field: str = "question",
    answer_field: str = "answer",
    context_field: str | None = None,
    group_field: str | None = None,
    id_field: str | None = None,
    group: str | None = None,
    answer_style: str | None = None,
    license: str | None = None,  # noqa: A002 - the record's own name
    max_bytes: int = MAX_BYTES,
) -> Iterator[Document | Sample | Reject]:
    """Collect ready samples: objects question → answer, arrays of rows, JSON lines, CSV, Parquet, and known data sets.

    SQuAD's shape and PubMedQA's are told by their content and bring their passages along; the folders that the
    `datasets` library saves are read file by file.
    Files come sorted by name; of each, first its samples and the rejects of its bad rows in their order, then a
    document that stands for the file. Samples are in the split `pool`, which means here: not assigned yet. The same
    pair in two places comes twice, under the same id.

    Args:
        path: a file, a folder, or a glob pattern such as `data/dataset_with_answers_*.json`.
        question_field: the key of the question in a row.
        answer_field: the key of the answer in a row.
        context_field: the key of the passage that the question is about; a row without one is asked closed-book.
        group_field: the key of the group; a row without one gets the file's.
        id_field: the key of a row's own name, kept in metadata.
        group: one group for all rows; otherwise the file's name tells it.
        answer_style: name of a packaged style, which becomes the system turn.
        license: of these files, as the user tells it.
        max_bytes: a larger file, or a table of ten times as much, is rejected as `too_large`.

    Raises:
        SourceError: there is nothing at `path`.
        ModelError: there is no such answer style.
    """
    fields = Fields(question_field, answer_field, context_field, group_field, id_field)
    form = _Form(fields, group, load_answer_style(answer_style) if answer_style else None, license)
    for found in _files(path):
        fault = _fault_of_name(found)
        file = fault or open_file(found.path, max_bytes=_limit(found, max_bytes))
        if isinstance(file, Fault):
            yield _reject(found, 0, file)
            continue
        with file:
            try:
                yield from _read(found, file, form)
            except OSError as error:
                yield _reject(found, 0, Fault("unreadable", error.strerror or type(error).__name__))


def state(path: Path | str, *, answer_style: str | None = None, max_bytes: int = MAX_BYTES, **_: str | None) -> str:
    """Hash the names and contents of the files that `collect` would read, and the words of the answer style.

    The other options of `collect` are part of the recipe and change nothing here.

    Raises:
        SourceError: there is nothing at `path`.
        ModelError: there is no such answer style.
    """
    parts = [load_answer_style(answer_style).hash if answer_style else ""]
    for found in _files(path):
        fault = _fault_of_name(found)
        limit = _limit(found, max_bytes)
        parts += [found.name, fault.problem if fault else file_state(found.path, max_bytes=limit)]
    return content_id(*parts)


def _files(path: Path | str) -> Iterator[Found]:
    """What is at a path, without what only tells about a saved data set."""
    return (found for found in find(path) if found.problem or not describes_dataset(found.path))


def _limit(found: Found, max_bytes: int) -> int:
    return max_bytes * 10 if found.path.suffix.lower() in TABLE_ENDINGS else max_bytes


def _fault_of_name(found: Found) -> Fault | None:
    """Why a file is not opened; other files of a folder, such as its README, are told from a broken one."""
    if found.problem:
        return Fault(found.problem, found.detail)
    if found.path.suffix.lower() not in ENDINGS:
        return Fault("unknown_type", f"only {', '.join(ENDINGS)} hold questions with answers")
    if found.path.suffix.lower() == ARROW and not is_row_file(found.path):
        return Fault("unknown_type", "the data set beside it does not name it among its files")
    return None


def _read(found: Found, file: BinaryIO, form: _Form) -> Iterator[Document | Sample | Reject]:
    file_id, shapes, refused = hash_file(file), Counter[str](), 0
    group = form.group or _group(found.path)
    for row in read_rows(file, found.path.suffix.lower(), form.fields):
        if isinstance(row, BadRow):
            refused += 1
            yield _reject(found, row.number, row.fault)
        else:
            shapes[row.shape] += 1
            yield _sample(row, found, file_id, group, form)
    if hash_file(file) != file_id:
        yield _reject(found, 0, Fault("unreadable", "it changed while it was read; collect again"))
    if shapes:
        yield _document(found, file_id, group, form, {"pairs": shapes.total(), "rejected": refused})
    elif not refused:
        yield _reject(found, 0, Fault("empty", "no question in it"))


def _group(path: Path) -> str:
    if path.suffix.lower() == ARROW:
        return dataset_name(path)
    return path.stem.removeprefix(GROUP_PREFIX) or path.stem


def _document(found: Found, file_id: str, group: str, form: _Form, counts: dict[str, JsonValue]) -> Document:
    return Document(
        id=file_id,
        source_id=found.name,
        origins=(f"qa_files:{found.name}",),
        title=found.path.stem,
        media_type=READY_SAMPLES,
        path=str(found.path.resolve()),
        license=form.license,
        group=group,
        metadata={"bytes": found.path.stat().st_size, **counts},
    )


def _sample(row: Row, found: Found, file_id: str, group: str, form: _Form) -> Sample:
    prompt = student_messages(row.question, context=row.context, answer_style=form.style)
    messages = (*prompt, Message("assistant", row.answer))
    name = {"id": row.id} if row.id else {}
    return Sample(
        id=content_id(TASK, *(part for message in messages for part in (message.role, message.content))),
        messages=messages,
        question=row.question,
        group=form.group or row.group or group,
        split="pool",
        task=TASK,
        context="chunk" if row.context else "none",
        document_ids=(file_id,),
        chunk_ids=(),
        evidence=(),
        origin=Origin(TEACHER, content_id(TEACHER, row.shape), form.style.hash if form.style else None),
        metadata={"source": "qa_files", "file": found.name, "row": row.number, **name, **row.metadata},
    )


def _reject(found: Found, number: int, fault: Fault) -> Reject:
    place = f"{found.name}, row {number}" if number else found.name
    return Reject(content_id("qa_files", found.name, str(number)), "collect", fault.problem, f"{place}: {fault.detail}")
