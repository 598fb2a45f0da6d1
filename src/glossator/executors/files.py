"""Takes the path of a document, here or on shared storage, leaves a file of this machine while it is read."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from glossator.errors import GlossatorError, MissingExtraError

_BLOCK_BYTES = 1 << 20


def is_url(path: str) -> bool:
    """Whether a path is an fsspec URL, such as `s3://bucket/paper.pdf`, and no plain path of this machine."""
    return "://" in path


@contextmanager
def local_copy(path: str, *, max_bytes: int = 1 << 30) -> Iterator[Path]:
    """Lend a file of this machine with the content of a path or fsspec URL, for the length of a block.

    A plain path and a `file://` URL are lent as they are. Anything else is copied block by block to a temporary file
    of the same name, which is removed when the block ends.

    Args:
        path: a plain path, or a URL of a file system that fsspec knows.
        max_bytes: a larger file is not copied.

    Raises:
        OSError: the file is missing, too large or cannot be fetched.
        MissingExtraError: fsspec is not installed.
        GlossatorError: what fsspec needs for this kind of URL is not installed, or it knows no such kind.
    """
    if not is_url(path):
        yield Path(path)
        return
    store, place = _open_store(path)
    if "file" in (store.protocol if isinstance(store.protocol, tuple) else (store.protocol,)):
        yield Path(place)
        return
    with tempfile.TemporaryDirectory(prefix="glossator-file-") as folder:
        copy = Path(folder) / (PurePosixPath(place).name or "file")
        _fetch(store, place, copy, max_bytes)
        yield copy


def require_store(path: str) -> None:
    """Check, before any work is begun, that URLs of this kind can be opened here; a plain path always can.

    Raises:
        MissingExtraError: fsspec is not installed.
        GlossatorError: what fsspec needs for this kind of URL is not installed, or it knows no such kind.
    """
    if is_url(path):
        _open_store(path)


def _open_store(path: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError("fsspec", "spark") from error
    scheme = path.partition("://")[0]
    try:
        store, place = url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise GlossatorError(f"{scheme}:// addresses cannot be read here: {error}") from error
    return store, place


def _fetch(store: Any, place: str, copy: Path, max_bytes: int) -> None:
    size = 0
    try:
        with store.open(place, "rb") as source, copy.open("wb") as target:
            while block := source.read(_BLOCK_BYTES):
                size += len(block)
                if size > max_bytes:
                    raise OSError(errno.EFBIG, f"larger than {max_bytes >> 20} MiB", copy.name)
                target.write(block)
    except OSError:
        raise
    except Exception as error:  # each kind of storage has errors of its own
        raise OSError(errno.EIO, f"cannot be fetched: {type(error).__name__}", copy.name) from error
