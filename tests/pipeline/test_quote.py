"""A plan quotes what a run then takes, spends nothing itself and writes nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe
from tests.teaching import write_reply

from glossator.embedded import base_model_path
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import plan_recipe, run_recipe
from glossator.recipe import load_recipe
from glossator.text.tokens import TokenCounter

pytest.importorskip("openai")


def plan(recipe: Path, runs: Path, *overrides: str, **options: Any) -> dict[str, Any]:
    return plan_recipe(load_recipe(recipe, overrides, {}), recipe, runs, **options)


def stage(planned: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in planned["stages"] if row["name"] == name)


def estimate(planned: dict[str, Any], name: str) -> dict[str, Any]:
    return stage(planned, name)["estimate"]


def holds(value: Any, real: float) -> bool:
    """Whether a figure, or a range, of a plan holds what came."""
    return value["low"] <= real <= value["high"] if isinstance(value, dict) else value == real


def lowest(value: Any) -> float:
    return float(value["low"] if isinstance(value, dict) else value)


def middle(value: Any) -> float:
    return (value["low"] + value["high"]) / 2 if isinstance(value, dict) else float(value)


def with_teacher(path: Path, teacher: dict[str, Any], **synthesis: Any) -> Path:
    recipe = yaml.safe_load(path.read_text())
    recipe["synthesis"] = {"teacher": teacher, "tasks": [{"prompt": "grounded_qa"}], **synthesis}
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return path


def chat(base_url: str, **more: Any) -> dict[str, Any]:
    return {"kind": "chat", "base_url": base_url, "model": "scripted", "concurrency": 4, **more}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def recipe(tmp_path: Path, corpus: Path) -> Path:
    return write_recipe(tmp_path, corpus)


def test_where_every_document_could_be_looked_at_chunks_and_samples_are_exact(recipe: Path, tmp_path: Path):
    planned = plan(recipe, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    run = run_recipe(load_recipe(recipe, (), {}), recipe, tmp_path / "runs")
    assert estimate(planned, "chunk")["counts"]["chunks"] == run.need("chunk").manifest.counts["chunks"]
    assert estimate(planned, "synthesize")["counts"]["samples"] == run.need("synthesize").manifest.counts["samples"]
    assert estimate(planned, "parse")["rests_on"] == "all 8 documents read"
    assert planned["totals"]["calls"] == 0
    for split in ("train", "dev", "test"):
        assert holds(estimate(planned, "curate")["counts"][split], run.need("curate").manifest.counts[split]), split


def test_a_part_of_the_documents_tells_a_range_and_what_it_rests_on(recipe: Path, tmp_path: Path):
    planned = plan(recipe, tmp_path / "runs", most_documents=4)
    assert estimate(planned, "chunk")["rests_on"] == "4 of 8 documents looked at"
    counts = estimate(planned, "chunk")["counts"]
    assert counts["chunks"]["low"] < counts["chunks"]["high"]
    run = run_recipe(load_recipe(recipe, (), {}), recipe, tmp_path / "runs", last="2b")
    assert holds(counts["chunks"], run.need("chunk").manifest.counts["chunks"])
    again = plan(recipe, tmp_path / "other", most_documents=4)
    assert estimate(again, "chunk")["counts"] == counts


def test_calls_and_tokens_are_those_that_the_run_then_sends_and_nothing_is_sent_before(tmp_path: Path, recipe: Path):
    with ScriptedServer(write_reply) as server:
        path = with_teacher(recipe, chat(server.base_url))
        run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3a")
        before = contents(tmp_path / "runs")
        planned = plan(path, tmp_path / "runs")
        assert contents(tmp_path / "runs") == before
        assert server.requests == server.other_requests == 0
        run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3b")
        conversations = server.answered
    quoted = estimate(planned, "synthesize")
    assert holds(quoted["calls"], run.need("synthesize").manifest.counts["calls"])
    assert quoted["calls"]["low"] == len(conversations)
    counter = TokenCounter(base_model_path() / "tokenizer.json")
    sent = sum(counter.count([turn.content for messages in conversations for turn in messages]))
    assert holds(quoted["tokens_in"], sent)
    assert quoted["tokens_in"]["high"] < 1.8 * sent  # small passages: the schema, if the server counts it, is a third
    assert quoted["usd"] == 0  # a server of one's own
    assert stage(planned, "chunk")["status"] == "done already"
    assert stage(planned, "chunk")["counts"] == run.need("chunk").manifest.counts
    assert estimate(planned, "chunk") is None


def test_what_lies_in_the_journal_is_not_paid_again_and_looking_leaves_no_trace(tmp_path: Path, recipe: Path):
    with ScriptedServer(write_reply) as server:
        path = with_teacher(recipe, chat(server.base_url))
        run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3b")
    calls = run.need("synthesize").manifest.counts["calls"]
    shutil.rmtree(run.need("synthesize").path)
    before = contents(tmp_path / "runs")
    quoted = estimate(plan(path, tmp_path / "runs"), "synthesize")
    assert contents(tmp_path / "runs") == before
    assert (quoted["calls"], quoted["from_journal"]) == (0, calls)
    assert quoted["tokens_in"] == quoted["tokens_out"] == 0


def test_replies_of_the_journal_tell_how_long_the_next_ones_will_be(tmp_path: Path, recipe: Path, corpus: Path):
    with ScriptedServer(write_reply) as server:
        path = with_teacher(recipe, chat(server.base_url))
        write_corpus(tmp_path / "few", 6)
        few = f"sources.0.path={tmp_path / 'few'}"
        run_recipe(load_recipe(path, (few,), {}), path, tmp_path / "runs", last="3b")
        told = estimate(plan(path, tmp_path / "runs"), "synthesize")
        run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3b")
    counts = run.need("synthesize").manifest.counts
    assert holds(told["calls"], counts["calls"])
    assert counts["from_journal"] >= lowest(told["from_journal"]) > 0
    # The server counts words where the plan's tokenizer counts tokens: only its own replies can tell.
    assert holds(told["tokens_in"], counts["tokens_in"])
    assert abs(middle(told["tokens_out"]) / counts["tokens_out"] - 1) < 0.4


def test_money_is_the_price_times_the_tokens(tmp_path: Path, recipe: Path):
    teacher = {"kind": "chat", "provider": "openai", "model": "scripted", "price": {"usd_in": 3, "usd_out": 0}}
    quoted = estimate(plan(with_teacher(recipe, teacher), tmp_path / "runs"), "synthesize")
    assert quoted["usd"]["low"] == pytest.approx(quoted["tokens_in"]["low"] * 3e-6, abs=2e-4)
    assert quoted["usd"]["high"] == pytest.approx(quoted["tokens_in"]["high"] * 3e-6, abs=2e-4)


def test_an_unknown_price_is_said_and_not_taken_for_nothing(tmp_path: Path, recipe: Path):
    teacher = {"kind": "chat", "provider": "openai", "model": "house-model"}
    planned = plan(with_teacher(recipe, teacher, budget={"usd": 1}), tmp_path / "runs")
    assert estimate(planned, "synthesize")["usd"] is None
    assert planned["totals"]["usd"] is None
    assert "price unknown" in planned["sentence"]
    assert "price of house-model at openai unknown: give synthesis.teacher.price" in planned["notes"]
    assert planned["budget"]["suffices"] is None
    assert "give synthesis.teacher.price" in planned["budget"]["sentence"]


def test_a_missing_key_is_named_and_stops_no_plan(tmp_path: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    teacher = {"kind": "chat", "provider": "openai", "model": "gpt-4.1-mini"}
    planned = plan(with_teacher(recipe, teacher), tmp_path / "runs")
    assert any("OPENAI_API_KEY is not set" in warning for warning in planned["warnings"])
    assert any("prices of gpt-4.1-mini as of 20" in note for note in planned["notes"])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-secret")
    told = json.dumps(plan(recipe, tmp_path / "runs"))
    assert "is not set" not in told
    assert "something-secret" not in told


def test_a_server_that_is_not_there_is_named(tmp_path: Path, recipe: Path):
    planned = plan(with_teacher(recipe, chat("http://127.0.0.1:9/v1")), tmp_path / "runs")
    assert any("no teacher answers at http://127.0.0.1:9/v1" in warning for warning in planned["warnings"])


@pytest.mark.parametrize(
    ("budget", "suffices"),
    [({"usd": 100}, True), ({"usd": 0}, False), ({"calls": 3}, False), ({"calls": 1000, "minutes": 60}, True)],
)
def test_a_budget_is_compared_and_what_it_leaves_unwritten_is_counted(
    tmp_path: Path, recipe: Path, budget: dict[str, float], suffices: bool
):
    teacher = {"kind": "chat", "provider": "openai", "model": "gpt-4.1-mini"}
    planned = plan(with_teacher(recipe, teacher, budget=budget), tmp_path / "runs")
    calls = estimate(planned, "synthesize")["calls"]
    told = planned["budget"]
    assert told["suffices"] is suffices
    if suffices:
        assert (told["passages_left"], "suffices" in told["sentence"]) == (0, True)
    else:
        left = calls["low"] - budget.get("calls", 0)
        assert told["passages_left"]["low"] <= left <= told["passages_left"]["high"]
        assert "does not suffice" in told["sentence"]


def test_a_recipe_without_a_budget_has_none_to_compare(recipe: Path, tmp_path: Path):
    assert plan(recipe, tmp_path / "runs")["budget"] is None


def test_limits_a_minute_and_fewer_calls_in_flight_take_longer(tmp_path: Path, recipe: Path):
    base = {"kind": "chat", "provider": "openai", "model": "gpt-4.1-mini", "concurrency": 16}

    def seconds(**more: Any) -> float:
        return middle(
            estimate(plan(with_teacher(recipe, {**base, **more}), tmp_path / "runs"), "synthesize")["seconds"]
        )

    free = seconds()
    assert seconds(concurrency=1) > 4 * free
    assert seconds(requests_per_minute=2) > 10 * free
    assert seconds(tokens_per_minute=1000) > 10 * free


def test_more_tasks_are_more_calls(tmp_path: Path, recipe: Path):
    path = with_teacher(recipe, {"kind": "chat", "provider": "openai", "model": "gpt-4.1-mini"})
    one = estimate(plan(path, tmp_path / "runs"), "synthesize")
    tasks = [{"prompt": "eli5", "group": "a"}, {"prompt": "intuitive", "group": "b"}, {"prompt": "grounded_qa"}]
    three = estimate(plan(path, tmp_path / "runs", f"synthesis.tasks={json.dumps(tasks)}"), "synthesize")
    assert three["calls"]["low"] == 3 * one["calls"]["low"]


def test_a_model_that_thinks_is_taken_to_use_all_it_may(tmp_path: Path, recipe: Path):
    path = with_teacher(recipe, {"kind": "chat", "provider": "openai", "model": "gpt-5-mini", "max_new_tokens": 900})
    planned = plan(path, tmp_path / "runs")
    quoted = estimate(planned, "synthesize")
    assert quoted["tokens_out"]["high"] > 600 * quoted["calls"]["low"]
    assert any("may think before it answers" in note for note in planned["notes"])


def test_rows_and_steps_of_curated_samples_are_those_of_the_training(tmp_path: Path, corpus: Path, tiny_model: Path):
    path = write_recipe(tmp_path, corpus, tiny_model, max_steps=-1, num_train_epochs=2)
    run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3c")
    quoted = estimate(plan(path, tmp_path / "runs"), "train")
    rows = run.need("curate").manifest.counts["train"]
    assert quoted["counts"]["rows"] == rows
    done = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="4b").need("train")
    assert quoted["counts"]["steps"] == done.manifest.counts["steps"]
    assert holds(quoted["counts"]["tokens"], done.manifest.counts["tokens"])
    size = sum(file.stat().st_size for file in (done.path / "checkpoints").rglob("*") if file.is_file())
    assert middle(quoted["disk_bytes"]) < 1.5 * size
    assert quoted["memory_bytes"]["low"] < quoted["memory_bytes"]["high"]


def test_a_probe_measures_real_steps_and_leaves_nothing_behind(tmp_path: Path, corpus: Path, tiny_model: Path):
    path = write_recipe(tmp_path, corpus, tiny_model)
    planned = plan(path, tmp_path / "runs", probe=True)
    quoted = estimate(planned, "train")
    assert "probe:" in quoted["rests_on"]
    assert 100 << 20 < quoted["memory_bytes"]["low"] < quoted["memory_bytes"]["high"]
    assert not (tmp_path / "runs").exists()


def test_a_probe_that_cannot_train_says_why(tmp_path: Path, corpus: Path, tiny_model: Path):
    from glossator.errors import TrainingError

    path = write_recipe(tmp_path, corpus, tiny_model, optim="no_such_optimiser")
    with pytest.raises(TrainingError, match=r"the probe failed: .*no_such_optimiser"):
        plan(path, tmp_path / "runs", probe=True)


def test_what_is_yet_to_be_fetched_is_at_most_and_typical(tmp_path: Path):
    path = tmp_path / "far.yaml"
    source = {"kind": "arxiv", "query": "tides", "max_results": 40, "content": "abstracts", "group_size": 5}
    teacher = {"kind": "chat", "provider": "openai", "model": "gpt-4.1-mini"}
    synthesis = {"teacher": teacher, "tasks": [{"prompt": "atomic_qa"}]}
    path.write_text(yaml.safe_dump({"name": "far", "sources": [source], "synthesis": synthesis}))
    planned = plan(path, tmp_path / "runs")
    assert "at most 40 to fetch" in planned["sentence"]
    assert estimate(planned, "chunk")["rests_on"] == "typical figures for at most 8 documents that are not here yet"
    assert estimate(planned, "parse")["counts"]["documents"] == {"low": 6, "high": 8}
    assert estimate(planned, "synthesize")["calls"]["high"] > 0
    assert estimate(planned, "synthesize")["tokens_in"]["low"] > 600 * estimate(planned, "synthesize")["calls"]["low"]
    assert not (tmp_path / "runs").exists()


def test_ready_questions_need_no_calls_and_their_splits_are_known(tmp_path: Path, tiny_model: Path):
    rows = [{"question": f"What is word {n} of the list?", "answer": f"It is the noun number {n}."} for n in range(40)]
    (tmp_path / "qa.json").write_text(json.dumps(rows))
    path = write_recipe(tmp_path, tmp_path, tiny_model)
    recipe = yaml.safe_load(path.read_text())
    recipe["sources"] = [{"kind": "qa_files", "path": str(tmp_path / "qa.json")}]
    del recipe["synthesis"]
    path.write_text(yaml.safe_dump(recipe))
    planned = plan(path, tmp_path / "runs")
    assert "40 ready questions" in planned["sentence"]
    assert planned["totals"]["calls"] == 0
    assert middle(estimate(planned, "train")["counts"]["rows"]) == pytest.approx(20 * 0.85, rel=0.3)


def test_a_chat_judge_and_a_vision_teacher_are_calls_too(tmp_path: Path, recipe: Path):
    other = {"provider": "openai", "model": "gpt-4.1-mini"}
    judged = plan(recipe, tmp_path / "runs", f"curation.judge={json.dumps({'kind': 'chat', **other})}")
    samples = middle(estimate(judged, "synthesize")["counts"]["samples"])
    assert estimate(judged, "curate")["calls"]["low"] >= samples
    assert judged["totals"]["usd"]["high"] > 0
    describe = {"describe": {"kind": "chat", **other}}
    papers = Path(__file__).parents[1] / "fixtures" / "papers"
    shown = plan(recipe, tmp_path / "runs", f"parsing.figures={json.dumps(describe)}", f"sources.0.path={papers}")
    figures = middle(estimate(shown, "parse")["counts"]["figures"])
    assert estimate(shown, "parse").get("calls", {"low": 0})["low"] == figures


def test_everything_done_is_said_so(recipe: Path, tmp_path: Path):
    run_recipe(load_recipe(recipe, (), {}), recipe, tmp_path / "runs")
    planned = plan(recipe, tmp_path / "runs")
    assert planned["sentence"] == "8 documents, everything is done"
    assert planned["totals"]["seconds"] == 0
