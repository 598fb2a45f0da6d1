"""`glossator explain` shows the whole chain: a tree for eyes, plain lines or JSON for programs."""

import io
import json

import pytest
from rich.console import Console
from tests.cli.test_doors import glossator
from tests.conftest import write_corpus, write_recipe

from glossator.artifacts import read_records
from glossator.cli import output
from glossator.cli.explain import explain
from glossator.pipeline import Run, run_recipe
from glossator.recipe import load_recipe
from glossator.records import Sample


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("explained")
    path = write_recipe(folder, write_corpus(folder / "corpus"))
    return run_recipe(load_recipe(path, (), {}), path, folder / "runs", last="3c")


@pytest.fixture
def sample(run: Run) -> Sample:
    return next(read_records(run.need("curate").file("train.jsonl"), Sample))


def test_plain_lines_hold_the_whole_chain(run: Run, sample: Sample):
    shown = glossator("explain", sample.id[:10], cwd=run.path.parents[2])
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0] == f"sample {sample.id} (task {sample.task})"
    for part in (sample.question, sample.evidence[0].text, "licence unknown", "page 1 ›", "seed 7", "kept in train"):
        assert part in shown.stdout
    assert not set("│├└") & set(shown.stdout)
    assert "\x1b" not in shown.stdout


def test_a_terminal_gets_a_tree(run: Run, sample: Sample, monkeypatch: pytest.MonkeyPatch):
    screen = io.StringIO()
    monkeypatch.setattr(output, "console", lambda: Console(file=screen, force_terminal=True, width=200))
    explain(sample.id, run.path.parents[1])
    shown = screen.getvalue()
    assert "└── " in shown
    assert sample.evidence[0].text[:60] in shown


def test_one_json_value_tells_the_same(run: Run, sample: Sample):
    told = json.loads(glossator("explain", sample.id, "--json", cwd=run.path.parents[2]).stdout)
    assert told["id"] == sample.id
    assert told["evidence"][0]["text"] == sample.evidence[0].text
    assert told["cases"][0]["places"][0]["recipe"] == "tiny"


def test_an_unknown_id_is_one_line(run: Run):
    failed = glossator("explain", "nowhere", cwd=run.path.parents[2])
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "'nowhere'; take an id from" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
