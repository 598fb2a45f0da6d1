"""Takes the name of a model, leaves it in memory: one way to load a base, for training and for answering alike.

A quantised base plus an adapter is another function than the unquantised base plus the same adapter, so both
sides load through here and with the same `quantization`.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from glossator.errors import MissingExtraError, ModelError

Quantization = Literal["none", "nf4", "int8"]
QUANTIZATIONS: tuple[Quantization, ...] = ("none", "nf4", "int8")
DTYPES = ("bfloat16", "float16", "float32")


# Said on import when an optional CPU kernel is missing (`load_causal_model` does not use it), and at every step of
# an int8 layer in bfloat16.
_CHATTY = ("bitsandbytes.backends.cpu.ops", "bitsandbytes.autograd._functions")


@contextmanager
def quiet_libraries(*, keep_bars: bool = False) -> Iterator[None]:
    """Keep harmless notices of the libraries, and their progress bars, off the terminal inside the block."""
    from transformers.utils import logging as library_logging

    bars: Any = library_logging
    shown = bars.is_progress_bar_enabled()
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    if not keep_bars:
        bars.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # One library's use of another's old names; for their authors, not for a user.
            warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|peft|trl|accelerate)\.")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if shown:
            bars.enable_progress_bar()


def require_training_libraries(*names: str) -> None:
    """Check that libraries of the `train` extra can be imported.

    Raises:
        MissingExtraError: one of them is not installed; names the pip line.
    """
    import importlib.util

    for name in names:
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(name, "train")


def is_local(model: Path | str) -> bool:
    """Say whether a model is a folder on this machine rather than a hub id."""
    return isinstance(model, Path) or Path(model).is_dir()


def best_device() -> str:
    """Return the device to run on: `cuda` where a GPU is usable, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load_causal_model(
    model: Path | str, *, quantization: Quantization = "none", dtype: str = "bfloat16", device: str = "auto"
) -> Any:
    """Turn a model folder or hub id into a transformers model in evaluation mode.

    Only safetensors weights are read and no code from the model's repository is run. A folder is read without any
    look at the network.

    Args:
        model: a folder, or a hub id such as `meta-llama/Llama-3.2-3B-Instruct`.
        quantization: `nf4` (4 bit, double quantisation off), `int8`, or `none`. A base that is already quantised
            on the hub keeps its own quantisation and takes `none`.
        dtype: what is computed in: `bfloat16`, `float16` or `float32`.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, …

    Raises:
        ModelError: the model cannot be found or read, or an argument has no such value.
        MissingExtraError: a library of the `train` extra is not installed.
    """
    if quantization not in QUANTIZATIONS:
        raise ModelError(f"quantization {quantization!r} is unknown; use one of {', '.join(QUANTIZATIONS)}")
    if dtype not in DTYPES:
        raise ModelError(f"dtype {dtype!r} is unknown; use one of {', '.join(DTYPES)}")
    require_training_libraries("torch", "transformers", *(() if quantization == "none" else ("bitsandbytes",)))
    if isinstance(model, Path) and not (model / "config.json").is_file():
        raise ModelError(f"{model} holds no model (there is no config.json); give a model folder or a hub id")
    import torch
    from transformers import AutoModelForCausalLM

    # A download from the hub is long and keeps its bars.
    with quiet_libraries(keep_bars=not is_local(model)):
        try:
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                str(model),
                dtype=getattr(torch, dtype),
                quantization_config=_quantization_config(quantization, dtype),
                device_map={"": best_device() if device == "auto" else device},
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=is_local(model),
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            line = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelError(f"model {model} could not be loaded: {line}") from error
    _keep_nf4_unpacked(loaded)
    loaded.eval()
    return loaded


def _quantization_config(quantization: Quantization, dtype: str) -> Any:
    if quantization == "none":
        return None
    import torch
    from transformers import BitsAndBytesConfig

    config: Any = BitsAndBytesConfig
    if quantization == "int8":
        return config(load_in_8bit=True)
    return config(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=getattr(torch, dtype))


def _keep_nf4_unpacked(model: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights on CPUs with AVX512-BF16.

    In evaluation mode it would swap such layers to another kernel on the first forward pass. That kernel rounds
    differently, so answers would differ between machines and from what the adapter was trained against, and it
    fails for widths that are no multiple of its block of 64 rows (the embedded model has such a width).
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def weights_hash(folder: Path) -> str:
    """Hash the config, tokenizer and weights of a model or adapter folder to 12 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(folder.iterdir()):
        if path.suffix not in {".safetensors", ".json", ".jinja"} or path.name == "trainer_state.json":
            continue
        digest.update(path.name.encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
