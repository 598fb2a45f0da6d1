"""The quickstart, with the embedded model and the committed papers, cut short in training only."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHORT = ("training.max_steps=4", "training.checkpoints=2", "evaluation.max_new_tokens=12", "evaluation.resamples=500")


def quickstart(runs: Path) -> subprocess.CompletedProcess[str]:
    overrides = [part for value in SHORT for part in ("--set", value)]
    command = [sys.executable, "-c", "from glossator.cli import main; main()", "run", "recipes/quickstart.yaml"]
    return subprocess.run(
        [*command, *overrides, "--runs-dir", str(runs), "--json"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def told(runs: Path) -> dict:
    return json.loads(quickstart(runs).stdout)


def test_twelve_papers_become_samples_scores_and_a_verdict(told: dict):
    assert told["funnel"]["documents"] == 12
    assert told["funnel"]["samples"] == sum(told["splits"].values())
    assert told["splits"]["train"] >= 8
    assert (
        set(told["scores"]["base"])
        == set(told["scores"]["tuned"])
        == {
            "token_f1",
            "exact_match",
            "rougeL",
            "string_similarity",
        }
    )
    assert told["verdict"]["sentence"].endswith(".")
    assert all(stage["status"] == "done" for stage in told["stages"])


def test_the_report_is_one_page_that_loads_nothing_and_begins_with_the_verdict(told: dict):
    page = Path(told["paths"]["report"]).read_text(encoding="utf-8")
    assert page.count("<svg") >= 2
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page
    markdown = Path(told["paths"]["report"]).with_suffix(".md").read_text(encoding="utf-8")
    assert "questions about" in markdown[:1500]


def test_every_sample_can_be_traced_to_a_span_on_a_page_of_a_paper(told: dict):
    folder = Path(told["paths"]["samples"])
    links = [json.loads(line) for line in (folder / "lineage.jsonl").read_text(encoding="utf-8").splitlines()]
    kinds: dict[str, set[str]] = {}
    for link in links:
        kinds.setdefault(link["child"], set()).add(link["kind"])
    for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        assert {"evidence", "teacher", "prompt"} <= kinds[sample["id"]]
        assert "document" in kinds[sample["chunk_ids"][0]]
        assert "origin" in kinds[sample["document_ids"][0]]


def test_the_adapter_is_safetensors_and_names_no_place_of_this_machine(told: dict):
    adapter = Path(told["paths"]["adapter"])
    names = {"adapter_config.json", "adapter_model.safetensors", "glossator_form.json"}
    assert {path.name for path in adapter.iterdir()} == names
    assert str(ROOT) not in (adapter / "adapter_config.json").read_text(encoding="utf-8")


def test_a_second_run_does_nothing_and_says_the_same(told: dict, runs: Path):
    again = quickstart(runs)
    assert again.stderr.count("found done") == 12
    assert json.loads(again.stdout) == told


def test_generate_answers_with_the_adapter_as_it_was_evaluated(told: dict, tmp_path: Path):
    evaluated = Path(told["paths"]["report"]).parent / "predictions.jsonl"
    tuned = [json.loads(line) for line in evaluated.read_text(encoding="utf-8").splitlines()]
    tuned = [row for row in tuned if row["adapter"]]
    samples = {}
    for split in ("test", "test_seen"):
        for line in (Path(told["paths"]["samples"]) / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            sample = json.loads(line)
            samples[sample["id"]] = sample
    asked = [{"messages": samples[row["sample_id"]]["messages"][:-1]} for row in tuned]
    (tmp_path / "asked.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        "from glossator.cli import main; main()",
        "generate",
        "-i",
        "asked.jsonl",
        "--json",
    ]
    options = ["--adapter", told["paths"]["adapter"], "--max-new-tokens", "12"]
    made = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=True)
    same = sum(reply["text"] == row["text"] for reply, row in zip(json.loads(made.stdout), tuned, strict=True))
    assert same >= 0.9 * len(tuned)  # batches differ, and padding may tip a near tie in bfloat16
