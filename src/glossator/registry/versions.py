"""Takes what a version number and a model's name may be, leaves them checked; and says which number comes next."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glossator.errors import RegistryError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,95}")
_NUMBER = re.compile(r"v(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, order=True)
class VersionNumber:
    """A version as callers count: same major, and what asked the one before may ask this one unchanged."""

    major: int
    """Raised when the base model or the form of a prompt is another one, so callers must change."""
    minor: int
    """Raised when only the adapter is another one."""

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"


FIRST = VersionNumber(1, 0)


def parse_number(text: str) -> VersionNumber:
    """Turn `v1.0` into a number.

    Raises:
        RegistryError: the text is no version.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise RegistryError(f"version {text!r} is none; write it as v1.0, or latest")
    return VersionNumber(int(found[1]), int(found[2]))


def is_number(text: str) -> bool:
    """Say whether a text, such as a folder's name, is a version."""
    return _NUMBER.fullmatch(text) is not None


def next_number(highest: VersionNumber | None, *, compatible: bool) -> VersionNumber:
    """Give the number that follows the highest one that was ever used.

    Args:
        highest: None where nothing was registered yet.
        compatible: whether callers of `highest` can stay as they are.
    """
    if highest is None:
        return FIRST
    if compatible:
        return VersionNumber(highest.major, highest.minor + 1)
    return VersionNumber(highest.major + 1, 0)


def check_name(name: str) -> str:
    """Give back a model's name if it is one that every file system and URL can carry.

    Raises:
        RegistryError: it is not.
    """
    if _NAME.fullmatch(name) is None:
        raise RegistryError(
            f"model name {name!r} cannot be used; take small letters, digits, '.', '_' and '-', a letter or digit"
            " first, at most 96 in all"
        )
    return name


def is_name(text: str) -> bool:
    """Say whether a text, such as a folder's name, can be a model's name."""
    return _NAME.fullmatch(text) is not None


def model_name(domain: str, use_case: str, method: str) -> str:
    """Turn domain, use case and method into the name a model is registered under: `{domain}-{use_case}-{method}`.

    Raises:
        RegistryError: a part is empty or holds what a name cannot; names the part.
    """
    for part, value in (("domain", domain), ("use_case", use_case), ("method", method)):
        if not is_name(value):
            raise RegistryError(
                f"{part} {value!r} cannot be part of a model's name; take small letters, digits, '.', '_' and '-'"
            )
    return check_name(f"{domain}-{use_case}-{method}")
