"""Asks a teacher that often fails many questions, and counts on both sides what became of each.

python benchmarks/teacher_faults.py [--calls 2000] [--concurrency 64] [--share 0.05] [--seed 1] [--json]

The teacher is a server in a process of its own that takes 50 ms for a reply. Of all requests a `share` each is answered
with status 429, answered with status 500, never answered, and cut off within the reply; which ones is drawn from the
seed. Every question holds its number, so that the server knows which one it is asked.

ended           questions that were answered or ended with a reason, on the client's side
lost            questions that were neither
answered        questions that got a reply
again           requests for a question that the server had answered already
wall / ideal    seconds over calls x latency / concurrency, as if nothing had failed

It fails unless every question ended and none was asked again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from glossator.llm import Conversation
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.llm.scripted_server import Faults, ScriptedServer
from glossator.records import Message

_LATENCY_SECONDS = 0.05
_PASSAGE = "The dish is annealed at ninety degrees before the sample is weighed. " * 59


def main() -> None:
    """Read the command line, ask, compare both sides, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--share", type=float, default=0.05, help="of each kind of failure, between 0 and 0.25")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout-seconds", type=float, default=3.0, help="of the client, for one request")
    parser.add_argument("--json", action="store_true", help="one JSON value instead of lines")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.calls, options.share, options.seed)
        return
    figures = measure(options)
    print(json.dumps(figures) if options.json else "\n".join(f"{name:14} {value}" for name, value in figures.items()))
    if figures["lost"] or figures["again"]:
        sys.exit("a question was lost, or asked again after it was answered")


def serve(calls: int, share: float, seed: int) -> None:
    """Run the server until standard input ends, then print what it saw."""

    def reply(conversation: Conversation) -> str:
        time.sleep(_LATENCY_SECONDS)
        return f"Answer {number_of(conversation)}."

    faults = Faults(seed, rate_limited=share, errors=share, stalls=share, cuts=share)
    with ScriptedServer(reply, faults=faults, remember=100 * calls) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()
        answered: set[int] = set()
        again = 0
        for one in server.served:
            number = number_of(one.conversation)
            again += number in answered
            if one.outcome == "answered":
                answered.add(number)
        print(json.dumps({"again": again, "requests": server.requests, "outcomes": server.outcomes}), flush=True)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Ask all questions of a server in another process; what both sides counted."""
    command = [sys.executable, __file__, "--serve"]
    command += [f"--{name}={getattr(options, name)}" for name in ("calls", "share", "seed")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        where = endpoint(None, program.stdout.readline().strip(), None, {})
        wall, cpu = time.perf_counter(), time.process_time()
        with OpenAICompatibleModel(
            where, "scripted", concurrency=options.concurrency, timeout_seconds=options.timeout_seconds
        ) as model:
            told = list(model.answer(questions(options.calls), schema=None, max_new_tokens=50))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        seen = json.loads(program.communicate()[0])
    replies = [one.reply for one in told]
    right = sum(reply is not None and reply.text == f"Answer {number}." for number, reply in enumerate(replies))
    reasons = Counter(one.failure for one in told if one.reply is None)
    return {
        "ended": right + sum(reasons.values()),
        "lost": options.calls - right - sum(count for reason, count in reasons.items() if reason),
        "answered": right,
        "reasons": dict(reasons),
        "again": seen["again"],
        "requests": seen["requests"],
        "outcomes": seen["outcomes"],
        "wall / ideal": round(wall / (options.calls * _LATENCY_SECONDS / options.concurrency), 2),
        "ms CPU / call": round(1000 * cpu / options.calls, 3),
    }


def questions(count: int) -> Iterator[tuple[Message, ...]]:
    """Make conversations of about 4 KB; each begins with its number."""
    for number in range(count):
        yield (Message("user", f"{number} is the number of this question. {_PASSAGE}"),)


def number_of(conversation: Conversation) -> int:
    """Read the number of a question from it."""
    return int(conversation[-1].content.split(maxsplit=1)[0])


if __name__ == "__main__":
    main()
