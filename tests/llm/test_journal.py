"""Replies on disk before anyone uses them."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from glossator.errors import ArtifactError
from glossator.llm.journal import Journal, JournalEntry, journal_key
from glossator.llm.scripted_server import ScriptedServer
from glossator.records import Message

ENTRY = JournalEntry("k1", "forty-two ✓", "stop", 5, 2, 0.5, 1000.0)
PROGRAM = Path(__file__).with_name("journalled_questions.py")


def test_what_was_put_is_found_by_everyone_and_after_opening_again(tmp_path):
    with Journal(tmp_path / "new" / "replies.sqlite") as journal:
        assert journal.get("k1") is None
        assert journal.put(ENTRY) == ENTRY
        with Journal(journal.path) as other:
            assert other.get("k1") == ENTRY
    with Journal(journal.path) as again:
        assert (again.get("k1"), again.count()) == (ENTRY, 1)
        assert again.size_bytes() >= len(ENTRY.text)


def test_the_first_reply_of_a_key_stands(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put(ENTRY)
        later = replace(ENTRY, text="something else", created=2000.0)
        assert journal.put_many([replace(ENTRY, key="k2"), later]) == [replace(ENTRY, key="k2"), ENTRY]
        assert journal.count() == 2


def test_every_part_of_a_question_is_part_of_its_key():
    turns = (Message("system", "Be brief."), Message("user", "Why?"))
    parameters = {"temperature": 0.0, "schema": None, "seed": 1}
    key = journal_key("openai", "small", parameters, turns)
    assert key == journal_key("openai", "small", dict(reversed(parameters.items())), list(turns))
    others = {
        journal_key("mistral", "small", parameters, turns),
        journal_key("openai", "large", parameters, turns),
        journal_key("openai", "small", {**parameters, "seed": 2}, turns),
        journal_key("openai", "small", {**parameters, "schema": {"type": "object"}}, turns),
        journal_key("openai", "small", parameters, turns[1:]),
        journal_key("openai", "small", parameters, (Message("user", "Be brief."), turns[1])),
        journal_key("openai", "small", parameters, (Message("system", "Be brief.Why?"), Message("user", ""))),
    }
    assert len(others | {key}) == 8


def test_old_replies_are_dropped_and_their_place_is_freed(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([replace(ENTRY, key=f"k{i}", text="x" * 10_000, created=float(i)) for i in range(200)])
        size = journal.size_bytes()
        assert journal.prune(datetime.fromtimestamp(150, timezone.utc)) == 150
        assert journal.count() == 50
        assert journal.get("k149") is None
        assert journal.get("k150") is not None
        assert journal.size_bytes() < size / 2


def test_what_is_forgotten_leaves_no_trace_in_the_files(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([replace(ENTRY, key=f"k{i}", text=f"unmistakable{i}") for i in range(50)])
        assert journal.forget(["k7", "k8", "never there"]) == 2
        assert journal.count() == 48
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"unmistakable7" not in stored
    assert b"unmistakable9" in stored


def stored_bytes(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir())


def about(number, *documents):
    return replace(ENTRY, key=f"k{number}", text=f"unmistakable{number}", documents=documents)


def test_a_forgotten_document_takes_every_reply_about_it_along_and_no_other(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([about(1, "a"), about(2, "a", "b"), about(3, "b"), about(4), about(5, "c")])
        assert journal.keys_about(["a"]) == ["k1", "k2"]
        assert journal.forget_documents(["a", "never there"]) == 2
        assert journal.forget_documents(["a"]) == 0
        assert set(journal.get_many([f"k{i}" for i in range(1, 6)])) == {"k3", "k4", "k5"}
        assert journal.keys_about(["a"]) == []
        stored = stored_bytes(tmp_path)  # while the journal is open: the write-ahead log counts too
        assert b"unmistakable1" not in stored
        assert b"unmistakable2" not in stored
        assert b"unmistakable3" in stored


def test_long_replies_leave_no_trace_either(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        entries = [replace(about(i, f"d{i % 3}"), text=f"unmistakable{i % 3} " * 2000) for i in range(60)]
        journal.put_many(entries)
        assert journal.forget_documents(["d1"]) == 20
        stored = stored_bytes(tmp_path)
        assert b"unmistakable1" not in stored
        assert stored.count(b"unmistakable2") > 0.99 * 20 * 2000  # a few are cut by the ends of pages


def test_documents_are_read_back_and_a_second_one_of_the_same_question_is_added(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        assert journal.put(about(1, "b", "a")).documents == ("b", "a")
        assert journal.get("k1") == about(1, "a", "b")
        standing = journal.put_many([replace(about(1, "c"), text="later"), about(2), replace(about(2, "d"), text="x")])
        assert standing == [about(1, "a", "b", "c"), about(2, "d"), about(2, "d")]


def test_documents_may_be_told_later_and_what_is_gone_is_not_named_again(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([about(1), about(2, "a")])
        journal.remember("k1", ["a", "b"])
        journal.remember_many({"k2": ["a"], "never there": ["a"]})
        assert journal.get_many(["k1", "k2"]) == {"k1": about(1, "a", "b"), "k2": about(2, "a")}
        assert journal.stats().documents == 2
        assert journal.forget(["k1"]) == 1
        journal.remember("k1", ["b"])
        assert journal.keys_about(["a", "b"]) == ["k2"]


def test_remembering_what_is_known_writes_nothing(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([about(i, "a") for i in range(20)])
        journal.forget([])
        log = tmp_path / "replies.sqlite-wal"
        assert log.stat().st_size == 0
        journal.remember_many({f"k{i}": ["a"] for i in range(20)})
        assert log.stat().st_size == 0
        journal.remember("k3", ["b"])
        assert log.stat().st_size > 0


def test_pruning_drops_the_documents_of_what_it_drops(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([about(1, "a"), replace(about(2, "b"), created=5000.0)])
        moment = datetime.fromtimestamp(4000, timezone.utc)
        assert journal.count_older(moment) == journal.prune(moment) == 1
        assert (journal.keys_about(["a"]), journal.keys_about(["b"])) == ([], ["k2"])
        assert journal.stats().documents == 1


def test_many_keys_are_looked_up_at_once(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        entries = {f"k{i}": about(i, f"d{i}") for i in range(5000)}
        journal.put_many(list(entries.values()))
        assert journal.get_many([*entries, "never there"]) == entries
        assert journal.get_many([]) == {}


def test_stats_tell_size_age_and_what_is_about_no_document(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        empty = journal.stats()
        assert (empty.replies, empty.oldest, empty.newest, empty.tokens_in, empty.months) == (0, None, None, 0, {})
        january, march = (datetime(2026, month, 3, tzinfo=timezone.utc).timestamp() for month in (1, 3))
        journal.put_many([replace(about(i, "a"), created=january + i) for i in range(3)])
        journal.put(replace(about(9), created=march))
        told = journal.stats()
    assert (told.replies, told.unattributed, told.documents) == (4, 1, 1)
    assert (told.tokens_in, told.tokens_out) == (20, 8)
    assert (told.oldest, told.newest) == (january, march)
    assert told.months == {"2026-01": 3, "2026-03": 1}
    assert told.bytes > 0


FIRST_VERSION = """
CREATE TABLE journal_version (version INTEGER NOT NULL);
CREATE TABLE reply (key TEXT PRIMARY KEY, text TEXT NOT NULL, finish_reason TEXT NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, seconds REAL NOT NULL, created REAL NOT NULL);
CREATE INDEX reply_created ON reply (created);
INSERT INTO journal_version VALUES (1);
INSERT INTO reply VALUES ('k1', 'unmistakable1', 'stop', 5, 2, 0.5, 1000.0);
INSERT INTO reply VALUES ('k2', 'unmistakable2', 'stop', 5, 2, 0.5, 1000.0);
"""


def test_a_journal_of_the_first_version_is_upgraded_with_all_its_replies(tmp_path):
    path = tmp_path / "replies.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_VERSION)
    with Journal(path) as journal:
        assert journal.get_many(["k1", "k2"]) == {"k1": about(1), "k2": about(2)}
        assert journal.stats().unattributed == 2
        journal.remember("k1", ["a"])
    with Journal(path) as again:
        assert again.get("k1") == about(1, "a")
        assert again.forget_documents(["a"]) == 1
        assert again.forget(["k2"]) == 1
    assert b"unmistakable" not in stored_bytes(tmp_path)


def test_forgetting_while_another_reads_says_that_the_bytes_are_still_there(tmp_path, monkeypatch):
    monkeypatch.setattr("glossator.llm.journal_file._BUSY_SECONDS", 0.05)
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([about(1, "a"), about(2, "b")])
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM reply").fetchall()
            with pytest.raises(ArtifactError, match=r"is in use: 1 replies were dropped.*do the same again"):
                journal.forget_documents(["a"])
            assert journal.get("k1") is None
        assert journal.forget_documents(["a"]) == 0
        assert b"unmistakable1" not in stored_bytes(tmp_path)


def test_threads_may_share_a_journal(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal, ThreadPoolExecutor(8) as threads:
        start = threading.Barrier(8)

        def work(number):
            start.wait(30)
            for i in range(20):
                journal.put(replace(ENTRY, key=f"{number}-{i}"))
                assert journal.get(f"{number}-{i}") is not None

        list(threads.map(work, range(8)))
        assert journal.count() == 160


def test_processes_may_open_and_fill_one_journal_at_the_same_time(tmp_path):
    code = """
import sys
from pathlib import Path
from glossator.llm.journal import Journal, JournalEntry
sys.stdin.readline()
with Journal(Path(sys.argv[1])) as journal:
    for i in range(100):
        journal.put(JournalEntry(f"k{i}", sys.argv[2], "stop", 1, 1, 0.0, 0.0))
"""
    path = tmp_path / "replies.sqlite"
    command = [sys.executable, "-c", code, str(path)]
    programs = [subprocess.Popen([*command, name], stdin=subprocess.PIPE, text=True) for name in "abc"]
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.close()
    assert [program.wait(60) for program in programs] == [0, 0, 0]
    with Journal(path) as journal:
        assert journal.count() == 100


@pytest.mark.parametrize("content", [b"this is no database " * 500, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_journal_is_told_of_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "replies.sqlite"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"journal .*replies.sqlite is damaged or no journal: .*; move it away"):
        Journal(path)
    assert path.read_bytes() == content


def test_a_journal_that_was_damaged_within_is_told_of_when_that_is_met(tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.put_many([replace(ENTRY, key=f"k{i}", text="x" * 500) for i in range(500)])
        journal.prune(datetime.fromtimestamp(0, timezone.utc))
    with journal.path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * (journal.path.stat().st_size - 6 * 4096))
    with Journal(journal.path) as damaged, pytest.raises(ArtifactError, match="is damaged"):
        list(map(damaged.get, [f"k{i}" for i in range(500)]))


def test_a_journal_of_a_later_version_is_not_touched(tmp_path):
    path = tmp_path / "replies.sqlite"
    with Journal(path) as journal:
        journal.put(ENTRY)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE journal_version SET version = 99")
        connection.commit()
    with pytest.raises(ArtifactError, match="has version 99 and this program reads 2"):
        Journal(path)


def test_a_place_that_cannot_be_written_is_told_of(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArtifactError, match=r"cannot be used: .*; check its folder"):
        Journal(tmp_path / "file" / "replies.sqlite")
    with pytest.raises(ArtifactError, match="cannot be used"):
        Journal(tmp_path)


def run_program(server, journal, count, **more):
    command = [sys.executable, str(PROGRAM), server.base_url, str(journal), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


@pytest.mark.skipif(os.name != "posix", reason="the signal does not exist elsewhere")
def test_a_program_that_is_killed_asks_only_for_the_rest_when_it_runs_again(tmp_path):
    numbers, started = itertools.count(1), threading.Event()

    def reply(conversation):
        if next(numbers) == 80:
            assert started.wait(60)
            program.send_signal(signal.SIGKILL)
        return "an answer"

    path = tmp_path / "replies.sqlite"
    with ScriptedServer(reply) as server:
        program = run_program(server, path, 200)
        started.set()
        used, _ = program.communicate(timeout=120)
        assert program.returncode == -signal.SIGKILL
        keys = [line.split()[1] for line in used.splitlines() if len(line.split()) == 2]
        with Journal(path) as journal:
            kept = journal.count()
            assert all(journal.get(key) is not None for key in keys)
        before = server.requests
        # Lost is what was on its way and what waited for the flush, each at most what was asked at a time.
        assert before - 2 * 8 <= kept < 200
        again = run_program(server, path, 200)
        answers, errors = again.communicate(timeout=120)
        assert (again.returncode, errors) == (0, "")
        assert len(answers.splitlines()) == 200
        assert server.requests - before == 200 - kept


@pytest.mark.skipif(os.name != "posix", reason="the signal does not exist elsewhere")
def test_control_c_ends_a_program_at_once_though_replies_are_outstanding(tmp_path):
    numbers, started, held = itertools.count(1), threading.Event(), threading.Event()

    def reply(conversation):
        number = next(numbers)
        if number == 30:
            assert started.wait(60)
            program.send_signal(signal.SIGINT)
        if number >= 30:
            assert held.wait(120)
        return "an answer"

    path = tmp_path / "replies.sqlite"
    with ScriptedServer(reply) as server:
        try:
            program = run_program(server, path, 200)
            started.set()
            used, errors = program.communicate(timeout=100)
        finally:
            held.set()
        assert program.returncode == -signal.SIGINT
        assert errors.rstrip().endswith("KeyboardInterrupt")
        with Journal(path) as journal:
            assert journal.count() >= len(used.splitlines())
            assert 29 - 8 <= journal.count() <= 29
        assert server.requests <= 29 + 8
