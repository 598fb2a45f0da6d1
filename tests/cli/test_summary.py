"""What a person reads at a run's end says what was measured, no more."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from glossator.cli.summary import print_summary


def summary(**changes: Any) -> dict[str, Any]:
    """A run with an evaluation, as `summarize` tells it."""
    found = {"metric": "token_f1", "difference": 0.2, "low": 0.1, "high": 0.3, "questions": 12, "documents": 2}
    scores = {"base": {"token_f1": 0.3}, "tuned": {"token_f1": 0.5}}
    told = {
        "recipe": "mine",
        "started": "2026-11-20T18-03-18Z",
        "stages": [],
        "funnel": {"documents": 1, "pages": 90, "chunks": 80, "samples": 40, "rejected": 3},
        "splits": {"train": 28, "test": 12},
        "scores": scores,
        "scores_test_seen": scores,
        "differences": [{"split": split, **found} for split in ("test", "test_seen")],
        "unit": "document",
        "confidence": 0.95,
        "recipe_path": "recipes/mine.yaml",
        "verdict": {"helped": True, "sentence": "Tuning helped."},
        "test_looks": 1,
        "paths": {"run": "runs/mine/now", "report": "runs/mine/report.html", "adapter": None, "samples": None},
    }
    return {**told, **changes}


def printed(capsys: pytest.CaptureFixture[str], told: dict[str, Any], **options: bool) -> str:
    print_summary(told, **options)
    return capsys.readouterr().out


def test_documents_are_called_documents(capsys: pytest.CaptureFixture[str]):
    text = printed(capsys, summary())
    assert "unseen documents (test): 12 questions, 2 documents" in text
    assert "trained documents (test_seen): 12 questions, 2 documents" in text


def test_sections_are_called_sections(capsys: pytest.CaptureFixture[str]):
    text = printed(capsys, summary(unit="section"))
    assert "unseen sections (test): 12 questions, 2 sections" in text
    assert "The test sections were scored once" in text
    assert "documents (test" not in text


def test_one_of_a_kind_is_counted_as_one_and_has_no_interval(capsys: pytest.CaptureFixture[str]):
    row = {"split": "test", "metric": "token_f1", "difference": 0.2, "low": None, "high": None}
    text = printed(capsys, summary(differences=[{**row, "questions": 1, "documents": 1}], unit="section"))
    assert "unseen sections (test): 1 question, 1 section\n" in text
    assert "too few sections" in text


@pytest.mark.parametrize(("confidence", "title"), [(0.8, "80 % interval"), (0.95, "95 % interval")])
def test_the_interval_is_headed_by_the_confidence_it_was_made_with(
    capsys: pytest.CaptureFixture[str], confidence: float, title: str
):
    assert title in printed(capsys, summary(confidence=confidence))


def test_a_summary_that_lacks_the_newer_keys_claims_nothing_about_them(capsys: pytest.CaptureFixture[str]):
    told = summary()
    for key in ("unit", "confidence", "recipe_path"):
        del told[key]
    text = printed(capsys, told, next_steps=True)
    assert "unseen documents" in text
    assert "% interval" not in text
    assert "interval" in text
    assert "glossator run" not in text
    assert "glossator show mine" in text


def test_what_to_try_next_names_the_recipe_where_it_lies(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    told = summary(recipe_path=str(tmp_path / "my recipes" / "a[b].yaml"))
    text = printed(capsys, told, next_steps=True)
    assert "glossator run 'my recipes/a[b].yaml' --documents " in text
    assert "recipes/mine.yaml" not in text


def test_the_looks_at_the_test_documents_are_told(capsys: pytest.CaptureFixture[str]):
    text = printed(capsys, summary(test_looks=3))
    assert "The test documents were scored for 3 different tuned models under this recipe." in text


def test_a_run_without_an_evaluation_shows_no_scores(capsys: pytest.CaptureFixture[str]):
    text = printed(capsys, summary(differences=[], unit=None, confidence=None, test_looks=0))
    assert "interval" not in text
    assert "scored" not in text


def test_groups_are_told_by_the_primary_metric_worst_first(capsys: pytest.CaptureFixture[str]):
    row = {"split": "test", "questions": 5, "base": 0.1}
    groups = [
        {**row, "group": "urology", "metric": "token_f1", "tuned": 0.4},
        {**row, "group": "nutrition", "metric": "token_f1", "tuned": 0.2},
        {**row, "group": "nutrition", "metric": "rougeL", "tuned": 0.9},
    ]
    text = printed(capsys, summary(groups=groups, primary="token_f1"))
    table = text[text.index("token_f1 by group") :]
    assert table.index("nutrition") < table.index("urology")
    assert "+0.300" in table
    assert "0.900" not in table


def test_one_group_is_no_table(capsys: pytest.CaptureFixture[str]):
    row = {"split": "test", "questions": 5, "base": 0.1, "group": "a", "metric": "token_f1", "tuned": 0.4}
    assert "by group" not in printed(capsys, summary(groups=[row], primary="token_f1"))


def test_a_registered_model_is_told_with_the_commands_that_ask_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    registered = {"label": "papers-qa-qlora@v1.0", "path": "x", "registry": str(tmp_path / "registry")}
    told = summary(registered=registered, example_question="What's in it?")
    text = printed(capsys, told, next_steps=True)
    assert "glossator serve papers-qa-qlora@v1.0 " in text
    assert "--registry-dir" not in text
    (curl,) = [line for line in text.splitlines() if "curl" in line]
    body = shlex.split(curl)[-1]
    assert json.loads(body) == {"question": "What's in it?"}


def test_a_registry_elsewhere_is_named(capsys: pytest.CaptureFixture[str]):
    registered = {"label": "a-b-lora@v2.1", "path": "x", "registry": "/elsewhere/registry"}
    text = printed(capsys, summary(registered=registered), next_steps=True)
    assert "glossator chat a-b-lora@v2.1 --registry-dir /elsewhere/registry" in text


def test_a_run_without_documents_tells_no_pages(capsys: pytest.CaptureFixture[str]):
    funnel = {"documents": 3, "pages": 0, "chunks": 0, "samples": 40, "rejected": 3}
    text = printed(capsys, summary(funnel=funnel))
    assert "3 documents → 40 samples kept" in text


def test_files_that_were_set_aside_are_named_with_their_reasons(capsys: pytest.CaptureFixture[str]):
    first = [{"stage": "parse", "reason": "encrypted", "detail": f"{n}.pdf: it asks for a password"} for n in range(12)]
    text = printed(capsys, summary(set_aside={"count": 40, "first": first}))
    assert "set aside: 40" in text
    assert "encrypted        0.pdf: it asks for a password" in text
    assert text.count("it asks for a password") == 8
    assert "the rest is in rejects.jsonl" in text
