"""Takes nothing, leaves the path of a small base model that ships with the package, so the road runs offline."""

from __future__ import annotations

from pathlib import Path

from glossator.errors import ModelError


def base_model_path() -> Path:
    """Return the folder of the packaged base model: weights, config, tokenizer, chat template and card.

    Raises:
        ModelError: the installation lacks the weights.
    """
    folder = Path(__file__).parent / "base"
    if not (folder / "model.safetensors").is_file():
        raise ModelError(f"the packaged base model is missing from {folder}; reinstall glossator")
    return folder


def resolve_model(name: str) -> Path | str:
    """Turn a model's name into what can be loaded.

    Args:
        name: `embedded` for the packaged model, the path of a folder that exists, or a hub id.

    Raises:
        ModelError: the name is empty, or looks like a path and no such folder exists.
    """
    if name == "embedded":
        return base_model_path()
    if name and Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    if not name or name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelError(f"model {name!r} is no folder on this machine; give an existing folder or 'embedded'")
    return name
