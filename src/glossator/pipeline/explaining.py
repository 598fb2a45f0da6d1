"""`explain`: a sample, reject or prediction, from where its document came from to the adapters that learned it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from glossator.artifacts import canonical_json
from glossator.errors import MissingArtifactError
from glossator.lineage import Link, links_of, read_links, trace
from glossator.pipeline.afterlife import adapters_of, predictions_of
from glossator.pipeline.cases import Case, find_cases, find_passages
from glossator.pipeline.shelves import open_shelves
from glossator.pipeline.teaching import JOURNAL
from glossator.records import Chunk, Document, JsonValue, Sample, to_dict


def explain(name: str, runs_dir: Path) -> dict[str, JsonValue]:
    """Tell all that is known of a sample, a rejected record or a prediction, in all runs of all recipes.

    Args:
        name: the id of a sample or of what was rejected, or a beginning that no other has; followed by `@` and a
            model (`base`, `tuned`, a checkpoint or a registered version) for one of its predictions.
        runs_dir: the folder of all runs.

    Returns:
        `id`, `kind`, `sample`, `documents`, `chunks`, `evidence`, `origin`, `verdicts`, `links` (each step back) and
        `cases`: what became of it, equal ones together with all the places where it is so.

    Raises:
        MissingArtifactError: nothing is called so, or several things are.
    """
    id_, at, model = name.partition("@")
    shelves = open_shelves(runs_dir)
    cases = find_cases(id_, shelves, runs_dir)
    first = cases[0]
    sample = first.sample
    chunks, documents = find_passages(first, shelves)
    told_cases = [_group(group, runs_dir) for group in _equal(cases)]
    if at:
        _keep_only(model, told_cases, first.id)
    return {
        "id": f"{first.id}@{model}" if at else first.id,
        "kind": "prediction" if at else "sample" if sample else "reject",
        "sample": _sample(sample),
        "documents": [_document(document) for document in documents],
        "chunks": [to_dict(chunk) for chunk in chunks],
        "evidence": [] if sample is None else _evidence(sample, chunks),
        "origin": None if sample is None else _origin(sample, runs_dir),
        "verdicts": {} if sample is None else dict(sample.origin.verdicts),
        "links": [to_dict(link) for link in _links(first, chunks, documents)],
        "cases": told_cases,
    }


def _links(case: Case, chunks: Sequence[Chunk], documents: Sequence[Document]) -> list[Link]:
    """Every step back: as curation wrote them down, and as the records tell them."""
    recorded = read_links(case.shelf.path(case.artifact) / "lineage.jsonl", case.id)
    told = links_of([case.sample] if case.sample else [], chunks, documents)
    return trace(case.id, list(dict.fromkeys([*recorded, *told])))


def _equal(cases: Sequence[Case]) -> list[list[Case]]:
    """Cases in groups that differ in nothing but the place."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        record = to_dict(case.reject) if case.reject else to_dict(case.sample)
        groups.setdefault(canonical_json([case.outcome, record]), []).append(case)
    return list(groups.values())


def _group(cases: Sequence[Case], runs_dir: Path) -> dict[str, JsonValue]:
    first = cases[0]
    reject = first.reject
    return {
        "outcome": first.outcome,
        "split": first.sample.split if first.sample else None,
        "stage": reject.stage if reject else None,
        "reason": reject.reason if reject else None,
        "detail": reject.detail if reject else None,
        "verdicts": dict(first.sample.origin.verdicts) if first.sample else {},
        "places": [_place(case, runs_dir) for case in cases],
    }


def _place(case: Case, runs_dir: Path) -> dict[str, JsonValue]:
    kept = case.sample if case.outcome == "kept" else None
    return {
        "recipe": case.shelf.recipe,
        "artifact": case.artifact,
        "runs": [run.path.name for run in case.shelf.runs_with([case.artifact])],
        "adapters": adapters_of(case.shelf, case.artifact, kept.split, runs_dir) if kept else [],
        "predictions": predictions_of(case.shelf, case.artifact, kept.id) if kept else [],
    }


def _keep_only(model: str, cases: Sequence[Mapping[str, JsonValue]], sample: str) -> None:
    """Leave only the predictions of one model.

    Raises:
        MissingArtifactError: it answered nowhere; names those that did.
    """
    places = [place for case in cases for place in case["places"]]
    names = dict.fromkeys(row["model"] for place in places for row in place["predictions"])
    labels = [label for place in places for adapter in place["adapters"] for label in adapter["registered"]]
    wanted = "tuned" if model in labels else model
    if wanted not in names:
        known = ", ".join([*names, *labels]) or "no model"
        raise MissingArtifactError(f"{model!r} has not answered {sample}; {known} did: name one as {sample}@MODEL")
    trainings = {one["artifact"] for place in places for one in place["adapters"] if model in one["registered"]}
    for place in places:
        named = [row for row in place["predictions"] if row["model"] == wanted]
        place["predictions"] = [row for row in named if not trainings or row["training"] in trainings]


def _sample(sample: Sample | None) -> dict[str, JsonValue] | None:
    if sample is None:
        return None
    told = to_dict(sample)
    return {
        **{name: told[name] for name in ("question", "group", "task", "context", "metadata")},
        "answer": sample.answer,
    }


def _document(document: Document) -> dict[str, JsonValue]:
    told = to_dict(document)
    names = ("id", "source_id", "title", "license", "published", "origins", "media_type")
    return {**{name: told[name] for name in names}, "version": document.metadata.get("version")}


def _evidence(sample: Sample, chunks: Sequence[Chunk]) -> list[dict[str, JsonValue]]:
    texts = {chunk.id: chunk.text for chunk in chunks}
    return [
        {**to_dict(span), "stands": texts.get(span.chunk_id, "")[span.start : span.end] == span.text}
        for span in sample.evidence
    ]


def _origin(sample: Sample, runs_dir: Path) -> dict[str, JsonValue]:
    """Who wrote a sample, and since when the reply that it was read from is kept."""
    from glossator.pipeline.journal_keeping import kept_since

    told = to_dict(sample.origin)
    key = sample.origin.journal_key
    kept = kept_since(runs_dir.absolute() / JOURNAL, key) if key else None
    names = ("teacher", "prompt_hash", "style_hash", "seed", "journal_key")
    return {**{name: told[name] for name in names}, "reply_kept": kept}
