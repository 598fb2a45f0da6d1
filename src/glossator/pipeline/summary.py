"""A run as one plain value: what `glossator show RUN --json` prints and everything that is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping

from glossator.artifacts import read_records
from glossator.pipeline.runs import Run
from glossator.records import JsonValue, Reject, to_dict

SHOWN_REJECTS = 20
CHUNK_REASON = "boundary"
"""What the split says of single chunks, which are no files."""
SPLITS = ("train", "dev", "test", "test_seen", "pool")

COVERAGE = "coverage.svg"


def summarize(run: Run) -> dict[str, JsonValue]:
    """Tell stages, funnel, splits, scores, verdict and paths of a run; what it does not have is None or 0."""
    report = _read_report(run)
    return {
        "recipe": run.record.recipe,
        "started": run.record.started,
        "stages": [
            {
                "number": stage.number,
                "name": stage.name,
                "status": stage.status,
                "seconds": stage.seconds,
                "counts": dict(stage.counts or {}),
                **({"error": stage.error} if stage.error else {}),
            }
            for stage in run.record.stages
        ],
        "funnel": funnel_of({stage.name: dict(stage.counts or {}) for stage in run.record.stages}),
        "splits": _splits(run),
        "scores": _scores(report, "test"),
        "scores_test_seen": _scores(report, "test_seen"),
        "differences": _differences(report),
        "primary": report["comparison"]["primary_metric"] if report else None,
        "groups": list(report["comparison"]["groups"]) if report else [],
        "unit": report["comparison"]["unit"] if report else None,
        "confidence": next((row["paired"]["confidence"] for row in _rows(report)), None),
        "recipe_path": run.record.recipe_path or None,
        "verdict": report["verdict"] if report else {"helped": None, "sentence": "This run holds no evaluation yet."},
        "test_looks": report["test_looks"] if report else 0,
        "set_aside": _set_aside(run),
        "paths": _paths(run),
        "registered": _registered(run),
        "example_question": report["examples"][0]["question"] if report and report["examples"] else None,
    }


def _counts(run: Run, stage: str) -> dict[str, int]:
    found = run.stage(stage)
    return dict(found.counts or {}) if found else {}


def funnel_of(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The funnel from the counts of the stages, by stage; rejected are questions, or sentences that nearly made one."""
    kept, collected = counts.get("curate", {}), counts.get("collect", {})
    # Where nothing is read, what the sources and the split left out were questions too.
    rejecting = ("synthesize",) if counts.get("parse") else ("collect", "split")
    return {
        "documents": counts.get("parse", {}).get("documents", collected.get("documents", 0)),
        "pages": counts.get("parse", {}).get("pages", 0),
        "chunks": counts.get("chunk", {}).get("chunks", 0),
        "samples": sum(kept.get(name, 0) for name in SPLITS),
        "rejected": sum(counts.get(stage, {}).get("rejected", 0) for stage in rejecting) + kept.get("rejected", 0),
    }


def _splits(run: Run) -> dict[str, int]:
    kept = _counts(run, "curate")
    return {name: kept.get(name, 0) for name in SPLITS}


def _read_report(run: Run) -> dict[str, JsonValue] | None:
    artifact = run.artifact("evaluate")
    if artifact is None:
        return None
    from glossator.evaluation import read_report

    return to_dict(read_report(artifact.file("report.json")))


def _rows(report: dict[str, JsonValue] | None) -> list[dict[str, JsonValue]]:
    return list(report["comparison"]["scores"]) if report else []


def _scores(report: dict[str, JsonValue] | None, split: str) -> dict[str, dict[str, float]]:
    """Mean scores of base and tuned on one split, by metric."""
    scores: dict[str, dict[str, float]] = {"base": {}, "tuned": {}}
    for row in _rows(report):
        if row["split"] == split:
            for model in ("base", "tuned"):
                scores[model][row["metric"]] = row[model]["mean"]
    return scores


def _differences(report: dict[str, JsonValue] | None) -> list[dict[str, JsonValue]]:
    """Tuned minus base with its interval, by split and metric."""
    keys = ("difference", "low", "high", "questions", "documents")
    return [
        {"split": row["split"], "metric": row["metric"], **{key: row["paired"][key] for key in keys}}
        for row in _rows(report)
    ]


def _set_aside(run: Run) -> dict[str, JsonValue]:
    """The files and rows that sources, parser and split left out, the first of them with their reasons."""
    found: list[dict[str, str]] = []
    total = 0
    for stage in ("collect", "parse", "split"):
        artifact = run.artifact(stage)
        for reject in read_records(artifact.file("rejects.jsonl"), Reject) if artifact else ():
            if reject.reason != CHUNK_REASON:
                total += 1
                if len(found) < SHOWN_REJECTS:
                    found.append({"stage": stage, "reason": reject.reason, "detail": reject.detail})
    return {"count": total, "first": found}


def _registered(run: Run) -> dict[str, str] | None:
    """The registry's version that the run made: its label, folder and registry."""
    from glossator.pipeline.registering import read_reference

    artifact = run.artifact("register")
    return read_reference(artifact) if artifact else None


def _paths(run: Run) -> dict[str, str | None]:
    evaluated, selected, curated = run.artifact("evaluate"), run.artifact("select"), run.artifact("curate")
    indexed = run.artifact("index")
    return {
        "run": str(run.path),
        "report": str(evaluated.file("report.html")) if evaluated else None,
        "adapter": str(selected.path / "adapter") if selected else None,
        "samples": str(curated.path) if curated else None,
        "coverage": str(curated.path / COVERAGE) if curated and (curated.path / COVERAGE).is_file() else None,
        "index": str(indexed.path / "index") if indexed else None,
    }
