"""The page of samples, driven by keys as a person would; and the same decisions without a terminal."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.reviewed_run import BUILT, LOST, RYE, make_reviewed_run
from textual.widgets import Static, TextArea

from glossator.cli.review_page import ReviewPage
from glossator.pipeline.reviewing import Review


def press(review: Review, *keys: str, rejected: bool = False, answer: str | None = None) -> dict[str, str]:
    """Press keys on the page, put an answer into the box that is open then, and give what is to be read."""

    async def sit() -> dict[str, str]:
        page = ReviewPage(review, rejected=rejected)
        async with page.run_test(size=(120, 40)) as pilot:
            await pilot.press(*keys)
            await pilot.pause()
            if answer is not None:
                page.screen.query_one("#answer", TextArea).text = answer
                await pilot.press("ctrl+s")
                await pilot.pause()
            names = ("head", "passage_text", "pair_text")
            return {name: str(page.query_one(f"#{name}", Static).content) for name in names}

    return asyncio.run(sit())


@pytest.fixture
def review(tmp_path: Path):
    with Review(make_reviewed_run(tmp_path)) as opened:
        yield opened


def test_the_page_shows_the_passage_and_text_of_documents_is_never_markup(review: Review):
    seen = press(review)
    assert "1 of 2 · train · grounded_qa · kept" in seen["head"]
    assert "[red]It ground rye[/]" in seen["passage_text"]
    assert "When was the mill built?" in seen["pair_text"]


def test_a_key_drops_a_sample_and_goes_on(review: Review):
    seen = press(review, "d")
    assert "2 of 2 · test" in seen["head"]
    assert review.find(BUILT.id).decision.action == "drop"


def test_a_decision_can_be_taken_back(review: Review):
    press(review, "d", "p", "u")
    assert review.find(BUILT.id).decision is None


def test_the_boxes_change_an_answer(review: Review):
    seen = press(review, "n", "e", answer="Rye, until 1801.")
    decision = review.find(RYE.id).decision
    assert (decision.action, decision.answer, decision.question) == ("edit", "Rye, until 1801.", RYE.question)
    assert "Rye, until 1801." in seen["pair_text"]
    assert "to be edited" in seen["head"]


def test_leaving_the_boxes_changes_nothing(review: Review):
    press(review, "e", "escape")
    assert review.decisions == 0


def test_what_was_left_out_is_shown_with_its_reason_and_comes_back(review: Review):
    seen = press(review, "r")
    assert "rejected by self_referential" in seen["head"]
    assert "'this passage'" in seen["pair_text"]
    press(review, "a", rejected=True)
    assert review.find(LOST.id).decision.action == "admit"


def test_what_was_kept_cannot_be_admitted(review: Review):
    press(review, "a")
    assert review.decisions == 0


def glossator(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from glossator.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


def test_without_a_terminal_samples_are_listed_and_decided_by_id(tmp_path: Path):
    make_reviewed_run(tmp_path / "runs")
    listed = glossator("review", "mill", "--list", "--json", cwd=tmp_path)
    assert [row["question"] for row in json.loads(listed.stdout)] == [BUILT.question, RYE.question]
    decided = glossator("review", "mill", "--edit", BUILT.id[:10], "--answer", "In 1743.", "--json", cwd=tmp_path)
    assert json.loads(decided.stdout)["answer"] == "In 1743."
    again = json.loads(glossator("review", "mill", "--json", cwd=tmp_path).stdout)
    assert again[0]["status"] == "kept, to be edited"
    page = glossator("review", "mill", cwd=tmp_path)
    assert page.returncode == 2
    assert "use --list" in page.stderr
