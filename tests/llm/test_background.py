"""An event loop in a thread of its own."""

import asyncio
import threading

import pytest

from glossator.llm.background import BackgroundLoop


def threads_named(name):
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_what_a_coroutine_gives_or_raises_comes_back():
    async def divide(a, b):
        return a / b

    loop = BackgroundLoop("division")
    try:
        assert loop.run(divide(6, 3), 60) == 2
        assert loop.submit(divide(8, 2)).result(60) == 4
        with pytest.raises(ZeroDivisionError):
            loop.run(divide(1, 0), 60)
    finally:
        loop.close()


def test_closing_cancels_what_runs_and_ends_the_thread():
    ended = []

    async def wait_for_ever(begun):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    loop, begun = BackgroundLoop("for ever"), threading.Event()
    waiting = loop.submit(wait_for_ever(begun))
    assert begun.wait(60)
    loop.close()
    loop.close()
    assert ended == ["cancelled"]
    assert waiting.cancelled()
    assert threads_named("for ever") == []


def test_a_loop_may_be_closed_from_within():
    loop = BackgroundLoop("within")
    (thread,) = threads_named("within")

    async def close():
        assert loop.inside
        loop.close()

    assert not loop.inside
    loop.run(close(), 60)
    thread.join(60)
    assert not thread.is_alive()
