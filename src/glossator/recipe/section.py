"""What every section of a recipe is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Provider = Literal["openai", "gemini", "mistral", "openrouter", "vllm", "ollama", "lmstudio"]


class Section(BaseModel):
    """A part of a recipe: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


def kind_or(default: str) -> Callable[[Any], str]:
    """Tell which member of a union a value is by its `kind`, which may be left out for one of them."""

    def kind(value: Any) -> str:
        found = value.get("kind", default) if isinstance(value, dict) else getattr(value, "kind", default)
        return str(found)

    return kind


_SECRET = re.compile(r"(?:^|[_.])(?:API_?)?(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(?:$|[_.])", re.IGNORECASE)


def looks_secret(name: str) -> bool:
    """Whether a variable or a key is named like a secret: one of its words is KEY, TOKEN, SECRET or PASSWORD."""
    return _SECRET.search(name) is not None
