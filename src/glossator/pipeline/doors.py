"""What one door needs of two rooms: files parsed without a recipe, conversations answered by a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import read_numbered_jsonl
from glossator.errors import GlossatorError, ModelError
from glossator.pipeline.progress import Progress, Silent
from glossator.records import Document, JsonValue, Message, to_dict

if TYPE_CHECKING:
    from glossator.llm import Reply
    from glossator.parsing import Finished, ParseOptions
    from glossator.sources.contents import Contents

ROLES = ("system", "user", "assistant")


def parse_paths(
    paths: Sequence[Path],
    *,
    options: ParseOptions | None = None,
    workers: int = 1,
    timeout_seconds: float = 60.0,
    memory_mb: int = 1024,
    figures: str = "figures",
    progress: Progress | None = None,
) -> list[dict[str, JsonValue]]:
    """Parse files and folders; one row a file, also for equal files and for those that cannot be read.

    A file that is named twice has one row. Equal bytes are parsed once, as the type that the first of them has.

    Args:
        paths: files and folders.
        options: how; all pages by `auto` if left out.
        workers: number of processes.
        timeout_seconds: wall time allowed per document.
        memory_mb: resident memory allowed per worker, in MiB.
        figures: the folder of extracted figures, as the Markdown is to name it.
        progress: told of every document.

    Returns:
        Rows `{"path", "outcome", "reason", "pages", "seconds", "markdown"}`, in the order given; the path starts with
        the one that was given. Where figures are extracted, also `"figures"`: `records.Figure` as plain data.
    """
    from glossator.parsing import parse_documents, to_markdown
    from glossator.sources import local_files

    files = {file.path: file for path in paths for file in local_files.look(path)}
    documents: dict[str, Document] = {}
    for file in files.values():
        if not file.contents.problem:
            documents.setdefault(file.contents.id, local_files.to_document(file))
    done: dict[str, dict[str, JsonValue]] = {}
    watcher = progress or Silent()
    watcher.expect(len(documents), "documents")

    def note(finished: Finished) -> None:
        result, seconds = finished.document, finished.seconds
        told = {"outcome": result.outcome, "reason": result.reason, "pages": result.pages}
        row = {**told, "seconds": round(seconds, 4), "markdown": to_markdown(result, figures=figures)}
        if options is not None and options.figures_folder is not None:
            row["figures"] = [to_dict(figure) for figure in result.figures]
        done[result.document_id] = row
        watcher.advance()

    for _ in parse_documents(
        list(documents.values()),
        options,
        workers=workers,
        timeout_seconds=timeout_seconds,
        memory_mb=memory_mb,
        on_result=note,
    ):
        pass
    return [
        {"path": local_files.printable(file.path), **(done.get(file.contents.id) or _refusal(file.contents))}
        for file in files.values()
    ]


def _refusal(contents: Contents) -> dict[str, JsonValue]:
    outcome = "empty" if contents.problem == "empty" else "unreadable"
    reason = f"{contents.problem}: {contents.detail}"
    return {"outcome": outcome, "reason": reason, "pages": 0, "seconds": 0.0, "markdown": ""}


def read_conversations(path: Path) -> list[tuple[Message, ...]]:
    """Read `{"messages": [{"role", "content"}, …]}` from each line of a file.

    Raises:
        GlossatorError: the file is missing, or a line has another shape; names the line.
    """
    if not path.is_file():
        raise GlossatorError(f"{path} does not exist; give a JSONL file with --input")
    return [_conversation(row, f"{path}, line {number}") for number, row in read_numbered_jsonl(path)]


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
    quantization: str | None,
    max_new_tokens: int,
    batch_size: int,
    progress: Progress | None = None,
) -> list[Reply]:
    """Let a model, alone or with an adapter, answer conversations; replies come in input order.

    Args:
        conversations: each ends with a user turn.
        model: `embedded`, or a model folder.
        adapter: a folder with an adapter; None for the model alone.
        quantization: how the base is held; None for how the adapter was trained, or unquantised without one.
        max_new_tokens: longest reply.
        batch_size: conversations answered at once.
        progress: told of every reply.

    Raises:
        ModelError: model or adapter cannot be loaded, or a prompt does not fit.
    """
    from glossator.embedded import resolve_model
    from glossator.llm.adapter_form import read_adapter_form
    from glossator.llm.loading import QUANTIZATIONS
    from glossator.llm.local import LocalModel

    folder = resolve_model(model)
    if not isinstance(folder, Path):
        raise ModelError(f"--model {model!r} is no folder on this machine; give a model folder, or embedded")
    trained = read_adapter_form(adapter) if adapter else None
    chosen = quantization or (trained.quantization if trained else "none")
    if chosen not in QUANTIZATIONS:
        raise ModelError(f"quantization {chosen!r} is unknown; use {', '.join(QUANTIZATIONS)}")
    opened = LocalModel.open(
        folder,
        adapter=adapter,
        quantization=chosen,
        dtype=trained.dtype if trained else "bfloat16",
        batch_size=batch_size,
    )
    watcher = progress or Silent()
    watcher.expect(len(conversations), "replies")
    return opened.generate(conversations, max_new_tokens=max_new_tokens, on_progress=watcher.advance)
