"""`glossator journal` tells what is kept, and drops only what it was told to."""

import json
import time
from pathlib import Path

import pytest
from tests.cli.test_doors import glossator

from glossator.errors import GlossatorError
from glossator.llm.journal import Journal, JournalEntry
from glossator.pipeline.journal_keeping import keep_journal


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    now = time.time()
    with Journal(tmp_path / "runs" / "journal.sqlite") as journal:
        journal.put_many(
            [JournalEntry(f"k{day}", "a reply", "stop", 10, 3, 0.1, now - day * 86_400, ("d1",)) for day in range(10)]
        )
    return tmp_path / "runs"


def test_size_counts_and_age_are_told(runs: Path):
    told = json.loads(glossator("journal", "--json", cwd=runs.parent).stdout)
    assert (told["replies"], told["tokens_in"], told["tokens_out"], told["documents"]) == (10, 100, 30, 1)
    assert told["oldest"] < told["newest"]
    assert sum(told["months"].values()) == 10
    assert not told["dropped"]
    shown = glossator("journal", cwd=runs.parent).stdout
    assert "tokens read" in shown


def test_old_replies_are_counted_first_and_dropped_with_yes(runs: Path):
    asked = glossator("journal", "--prune-older-than", "4.5", cwd=runs.parent)
    assert "5 replies are older than 4.5 days; drop them with --yes" in asked.stdout
    done = glossator("journal", "--prune-older-than", "4.5", "--yes", cwd=runs.parent)
    assert "5 replies dropped" in done.stdout
    told = json.loads(glossator("journal", "--json", cwd=runs.parent).stdout)
    assert told["replies"] == 5


def test_yes_alone_drops_nothing(runs: Path):
    failed = glossator("journal", "--yes", cwd=runs.parent)
    assert failed.returncode == 2
    assert "--prune-older-than DAYS" in failed.stderr
    with Journal(runs / "journal.sqlite") as journal:
        assert journal.count() == 10


def test_a_missing_journal_is_one_line_and_none_is_made(tmp_path: Path):
    failed = glossator("journal", cwd=tmp_path)
    assert failed.returncode == 2
    assert "no chat teacher has replied yet" in failed.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("days", ["1e6", "1e12", "inf"])
def test_nothing_is_older_than_any_date(runs: Path, days: str):
    told = glossator("journal", "--prune-older-than", days, cwd=runs.parent)
    assert told.returncode == 0, told.stderr
    assert "0 replies are older" in told.stdout


def test_days_that_are_no_number_are_refused(runs: Path):
    with pytest.raises(GlossatorError, match="cannot be older than nan days; give a number of 0 or more"):
        keep_journal(runs, older_than_days=float("nan"), drop=True)
