"""Takes the names of a server and a model, leaves what its tokens cost: from a table with its date, or as it is given.

The packaged table is `prices.yaml`. It ages; a recipe's own price, or its own table, comes first.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from glossator.errors import ModelError
from glossator.llm.providers import Endpoint

_MILLION = 1_000_000
_TABLE = Path(__file__).parent / "prices.yaml"
_FREE = ("vllm", "ollama", "lmstudio")
"""Providers that run on one's own machine."""
_VERSION = re.compile(r"(?:[-@:_](?:v?\d[\d.]*|latest|preview|exp|experimental|free))+")
"""What may follow a known model's name in the name of one of its versions: numbers, and words for how final it is.

Any other word makes another model of it: `-preview-tts` speaks, `-exp-image-generation` paints.
"""
_GRATIS = ":free"
"""The end of names of models that OpenRouter asks nothing for."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost, in US dollars for a million of them."""

    usd_in: float
    usd_out: float
    as_of: str = ""
    """ISO 8601 date on which this was the price; empty where a recipe gives it."""

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """Turn tokens into US dollars."""
        return (tokens_in * self.usd_in + tokens_out * self.usd_out) / _MILLION


def price_of(
    provider: str | None, model: str, *, given: Price | None = None, table: Path | None = None
) -> Price | None:
    """Turn the names of a server and a model into what its tokens cost; None where nobody knows.

    Args:
        provider: a provider's name, or the address of a server; one on this machine costs nothing.
        model: as the server names it; a version of a known model costs what that one does.
        given: what the recipe says; it stands.
        table: a table in the form of `prices.yaml` that is looked into before the packaged one.

    Raises:
        ModelError: the table cannot be read.
    """
    if given is not None:
        return given
    own = _look_up(table, provider, model) if table is not None else None
    if own is not None:
        return own
    if provider in _FREE or (provider and "://" in provider and Endpoint(provider, None, provider).on_this_machine):
        return Price(0.0, 0.0)
    if provider == "openrouter" and model.endswith(_GRATIS):
        return Price(0.0, 0.0)
    return _look_up(_TABLE, provider, model)


def _look_up(table: Path, provider: str | None, model: str) -> Price | None:
    known = read_prices(table).get(provider or "", {})
    name = model if model in known else _longest_prefix(model, known)
    return known[name] if name is not None else None


def _longest_prefix(model: str, known: Mapping[str, Price]) -> str | None:
    """The longest known name that a model's name goes on from with a version, and nothing else."""
    fitting = [name for name in known if model.startswith(name) and _VERSION.fullmatch(model[len(name) :])]
    return max(fitting, key=len, default=None)


def read_prices(path: Path) -> Mapping[str, Mapping[str, Price]]:
    """Read a table: for each provider, or address of a server, what its models cost by name.

    Raises:
        ModelError: it is missing, or has another form; names the first entry that is wrong.
    """
    try:
        stamp = path.stat().st_mtime_ns
        return _read(path, stamp)
    except OSError as error:
        raise ModelError(f"prices: {path} cannot be read: {error.strerror or error}; correct the path") from error


@functools.lru_cache(maxsize=8)
def _read(path: Path, _stamp: int) -> Mapping[str, Mapping[str, Price]]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, ValueError) as error:  # a date that is none is a ValueError
        raise ModelError(f"prices: {path} is no YAML: {str(error).splitlines()[0]}; correct it") from error
    if not isinstance(data, dict):
        raise ModelError(f"prices: {path} names no provider; write PROVIDER: {{as_of: DATE, models: …}}")
    return {str(provider): _of_provider(path, str(provider), block) for provider, block in data.items()}


def _of_provider(path: Path, provider: str, block: Any) -> Mapping[str, Price]:
    models = block.get("models") if isinstance(block, dict) else None
    if not isinstance(models, dict):
        raise ModelError(f"prices: {provider} in {path} has no models; write models: {{NAME: {{in: 0.25, out: 2}}}}")
    as_of = str(block.get("as_of", ""))
    prices = {}
    for name, costs in models.items():
        values = [costs.get(key) for key in ("in", "out")] if isinstance(costs, dict) else []
        numbers = [float(value) for value in values if isinstance(value, int | float) and 0 <= value < float("inf")]
        if len(numbers) != 2:
            raise ModelError(f"prices: {name} of {provider} in {path} is {costs!r}; write {{in: 0.25, out: 2}}")
        prices[str(name)] = Price(numbers[0], numbers[1], as_of)
    return prices
