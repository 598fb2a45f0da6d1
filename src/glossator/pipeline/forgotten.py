"""The documents that are to be forgotten for good: `runs/forgotten.json`, obeyed by every recipe of a runs folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glossator.artifacts import write_json
from glossator.errors import ArtifactError
from glossator.records import Document, JsonValue, Reject, Sample, from_dict, to_dict

FORGOTTEN = "forgotten.json"
REASON = "forgotten"
_FETCHED_KINDS = ("arxiv", "kaggle", "urls", "web_search")
"""Kinds of source whose documents are named in the record of what was fetched."""


@dataclass(frozen=True, slots=True)
class ForgottenDocument:
    """One document that was forgotten: what it is known by, and nothing of what it says."""

    id: str
    """Of its content."""
    source_id: str
    """The name its source knows it by; empty where that was not known any more."""
    origins: tuple[str, ...]
    """Every place it was found, as `kind:place`."""
    when: str
    """ISO 8601, in UTC."""
    recipes: tuple[str, ...] = ()
    """The recipes that had collected it."""
    registered: tuple[str, ...] = ()
    """Versions in a registry whose making saw it, such as `papers-qa-qlora@v1.0`."""

    def joined(self, other: ForgottenDocument) -> ForgottenDocument:
        """This row with whatever another one of the same document tells besides."""
        return replace(
            self,
            source_id=self.source_id or other.source_id,
            origins=tuple(dict.fromkeys([*self.origins, *other.origins])),
            recipes=tuple(sorted({*self.recipes, *other.recipes})),
            registered=tuple(sorted({*self.registered, *other.registered})),
        )


class Forgotten:
    """All documents that were forgotten.

    A document is taken for a forgotten one by its content, by the name its source knows it by, or by a place it was
    found in: neither a changed file in the same place nor the same file in another one brings it back.
    """

    def __init__(self, documents: Sequence[ForgottenDocument]) -> None:
        self.documents = tuple(documents)
        self._ids = {document.id: document for document in documents}
        self._names = {document.source_id: document for document in documents if document.source_id}
        self._origins = {origin: document for document in documents for origin in document.origins}

    def find(self, document: Document) -> ForgottenDocument | None:
        """The forgotten document that this is, or is another version of; None where it is to be read."""
        found = self._ids.get(document.id) or self._names.get(document.source_id)
        return found or next((self._origins[origin] for origin in document.origins if origin in self._origins), None)

    def holds_sample(self, sample: Sample) -> bool:
        """Whether a ready question stands in a forgotten file."""
        place = f"{sample.metadata.get('source', '')}:{sample.metadata.get('file', '')}"
        return place in self._origins or any(name in self._ids for name in sample.document_ids)

    def reject(self, document: Document) -> Reject | None:
        """What to note instead of a document that was forgotten; None for every other one."""
        found = self.find(document)
        if found is None:
            return None
        known = "it" if found.id == document.id else f"{found.id}, found under this name"
        detail = f"{document.source_id}: {known} was forgotten at {found.when}; {FORGOTTEN} in the runs folder says so"
        return Reject(document.id, "collect", REASON, detail)

    @property
    def ids(self) -> set[str]:
        """The contents that were forgotten."""
        return set(self._ids)

    @property
    def fetched_places(self) -> set[str]:
        """What forgotten documents are called in the record of what was fetched; nothing for those that were not."""
        places: set[str] = set()
        for document in self.documents:
            told = [origin.partition(":") for origin in document.origins]
            fetched = {place for kind, _, place in told if kind in _FETCHED_KINDS}
            places |= fetched | ({document.source_id} if fetched else set())
        return places - {""}

    def concerning(self, recipe: str) -> list[JsonValue]:
        """What decides the documents of a recipe: what was forgotten of those that it had collected."""
        rows = [(row.id, row.source_id, *sorted(row.origins)) for row in self.documents if recipe in row.recipes]
        return [list(row) for row in sorted(rows)]


def read_forgotten(runs_dir: Path) -> Forgotten:
    """Read what was forgotten; nothing where there is no such file.

    Raises:
        ArtifactError: the file cannot be read: going on would bring documents back.
    """
    path = runs_dir / FORGOTTEN
    try:
        return Forgotten([from_dict(ForgottenDocument, row) for row in json.loads(path.read_text("utf-8"))])
    except (FileNotFoundError, NotADirectoryError):
        return Forgotten(())
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path} is unreadable ({error}); restore it, or delete it and forget anew") from error


def write_forgotten(runs_dir: Path, documents: Iterable[ForgottenDocument]) -> None:
    """Add documents to those that were forgotten, atomically; what is there already is added to."""
    kept = {row.id: row for row in read_forgotten(runs_dir).documents}
    for document in documents:
        known = kept.get(document.id)
        kept[document.id] = known.joined(document) if known else document
    write_json(runs_dir / FORGOTTEN, [to_dict(kept[name]) for name in sorted(kept)])
