"""Takes questions with their answers and passages, leaves verdicts; one judge a file, all behind one protocol."""

from __future__ import annotations

import importlib
from typing import Any, cast

from glossator.curation.judging.cases import Aspect, Case, Judge, JudgedAs, Unjudged, Verdict, aspects_of
from glossator.curation.judging.judged import Judged
from glossator.errors import CurationError

__all__ = ["Aspect", "Case", "Judge", "Judged", "JudgedAs", "Unjudged", "Verdict", "aspects_of", "open_judge"]

_JUDGES = {"chat": "ChatJudge", "lexical": "LexicalJudge"}
"""Kind, which is also the file's name, and the class in it."""


def open_judge(kind: str, **parameters: Any) -> Judge:
    """Make the judge of a kind, with its own parameters.

    Raises:
        CurationError: there is no such kind, or it does not take these parameters.
    """
    if kind not in _JUDGES:
        raise CurationError(f"there is no judge of kind {kind!r}; choose one of: {', '.join(sorted(_JUDGES))}")
    module = importlib.import_module(f"{__name__}.{kind}")
    try:
        return cast("Judge", getattr(module, _JUDGES[kind])(**parameters))
    except TypeError as error:
        names = ", ".join(sorted(parameters))
        raise CurationError(f"judge {kind!r} does not take the parameters {names}: {error}") from error
