"""A run with two kept samples and a rejected one, made of the artifacts that a review reads."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from glossator import records
from glossator.artifacts import Draft, write_records, write_table
from glossator.llm.chat_format import student_messages
from glossator.pipeline.runs import Run, RunRecord, StageRecord
from glossator.records import Chunk, Document, Evidence, Message, Origin, Reject, Sample, content_id

TEXT = "The mill was built in 1742. [red]It ground rye[/] until the dam broke."


def make_sample(question: str, answer: str, *, split: str = "train") -> Sample:
    prompt = student_messages(question, context=TEXT)
    return Sample(
        id=content_id(question, answer),
        messages=(*prompt, Message("assistant", answer)),
        question=question,
        group=None,
        split=split,
        task="grounded_qa",
        context="chunk",
        document_ids=("d1",),
        chunk_ids=("c1",),
        evidence=(Evidence("c1", 0, 27, TEXT[:27]),),
        origin=Origin("scripted", "prompt-hash"),
    )


BUILT = make_sample("When was the mill built?", "In 1742.")
RYE = make_sample("What did the mill grind?", "Rye.", split="test")
LOST = make_sample("What did this passage say?", "That the dam broke.")


def make_reviewed_run(runs_dir: Path) -> Run:
    """Lay a run of recipe `mill` into a runs folder."""
    folder = runs_dir / "mill"
    document = Document("d1", "mill.md", ("local_files:mill.md",), "The mill", "text/markdown")
    chunk = Chunk("c1", "d1", 0, (), 1, 1, TEXT, 20)
    lost = Reject(LOST.id, "self_referential", "self_referential", "'this passage'", records.to_dict(LOST))
    blank = Reject("c9", "teacher", "chunk_blank")
    splits = {"train": [BUILT], "test": [RYE], "dev": [], "test_seen": [], "pool": []}
    stages = [
        _seal(folder, "collect", tables={"documents": ([document], Document)}),
        _seal(folder, "chunk", tables={"chunks": ([chunk], Chunk)}),
        _seal(folder, "synthesize", files={"samples": [BUILT, RYE], "rejects": [lost, blank]}),
        _seal(folder, "curate", files={**splits, "rejects": []}),
    ]
    run = Run(
        folder / "2026-01-01T00-00-00Z", RunRecord("mill", {"name": "mill"}, "hash", "then", "now", {}, tuple(stages))
    )
    run.save()
    return run


def _seal(
    folder: Path,
    stage: str,
    *,
    files: dict[str, Iterable[Any]] | None = None,
    tables: dict[str, tuple[list[Any], type]] | None = None,
) -> StageRecord:
    draft = Draft(folder / "artifacts" / f"{stage}-0")
    for name, rows in (files or {}).items():
        write_records(draft.path / f"{name}.jsonl", rows)
    for name, (rows, kind) in (tables or {}).items():
        write_table(draft.path / f"{name}.parquet", rows, kind)
    draft.seal(stage=stage, fingerprint="0", inputs={}, settings={}, seconds=0, counts={})
    return StageRecord("?", stage, "done", "0", f"{stage}-0")
