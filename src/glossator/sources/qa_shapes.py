"""One row of a known data set in, its question, answer and passage out, whatever they are called there.

- plain rows: a question and an answer, under the names that the user gives;
- SQuAD's: `question`, `context` and `answers`, each with its text and where it starts (Rajpurkar and others, 2016);
- PubMedQA's: `QUESTION`, `CONTEXTS`, `LONG_ANSWER` and `final_decision` (Jin and others, 2019), or these in lower case.

SQuAD's file nests articles, paragraphs and questions; PubMedQA's is an object number → row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glossator.records import JsonValue
from glossator.sources.reading import Fault, fault_of_text

MAX_ANSWERS = 10
"""Other right answers that are kept of a row."""
_MAX_CHARACTERS = 2_000
_PUBMED = (("QUESTION", "LONG_ANSWER", "CONTEXTS"), ("question", "long_answer", "context"))


@dataclass(frozen=True, slots=True)
class Fields:
    """What the parts of a row are called; None for a part that is not looked for."""

    question: str = "question"
    answer: str = "answer"
    context: str | None = None
    group: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a row as they were found: each may hold anything yet."""

    question: JsonValue
    answer: JsonValue
    shape: str
    """`rows`, `squad` or `pubmedqa`."""
    context: JsonValue = None
    group: JsonValue = None
    id: JsonValue = None
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)


def parts_of(row: Mapping[str, Any], fields: Fields) -> Parts | Fault | None:
    """Take a row, leave its parts: those that the user names, else those that its shape tells; None if it has none.

    A question that its passage does not answer is the fault `unanswerable`.
    """
    context, group, name = (
        row.get(given) if given is not None else None for given in (fields.context, fields.group, fields.id)
    )
    if fields.question in row and fields.answer in row:
        return Parts(row[fields.question], row[fields.answer], "rows", context, group, name)
    question = fields.question if fields.question in row else "question"
    if question in row and "answers" in row:
        return _squad_parts(row, row[question], (context, group, name))
    for asked, answered, passages in _PUBMED:
        if asked in row and answered in row:
            answer = fields.answer if fields.answer in row else answered
            told = {"final_decision": row.get("final_decision")} if answer == answered else {}
            passage = _joined(row.get(passages)) if context is None else context
            number = row.get("pubid") if name is None else name
            return Parts(row[asked], row[answer], "pubmedqa", passage, group, number, _clean(told))
    return None


def nested_rows(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | Fault] | None:
    """Take an object that may be a whole data set, leave its rows in their order; None if it is none.

    What stands in the place of an article, a paragraph or a row, and is no object, is a fault there.
    """
    data = found.get("data")
    if isinstance(data, list) and any(isinstance(one, dict) and one.get("paragraphs") for one in data):
        return _squad_rows(data)
    if any(isinstance(one, dict) and all(key in one for key in _PUBMED[0][:2]) for one in found.values()):
        return _pubmed_rows(found)
    return None


def _squad_rows(articles: Sequence[Any]) -> Iterator[Mapping[str, Any] | Fault]:
    for article in articles:
        for paragraph in _objects(article, "paragraphs"):
            for question in _objects(paragraph, "qas"):
                if isinstance(question, Fault) or isinstance(paragraph, Fault):
                    yield question if isinstance(question, Fault) else paragraph
                else:
                    yield {**question, "context": paragraph.get("context"), "title": article.get("title")}


def _objects(holder: Any, key: str) -> Iterator[Any]:
    """The objects in a list of an object; of what is none, or has no such list, the fault."""
    found = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(holder, Fault):
        yield holder
    elif not isinstance(found, list):
        yield Fault("wrong_shape", f"no list of {key!r} where SQuAD's shape has one")
    else:
        yield from (_object(one, f"one of {key!r}") for one in found)


def _object(found: Any, name: str) -> dict[str, Any] | Fault:
    if not isinstance(found, dict):
        return Fault("wrong_shape", f"{name} is no object")
    if getattr(found, "repeated", ()):
        return Fault("duplicate_key", f"a key of {name} stands there twice")
    return found


def _pubmed_rows(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | Fault]:
    for number, row in found.items():
        checked = _object(row, "this row")
        yield checked if isinstance(checked, Fault) else {"pubid": number, **checked}
    for _ in getattr(found, "repeated", ()):
        yield Fault("duplicate_key", "its number stands in this file before; the first one is kept")


def _squad_parts(row: Mapping[str, Any], question: JsonValue, named: tuple[JsonValue, ...]) -> Parts | Fault:
    context, group, name = named
    answers = _answers(row["answers"])
    if isinstance(answers, Fault):
        return answers
    if not answers or row.get("is_impossible") is True:
        return Fault("unanswerable", "its passage does not answer it")
    text, start = answers[0]
    others = list(dict.fromkeys(other for other, _ in answers if isinstance(other, str) and other != text))
    return Parts(
        question,
        text,
        "squad",
        row.get("context") if context is None else context,
        row.get("title") if group is None else group,
        row.get("id") if name is None else name,
        _clean({"answer_start": start, "other_answers": others[:MAX_ANSWERS]}),
    )


def _answers(found: Any) -> list[tuple[Any, Any]] | Fault:
    """Texts with their starts, from a list of objects or from an object of two lists."""
    if isinstance(found, dict):
        texts, starts = found.get("text"), found.get("answer_start")
        if isinstance(texts, list):
            starts = starts if isinstance(starts, list) and len(starts) == len(texts) else [None] * len(texts)
            return list(zip(texts, starts, strict=True))
    elif isinstance(found, list) and all(isinstance(one, dict) for one in found):
        return [(one.get("text"), one.get("answer_start")) for one in found]
    return Fault("wrong_shape", "its 'answers' hold no texts")


def _joined(found: Any) -> JsonValue:
    """The sections of an abstract as one text; what is no list of texts, as it is."""
    sections = found.get("contexts") if isinstance(found, dict) else found
    if isinstance(sections, list) and all(isinstance(one, str) for one in sections):
        return "\n\n".join(one.strip() for one in sections) or None
    return sections


def _clean(found: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What can be stored of a row's other values."""

    def storable(value: Any) -> bool:
        return isinstance(value, str) and 0 < len(value) <= _MAX_CHARACTERS and fault_of_text(value) is None

    kept: dict[str, JsonValue] = {}
    for key, value in found.items():
        if type(value) is int and abs(value) < 1 << 53:
            kept[key] = value
        elif isinstance(value, list):
            kept[key] = [one for one in value if storable(one)]
        elif storable(value):
            kept[key] = value
    return {key: value for key, value in kept.items() if value != []}
