"""Kills a program that asks questions with a journal again and again, and compares what it has with an undisturbed run.

python benchmarks/kills.py [--calls 500] [--kills 20] [--concurrency 8] [--seed 1] [--json]

The program is killed (SIGKILL) when the server gets certain requests, drawn from the seed, and started again with the
same journal and the same purse until it comes to its end.

repeated    questions asked although their reply was in the journal when the program was started
lost        replies that the server gave and the journal did not get, over all kills
different   rows that differ from those of a run that nobody disturbed
uncounted   requests that the purse does not know of

It fails if any reply of the journal was asked for again, a row differs or a request was not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from glossator.llm import Conversation
from glossator.llm.budget import Budget, Purse
from glossator.llm.journal import Journal
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.llm.purse_file import kept_purse, read_spent
from glossator.llm.scripted_server import ScriptedServer
from glossator.records import Message

_LATENCY_SECONDS = 0.02


def main() -> None:
    """Read the command line, disturb one run and not the other, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON value instead of lines")
    parser.add_argument("--ask", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        for row in ask(options.ask[0], Path(options.ask[1]), options.calls, options.concurrency):
            print(json.dumps(row), flush=True)
        return
    figures = measure(options.calls, options.kills, options.concurrency, options.seed)
    print(json.dumps(figures) if options.json else "\n".join(f"{name:10} {value}" for name, value in figures.items()))
    if figures["repeated"] or figures["different"] or figures["uncounted"]:
        sys.exit("a kill was noticed")


def ask(base_url: str, folder: Path, calls: int, concurrency: int, budget: Budget | None = None) -> list[list[Any]]:
    """Ask all questions with the journal and the purse of a folder; number, reply and failure of each."""
    where = endpoint(None, base_url, None, {})
    with contextlib.ExitStack() as opened:
        journal = opened.enter_context(Journal(folder / "journal.sqlite"))
        purse = Purse(budget) if budget else opened.enter_context(kept_purse(folder / "spent.jsonl", Budget()))
        model = opened.enter_context(
            OpenAICompatibleModel(where, "scripted", concurrency=concurrency, journal=journal, purse=purse)
        )
        told = model.answer(questions(calls), schema=None, max_new_tokens=50)
        return [[number, one.reply.text if one.reply else "", one.failure] for number, one in enumerate(told)]


def measure(calls: int, kills: int, concurrency: int, seed: int) -> dict[str, Any]:
    """Run with and without kills; what was repeated, lost and different."""
    moments = sorted(random.Random(seed).sample(range(1, calls), kills))  # not a matter of security
    running: list[subprocess.Popen[str]] = []
    killed: set[int] = set()

    def reply(conversation: Conversation) -> str:
        time.sleep(_LATENCY_SECONDS)
        if moments and server.requests >= moments[0] and running[-1].pid not in killed:
            killed.add(running[-1].pid)
            moments.pop(0)
            running[-1].kill()
        return f"Answer to: {conversation[-1].content}"

    figures = {"kills": 0, "repeated": 0, "lost": 0}
    with tempfile.TemporaryDirectory() as disturbed, tempfile.TemporaryDirectory() as calm:
        with ScriptedServer(reply, remember=10 * calls) as server:
            while True:
                kept, before = _in_journal(server.base_url, Path(disturbed), calls), len(server.served)
                running.append(_start(server.base_url, Path(disturbed), calls, concurrency))
                out, _ = running[-1].communicate()
                served = list(server.served)[before:]
                figures["repeated"] += sum(_number(one.conversation) in kept for one in served)
                if running[-1].returncode == 0:
                    break
                figures["kills"] += 1
                answered = sum(one.outcome == "answered" for one in served)
                figures["lost"] += answered - len(_in_journal(server.base_url, Path(disturbed), calls)) + len(kept)
            requests = server.requests
        rows = [json.loads(line) for line in out.splitlines()]
        with ScriptedServer(reply) as server:
            other = ask(server.base_url, Path(calm), calls, concurrency)
        spent = read_spent(Path(disturbed) / "spent.jsonl")
    different = sum(row != other_row for row, other_row in zip(rows, other, strict=True))
    return {**figures, "different": different, "requests": requests, "uncounted": max(0, requests - spent.calls)}


def _start(base_url: str, folder: Path, calls: int, concurrency: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--ask", base_url, str(folder)]
    command += ["--calls", str(calls), "--concurrency", str(concurrency)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _in_journal(base_url: str, folder: Path, calls: int) -> set[int]:
    """The questions whose replies are in a journal: those that are answered without sending anything."""
    return {number for number, _, failure in ask(base_url, folder, calls, 1, Budget(calls=0)) if not failure}


def questions(count: int) -> list[tuple[Message, ...]]:
    """Make conversations, no two alike."""
    return [(Message("user", f"Question {number}?"),) for number in range(count)]


def _number(conversation: Conversation) -> int:
    return int(conversation[-1].content.split()[1].rstrip("?"))


if __name__ == "__main__":
    main()
