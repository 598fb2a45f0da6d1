"""A plan after a run goes on from what that left: its spending, its figures, the verdicts of its journal."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import write_recipe
from tests.teaching import change, teacher_recipe, write_reply

from glossator.errors import GlossatorError
from glossator.llm import Conversation
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import plan_recipe, run_recipe
from glossator.pipeline.runs import Run
from glossator.recipe import load_recipe

pytest.importorskip("openai")

PAPERS = (Path(__file__).parents[2] / "examples" / "papers", Path(__file__).parents[1] / "fixtures" / "papers")
CONTENT = json.dumps({"reason": "Nothing is wrong.", "support": True, "answerable": True, "style": True})


def plan(recipe: Path, runs: Path, *overrides: str) -> dict[str, Any]:
    return plan_recipe(load_recipe(recipe, overrides, {}), recipe, runs)


def run(recipe: Path, runs: Path, *overrides: str, last: str) -> Run:
    return run_recipe(load_recipe(recipe, overrides, {}), recipe, runs, last=last)


def estimate(planned: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row["estimate"] for row in planned["stages"] if row["name"] == name)


def holds(value: Any, real: float) -> bool:
    return value["low"] <= real <= value["high"] if isinstance(value, dict) else value == real


def test_a_budget_that_is_raised_is_compared_with_what_was_spent_of_it_already(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        recipe = teacher_recipe(tmp_path, server.base_url)
        few = "synthesis.budget={calls: 5}"
        first = run(recipe, tmp_path / "runs", few, last="3b").need("synthesize").manifest.counts
        waiting = first["unasked"]
        assert (first["calls"], waiting > 3) == (5, True)
        # What waits fits into the raised budget, but not into what is left of it.
        raised = f"synthesis.budget={{calls: {waiting + 2}}}"
        told = plan(recipe, tmp_path / "runs", raised)["budget"]
        enough = plan(recipe, tmp_path / "runs", f"synthesis.budget={{calls: {2 * waiting + 5}}}")["budget"]
        second = run(recipe, tmp_path / "runs", raised, last="3b").need("synthesize").manifest.counts
    assert told["spent"] == {"calls": 5}
    assert told["suffices"] is False
    assert f"budget of {waiting + 2} calls, of which 5 calls are spent, does not suffice" in told["sentence"]
    assert second["unasked"] == 3
    assert holds(told["passages_left"], second["unasked"])
    assert enough["suffices"] is True
    assert "of which 5 calls are spent, suffices" in enough["sentence"]


def test_money_and_minutes_that_were_spent_count_too(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        recipe = teacher_recipe(tmp_path, server.base_url, price={"usd_in": 1000, "usd_out": 1000})
        small = "synthesis.budget={usd: 8, minutes: 30}"
        made = run(recipe, tmp_path / "runs", small, last="3b").need("synthesize")
        paid = json.loads(made.file("spent.json").read_text())["of_the_budget"]
        told = plan(recipe, tmp_path / "runs", "synthesis.budget={usd: 9, minutes: 30}")["budget"]
    assert made.manifest.counts["unasked"] > 0
    assert told["spent"]["usd"] == pytest.approx(paid["usd"], abs=1e-5)
    assert told["spent"]["minutes"] == pytest.approx(paid["minutes"], abs=0.01)
    assert told["suffices"] is False


def test_another_seed_is_other_work_with_a_budget_of_its_own(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        recipe = teacher_recipe(tmp_path, server.base_url)
        run(recipe, tmp_path / "runs", "synthesis.budget={calls: 5}", last="3b")
        told = plan(recipe, tmp_path / "runs", "synthesis.budget={calls: 6}", "seed=8")["budget"]
    assert told["spent"] == {"calls": 0}
    assert "spent" not in told["sentence"]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Papers with figures that are asked about; plans at every step beside what the run then asked."""
    folder = tmp_path_factory.mktemp("figures")
    with ScriptedServer(write_reply) as server:
        path = teacher_recipe(folder, server.base_url)
        for name in ("jose.00168.pdf", "jose.00070.pdf"):
            shutil.copyfile(
                next(where / name for where in PAPERS if (where / name).is_file()), folder / "corpus" / name
            )
        change(path, parsing={"figures": {}}, synthesis={"tasks": [{"prompt": "figure_qa"}]})
        plans = [plan(path, folder / "runs")]
        for last in ("2a", "3a"):
            run(path, folder / "runs", last=last)
            plans.append(plan(path, folder / "runs"))
        assert server.requests == 0
        made = run(path, folder / "runs", last="3b").need("synthesize")
    asked = json.loads(made.file("asked.json").read_text())["passages"]["figure_qa"]
    counts = dict(made.manifest.counts)
    shutil.rmtree(made.path)
    return {"plans": plans, "asked": asked, "counts": counts, "again": plan(path, folder / "runs")}


def test_figures_are_quoted_before_and_after_documents_are_read_and_split(figures: dict[str, Any]):
    assert figures["asked"] > 1
    for planned in figures["plans"]:
        quoted = estimate(planned, "synthesize")
        assert holds(quoted["counts"]["passages"], figures["asked"]), quoted
        assert holds(quoted["calls"], figures["counts"]["calls"]), quoted
    assert estimate(figures["plans"][-1], "synthesize")["counts"]["passages"] == figures["asked"]


def test_questions_with_images_and_the_titles_of_papers_are_found_in_the_journal(figures: dict[str, Any]):
    quoted = estimate(figures["again"], "synthesize")
    assert (quoted["calls"], quoted["from_journal"]) == (0, figures["counts"]["calls"])


@pytest.fixture
def judging(tmp_path: Path, corpus: Path) -> tuple[Path, list[str]]:
    """A recipe with a chat judge, and what to override for a judge that may be as poor as it likes."""
    path = write_recipe(tmp_path, corpus)
    change(path, curation={"max_tokens": 400})
    return path, ["curation.judge.minimum_accuracy=0"]


def judged_by(path: Path, base_url: str, **more: object) -> None:
    judge = {"kind": "chat", "base_url": base_url, "model": "scripted", "concurrency": 4, "planted": 5, **more}
    change(path, curation={"judge": judge})


def replies(conversation: Conversation) -> str:
    return CONTENT


def test_of_written_samples_a_judge_is_quoted_by_its_very_questions(judging: tuple[Path, list[str]], tmp_path: Path):
    path, poor = judging
    with ScriptedServer(replies) as server:
        judged_by(path, server.base_url)
        run(path, tmp_path / "runs", *poor, last="3b")
        before = estimate(plan(path, tmp_path / "runs", *poor), "curate")
        assert server.requests == 0
        made = run(path, tmp_path / "runs", *poor, last="3c").need("curate")
        sent = len({tuple(asked) for asked in server.answered})  # two alike at one time are both sent
    assert before["calls"]["low"] == sent
    report = json.loads(made.file("judge.json").read_text())
    shutil.rmtree(made.path)
    again = estimate(plan(path, tmp_path / "runs", *poor), "curate")
    assert (again["calls"], again["from_journal"]) == (0, report["judged"] + report["planted"]["made"])


def test_verdicts_before_a_judge_was_stopped_are_not_quoted_again(judging: tuple[Path, list[str]], tmp_path: Path):
    path, poor = judging
    with ScriptedServer(replies) as server:
        judged_by(path, server.base_url)
        with pytest.raises(GlossatorError, match="minimum_accuracy"):
            run(path, tmp_path / "runs", last="3c")
        paid = server.requests
        quoted = estimate(plan(path, tmp_path / "runs", *poor), "curate")
        run(path, tmp_path / "runs", *poor, last="3c")
        more = server.requests - paid
    assert paid >= 10
    assert holds(quoted["calls"], more)
    assert paid - 4 <= quoted["from_journal"] <= paid  # calls under way when it was stopped were cut short
