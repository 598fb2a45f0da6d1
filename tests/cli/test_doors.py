"""The doors as a user opens them: real processes, one JSON value on standard output, exit codes with a meaning."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import write_corpus, write_recipe

from glossator.cli.output import duration, escape
from glossator.cli.sets import absolute_paths


def glossator(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from glossator.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
        check=False,
    )


@pytest.fixture
def recipe(tmp_path: Path, corpus: Path) -> Path:
    return write_recipe(tmp_path, corpus)


def test_run_then_show_tell_the_same_story(recipe: Path, tmp_path: Path):
    ran = glossator("run", recipe, "--to", "3c", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    shown = glossator("show", "tiny", "--json", cwd=tmp_path)
    assert json.loads(shown.stdout) == told
    assert set(told) >= {"recipe", "stages", "funnel", "splits", "scores", "verdict", "paths"}
    assert set(told["funnel"]) == {"documents", "pages", "chunks", "samples", "rejected"}
    assert {"name", "status", "seconds", "counts"} <= set(told["stages"][0])
    assert "found done" not in ran.stderr
    again = glossator("run", recipe, "--to", "3c", cwd=tmp_path)
    assert again.stderr.count("found done") == 6
    assert "8 documents →" in again.stdout


def test_an_expected_error_is_told_without_a_traceback_and_ends_with_2(tmp_path: Path):
    failed = glossator("run", "nowhere.yaml", cwd=tmp_path)
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert "nowhere.yaml" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_three_mistakes_of_a_recipe_are_told_at_once(tmp_path: Path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: bad\nsources: [{kind: local_files}]\nseed: -4\nexports: {}\n")
    failed = glossator("run", path, cwd=tmp_path)
    assert failed.returncode == 2
    for place in ("sources.0.path: is missing", "seed: -4", "exports.formats: is missing"):
        assert place in failed.stderr


def test_a_path_given_at_set_starts_at_the_working_directory(recipe: Path, tmp_path: Path):
    elsewhere = write_corpus(tmp_path / "elsewhere" / "mine", 3).parent
    planned = glossator("plan", recipe, "--set", "sources.0.path=mine", "--json", cwd=elsewhere)
    assert json.loads(planned.stdout)["stages"][0]["counts"]["documents"] == 3


def test_absolute_paths_changes_paths_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    assert absolute_paths(["sources.0.path=a", "seed=3", "training.base_model=embedded", "name=a=b"]) == [
        f"sources.0.path={tmp_path / 'a'}",
        "seed=3",
        "training.base_model=embedded",
        "name=a=b",
    ]


def test_stages_lists_the_road_without_a_recipe(tmp_path: Path):
    listed = json.loads(glossator("stages", "--json", cwd=tmp_path).stdout)
    numbers = ["1", "2a", "2b", "2c", "3a", "3b", "3c", "4a", "4b", "4c", "4d", "5", "6"]
    assert [row["number"] for row in listed] == numbers


def test_plan_counts_documents_and_writes_nothing(recipe: Path, tmp_path: Path):
    planned = json.loads(glossator("plan", recipe, "--json", cwd=tmp_path).stdout)
    assert planned["stages"][0]["counts"]["documents"] == 8
    assert not (tmp_path / "runs").exists()


def test_parse_tells_every_file_with_its_outcome(tmp_path: Path, corpus: Path):
    (corpus / "fake.pdf").write_bytes(b"%PDF-1.4 nothing")
    (corpus / "empty.md").write_text("")
    parsed = glossator("parse", corpus, "--json", cwd=tmp_path)
    rows = {Path(row["path"]).name: row for row in json.loads(parsed.stdout)}
    assert set(rows["bread.md"]) == {"path", "outcome", "reason", "pages", "seconds", "markdown"}
    assert rows["bread.md"]["outcome"] == "ok"
    assert "## Dough" in rows["bread.md"]["markdown"]
    assert rows["fake.pdf"]["outcome"] == "unreadable"
    assert rows["fake.pdf"]["reason"]
    assert rows["empty.md"]["outcome"] == "empty"


def test_parse_writes_one_markdown_file_a_document(tmp_path: Path, corpus: Path):
    glossator("parse", corpus / "bread.md", corpus / "bridges.md", "-o", tmp_path / "out", cwd=tmp_path)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bread.md", "bridges.md"]


def test_score_scores_rows_and_groups(tmp_path: Path):
    rows = [
        {"prediction": "the cat", "reference": "a cat", "group": "x"},
        {"prediction": "dog", "reference": "cat", "group": "y"},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    scored = json.loads(glossator("score", "rows.jsonl", "--metrics", "token_f1", "--json", cwd=tmp_path).stdout)
    assert scored["corpus"] == {"token_f1": 0.5}
    assert [row["token_f1"] for row in scored["rows"]] == [1.0, 0.0]
    assert scored["groups"] == {"x": {"token_f1": 1.0}, "y": {"token_f1": 0.0}}


def test_score_names_a_bad_row(tmp_path: Path):
    (tmp_path / "rows.jsonl").write_text('{"prediction": "a"}\n')
    failed = glossator("score", "rows.jsonl", cwd=tmp_path)
    assert failed.returncode == 2
    assert "line 1" in failed.stderr


def test_generate_answers_in_input_order(tmp_path: Path, tiny_model: Path):
    rows = [{"messages": [{"role": "user", "content": text}]} for text in ("Short?", "A much longer question, please?")]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    options = ("--model", tiny_model, "--max-new-tokens", 4, "--json")
    made = glossator("generate", "-i", "in.jsonl", "-o", "out.jsonl", *options, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    replies = json.loads(made.stdout)
    assert [set(reply) for reply in replies] == [{"text", "tokens_in", "tokens_out", "seconds"}] * 2
    assert replies[0]["tokens_in"] < replies[1]["tokens_in"]
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == replies


def test_generate_names_a_line_of_another_shape(tmp_path: Path):
    (tmp_path / "in.jsonl").write_text('{"prompt": "Q?"}\n')
    failed = glossator("generate", "-i", "in.jsonl", cwd=tmp_path)
    assert failed.returncode == 2
    assert "line 1" in failed.stderr


def test_doctor_says_what_is_installed(tmp_path: Path):
    examined = glossator("doctor", "--json", cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(examined.stdout)}
    assert examined.returncode == 0
    assert rows["python"]["status"] == rows["embedded model"]["status"] == "ok"
    assert "trl" in rows["train"]["detail"]


def test_clean_frees_what_no_kept_run_needs_and_never_the_kept_assignment(recipe: Path, tmp_path: Path):
    glossator("run", recipe, "--to", "3c", cwd=tmp_path)
    glossator("run", recipe, "--to", "3c", "--set", "curation.max_tokens=200", cwd=tmp_path)
    artifacts = tmp_path / "runs" / "tiny" / "artifacts"
    before = {path.name for path in artifacts.iterdir()}
    listed = json.loads(glossator("clean", "tiny", "--keep", "1", "--json", cwd=tmp_path).stdout)
    assert {path.name for path in artifacts.iterdir()} == before
    unneeded = [row for row in listed["items"] if not row["needed"]]
    assert sum("curate-" in row["path"] for row in unneeded) == 1
    glossator("clean", "tiny", "--keep", "1", "--delete", cwd=tmp_path)
    assert len({path.name for path in artifacts.iterdir()}) == len(before) - 1
    assert (tmp_path / "runs" / "tiny" / "splits.json").exists()
    shown = glossator("show", "tiny", "--json", cwd=tmp_path)
    assert json.loads(shown.stdout)["funnel"]["samples"] > 0


@pytest.mark.parametrize(("seconds", "text"), [(0.41, "0.4 s"), (42.2, "42 s"), (185, "3 min 05 s"), (59.7, "60 s")])
def test_durations_are_said_as_people_say_them(seconds: float, text: str):
    assert duration(seconds) == text


def test_text_of_documents_cannot_draw_on_the_terminal():
    assert escape("[red]x[/red]\x1b[2J") == "\\[red]x\\[/red] [2J"


def test_an_interrupted_run_says_that_it_goes_on_and_ends_with_130(recipe: Path, tmp_path: Path):
    code = """
import sys
import glossator.pipeline.documents as place
def interrupted(*arguments):
    raise KeyboardInterrupt
place.write_table = interrupted
from glossator.cli import main
main()
"""
    command = [sys.executable, "-c", code, "run", str(recipe)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    assert done.returncode == 130
    assert "run the same command again to go on" in done.stderr
    assert glossator("run", recipe, "--to", "2a", cwd=tmp_path).returncode == 0
