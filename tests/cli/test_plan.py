"""`plan` prints a sentence, a table and what it rests on, or the same as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe


def glossator(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    command = [sys.executable, "-m", "glossator", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = write_recipe(tmp_path, write_corpus(tmp_path / "corpus"))
    values = yaml.safe_load(path.read_text())
    teacher = {"kind": "chat", "provider": "openai", "model": "gpt-4.1-mini"}
    values["synthesis"] = {"teacher": teacher, "tasks": [{"prompt": "grounded_qa"}], "budget": {"usd": 0.001}}
    path.write_text(yaml.safe_dump(values))
    return path


def test_the_sentence_comes_first_and_a_budget_that_is_too_small_is_no_error(recipe: Path, tmp_path: Path):
    told = glossator("plan", recipe, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].startswith("tiny: 8 documents, 6 of 6 stages to do: about ")
    assert " calls, " in lines[0]
    assert " USD, " in lines[0]
    assert "the budget of 0.001 USD does not suffice: " in told.stdout
    assert "missing: openai needs a key and OPENAI_API_KEY is not set" in told.stdout
    assert "3b rests on: all 8 documents read; grounded_qa: prompts composed for " in told.stdout
    assert "note: prices of gpt-4.1-mini as of " in told.stdout
    assert not (tmp_path / "runs").exists()


def test_json_holds_the_same_and_nothing_else_is_printed(recipe: Path, tmp_path: Path):
    told = glossator("plan", recipe, "--json", cwd=tmp_path)
    planned = json.loads(told.stdout)
    assert set(planned) == {"recipe", "sentence", "stages", "totals", "budget", "warnings", "notes"}
    assert "calls" in planned["sentence"]
    synthesize = next(row for row in planned["stages"] if row["name"] == "synthesize")
    assert set(synthesize["estimate"]) == {
        "counts", "calls", "from_journal", "tokens_in", "tokens_out", "usd", "seconds", "disk_bytes", "rests_on",
    }  # fmt: skip
    assert planned["budget"]["suffices"] is False
    assert planned["totals"]["usd"] == synthesize["estimate"]["usd"]


def test_what_cannot_run_at_all_is_one_line(recipe: Path, tmp_path: Path):
    told = glossator(
        "plan", recipe, "--set", "training.base_model=nowhere", "--set", "training.max_length=2048", cwd=tmp_path
    )
    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "nowhere' is no model folder" in told.stderr
