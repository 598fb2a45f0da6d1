"""The samples of a run as other programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import read_records, read_table
from glossator.errors import CurationError
from glossator.pipeline.runs import Run, find_run
from glossator.records import Chunk, Document, Sample

if TYPE_CHECKING:
    from glossator.curation.exports import Exported
    from glossator.curation.exports.lineage_columns import Lineage
    from glossator.recipe import ExportsSection


def write_exports(run: Run, section: ExportsSection) -> list[Path]:
    """Take a run, write its samples in every format that its recipe names, into `exports` in its folder.

    Raises:
        CurationError: there is nothing to write in such a format, or something else lies there.
    """
    return [
        export_run(
            str(run.path), run.path.parent.parent, kind=kind, by_group=section.by == "group", lineage=section.lineage
        ).folder
        for kind in section.formats
    ]


def export_run(
    name: str,
    runs_dir: Path,
    *,
    kind: str,
    output: Path | None = None,
    splits: Sequence[str] | None = None,
    by_group: bool = False,
    lineage: bool = False,
) -> Exported:
    """Take a run with curated samples, write them as a format; nothing appears unless all of it does.

    Args:
        name: a run's folder, or a recipe's name for its newest run with samples.
        runs_dir: the folder of all runs.
        kind: the format, one of `curation.exports.KINDS`.
        output: the folder to write; `exports/<kind>` in the run's folder if left out.
        splits: which splits; None for all but the pool.
        by_group: a folder for each group.
        lineage: whether to add columns that tell where each sample comes from.

    Raises:
        MissingArtifactError: there is no run with curated samples.
        CurationError: the format or a split does not exist, there is nothing to write, or something else lies there.
    """
    from glossator import __version__
    from glossator.curation.exports import DEFAULT_SPLITS, KINDS, export_samples
    from glossator.curation.exports.lineage_columns import no_columns

    if kind not in KINDS:
        raise CurationError(f"there is no format {kind!r}; give one of {', '.join(KINDS)} with --format")
    run = find_run(name, runs_dir, ["curate"])
    documents, wanted = _documents(run), tuple(splits) if splits is not None else DEFAULT_SPLITS
    made = f"Made with glossator {__version__}, run {run.path.name}, recipe {run.record.recipe_hash[:8]}."
    return export_samples(
        _samples(run, wanted),
        output or run.path / "exports" / kind,
        kind=kind,
        name=run.record.recipe,
        splits=wanted,
        by_group=by_group,
        lineage=_lineage(run, documents) if lineage else no_columns,
        documents=documents,
        settings=made,
    )


def _samples(run: Run, splits: Sequence[str]) -> list[Sample]:
    artifact = run.need("curate")
    artifact.check(content=True)
    files = [f"{split}.jsonl" for split in splits if f"{split}.jsonl" in artifact.manifest.files]
    return [sample for file in files for sample in read_records(artifact.file(file), Sample)]


def _documents(run: Run) -> dict[str, Document]:
    artifact = run.artifact("collect")
    found = read_table(artifact.file("documents.parquet"), Document) if artifact else []
    return {document.id: document for document in found}


def _lineage(run: Run, documents: dict[str, Document]) -> Lineage:
    from glossator.curation.exports.lineage_columns import lineage_columns

    artifact = run.artifact("chunk")
    chunks = read_table(artifact.file("chunks.parquet"), Chunk) if artifact else []
    return lineage_columns(documents, {chunk.id: chunk for chunk in chunks})
