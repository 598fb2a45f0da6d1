"""How a function and its records reach another process or machine: the function by its name, records as JSON.

Nothing here is ever pickled, so that whoever can write to a shared folder cannot have code executed.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from glossator.records import from_dict, to_dict

T = TypeVar("T")

_COPIES: dict[str, str] = {}
"""Where the files of the call that this process works for lie, by the paths they have for the caller."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name, and what passes through it."""

    function: str
    """`module:name`, both importable by whoever runs it."""
    takes: str = ""
    """Name of the record type it takes, as JSON; empty: it takes items as they are."""
    leaves: str = ""
    """Name of the record type it leaves; empty together with `takes`."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Where the files that it reads lie, by the paths the caller named them by."""
    path: tuple[str, ...] = ()
    """What `sys.path` holds in the process that runs it; empty: as that process finds it."""

    def load(self) -> Callable[[Any], Any]:
        """Import the function in the process that runs it; with record types, it takes and leaves them as JSON."""
        if self.path:
            sys.path[:] = self.path
        _COPIES.update(self.copies)
        function: Callable[[Any], Any] = find(self.function)
        if not self.takes:
            return function
        takes, leaves = find(self.takes), find(self.leaves)

        def applied(data: bytes) -> bytes:
            record = function(decode(takes, data))
            if not isinstance(record, leaves):
                raise TypeError(f"{self.function} left a {type(record).__name__}, not a {leaves.__name__}")
            return encode(record)

        return applied


def call_of(function: Callable[[Any], Any], takes: type | None = None, leaves: type | None = None) -> Call:
    """Name a function and the records it takes and leaves, so that another process can import them.

    Raises:
        ValueError: one of them has no name at the top level of an importable module, or is no record type.
    """
    if takes is None or leaves is None:
        return Call(name_of(function))
    for kind in (takes, leaves):
        if not dataclasses.is_dataclass(kind):
            raise ValueError(f"{kind.__name__} is no dataclass, so it cannot travel as JSON; wrap it in one")
    return Call(name_of(function), name_of(takes), name_of(leaves))


def name_of(thing: Callable[..., Any]) -> str:
    """Write the name by which another process can import a function or type, as `module:name`.

    Raises:
        ValueError: it has none.
    """
    module, name = thing.__module__, thing.__qualname__
    if "<" in name or module == "__main__":
        raise ValueError(f"{module}.{name} cannot be imported by a worker; move it to the top level of a module")
    return f"{module}:{name}"


def find(name: str) -> Any:
    """Import what `name_of` named."""
    module, _, path = name.partition(":")
    thing: Any = importlib.import_module(module)
    for part in path.split("."):
        thing = getattr(thing, part)
    return thing


def encode(record: Any) -> bytes:
    """Write a record as JSON in UTF-8, lone surrogates included; NaN is refused."""
    text = json.dumps(to_dict(record), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def decode(kind: type[T], data: bytes) -> T:
    """Read the record of `kind` that `encode` wrote.

    Raises:
        ValueError: the bytes are no such record.
    """
    return from_dict(kind, json.loads(data.decode("utf-8", "surrogatepass")))


def shipped(path: str) -> str:
    """Say where a file that `map_records` was given lies for whoever runs the function: there, or in a copy."""
    return _COPIES.get(path, path)
