"""Takes the description of where documents are, leaves documents, ready samples and, with reasons, what was refused."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

from glossator.errors import SourceError
from glossator.records import Document, Reject, Sample

KINDS = ("arxiv", "kaggle", "local_files", "qa_files", "table", "urls", "web_search")
"""The kinds of source; each is the module of that name in this package, with `collect` and `state`."""

READY_SAMPLES = "application/vnd.glossator.samples"
"""Media type of a document that is a file of ready samples: there is nothing in it to parse."""


def collect(kind: str, **parameters: Any) -> Iterator[Document | Sample | Reject]:
    """Collect from one source: its documents and ready samples in a fixed order, and rejects for what was left out.

    Args:
        kind: one of `KINDS`.
        parameters: what `collect` of that module takes.

    Raises:
        SourceError: the kind is unknown or there is nothing to collect from.
    """
    return cast("Iterator[Document | Sample | Reject]", _module(kind).collect(**parameters))


def state(kind: str, **parameters: Any) -> str:
    """Hash what a source holds now; the same hash means that collecting again gives the same.

    Args:
        kind: one of `KINDS`.
        parameters: what `collect` of that module takes.

    Raises:
        SourceError: as `collect`.
    """
    return cast("str", _module(kind).state(**parameters))


def _module(kind: str) -> ModuleType:
    if kind not in KINDS:
        raise SourceError(f"source kind {kind!r} is unknown; use one of: {', '.join(KINDS)}")
    return importlib.import_module(f"{__name__}.{kind}")
