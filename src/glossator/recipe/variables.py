"""The variables that a recipe and its teacher see: the process environment over a `.env` file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from glossator.errors import Problem, RecipeError

DOTENV = Path(".env")


def read_variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment, and beneath it the `.env` file of the working directory.

    Args:
        environment: the process environment by default.

    Raises:
        RecipeError: the file cannot be read.
    """
    return {**_read_dotenv(DOTENV), **(os.environ if environment is None else environment)}


@contextmanager
def dotenv_in_environment() -> Iterator[None]:
    """Let whoever reads the process environment, and processes started meanwhile, see the `.env` file as well.

    Raises:
        RecipeError: the file cannot be read.
    """
    added = {key: value for key, value in _read_dotenv(DOTENV).items() if key not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for key in added:
            os.environ.pop(key, None)


def _read_dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), [Problem("(file)", f"cannot be read: {error}", "save it as UTF-8 text")]) from None
    return {key: value for key, value in found.items() if value is not None}
