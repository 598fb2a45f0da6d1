"""What depends on some documents, in the folder of one recipe: found without changing anything."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glossator.artifacts import iterate_table
from glossator.errors import ArtifactError
from glossator.lineage import find_lines, find_named, find_rows
from glossator.pipeline.context import REVIEWS
from glossator.pipeline.forgotten import Forgotten
from glossator.pipeline.shelves import FORGETTING, Shelf, stage_of
from glossator.records import Chunk, Document, JsonValue, ParsedDocument

SPLIT_FILES = ("train.jsonl", "dev.jsonl", "test.jsonl", "test_seen.jsonl", "pool.jsonl")
_TABLES = {
    "collect": ("documents.parquet", Document, "id"),
    "parse": ("parsed.parquet", ParsedDocument, "document_id"),
    "chunk": ("chunks.parquet", Chunk, "document_id"),
}
_LINES = {"synthesize": ("samples.jsonl", "rejects.jsonl"), "curate": (*SPLIT_FILES, "rejects.jsonl")}
"""The files in which samples stand, by stage."""
_ANSWERS = ("baseline", "select", "evaluate")


@dataclass(slots=True)
class Dependents:
    """What the folder of one recipe holds of some documents. Names of artifacts are those of their folders."""

    shelf: Shelf
    ids: frozenset[str]
    """Of the documents, and of older versions of them that this recipe had collected."""
    artifacts: set[str]
    """Sealed ones that hold one of the documents or were made from one that does."""
    drafts: list[Path]
    """Unfinished ones, and what is left of deleted ones, that may hold one."""
    artifacts_of: dict[str, set[str]] = field(default_factory=dict)
    """The same artifacts by document; a document that the recipe has in another way stands here with none."""
    chunks: set[str] = field(default_factory=set)
    samples: dict[str, set[str]] = field(default_factory=dict)
    """Ids by curated artifact, `/` and split, such as `curate-0123456789abcdef/train`; by artifact alone elsewhere."""
    rejects: set[str] = field(default_factory=set)
    journal_keys: set[str] = field(default_factory=set)
    predictions: int = 0
    reviews: int = 0
    parsed: list[Path] = field(default_factory=list)
    figures: list[Path] = field(default_factory=list)
    vectors: list[Path] = field(default_factory=list)
    exports: list[Path] = field(default_factory=list)
    split_keys: list[str] = field(default_factory=list)

    @property
    def sample_ids(self) -> set[str]:
        """The samples about one of the documents, written, kept or rejected."""
        return {name for names in self.samples.values() for name in names}

    def __bool__(self) -> bool:
        """Whether anything is there to be purged."""
        files = (self.drafts, self.parsed, self.figures, self.vectors, self.exports)
        return bool(self.artifacts or self.reviews or any(files))


def find_documents(shelf: Shelf) -> Iterator[Document]:
    """Every document that a recipe has collected, from finished and unfinished artifacts; several times if in several.

    What is half-written or damaged is passed over: nothing can be made from it.
    """
    for path in sorted((shelf.folder / "artifacts").glob("*collect-*/documents.parquet")):
        with suppress(ArtifactError, OSError):
            yield from iterate_table(path, Document)


def find_dependents(shelf: Shelf, forgotten: Forgotten) -> Dependents:
    """Look through a recipe's folder for whatever holds the forgotten documents or was made from them."""
    matched = {document.id for document in find_documents(shelf) if forgotten.find(document, shelf.recipe) is not None}
    ids = frozenset(matched | forgotten.ids)
    roots: dict[str, set[str]] = {id_: set() for id_ in matched}
    for name in shelf.inputs:
        for id_ in _held(shelf, name, ids):
            roots.setdefault(id_, set()).add(name)
    artifacts_of = {id_: _resting_on(shelf, names) for id_, names in roots.items()}
    found = Dependents(shelf, ids, set().union(*artifacts_of.values()), [], artifacts_of)
    _look_at_cache(found)
    for path in found.parsed:
        artifacts_of.setdefault(path.stem, set())
    _look_at_samples(found)
    _look_at_answers(found)
    found.reviews = sum(1 for _ in find_named(shelf.folder / REVIEWS, found.sample_ids))
    found.split_keys = sorted(_split_keys(found))
    found.drafts = [path for path in shelf.drafts() if _may_hold(shelf, path, found)]
    found.exports = _exports(found)
    return found


def _resting_on(shelf: Shelf, roots: set[str]) -> set[str]:
    """What was made from artifacts; all of a run rests on what it collected, also where something between is gone."""
    of_runs = {stage.artifact for run in shelf.runs_with(roots) for stage in run.record.stages if stage.artifact}
    return shelf.made_from(roots | (of_runs & set(shelf.inputs)))


def _held(shelf: Shelf, artifact: str, ids: Collection[str]) -> set[str]:
    """Which documents an artifact holds itself: asked where what it was made from cannot tell any more."""
    inputs = shelf.inputs[artifact].values()
    if inputs and all(name in shelf.inputs for name in inputs):
        return set()
    stage, path = stage_of(artifact), shelf.path(artifact)
    try:
        if stage in _TABLES:
            name, kind, column = _TABLES[stage]
            rows: Iterator[Any] = find_rows(path / name, kind, column, ids)
            return {getattr(row, column) for row in rows}
        if stage == "index":
            from glossator.retrieval import Passage

            passages = find_rows(path / "index" / "passages.parquet", Passage, "document_id", ids)
            return {passage.document_id for passage in passages}
    except ArtifactError:
        return set(ids)  # damaged: it can serve nobody, and may hold anything
    named: set[str] = set()
    for name in _LINES.get(stage, ()):
        for line in find_named(path / name, set(ids) - named):
            text = json.dumps(line)
            named.update(id_ for id_ in ids if f'"{id_}"' in text)
    return named


def _look_at_cache(found: Dependents) -> None:
    """Parsed documents, the images of their figures, and vectors, which lie together in one file an embedder."""
    cache, shelf = found.shelf.folder / "cache", found.shelf
    found.parsed = sorted(path for name in found.ids for path in (cache / "parsed").glob(f"*/{name}.json"))
    figures = {figure for path in found.parsed for figure in _figures_in(path)}
    for name in shelf.of("parse"):
        for parsed in find_rows(shelf.path(name) / "parsed.parquet", ParsedDocument, "document_id", found.ids):
            figures.update(figure.id for figure in parsed.figures)
    images = (cache / "figures" / f"{name}.png" for name in sorted(figures))
    found.figures = [path for path in images if path.is_file()]
    for name in shelf.of("chunk"):
        rows = find_rows(shelf.path(name) / "chunks.parquet", Chunk, "document_id", found.ids)
        found.chunks.update(chunk.id for chunk in rows)
    if any(stage_of(name) in ("index", "chunk") for name in found.artifacts):
        found.vectors = sorted((cache / "vectors").glob("*.vectors"))


def _figures_in(path: Path) -> list[str]:
    try:
        return [str(figure["id"]) for figure in json.loads(path.read_text("utf-8"))["figures"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _look_at_samples(found: Dependents) -> None:
    """Samples about the documents, and the journalled replies that they were read from."""
    for artifact in sorted(found.artifacts):
        stage = stage_of(artifact)
        for name in ("samples.jsonl",) if stage == "collect" else _LINES.get(stage, ()):
            place = f"{artifact}/{Path(name).stem}" if name in SPLIT_FILES else artifact
            for row in find_named(found.shelf.path(artifact) / name, found.ids | found.chunks):
                _note_sample(found, place, row)


def _note_sample(found: Dependents, place: str, row: Mapping[str, JsonValue]) -> None:
    sample = row if "messages" in row else row.get("record") or {}
    about = {*sample.get("document_ids", ()), *(found.ids & {row.get("subject_id")})}
    if "subject_id" in row and (about & found.ids or row["subject_id"] in found.chunks):
        found.rejects.add(str(row["subject_id"]))
    if not about & found.ids or "messages" not in sample:
        return
    before = (sample.get("metadata") or {}).get("edited_from")
    found.samples.setdefault(place, set()).update(str(name) for name in (sample["id"], before) if name)
    if key := (sample.get("origin") or {}).get("journal_key"):
        found.journal_keys.add(str(key))


def _look_at_answers(found: Dependents) -> None:
    wanted = found.sample_ids
    for artifact in found.artifacts:
        if wanted and stage_of(artifact) in _ANSWERS:
            rows = find_lines(found.shelf.path(artifact) / "predictions.jsonl", '"sample_id"')
            found.predictions += sum(row["sample_id"] in wanted for row in rows)


def _may_hold(shelf: Shelf, path: Path, found: Dependents) -> bool:
    """Whether a draft may hold one of the documents: unless a run tells that all it is made from is free of them."""
    if path.name.startswith(FORGETTING):
        return True
    if not (found.artifacts or found.parsed or found.figures or _collected_in(path, found.ids)):
        return False
    stage, _, print_ = path.stem.rpartition("-")
    for run in shelf.runs:
        if any(record.name == stage and record.fingerprint == print_ for record in run.record.stages):
            made = {record.artifact for record in run.record.stages if record.artifact}
            if made and made <= set(shelf.inputs) - found.artifacts:
                return False
    return True


def _collected_in(draft: Path, ids: Collection[str]) -> bool:
    """Whether a draft of the first stage holds one of the documents, or cannot tell."""
    try:
        return any(True for _ in find_rows(draft / "documents.parquet", Document, "id", ids))
    except ArtifactError:
        return True


def _split_keys(found: Dependents) -> Iterator[str]:
    """The hashes under which the kept assignment knows the documents and their samples."""
    try:
        kept = json.loads((found.shelf.folder / "splits.json").read_text("utf-8"))["assignment"]["split_of"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    samples = found.sample_ids
    yield from (key for key in kept if key in found.ids or key in samples)


def _exports(found: Dependents) -> list[Path]:
    """Folders of exported samples: all that a recipe has, and those of the runs that saw one of the documents."""
    if not found.artifacts:
        return []
    folders = [found.shelf.folder / "exports"]
    folders += [run.path / "exports" for run in found.shelf.runs_with(found.artifacts)]
    return [folder for folder in folders if folder.is_dir()]


def count_by_split(found: Dependents, artifact: str) -> dict[str, int]:
    """Count the samples of the documents in a curated artifact, by split."""
    places = {name.partition("/"): len(ids) for name, ids in found.samples.items()}
    return {split: count for (place, _, split), count in places.items() if place == artifact and split}
