"""Every place in which a runs folder holds one sample or reject, and the passages and documents behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from glossator.errors import MissingArtifactError
from glossator.lineage import find_lines, find_rows
from glossator.pipeline.dependents import SPLIT_FILES
from glossator.pipeline.shelves import Shelf, stage_of
from glossator.records import Chunk, Document, Reject, Sample, from_dict

T = TypeVar("T", Chunk, Document)
_REJECTING = ("collect", "parse", "chunk", "split", "synthesize", "curate")
_WRITING = ("collect", "synthesize")
"""Stages that leave `samples.jsonl`, which curation then takes."""
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one record in one artifact."""

    shelf: Shelf
    artifact: str
    sample: Sample | None
    reject: Reject | None
    """None where the sample was kept, or only written."""

    @property
    def id(self) -> str:
        """The sample's id; of a reject without a sample its subject's."""
        return self.reject.subject_id if self.reject else self.sample.id if self.sample else ""

    @property
    def outcome(self) -> str:
        """`kept`, `rejected`, or `written` where curation has not seen it."""
        return "rejected" if self.reject else "kept" if stage_of(self.artifact) == "curate" else "written"


def find_cases(id_: str, shelves: Sequence[Shelf], runs_dir: Path) -> list[Case]:
    """Everything that became of the one record that is called so, what was kept first, the newest artifacts first."""
    found = [case for shelf in shelves for case in _cases_in(shelf, id_)] if id_ else []
    exact = [case for case in found if case.id == id_]
    ids = sorted({case.id for case in found})
    if len(ids) > 1 and not exact:
        some = ", ".join(ids[:_LISTED]) + (", …" if len(ids) > _LISTED else "")
        raise MissingArtifactError(f"{len(ids)} records begin with {id_!r}: {some}; give more of the id")
    if not found:
        raise MissingArtifactError(
            f"no sample, reject or prediction in {runs_dir.absolute()} is called {id_!r}; take an id from the samples"
            " that `glossator show RUN` names, and the folder of runs with --runs-dir"
        )
    ranks = {"kept": 0, "rejected": 1, "written": 2}
    return sorted(exact or found, key=lambda case: (ranks[case.outcome], case.sample is None, -_made(case)))


def _made(case: Case) -> float:
    return case.shelf.path(case.artifact).stat().st_mtime


def _cases_in(shelf: Shelf, prefix: str) -> Iterator[Case]:
    curated = list(_kept_in(shelf, prefix))
    rejected = list(_rejected_in(shelf, prefix))
    yield from [*curated, *rejected]
    known: dict[str, set[str]] = defaultdict(set)
    for case in [*curated, *rejected]:
        known[case.id].add(case.artifact)
    for artifact in shelf.of(*_WRITING):
        made = shelf.made_from([artifact])
        for row in find_lines(shelf.path(artifact) / "samples.jsonl", f'"{prefix}'):
            # What a curated artifact made from this one tells of the sample says more.
            if str(row.get("id")).startswith(prefix) and known.get(str(row["id"]), set()).isdisjoint(made):
                yield Case(shelf, artifact, from_dict(Sample, row), None)


def _kept_in(shelf: Shelf, prefix: str) -> Iterator[Case]:
    for artifact in shelf.of("curate"):
        for name in SPLIT_FILES:
            for row in find_lines(shelf.path(artifact) / name, f'"{prefix}'):
                if str(row.get("id")).startswith(prefix):
                    yield Case(shelf, artifact, from_dict(Sample, row), None)


def _rejected_in(shelf: Shelf, prefix: str) -> Iterator[Case]:
    for artifact in shelf.of(*_REJECTING):
        for row in find_lines(shelf.path(artifact) / "rejects.jsonl", f'"{prefix}'):
            if str(row.get("subject_id")).startswith(prefix):
                reject = from_dict(Reject, row)
                yield Case(shelf, artifact, _sample_in(reject), reject)


def _sample_in(reject: Reject) -> Sample | None:
    """The rejected sample; None where something else was rejected."""
    try:
        return None if reject.record is None else from_dict(Sample, reject.record)
    except (ValueError, TypeError):
        return None


def find_passages(case: Case, shelves: Sequence[Shelf]) -> tuple[list[Chunk], list[Document]]:
    """The chunks and documents behind a record: those its artifact was made from, else from wherever they still lie."""
    sample = case.sample
    cited = [span.chunk_id for span in sample.evidence] if sample else []
    wanted = [*(sample.chunk_ids if sample else (case.id,)), *cited]
    places = _places(case, shelves, "chunk")
    chunks = _rows((place / "chunks.parquet" for place in places), Chunk, wanted)
    names = [*(sample.document_ids if sample else (case.id,)), *(chunk.document_id for chunk in chunks)]
    places = _places(case, shelves, "collect")
    return chunks, _rows((place / "documents.parquet" for place in places), Document, names)


def _places(case: Case, shelves: Sequence[Shelf], stage: str) -> list[Path]:
    """The artifacts of a stage, those behind a record first."""
    own = [case.shelf.path(name) for name in _behind(case.shelf, case.artifact) if stage_of(name) == stage]
    others = [shelf.path(name) for shelf in shelves for name in shelf.of(stage)]
    return list(dict.fromkeys([*own, *others]))


def _rows(files: Iterable[Path], kind: type[T], names: Iterable[str]) -> list[T]:
    """Records by their ids, in the order named; what is found nowhere is left out."""
    wanted = dict.fromkeys(names)
    found: dict[str, T] = {}
    for file in files:
        missing = set(wanted) - set(found)
        if not missing:
            break
        found.update((row.id, row) for row in find_rows(file, kind, "id", missing))
    return [found[name] for name in wanted if name in found]


def _behind(shelf: Shelf, artifact: str) -> Iterator[str]:
    """An artifact and what it was made from, near or far."""
    waiting, seen = [artifact], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name not in seen and name in shelf.inputs:
            seen.add(name)
            yield name
            waiting.extend(shelf.inputs[name].values())
