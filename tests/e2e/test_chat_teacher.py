"""Samples written by a teacher behind a real server on loopback: paid for once, whatever happens in between."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.teaching import teacher_recipe, write_reply

from glossator.artifacts import read_records
from glossator.errors import EndpointError, YieldError
from glossator.llm.journal import Journal
from glossator.llm.scripted_server import Faults, ScriptedReply, ScriptedServer
from glossator.pipeline import Run, run_recipe
from glossator.recipe import load_recipe
from glossator.records import Reject, Sample

WALK = """
import sys
from pathlib import Path
from glossator.pipeline import run_recipe
from glossator.recipe import load_recipe
recipe, runs = Path(sys.argv[1]), Path(sys.argv[2])
run_recipe(load_recipe(recipe, (), {}), recipe, runs, last="3c")
"""
DIE_AFTER_REPLIES = """
import os, signal
from glossator.llm.journal import Journal
original = Journal.put_many
def counted(self, entries):
    result = original(self, entries)
    if self.count() >= 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
Journal.put_many = counted
"""


def walk(recipe: Path, runs: Path, last: str = "3c") -> Run:
    return run_recipe(load_recipe(recipe, (), {}), recipe, runs, last=last)


def samples_of(run: Run) -> list[Sample]:
    return list(read_records(run.need("synthesize").file("samples.jsonl"), Sample))


def rejects_of(run: Run) -> Counter[str]:
    return Counter(reject.reason for reject in read_records(run.need("synthesize").file("rejects.jsonl"), Reject))


def test_every_sample_names_the_model_the_journal_entry_and_a_span_that_stands_in_its_chunk(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        run = walk(teacher_recipe(tmp_path, server.base_url), tmp_path / "runs")
    found = samples_of(run)
    assert len(found) >= 20
    for sample in found:
        assert sample.origin.teacher.startswith("chat/scripted@")
        assert sample.origin.journal_key
        assert sample.evidence[0].text in sample.messages[-2].content


def test_a_second_run_folder_asks_nothing_that_the_journal_holds(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        recipe = teacher_recipe(tmp_path, server.base_url)
        first = walk(recipe, tmp_path / "runs")
        asked = server.requests
        copied = recipe.with_name("other.yaml")
        copied.write_text(recipe.read_text().replace("name: tiny", "name: other"))
        second = walk(copied, tmp_path / "runs")
        assert server.requests == asked
    counts = second.need("synthesize").manifest.counts
    assert counts["calls"] == 0
    assert counts["from_journal"] == first.need("synthesize").manifest.counts["calls"]
    assert [sample.id for sample in samples_of(second)] == [sample.id for sample in samples_of(first)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL exists on POSIX systems only")
def test_killed_with_a_flaky_teacher_no_journalled_call_is_repeated_and_no_row_is_lost(tmp_path: Path):
    with ScriptedServer(write_reply, faults=Faults(seed=3, rate_limited=0.1)) as server:
        recipe = teacher_recipe(tmp_path, server.base_url)
        command = [sys.executable, "-c", DIE_AFTER_REPLIES + WALK, str(recipe), str(tmp_path / "killed")]
        died = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=120, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr
        with Journal(tmp_path / "killed" / "journal.sqlite") as journal:
            kept = journal.count()
        answered_before = len(server.answered)
        killed = walk(recipe, tmp_path / "killed")
        answered_after = len(server.answered) - answered_before
        different = len(set(server.answered))
        assert kept >= 7
        assert answered_after == different - kept  # all that was on disk was used, and only the rest was asked
        assert killed.need("synthesize").manifest.counts["from_journal"] == kept
        assert server.outcomes["rate_limited"] > 0
        undisturbed = walk(recipe, tmp_path / "undisturbed")
    assert [sample.id for sample in samples_of(killed)] == [sample.id for sample in samples_of(undisturbed)]
    assert rejects_of(killed) == rejects_of(undisturbed)


def test_nonsense_is_rejected_with_its_reason_and_stops_the_run_when_nothing_else_comes(tmp_path: Path):
    with (
        ScriptedServer(lambda conversation: "I would rather talk about the weather.") as server,
        pytest.raises(
            YieldError,
            match=r"gave no question .*malformed.*talk about the weather.*choose another teacher.*--set seed=N",
        ),
    ):
        walk(teacher_recipe(tmp_path, server.base_url), tmp_path / "runs")


def test_some_nonsense_costs_its_own_chunk_only(tmp_path: Path):
    def say(conversation) -> str:
        return '{"pairs": "none"}' if "chess" in conversation[-1].content.lower() else write_reply(conversation)

    with ScriptedServer(say) as server:
        run = walk(teacher_recipe(tmp_path, server.base_url), tmp_path / "runs")
    assert samples_of(run)
    assert rejects_of(run)["schema"] >= 1


def test_a_teacher_that_is_down_is_one_clear_line_before_any_work(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        address = server.base_url
    with pytest.raises(EndpointError, match=r"no teacher answers at http://127\.0\.0\.1.*start its server") as caught:
        walk(teacher_recipe(tmp_path, address, timeout_seconds=2), tmp_path / "runs")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs" / "tiny" / "artifacts").exists()


def test_no_teacher_is_needed_for_what_it_wrote_already(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        recipe = teacher_recipe(tmp_path, server.base_url)
        walk(recipe, tmp_path / "runs", last="3b")
    assert walk(recipe, tmp_path / "runs").need("curate").manifest.counts["train"] >= 8


def test_a_missing_key_is_told_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    path = teacher_recipe(tmp_path, "http://127.0.0.1:9/v1")
    recipe = yaml.safe_load(path.read_text())
    recipe["synthesis"]["teacher"] = {"kind": "chat", "provider": "gemini", "model": "gemini-2.5-flash"}
    path.write_text(yaml.safe_dump(recipe))
    with pytest.raises(EndpointError, match="GEMINI_API_KEY"):
        walk(path, tmp_path / "runs")
    assert not (tmp_path / "runs" / "tiny" / "artifacts").exists()


def test_the_key_is_sent_and_lies_nowhere_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_TEACHER_KEY", "sk-very-secret-words")
    with ScriptedServer(write_reply, key="sk-very-secret-words") as server:
        recipe = teacher_recipe(tmp_path, server.base_url, key_variable="MY_TEACHER_KEY")
        run = walk(recipe, tmp_path / "runs")
    assert samples_of(run)
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if b"sk-very-secret-words" in path.read_bytes()]


def test_run_tells_what_the_teacher_was_asked_and_cost(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        recipe = teacher_recipe(tmp_path, server.base_url)
        command = [sys.executable, "-c", "from glossator.cli import main; main()", "run", str(recipe), "--to", "3b"]
        done = subprocess.run(
            [*command, "--runs-dir", str(tmp_path / "runs"), "--json"],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        (told,) = [stage for stage in json.loads(done.stdout)["stages"] if stage["name"] == "synthesize"]
        assert told["counts"]["calls"] == server.requests
    assert told["counts"]["tokens_out"] > 0


def test_the_teacher_is_told_the_title_that_the_document_gives_itself(tmp_path: Path):
    with ScriptedServer(write_reply) as server:
        walk(teacher_recipe(tmp_path, server.base_url), tmp_path / "runs", last="3b")
        told = {line for asked in server.answered for line in asked[-1].content.splitlines() if line[:9] == "Document:"}
    headings = {path.read_text().splitlines()[0].lstrip("# ") for path in (tmp_path / "corpus").glob("*.md")}
    assert told == {f"Document: {heading}" for heading in headings}


def test_passages_that_a_broken_server_left_unanswered_are_asked_again_by_the_next_run(tmp_path: Path):
    broken = True

    def say(conversation) -> str | ScriptedReply:
        if broken and "chess" in conversation[-1].content.lower():
            return ScriptedReply(status=503, error={"message": "overloaded"})
        return write_reply(conversation)

    with ScriptedServer(say) as server:
        recipe = teacher_recipe(tmp_path, server.base_url, attempts=1)
        with pytest.raises(EndpointError, match=r"have no reply .*server_error.*run again"):
            walk(recipe, tmp_path / "runs")
        asked = len(server.answered)
        broken = False
        run = walk(recipe, tmp_path / "runs")
        assert len(server.answered) == len(set(server.answered)) > asked
    assert rejects_of(run)["server_error"] == 0


def test_a_reply_that_was_cut_off_gives_the_pairs_that_were_whole(tmp_path: Path):
    def say(conversation) -> ScriptedReply:
        text = write_reply(conversation)
        return ScriptedReply(text[: int(len(text) * 0.9)], finish_reason="length")

    with ScriptedServer(say) as server:
        run = walk(teacher_recipe(tmp_path, server.base_url), tmp_path / "runs", last="3b")
    assert samples_of(run)
    assert rejects_of(run)["truncated"] >= 5


def test_a_key_may_lie_in_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MY_TEACHER_KEY=sk-from-the-file\n")
    with ScriptedServer(write_reply, key="sk-from-the-file") as server:
        recipe = teacher_recipe(tmp_path, server.base_url, key_variable="MY_TEACHER_KEY")
        assert samples_of(walk(recipe, tmp_path / "runs", last="3b"))
