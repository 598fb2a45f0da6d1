"""The line to a server, and the runs of questions sent through it."""

import threading

import pytest

from glossator.errors import ModelError
from glossator.llm.asking import Asked, Meter, Patience, Setup
from glossator.llm.lines import Line, Run
from glossator.llm.providers import endpoint
from glossator.llm.request_form import RequestForm
from glossator.llm.scripted_server import ScriptedServer, repeat_last_turn
from glossator.records import Message

ASKED = Asked("key", (Message("user", "Why?"),), None, 50, 0.0, None)


def open_line(server):
    where = endpoint(None, server.base_url, None, {})
    return Line(Setup(where, "scripted", RequestForm.of(where.dialect, "auto"), Patience(60.0, 3, 2), None, Meter()))


def test_a_line_opens_with_the_first_question_and_opens_again():
    with ScriptedServer(repeat_last_turn) as server:
        line = open_line(server)
        for _ in range(2):
            run = Run(line)
            assert run.wait(run.begin(ASKED)).entry.text == "Why?"
            line.close()
            line.close()


def test_a_line_may_be_closed_by_its_own_thread():
    with ScriptedServer(repeat_last_turn) as server:
        line = open_line(server)
        loop, _ = line.open()
        (thread,) = [thread for thread in threading.enumerate() if thread.name == f"model server {server.base_url}"]

        async def close():
            line.close()

        loop.run(close(), 60)
        thread.join(60)
        assert not thread.is_alive()


def test_an_abandoned_run_asks_nothing_more():
    with ScriptedServer(repeat_last_turn) as server:
        line = open_line(server)
        run = Run(line)
        run.abandon()
        with pytest.raises(ModelError, match="abandoned"):
            run.wait(run.begin(ASKED))
        assert server.requests == 0
        line.close()
