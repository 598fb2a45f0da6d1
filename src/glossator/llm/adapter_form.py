"""In which form of its base an adapter was trained: kept beside it, so that it answers as it was evaluated.

A quantised base plus an adapter is another function than the unquantised base plus the same adapter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from glossator.artifacts import write_json
from glossator.errors import ModelError
from glossator.llm.loading import QUANTIZATIONS, Quantization
from glossator.records import to_dict

FILE = "glossator_form.json"


@dataclass(frozen=True, slots=True)
class AdapterForm:
    """How the base is held while the adapter is trained and asked."""

    quantization: Quantization
    bf16: bool

    @property
    def dtype(self) -> str:
        """What is computed in, as torch names it."""
        return "bfloat16" if self.bf16 else "float32"


def write_adapter_form(adapter: Path, form: AdapterForm) -> None:
    """Note beside an adapter how its base was held."""
    write_json(adapter / FILE, to_dict(form))


def read_adapter_form(adapter: Path) -> AdapterForm | None:
    """How an adapter's base was held; None for adapters of other programs, which do not say.

    Raises:
        ModelError: the note is unreadable.
    """
    path = adapter / FILE
    if not path.is_file():
        return None
    try:
        noted = json.loads(path.read_text("utf-8"))
        if noted["quantization"] not in QUANTIZATIONS:
            raise ValueError(f"quantization {noted['quantization']!r}")
        return AdapterForm(cast("Quantization", noted["quantization"]), bool(noted["bf16"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is unreadable ({error}); say --quantization, or select the adapter again") from error
