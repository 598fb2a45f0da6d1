"""What one door needs of two rooms: files parsed without a recipe, conversations answered by a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import read_jsonl
from glossator.errors import GlossatorError, ModelError
from glossator.pipeline.progress import Progress, Silent
from glossator.records import Document, JsonValue, Message, Reject

if TYPE_CHECKING:
    from glossator.llm import Reply

ROLES = ("system", "user", "assistant")


def parse_paths(
    paths: Sequence[Path], *, workers: int, timeout_seconds: float, memory_mb: int
) -> list[dict[str, JsonValue]]:
    """Parse files and folders; one row a file, also for those that cannot be read.

    Returns:
        Rows `{"path", "outcome", "reason", "pages", "seconds", "markdown"}`, in the order given.
    """
    from glossator.parsing import parse_documents, to_markdown
    from glossator.sources import collect

    documents: dict[str, Document] = {}
    rows: list[dict[str, JsonValue]] = []
    for path in paths:
        for found in collect("local_files", path=path):
            if isinstance(found, Reject):
                name, _, detail = found.detail.partition(": ")
                outcome = "empty" if found.reason == "empty" else "unreadable"
                rows.append(_row(str(path / name if path.is_dir() else path), outcome, f"{found.reason}: {detail}"))
            elif found.id not in documents:
                documents[found.id] = found
                rows.append(_row(str(found.path), "", "", document_id=found.id))
    results = {}
    seconds: dict[str, float] = {}
    for result in parse_documents(
        list(documents.values()),
        workers=workers,
        timeout_seconds=timeout_seconds,
        memory_mb=memory_mb,
        on_result=lambda parsed, taken: seconds.update({parsed.document_id: taken}),
    ):
        results[result.document_id] = result
    for row in rows:
        result = results.get(str(row.pop("document_id", "")))  # type: ignore[assignment]
        if result is not None:
            row.update(outcome=result.outcome, reason=result.reason, pages=result.pages)
            row.update(seconds=round(seconds.get(result.document_id, 0.0), 4), markdown=to_markdown(result))
    return rows


def _row(path: str, outcome: str, reason: str, **more: JsonValue) -> dict[str, JsonValue]:
    return {"path": path, "outcome": outcome, "reason": reason, "pages": 0, "seconds": 0.0, "markdown": "", **more}


def read_conversations(path: Path) -> list[tuple[Message, ...]]:
    """Read `{"messages": [{"role", "content"}, …]}` from each line of a file.

    Raises:
        GlossatorError: the file is missing, or a line has another shape; names the line.
    """
    if not path.is_file():
        raise GlossatorError(f"{path} does not exist; give a JSONL file with --input")
    return [_conversation(row, f"{path}, line {number}") for number, row in enumerate(read_jsonl(path), start=1)]


def _conversation(row: JsonValue, place: str) -> tuple[Message, ...]:
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        raise GlossatorError(
            f'{place} holds no list "messages"; write {{"messages": [{{"role": "user", "content": …}}]}}'
        )
    for message in messages:
        fits = isinstance(message, dict) and message.get("role") in ROLES and isinstance(message.get("content"), str)
        if not fits:
            raise GlossatorError(f"{place}: {message!r} is no message; give a role ({', '.join(ROLES)}) and a content")
    if messages[-1]["role"] != "user":
        raise GlossatorError(f"{place} ends with a turn of {messages[-1]['role']}; the last one must be the user's")
    return tuple(Message(message["role"], message["content"]) for message in messages)


def answer_conversations(
    conversations: Sequence[Sequence[Message]],
    *,
    model: str,
    adapter: Path | None,
    quantization: str,
    max_new_tokens: int,
    batch_size: int,
    progress: Progress | None = None,
) -> list[Reply]:
    """Let a model, alone or with an adapter, answer conversations; replies come in input order.

    Raises:
        ModelError: model or adapter cannot be loaded, or a prompt does not fit.
    """
    from glossator.embedded import resolve_model
    from glossator.llm.loading import QUANTIZATIONS
    from glossator.llm.local import LocalModel

    if quantization not in QUANTIZATIONS:
        raise ModelError(f"quantization {quantization!r} is unknown; use {', '.join(QUANTIZATIONS)}")
    chosen = LocalModel.open(resolve_model(model), adapter=adapter, quantization=quantization, batch_size=batch_size)
    watcher = progress or Silent()
    watcher.expect(len(conversations), "replies")
    return chosen.generate(conversations, max_new_tokens=max_new_tokens, on_progress=watcher.advance)
