"""A chunk to ask about and a model that replies as it is told, both as tests of this room use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from glossator.llm import Answered, Conversation, Reply, documents_of
from glossator.records import Chunk, JsonValue, Split
from glossator.synthesis import Material, Task, load_task

TEXT = (
    "Annealing is slow cooling that removes stress from finished glass. "
    "An annealing oven cools a thick dish over 24 hours, because a fast change would crack it."
)


def chunk(
    name: str = "a",
    text: str = TEXT,
    *,
    document: str = "doc",
    heading: tuple[str, ...] = ("Cooling",),
    index: int = 0,
    tokens: int = 30,
    figures: tuple[str, ...] = (),
) -> Chunk:
    return Chunk(name, document, index, heading, 4, 5, text, tokens, figures)


def material(of: Chunk | None = None, split: Split = "train") -> Material:
    return Material((of or chunk(),), split)


def pair(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "question": "Why is glass annealed?",
        "answer": "Slow cooling takes the stress out of it.",
        "evidence": "Annealing is slow cooling that removes stress from finished glass.",
        "kind": "why",
    } | changes


def pairs(*rows: Mapping[str, JsonValue]) -> str:
    return json.dumps({"pairs": list(rows or (pair(),))})


def task_with(folder: Path, text: str = "Write pairs.", **changes: str) -> Task:
    fields = {"name": "mine", "context": "chunk", "answer_style": "null", "description": "A task."} | changes
    path = folder / "mine.md"
    path.write_text("---\n" + "\n".join(f"{k}: {v}" for k, v in fields.items()) + f"\n---\n{text}\n")
    return load_task(path)


class StubbornModel:
    """Answers each conversation with what a function, or one text, says; remembers what it was asked.

    Args:
        say: the reply, or a function from the conversation to the reply or to what became of it.
        ahead: conversations it reads before it gives the first answer back.
    """

    def __init__(self, say: str | Callable[[Conversation], str | Answered], *, ahead: int = 1) -> None:
        self._say = say
        self._ahead = ahead
        self.name = "stubborn@test"
        self.asked: list[Conversation] = []
        self.documents: list[tuple[str, ...]] = []
        self.settings: dict[str, object] = {}

    def answer(
        self,
        conversations: Iterable[Conversation],
        *,
        schema: Mapping[str, JsonValue] | None,
        max_new_tokens: int,
        temperature: float = 0.0,
    ) -> Iterator[Answered]:
        self.settings = {"schema": schema, "max_new_tokens": max_new_tokens, "temperature": temperature}
        ready: list[Answered] = []
        for conversation in conversations:
            self.asked.append(tuple(conversation))
            self.documents.append(documents_of(conversation))
            ready.append(self._answer(conversation))
            if len(ready) >= self._ahead:
                yield ready.pop(0)
        yield from ready

    def _answer(self, conversation: Conversation) -> Answered:
        said = self._say if isinstance(self._say, str) else self._say(conversation)
        if isinstance(said, Answered):
            return said
        return Answered(Reply(said, 10, 10, 0.1), journal_key=f"key-{len(self.asked)}")
