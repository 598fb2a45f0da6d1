"""`forget`: what depends on a document, in all recipes of a runs folder; and everything made anew without it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from glossator.errors import ArtifactError, MissingArtifactError
from glossator.pipeline.dependents import Dependents, find_dependents, find_documents
from glossator.pipeline.document_settings import DOWNLOADS
from glossator.pipeline.exposed_models import ExposedModel, find_exposed
from glossator.pipeline.forgetting_report import report_of
from glossator.pipeline.forgotten import Forgotten, ForgottenDocument, read_forgotten, seen_in, write_forgotten
from glossator.pipeline.purging import purge
from glossator.pipeline.runs import locked
from glossator.pipeline.shelves import open_shelf, open_shelves
from glossator.pipeline.teaching import JOURNAL
from glossator.records import JsonValue
from glossator.sources.forgetting import Fetchings, find_fetched, forget_fetched

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Survey:
    """All that depends on some documents."""

    documents: tuple[ForgottenDocument, ...]
    titles: dict[str, str]
    """By the document's id, of those that a recipe still knows."""
    dependents: tuple[Dependents, ...]
    """Of the recipes that hold anything."""
    replies: int
    """In the journal."""
    unattributed: int
    """Replies there of which nobody told the documents."""
    fetched: Fetchings
    exposed: tuple[ExposedModel, ...]

    def __bool__(self) -> bool:
        """Whether anything is there to be purged."""
        return bool(self.dependents or self.replies or self.fetched)


def forget_document(name: str, runs_dir: Path, *, purged: bool) -> dict[str, JsonValue]:
    """List what depends on a document; with `purged`, delete it and note that the document is to be forgotten.

    Killed at any moment, the same call goes on where it stopped. What was learned stays learned: adapters that were
    registered are named, not deleted.

    Args:
        name: the document's id or a beginning that no other has, the name its source knows it by (a file, an arXiv
            id, a URL), or one of its origins, such as `local_files:notes.md`. A name may stand for several documents,
            in several recipes; an id stands for this content wherever it is, with other contents in its place in the
            recipes that have it.
        runs_dir: the folder of all runs.
        purged: purge; else nothing is touched.

    Returns:
        What was found, as plain data; see `forgetting_report.report_of`.

    Raises:
        MissingArtifactError: no recipe knows such a document.
        GlossatorError: a run is working in the folder of a recipe that does.
    """
    root = runs_dir.absolute()
    named = _find(name, root)
    if not purged:
        return report_of(_survey(root, named), purged=False)
    with ExitStack() as locks:
        locks.enter_context(locked(root))
        survey, held = _survey(root, named), set[Path]()
        while more := {row.shelf.folder for row in survey.dependents} - held:
            for folder in sorted(more):
                locks.enter_context(locked(folder))
            held |= more
            survey = _survey(root, named)  # nobody else changes these from here on
        report = report_of(survey, purged=True)
        _purge(root, survey)
    return report


def _find(name: str, root: Path) -> list[ForgottenDocument]:
    """The documents that a name stands for, as every recipe that has them knows them."""
    known = [*read_forgotten(root).documents]
    for shelf in open_shelves(root):
        known += [seen_in(shelf.recipe, document) for document in find_documents(shelf)]
        cached = (shelf.folder / "cache" / "parsed").glob("*/*.json")
        known += [ForgottenDocument(path.stem, "", (), "", (shelf.recipe,)) for path in cached]
    known += [ForgottenDocument(name, "", (), "")] if _is_in_journal(name, root) else []
    found = [document for document in known if _is_called(document, name)]
    ids = sorted({document.id for document in found if document.id.startswith(name)})
    exact = [document for document in found if document.id == name or not document.id.startswith(name)]
    if len(ids) > 1 and not exact:
        some = ", ".join(ids[:_LISTED]) + (", …" if len(ids) > _LISTED else "")
        raise MissingArtifactError(
            f"{len(ids)} documents have an id that begins with {name!r}: {some}; give more of it"
        )
    if not found:
        raise MissingArtifactError(
            f"no recipe in {root} knows a document {name!r}; give its id, its file name, arXiv id or URL as"
            " `glossator explain SAMPLE` tells them, and the folder of runs with --runs-dir"
        )
    return exact or found


def _is_called(document: ForgottenDocument, name: str) -> bool:
    names = {document.source_id, *document.origins, *(origin.partition(":")[2] for origin in document.origins)}
    return bool(name) and (document.id.startswith(name) or name in names)


def _is_in_journal(name: str, root: Path) -> bool:
    from glossator.llm.journal import Journal

    if not (root / JOURNAL).is_file():
        return False
    with Journal(root / JOURNAL) as journal:
        return bool(journal.keys_about([name]))


def _survey(root: Path, named: Sequence[ForgottenDocument]) -> Survey:
    shelves = open_shelves(root)
    held = [
        (seen_in(shelf.recipe, document), document.title) for shelf in shelves for document in find_documents(shelf)
    ]
    documents = _with_versions(named, [row for row, _ in held])
    wanted = Forgotten(documents)
    dependents = [found for shelf in shelves if (found := find_dependents(shelf, wanted))]
    replies, unattributed = _look_at_journal(root, wanted.ids, dependents)
    return Survey(
        documents=tuple(documents),
        titles={row.id: title for row, title in held if row.id in wanted.ids},
        dependents=tuple(dependents),
        replies=replies,
        unattributed=unattributed,
        fetched=find_fetched(root / DOWNLOADS, wanted.ids, wanted.fetched_places),
        exposed=tuple(find_exposed(root, dependents)),
    )


def _with_versions(named: Iterable[ForgottenDocument], held: Sequence[ForgottenDocument]) -> list[ForgottenDocument]:
    """Documents with their versions in the same places, which would not come back either; one row a content."""
    documents = _joined(named)
    while True:
        wanted = Forgotten(documents)
        more = _joined([*documents, *(row for row in held if wanted.find(row, row.recipes[0]))])
        if more == documents:
            return documents
        documents = more


def _joined(documents: Iterable[ForgottenDocument]) -> list[ForgottenDocument]:
    """One row a content, with every place it was found in."""
    rows: dict[str, ForgottenDocument] = {}
    for row in documents:
        rows[row.id] = rows[row.id].joined(row) if row.id in rows else row
    return [rows[name] for name in sorted(rows)]


def _keys(dependents: Iterable[Dependents]) -> set[str]:
    return {key for row in dependents for key in row.journal_keys}


def _look_at_journal(root: Path, ids: Collection[str], dependents: Sequence[Dependents]) -> tuple[int, int]:
    from glossator.llm.journal import Journal

    if not (root / JOURNAL).is_file():
        return 0, 0
    with Journal(root / JOURNAL) as journal:
        keys = {*journal.keys_about(ids), *journal.get_many(_keys(dependents))}
        return len(keys), journal.stats().unattributed


def _purge(root: Path, survey: Survey) -> None:
    """Note what is forgotten before anything goes, so that it cannot come back; then purge what is left of it."""
    from glossator.llm.journal import Journal

    write_forgotten(root, _to_be_kept(survey))
    wanted = Forgotten(survey.documents)
    if (root / JOURNAL).is_file():
        with Journal(root / JOURNAL) as journal:
            journal.forget(_keys(survey.dependents))
            journal.forget_documents(wanted.ids)
    forget_fetched(root / DOWNLOADS, wanted.ids, wanted.fetched_places)
    for row in survey.dependents:
        purge(row)
        left = find_dependents(open_shelf(row.shelf.folder), wanted)
        if left:
            raise ArtifactError(f"{row.shelf.folder} still holds a forgotten document; run the same command again")


def _to_be_kept(survey: Survey) -> Iterator[ForgottenDocument]:
    """What is noted of each document: which recipes had it, and which registered versions saw it."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for row in survey.documents:
        recipes = {found.shelf.recipe for found in survey.dependents if row.id in found.artifacts_of}
        labels = {model.label for model in survey.exposed if model.label and row.id in model.documents}
        yield replace(
            row,
            when=row.when or now,
            recipes=tuple(sorted({*row.recipes, *recipes})),
            registered=tuple(sorted({*row.registered, *labels})),
        )
