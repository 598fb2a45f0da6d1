"""What a person looks at before training: each sample beside its passage, and the decisions about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from glossator.artifacts import AppendLog, iterate_table, read_records
from glossator.curation.reviews import Action, Decision, read_decisions, standing
from glossator.errors import CurationError
from glossator.pipeline.context import REVIEWS
from glossator.pipeline.runs import Run
from glossator.pipeline.samples import original_id
from glossator.records import Chunk, Document, Reject, Sample, from_dict

SPLITS = ("train", "dev", "test", "test_seen", "pool")


@dataclass(frozen=True, slots=True)
class Reviewable:
    """One sample as it is shown."""

    sample: Sample
    reject: Reject | None
    """Who left it out, and why; None for a sample that was kept."""
    passages: tuple[str, ...]
    """The text of its chunks."""
    titles: tuple[str, ...]
    """The titles of its documents."""
    decision: Decision | None
    """What was decided about it since, or before."""


class Review:
    """The samples of one run, and what a person decides about them.

    Decisions are on disk once they are made, in `runs/<recipe>/reviews.jsonl`; they change nothing by themselves: the
    next run of the recipe curates anew with them.

    Args:
        run: one that holds curated samples.

    Raises:
        MissingArtifactError: it holds none.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._curated = run.need("curate")
        self._log: AppendLog | None = None
        self._decisions = standing(read_decisions(self.path))

    def samples(self, *, split: str | None = None, rejected: bool = False) -> Iterator[Reviewable]:
        """The kept samples of one split, or of all; or with `rejected` those that were left out and can come back.

        Raises:
            CurationError: there is no such split.
        """
        if split is not None and split not in SPLITS:
            raise CurationError(f"there is no split {split!r}; use one of {', '.join(SPLITS)}")
        rows: list[tuple[Sample, Reject | None]]
        if rejected:
            rows = [(sample, reject) for reject, sample in self._rejected() if split in (None, sample.split)]
        else:
            names = SPLITS if split is None else (split,)
            rows = [(sample, None) for name in names for sample in self._kept(name)]
        yield from self._shown(rows)

    def find(self, sample_id: str) -> Reviewable:
        """The sample of an id, or of the beginning of one.

        Raises:
            CurationError: there is none, or there are several.
        """
        rows: list[tuple[Sample, Reject | None]] = [(s, None) for name in SPLITS for s in self._kept(name)]
        rows += [(sample, reject) for reject, sample in self._rejected()]
        found = {sample.id: (sample, reject) for sample, reject in reversed(rows) if sample.id.startswith(sample_id)}
        if len(found) != 1 or not sample_id:
            told = "no sample" if not found else f"{len(found)} samples"
            raise CurationError(f"{told} of {self.run.path} begin with {sample_id!r}; give the id of one")
        return next(self._shown(found.values()))

    def decide(
        self, sample: Sample, action: Action, *, question: str = "", answer: str = "", reason: str = ""
    ) -> Decision:
        """Write down what is to become of a sample; it is on disk when this returns.

        Raises:
            CurationError: an edit changes nothing.
        """
        question, answer = question.strip(), answer.strip()
        name = original_id(sample)
        before = self._decisions.get(name)
        if action == "edit" and before is not None and before.action == "edit":  # words that stand stay
            question, answer = question or before.question, answer or before.answer
        if action == "edit" and question in ("", sample.question) and answer in ("", sample.answer):
            raise CurationError(f"the edit of {sample.id} changes nothing; give another question or answer")
        when = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        decision = Decision(name, action, when, question, answer, reason.strip())
        self._log = self._log or AppendLog(self.path)
        self._log.append([decision])
        if action == "undo":
            self._decisions.pop(name, None)
        else:
            self._decisions[name] = decision
        return decision

    def with_decision(self, row: Reviewable) -> Reviewable:
        """A sample as it was shown, with what stands decided about it now."""
        return replace(row, decision=self._decisions.get(original_id(row.sample)))

    @property
    def path(self) -> Path:
        """The file of decisions."""
        return self.run.path.parent / REVIEWS

    @property
    def decisions(self) -> int:
        """How many samples stand decided about."""
        return len(self._decisions)

    def close(self) -> None:
        """Close the file of decisions."""
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> Review:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _kept(self, split: str) -> Iterator[Sample]:
        return read_records(self._curated.file(f"{split}.jsonl"), Sample)

    def _rejected(self) -> Iterator[tuple[Reject, Sample]]:
        """Every reject that holds a whole sample, of curation and of the teacher before it."""
        written = self.run.artifact("synthesize")
        files = [self._curated.file("rejects.jsonl"), *([written.file("rejects.jsonl")] if written else [])]
        seen = {original_id(sample) for name in SPLITS for sample in self._kept(name)}
        for file in files:
            for reject in read_records(file, Reject):
                if reject.record is not None and reject.subject_id not in seen:
                    seen.add(reject.subject_id)
                    yield reject, from_dict(Sample, reject.record)

    def _shown(self, rows: Iterable[tuple[Sample, Reject | None]]) -> Iterator[Reviewable]:
        rows = list(rows)
        chunks = _texts(self.run, {name for sample, _ in rows for name in sample.chunk_ids})
        titles = _titles(self.run, {name for sample, _ in rows for name in sample.document_ids})
        for sample, reject in rows:
            yield Reviewable(
                sample,
                reject,
                tuple(chunks[name] for name in sample.chunk_ids if name in chunks),
                tuple(titles[name] for name in sample.document_ids if name in titles),
                self._decisions.get(original_id(sample)),
            )


def _texts(run: Run, wanted: set[str]) -> dict[str, str]:
    found = run.artifact("chunk")
    if found is None or not wanted:
        return {}
    return {chunk.id: chunk.text for chunk in iterate_table(found.file("chunks.parquet"), Chunk) if chunk.id in wanted}


def _titles(run: Run, wanted: set[str]) -> dict[str, str]:
    documents = iterate_table(_documents_file(run), Document)
    return {document.id: document.title for document in documents if document.id in wanted}


def _documents_file(run: Run) -> Path:
    return run.need("collect").file("documents.parquet")
