"""Takes passages, leaves an index of them in a directory; what was embedded before is not embedded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import write_json, write_table
from glossator.errors import RetrievalError
from glossator.records import from_dict, to_dict
from glossator.retrieval.bm25_index import Bm25Index
from glossator.retrieval.embedding import Embedder
from glossator.retrieval.faiss_index import FaissIndex
from glossator.retrieval.passages import Passage
from glossator.retrieval.vector_cache import VectorCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INDEX_VERSION = "1"
"""Raised when an index built by this code would hold something else: part of its stage's fingerprint."""
INFO = "index.json"
PASSAGES = "passages.parquet"
WORDS = "bm25"
_PASSAGES_AT_ONCE = 256
"""Passages embedded between two writes to the cache: about as many as a kill may cost."""


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index says of itself."""

    version: str
    """The form of its files: `INDEX_VERSION` of the code that built it."""
    embedder: str
    """Identity of the embedder, such as `minilm@0a1b2c3d4e5f`."""
    embedder_source: str
    """What `open_embedder` loads it by: `minilm`, or an absolute folder."""
    dimension: int
    """Length of the vectors."""
    passages: int
    windows: int
    """Vectors: one for each piece of a passage that the embedder reads at once."""


def build_index(
    passages: Sequence[Passage],
    directory: Path,
    *,
    embedder: Embedder,
    vector_cache: Path | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> IndexInfo:
    """Turn passages into an index that `open_index` opens: passages, vectors, words, and last of all `index.json`.

    Looked up is a passage's text, and the document's title with the first passage of each document; headings are not.
    Why so: `docs/retrieval.md`.

    Args:
        passages: in the order of their documents; equal scores are ranked in this order.
        directory: made if missing; an index that lies there is replaced.
        embedder: makes the vectors.
        vector_cache: a directory that keeps vectors by text and embedder for the next build; None to keep none.
        on_progress: called with the number of passages embedded since its last call, found ones included.

    Raises:
        RetrievalError: there are no passages.
        MissingExtraError: a library of the `retrieval` extra is not installed.
    """
    if not passages:
        raise RetrievalError(
            "there are no passages to index; process documents first (glossator run RECIPE --to chunk)"
        )
    directory.mkdir(parents=True, exist_ok=True)
    (directory / INFO).unlink(missing_ok=True)
    titles = _titles_of(passages)
    vectors = FaissIndex(embedder.dimension)
    with ExitStack() as stack:
        cache = None
        if vector_cache is not None:
            cache = stack.enter_context(VectorCache(vector_cache, embedder.digest, embedder.dimension))
        for start in range(0, len(passages), _PASSAGES_AT_ONCE):
            end = start + _PASSAGES_AT_ONCE
            windows = embedder.windows([passage.text for passage in passages[start:end]], titles[start:end])
            pieces = [piece for window in windows for piece in window]
            vectors.add(_embed(pieces, embedder, cache), [len(window) for window in windows])
            if on_progress is not None:
                on_progress(len(windows))
    vectors.write(directory)
    words = Bm25Index.build(f"{title}\n{passage.text}" for title, passage in zip(titles, passages, strict=True))
    words.write(directory / WORDS)
    write_table(directory / PASSAGES, passages, Passage)
    info = IndexInfo(INDEX_VERSION, embedder.name, embedder.source, embedder.dimension, len(passages), vectors.windows)
    write_json(directory / INFO, to_dict(info))
    return info


def read_info(directory: Path) -> IndexInfo:
    """Read what an index says of itself.

    Raises:
        RetrievalError: there is no finished index, or one of another form.
    """
    again = "build it again (glossator run RECIPE --to index)"
    try:
        data = json.loads((directory / INFO).read_text("utf-8"))
        version = data["version"]
        if version == INDEX_VERSION:
            return from_dict(IndexInfo, data)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RetrievalError(f"{directory} holds no finished index (there is no {INFO}); {again}") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RetrievalError(f"{directory / INFO} is unreadable ({error}); {again}") from error
    raise RetrievalError(f"{directory} is an index of form {version}, this program reads {INDEX_VERSION}; {again}")


def _titles_of(passages: Sequence[Passage]) -> list[str]:
    """The document's title for the first passage of each document, nothing for the others."""
    seen: set[str] = set()
    titles = []
    for passage in passages:
        titles.append("" if passage.document_id in seen else passage.title)
        seen.add(passage.document_id)
    return titles


def _embed(pieces: Sequence[str], embedder: Embedder, cache: VectorCache | None) -> NDArray[np.float32]:
    """Embed pieces, taking from the cache what it has and giving it what it has not."""
    import numpy as np

    if cache is None:
        return embedder.embed(pieces)
    new = [piece for piece in dict.fromkeys(pieces) if cache.find(piece) is None]
    if new:
        cache.append(new, embedder.embed(new))
    return np.stack([cache.find(piece) for piece in pieces])  # type: ignore[misc]  # all are there now
