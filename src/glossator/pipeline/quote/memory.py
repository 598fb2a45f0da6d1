"""What training holds in memory and has to calculate, from the shapes of a base model: nothing is loaded for it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.errors import ModelError

if TYPE_CHECKING:
    from glossator.training import SftParameters

_NF4_BYTES = 0.5 + 4 / 64
"""Four bits a weight, and a 32-bit scale for each block of 64."""
_INT8_BYTES = 1.0
_TRAINED_BYTES = 16
"""Of an adapter's weight: itself, its gradient and two moments of Adam, in 32 bits each."""
_CHECKPOINT_BYTES = 12
"""Of an adapter's weight on disk: itself and two moments."""
_LIBRARIES = {"cpu": 620 << 20, "cuda": 550 << 20}
"""What the libraries hold before a model is loaded (CPU, measured), or the context of a GPU."""
_CASTS = 4
"""Bytes a value: the input of each adapted layer is kept in 32 bits for the adapter's gradient."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The sizes of a base model that memory and time depend on."""

    linear: Mapping[str, tuple[int, int]]
    """Name and output × input width of every linear layer but the output layer."""
    other: int
    """Parameters outside them: embeddings, norms, biases, the output layer."""
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.other + sum(rows * columns for rows, columns in self.linear.values())

    def adapted(self, targets: str | tuple[str, ...]) -> dict[str, tuple[int, int]]:
        """The linear layers that an adapter goes onto."""
        if targets == "all-linear":
            return dict(self.linear)
        names = (targets,) if isinstance(targets, str) else targets
        return {name: shape for name, shape in self.linear.items() if name.rsplit(".", 1)[-1] in names}


def read_shapes(model: Path) -> Shapes:
    """Read the shapes of a model folder from its config and the headers of its weight files.

    Raises:
        ModelError: a file is missing or is none.
    """
    try:
        config = json.loads((model / "config.json").read_text("utf-8"))
        tensors = dict(_tensors(model))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"the shapes of {model} cannot be read ({error}); use a folder with safetensors") from error
    config = config.get("text_config") or config
    linear: dict[str, tuple[int, int]] = {}
    other = 0
    for name, shape in tensors.items():
        stem = name.removesuffix(".weight")
        if len(shape) == 2 and name.endswith(".weight") and not _is_embedding(stem):
            linear[stem] = (shape[0], shape[1])
        else:
            other += _product(shape)
    hidden = int(config.get("hidden_size", 0)) or max((shape[1] for shape in linear.values()), default=0)
    return Shapes(
        linear=linear,
        other=other,
        layers=int(config.get("num_hidden_layers", 0)) or 1,
        hidden=hidden,
        intermediate=int(config.get("intermediate_size", 0)) or 4 * hidden,
        vocabulary=int(config.get("vocab_size", 0)),
    )


def _tensors(model: Path) -> Iterator[tuple[str, list[int]]]:
    for path in sorted(model.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > path.stat().st_size:
                raise ValueError(f"{path.name} is cut short")
            header: dict[str, Any] = json.loads(file.read(length))
        for name, told in header.items():
            if name != "__metadata__":
                yield name, told["shape"]


def _is_embedding(stem: str) -> bool:
    last = stem.rsplit(".", 1)[-1]
    return "embed" in last or last in ("lm_head", "wte", "wpe")


def _product(shape: list[int]) -> int:
    result = 1
    for width in shape:
        result *= width
    return result


@dataclass(frozen=True, slots=True)
class MemoryParts:
    """What training holds at its peak, in bytes."""

    weights: float
    adapter: float
    """Its weights, gradients and optimiser."""
    activations: float
    libraries: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.adapter + self.activations + self.libraries


def memory_of(shapes: Shapes, parameters: SftParameters, *, length: float, device: str) -> MemoryParts:
    """Add up what an optimiser step holds.

    Weights: parameters by the bytes that the quantisation gives them; only linear layers are quantised. Adapter: 16
    bytes for each of its weights. Activations: what backward needs of every layer for a batch of the longest rows.

    Args:
        shapes: of the base.
        parameters: of the training.
        length: tokens of the longest row.
        device: `cpu` or `cuda`.
    """
    wide = 2 if parameters.bf16 else 4
    narrow = {"nf4": _NF4_BYTES, "int8": _INT8_BYTES, "none": float(wide)}[parameters.quantization]
    quantised = shapes.parameters - shapes.other
    weights = quantised * narrow + shapes.other * wide
    if parameters.quantization != "none":  # one layer at a time is turned back to be calculated with
        weights += max((rows * columns for rows, columns in shapes.linear.values()), default=0) * wide
    tokens = parameters.per_device_train_batch_size * length
    adapter = adapter_parameters(shapes, parameters) * _TRAINED_BYTES
    return MemoryParts(weights, adapter, _activations(shapes, parameters, tokens, device), _LIBRARIES[device])


def adapter_parameters(shapes: Shapes, parameters: SftParameters) -> int:
    """Count the weights of a LoRA adapter: rank times input and output width of each adapted layer."""
    adapted = shapes.adapted(parameters.target_modules).values()
    return parameters.r * sum(rows + columns for rows, columns in adapted)


def checkpoint_bytes(shapes: Shapes, parameters: SftParameters) -> int:
    """Size of one checkpoint: the adapter with its optimiser, and the tokenizer beside it."""
    return adapter_parameters(shapes, parameters) * _CHECKPOINT_BYTES


def _activations(shapes: Shapes, parameters: SftParameters, tokens: float, device: str) -> float:
    """Bytes that backward needs: of each layer its norms, attention and gated unit, and the inputs of adapted layers.

    With gradient checkpointing the input of each layer is kept, and the rest of one layer at a time.
    """
    wide = 2 if parameters.bf16 else 4
    adapted = shapes.adapted(parameters.target_modules).values()
    copies = 2 if parameters.lora_dropout else 1
    casts = _CASTS * copies * sum(columns for _, columns in adapted) / shapes.layers
    # Two norms in 32 bits with their results; queries, keys, values, their rotation and the attention's result;
    # gate, its activation, the other half and their product.
    own = shapes.hidden * (2 * (4 + 4 + wide) + 8 * wide) + shapes.intermediate * 4 * wide
    layer = tokens * (casts + own)
    kept = layer * shapes.layers
    if parameters.gradient_checkpointing:
        kept = layer + tokens * shapes.hidden * wide * shapes.layers
    # Every position is scored on a GPU; on a CPU only those that are learned, about a tenth.
    scored = tokens * (1.0 if device == "cuda" else 0.1) * shapes.vocabulary * 4 * 3
    return kept + scored


def calculations(shapes: Shapes, parameters: SftParameters, tokens: float) -> float:
    """Count the floating-point operations of training on so many tokens.

    Forward, backward through the frozen base, and again forward with gradient checkpointing; two for each weight
    and token each time.
    """
    passes = 3 if parameters.gradient_checkpointing else 2
    passes_of_adapter = 3
    frozen = 2 * passes * (shapes.parameters - shapes.vocabulary * shapes.hidden)
    return tokens * (frozen + 2 * passes_of_adapter * adapter_parameters(shapes, parameters))
