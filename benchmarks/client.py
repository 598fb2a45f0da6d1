"""Asks a teacher of fixed latency many questions with this program and with the plain openai client; prints ratios.

python benchmarks/client.py [--calls 4000] [--concurrency 64] [--latency-ms 50] [--repeats 3] [--peer-calls 1000]

The teacher is an aiohttp server in a process of its own: it reads the body, waits, and answers about 80 words. Prompts
have 4 KB and are all different. All ways run in the same process, one after the other, in each repeat:

glossator           without a journal
glossator journal   with one, in a temporary folder
openai              the plain AsyncOpenAI client with its default transport, tasks behind a semaphore

wall / ideal   seconds over calls x latency / concurrency
ms CPU / call  processor time of this process alone, user and system, all threads

Medians of the repeats; the last lines are the openai client's wall and CPU time a call over this program's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glossator.llm.journal import Journal
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.records import Message

_PROMPT = "The dish is annealed at ninety degrees before the sample is weighed. " * 59  # about 4 KB
_REPLY = "It is annealed so that the sample keeps its weight. " * 8
_MAX_NEW_TOKENS = 256


@dataclass(frozen=True)
class Load:
    """What is asked of a way: how many calls, how many at a time, and how long the server takes for each."""

    base_url: str
    calls: int
    concurrency: int
    latency_seconds: float

    @property
    def ideal_seconds(self) -> float:
        """How long it takes if the server is never left waiting."""
        return self.calls * self.latency_seconds / self.concurrency


def main() -> None:
    """Read the command line, measure each way in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer-calls", type=int, default=1000, help="of the openai client; 0 leaves it out")
    parser.add_argument("--json", action="store_true", help="one JSON value instead of the table")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve(options.latency_ms / 1000))
        return
    rows: dict[str, list[dict[str, float]]] = {}
    with teacher(options.latency_ms) as base_url:
        for repeat in range(options.repeats):
            for name, ask in WAYS.items():
                calls = options.peer_calls if name == "openai" else options.calls
                if calls:
                    load = Load(base_url, calls, options.concurrency, options.latency_ms / 1000)
                    rows.setdefault(name, []).append(measure(ask, load, str(repeat)))
    figures = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in rows.items()
    }
    print(json.dumps(figures, indent=2) if options.json else table(figures))


@contextmanager
def teacher(latency_ms: float) -> Iterator[str]:
    """Start the server in a process of its own; gives its address."""
    command = [sys.executable, __file__, "--serve", "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield program.stdout.readline().strip()
        finally:
            program.terminate()


async def _serve(latency_seconds: float) -> None:
    from aiohttp import web

    message = {"role": "assistant", "content": _REPLY}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    told = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    body = json.dumps(told).encode()

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        await asyncio.sleep(latency_seconds)
        return web.Response(body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.Event().wait()


def questions(count: int, name: str) -> Iterator[tuple[Message, ...]]:
    """Make conversations of about 4 KB, no two alike."""
    for number in range(count):
        yield Message("system", "Answer briefly."), Message("user", f"{name} {number}. {_PROMPT}")


def measure(ask: Callable[[Load, str], int], load: Load, name: str) -> dict[str, float]:
    """Run one way once; its wall and CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    answered = ask(load, name)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert answered == load.calls, f"{load.calls - answered} of {load.calls} calls were not answered"
    return {
        "wall_over_ideal": wall / load.ideal_seconds,
        "cpu_ms_per_call": 1000 * cpu / load.calls,
        "wall_ms_per_call": 1000 * wall / load.calls,
    }


def with_glossator(load: Load, name: str, journal: Journal | None = None) -> int:
    """Ask through this program's client."""
    where = endpoint(None, load.base_url, None, {})
    with OpenAICompatibleModel(where, "m", concurrency=load.concurrency, journal=journal) as model:
        asked = questions(load.calls, name)
        return sum(one.reply is not None for one in model.answer(asked, schema=None, max_new_tokens=_MAX_NEW_TOKENS))


def with_journal(load: Load, name: str) -> int:
    """Ask through this program's client, every reply flushed to disk."""
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal.sqlite") as journal:
        return with_glossator(load, name, journal)


def with_openai(load: Load, name: str) -> int:
    """Ask through the plain openai client, as its users would."""

    async def ask_all() -> int:
        from openai import AsyncOpenAI

        slots = asyncio.Semaphore(load.concurrency)
        async with AsyncOpenAI(api_key="none", base_url=load.base_url) as client:

            async def ask(turns: tuple[Message, ...]) -> Any:
                messages: Any = [{"role": turn.role, "content": turn.content} for turn in turns]
                async with slots:
                    return await client.chat.completions.create(
                        model="m", messages=messages, max_tokens=_MAX_NEW_TOKENS, temperature=0.0
                    )

            told = await asyncio.gather(*(ask(turns) for turns in questions(load.calls, name)))
        return sum(bool(one.choices[0].message.content) for one in told)

    return asyncio.run(ask_all())


WAYS: dict[str, Callable[[Load, str], int]] = {
    "glossator": with_glossator,
    "glossator journal": with_journal,
    "openai": with_openai,
}


def table(figures: dict[str, dict[str, float]]) -> str:
    """Turn the figures into a table, and the ratios under it."""
    lines = ["| way | wall / ideal | ms CPU / call |", "|---|---|---|"]
    for name, row in figures.items():
        lines.append(f"| {name} | {row['wall_over_ideal']:.2f} | {row['cpu_ms_per_call']:.3f} |")
    if "openai" in figures:
        ours, theirs = figures["glossator"], figures["openai"]
        lines.append("")
        for what, key in (("wall", "wall_ms_per_call"), ("CPU", "cpu_ms_per_call")):
            lines.append(f"openai / glossator, {what} a call: {theirs[key] / ours[key]:.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
