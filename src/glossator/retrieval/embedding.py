"""Takes texts, leaves unit vectors: texts that mean nearly the same point in nearly the same direction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from glossator.errors import MissingExtraError, RetrievalError
from glossator.retrieval.embedder_files import PACKAGED, embedder_identity, find_model, refuse_pickles_and_code
from glossator.retrieval.windows import cut_windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["passage", "query"]

PACKAGED_WINDOW = 126
"""Tokens of a passage that the packaged model reads at once: what it was trained on. It takes twice as many, but finds
less with them (`docs/retrieval.md`)."""
CONTEXT = 64
"""Most tokens of a title that are read with each window."""
_DEFAULT_LENGTH = 512


def open_embedder(name: str) -> Embedder:
    """Load an embedder by name: `minilm` for the packaged one, or a folder with a sentence-transformers model.

    Only safetensors weights are read, no code of the model's is run, and the network is not used. It runs on a GPU
    where there is one.

    Raises:
        RetrievalError: the folder is missing, holds no such model, or holds pickled weights or code of its own.
        MissingExtraError: a library of the `retrieval` extra is not installed.
    """
    folder = find_model(name)
    refuse_pickles_and_code(folder)
    identity = embedder_identity(name)
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError("sentence_transformers", "retrieval") from error
    with _without_bars():
        try:
            model = SentenceTransformer(
                str(folder),
                device="cuda" if torch.cuda.is_available() else "cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # whatever the libraries raise over a folder's files, the folder is at fault
            line = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise RetrievalError(f"embedder {name} could not be loaded: {line}; give another folder") from error
    source = name if name == PACKAGED else str(folder.resolve())
    return Embedder(model, name=identity, source=source, window=PACKAGED_WINDOW if name == PACKAGED else None)


class Embedder:
    """A sentence-transformers model in memory. One thread embeds at a time, others wait for it.

    Args:
        model: a `sentence_transformers.SentenceTransformer`.
        name: its identity, as `embedder_identity` gives it.
        source: what `open_embedder` loads it by again: `minilm`, or an absolute folder.
        window: most tokens of a passage in one window; None for as many as the model takes.
    """

    def __init__(self, model: Any, *, name: str, source: str, window: int | None = None) -> None:
        from tokenizers import Tokenizer

        self.name = name
        self.source = source
        self.dimension: int = model.get_embedding_dimension()
        self._model = model
        backend = getattr(model.tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise RetrievalError(f"embedder {name} has no tokenizer.json; give a model with a fast tokenizer")
        # A copy: the model changes the truncation and padding of its own at every call.
        self._tokenizer = Tokenizer.from_str(backend.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        model.max_seq_length = model.max_seq_length or _DEFAULT_LENGTH
        self._room = max(4, model.max_seq_length - special - self._prompt_tokens())
        self._context_room = min(CONTEXT, self._room // 4)
        self._window = min(self._room - self._context_room, window or self._room)
        self._lock = threading.Lock()

    @property
    def digest(self) -> str:
        """The hash in its name: equal digests give equal vectors, wherever the model lies."""
        return self.name.rpartition("@")[2]

    def windows(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[list[str]]:
        """Cut each passage into the pieces that get a vector of their own; a short one is one piece.

        Args:
            texts: the passages.
            contexts: what is read with every piece of a passage, such as a title; its beginning, if it is long.
        """
        pieces = self._cut(texts, self._window)
        if contexts is None:
            return pieces
        before = [cut[0] for cut in self._cut(contexts, self._context_room)]
        return [
            [f"{context}\n{piece}" if context else piece for piece in own]
            for context, own in zip(before, pieces, strict=True)
        ]

    def _cut(self, texts: Sequence[str], size: int) -> list[list[str]]:
        return cut_windows(self._tokenizer, [_readable(text) for text in texts], size)

    def embed(
        self,
        texts: Sequence[str],
        *,
        role: Role = "passage",
        on_progress: Callable[[int], None] | None = None,
        batch_size: int = 32,
    ) -> NDArray[np.float32]:
        """Turn texts into one row each: float32, (texts, dimension), of unit length, in the order of the texts.

        A text longer than the model takes is read in pieces and gets their mean, so nothing of it is cut off. Texts
        are read longest first, so that those of one batch are of nearly one length and hardly any work is padding.

        Args:
            texts: of any length; empty ones get a vector, too.
            role: `query` for what is asked; it matters to models that were trained with prompts.
            on_progress: called with the number of texts finished since its last call.
            batch_size: texts read at once.
        """
        import numpy as np

        pieces = self._cut(texts, self._room)
        order = sorted(range(len(texts)), key=lambda position: -sum(map(len, pieces[position])))
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            vectors = self._encode([piece for position in batch for piece in pieces[position]], role, batch_size)
            first = 0
            for position in batch:
                last = first + len(pieces[position])
                rows[position] = vectors[first:last].mean(axis=0)
                first = last
            if on_progress is not None:
                on_progress(len(batch))
        return _to_unit_length(rows)

    def _encode(self, pieces: list[str], role: Role, batch_size: int) -> NDArray[np.float32]:
        encode = self._model.encode_query if role == "query" else self._model.encode_document
        with self._lock:
            vectors: NDArray[np.float32] = encode(
                pieces, batch_size=batch_size, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return vectors.astype("float32", copy=False)

    def _prompt_tokens(self) -> int:
        prompts = [prompt for prompt in (self._model.prompts or {}).values() if prompt]
        return max((len(self._tokenizer.encode(prompt, add_special_tokens=False)) for prompt in prompts), default=0)


def _to_unit_length(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise RetrievalError("the embedder gave vectors that are no numbers; its weights are damaged, give another one")
    unit: NDArray[np.float32] = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _readable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep the libraries' progress bars off the terminal inside the block."""
    from transformers.utils import logging as library_logging

    bars: Any = library_logging
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
