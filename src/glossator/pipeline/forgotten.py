"""The documents that are to be forgotten for good: `runs/forgotten.json`, obeyed by every recipe of a runs folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from glossator.artifacts import write_json
from glossator.artifacts.directory import PARTIAL
from glossator.errors import ArtifactError
from glossator.records import Document, JsonValue, Reject, Sample, from_dict, to_dict

FORGOTTEN = "forgotten.json"
REASON = "forgotten"
PASSED_OVER = "passed_over.json"
"""In what stage 1 left: ids of rows of the list that kept out what this recipe had never had."""
_FETCHED_KINDS = ("arxiv", "kaggle", "urls", "web_search")
"""Kinds of source whose names mean the same everywhere; they stand in the record of what was fetched."""


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
    """ISO 8601, in UTC; empty until it is forgotten."""
    recipes: tuple[str, ...] = ()
    """The recipes that had collected it."""
    registered: tuple[str, ...] = ()
    """Versions in a registry whose making saw it, such as `papers-qa-qlora@v1.0`."""
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By recipe, the origins on this machine that it had there: such a name means nothing to another recipe."""

    def joined(self, other: ForgottenDocument) -> ForgottenDocument:
        """This row with whatever another one of the same document tells besides."""
        return replace(
            self,
            source_id=self.source_id or other.source_id,
            origins=tuple(dict.fromkeys([*self.origins, *other.origins])),
            when=self.when or other.when,
            recipes=tuple(sorted({*self.recipes, *other.recipes})),
            registered=tuple(sorted({*self.registered, *other.registered})),
            places={
                recipe: sorted({*self.places.get(recipe, ()), *other.places.get(recipe, ())})
                for recipe in sorted({*self.places, *other.places})
            },
        )

    @property
    def addresses(self) -> set[str]:
        """Its places that mean the same to every recipe: arXiv ids and URLs."""
        told = [origin.partition(":") for origin in self.origins]
        return {place for kind, _, place in told if kind in _FETCHED_KINDS and place}


def seen_in(recipe: str, document: Document) -> ForgottenDocument:
    """A document that a recipe has, as it is noted when it is forgotten."""
    local = sorted(origin for origin in document.origins if not _is_fetched(origin))
    places = {recipe: local} if local else {}
    return ForgottenDocument(document.id, document.source_id, document.origins, "", (recipe,), (), places)


def _is_fetched(origin: str) -> bool:
    return origin.partition(":")[0] in _FETCHED_KINDS


class Forgotten:
    """All documents that were forgotten.

    A document is taken for a forgotten one by its content; by an arXiv id or a URL that it was fetched from; and, in
    the recipes that had the forgotten one, by its place among their files. Neither a changed file in the same place nor
    the same file in another one brings it back, and a file of another recipe that is called the same is another file.
    """

    def __init__(self, documents: Sequence[ForgottenDocument], runs_dir: Path | None = None) -> None:
        self.documents = tuple(documents)
        self._runs_dir = runs_dir
        self._ids = {document.id: document for document in documents}
        self._addresses = {address: document for document in documents for address in document.addresses}
        self._places = {
            (recipe, place): document
            for document in documents
            for recipe, places in document.places.items()
            for place in places
        }

    def find(self, document: Document | ForgottenDocument, recipe: str) -> ForgottenDocument | None:
        """The forgotten document that one of a recipe is, or is another version of; None where it is to be read."""
        found = self._ids.get(document.id)
        return found or next(filter(None, (self._at(origin, recipe) for origin in document.origins)), None)

    def _at(self, origin: str, recipe: str) -> ForgottenDocument | None:
        if _is_fetched(origin):
            return self._addresses.get(origin.partition(":")[2])
        return self._places.get((recipe, origin))

    def find_sample(self, sample: Sample, recipe: str) -> ForgottenDocument | None:
        """The forgotten file that a ready question of a recipe stands in; None where it stands in another."""
        place = f"{sample.metadata.get('source', '')}:{sample.metadata.get('file', '')}"
        found = self._at(place, recipe)
        return found or next((self._ids[name] for name in sample.document_ids if name in self._ids), None)

    def reject(self, document: Document, recipe: str) -> Reject | None:
        """What to note instead of a document that was forgotten; None for every other one."""
        found = self.find(document, recipe)
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
        return set(self._addresses)

    def concerning(self, recipe: str) -> list[JsonValue]:
        """What decides the documents of a recipe: what was forgotten of those it had collected, and what no longer is.

        Of a document that it never had, nothing is told while it is forgotten: nothing of the recipe changes by that.
        """
        had = [row for row in self.documents if recipe in row.recipes]
        rows = sorted([row.id, *sorted(row.addresses), *sorted(row.places.get(recipe, ()))] for row in had)
        taken_back = self.taken_back(recipe)
        return [*rows, *([["taken back", *sorted(taken_back)]] if taken_back else [])]

    def taken_back(self, recipe: str) -> set[str]:
        """Documents that a recipe passed over, as forgotten by others, and that are not forgotten any more."""
        if self._runs_dir is None:
            return set()
        files = (self._runs_dir / recipe / "artifacts").glob(f"collect-*/{PASSED_OVER}")
        kept = [file for file in files if not file.parent.name.endswith(PARTIAL)]
        return {name for file in kept for name in _read_names(file)} - self.ids


def _read_names(path: Path) -> list[str]:
    try:
        return [str(name) for name in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return []  # damaged, or purged at this moment


def read_forgotten(runs_dir: Path) -> Forgotten:
    """Read what was forgotten; nothing where there is no such file.

    Raises:
        ArtifactError: the file cannot be read: going on would bring documents back.
    """
    path = runs_dir / FORGOTTEN
    try:
        rows = [from_dict(ForgottenDocument, row) for row in json.loads(path.read_text("utf-8"))]
        return Forgotten([_with_places(row) for row in rows], runs_dir)
    except (FileNotFoundError, NotADirectoryError):
        return Forgotten((), runs_dir)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path} is unreadable ({error}); restore it, or delete it and forget anew") from error


def _with_places(row: ForgottenDocument) -> ForgottenDocument:
    """A row with its places by recipe; older ones hold them together."""
    local = [origin for origin in row.origins if not _is_fetched(origin)]
    return row if row.places or not local else replace(row, places=dict.fromkeys(row.recipes, local))


def write_forgotten(runs_dir: Path, documents: Iterable[ForgottenDocument]) -> None:
    """Add documents to those that were forgotten, atomically; what is there already is added to."""
    kept = {row.id: row for row in read_forgotten(runs_dir).documents}
    for document in documents:
        known = kept.get(document.id)
        kept[document.id] = known.joined(document) if known else document
    write_json(runs_dir / FORGOTTEN, [to_dict(kept[name]) for name in sorted(kept)])
