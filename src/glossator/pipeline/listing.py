"""What would happen, before it does: the stages with their state, and the counts known beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glossator.pipeline.context import Road
from glossator.pipeline.corridor import done_artifact, stage_fingerprints
from glossator.pipeline.documents import read_sources
from glossator.pipeline.stages import SERVE, STAGES
from glossator.recipe import ArxivSection, KaggleSection, Recipe, SourceSection, UrlsSection, WebSearchSection
from glossator.records import JsonValue, Reject, Sample

WORDS = {"done": "done already", "to_do": "to do", "left_out": "left out", "when_asked": "when asked: --stage 6"}


def list_stages(recipe: Recipe | None, recipe_path: Path | None, runs_dir: Path) -> list[dict[str, JsonValue]]:
    """The table of stages; with a recipe, each with `status` done, to_do or left_out."""
    rows: list[dict[str, JsonValue]] = [
        {"number": stage.number, "name": stage.name, "room": stage.room, "leaves": stage.leaves} for stage in STAGES
    ]
    number, name = SERVE
    served = {"number": number, "name": name, "room": name, "leaves": "answers, as long as it runs"}
    if recipe is None or recipe_path is None:
        return [*rows, served]
    road = Road(recipe, recipe_path, runs_dir.absolute() / recipe.name)
    prints = stage_fingerprints(road)
    for row, stage in zip(rows, STAGES, strict=True):
        print_ = prints[stage.name]
        found = done_artifact(road, stage, print_) if print_ else None
        row["status"] = "left_out" if print_ is None else "done" if found else "to_do"
        row["counts"] = dict(found.manifest.counts) if found else {}
        row["seconds"] = found.manifest.seconds if found else None
    status = "when_asked" if recipe.serving else "left_out"
    return [*rows, {**served, "status": status, "counts": {}, "seconds": None}]


def plan_recipe(recipe: Recipe, recipe_path: Path, runs_dir: Path) -> dict[str, JsonValue]:
    """Count what a run would do, by stage; documents are looked at, nothing is written."""
    from glossator.pipeline.preflight import check_before_work

    road = Road(recipe, recipe_path, runs_dir.absolute() / recipe.name)
    check_before_work(road)
    rows = list_stages(recipe, recipe_path, runs_dir)
    if rows[0]["status"] == "to_do":
        rows[0]["counts"] = _count_sources(road)
    to_do = [row for row in rows if row["status"] == "to_do"]
    entered = sum(row["status"] in ("done", "to_do") for row in rows)
    work = f"{len(to_do)} of {entered} stages to do" if to_do else "everything is done"
    return {
        "recipe": recipe.name,
        "sentence": _sentence(rows[0]["counts"], work),
        "stages": [{**row, "status": WORDS[str(row["status"])]} for row in rows],
    }


def _sentence(counts: Mapping[str, int], work: str) -> str:
    """What a plan comes to: `12 documents, at most 50 to fetch, 11 of 12 stages to do`."""
    told = [f"{counts.get('documents', 0):,} documents"]
    if fetched := counts.get("to_fetch_at_most"):
        told.append(f"at most {fetched:,} to fetch")
    if ready := counts.get("ready_questions"):
        told.append(f"{ready:,} ready questions")
    return ", ".join([*told, work])


def _count_sources(road: Road) -> dict[str, int]:
    """What the sources on this machine hold, and at most how much the others are asked for; nothing is fetched."""
    seen: dict[str, int] = {}
    ready: set[str] = set()
    rejected = 0
    for found in read_sources(road.without_fetching()):
        if isinstance(found, Reject):
            rejected += 1
        elif isinstance(found, Sample):
            ready.add(found.id)
        else:
            seen[found.id] = Path(found.path).stat().st_size if found.path else len(found.text or "")
    questions = {"ready_questions": len(ready)} if ready else {}
    asked = sum(_most(road, source) for source in road.recipe.sources)
    fetched = {"to_fetch_at_most": asked} if asked else {}
    return {"documents": len(seen), "bytes": sum(seen.values()), **questions, **fetched, "rejected": rejected}


def _most(road: Road, source: SourceSection) -> int:
    """The most documents that are fetched for a source."""
    if isinstance(source, UrlsSection):
        from glossator.sources.urls import read_list

        listed = read_list(road.resolve(source.path)) if source.path else ()
        return len({*source.urls, *listed})
    if isinstance(source, WebSearchSection):
        return source.max_results * (1 if isinstance(source.query, str) else len(source.query))
    if isinstance(source, ArxivSection):
        searches = source.query or source.categories or source.date_from or source.date_to
        return source.max_results if searches else len(source.ids)
    if isinstance(source, KaggleSection):
        return source.max_results if source.path is None or source.content == "pdf" else 0
    return 0
