"""How near does a plan come to what a run then takes? Plans first, runs afterwards, compares.

    python benchmarks/quote.py [--seeds 5] [--documents 4] [--memory]

Calls: the papers of `examples/` under a chat teacher on loopback, planned from a part of the documents, from all of
them, and once chunks and splits are there; the run's calls and tokens (counted with the same tokenizer on what the
server was sent and what it said) are compared with the plan's range. Samples: the quickstart recipe up to curation,
planned from a part of the documents. `--memory`: the formula of training's memory and time beside probes of the
embedded model. Prints the real figure, the planned range, whether it holds, and the error of its middle.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glossator.artifacts import read_records
from glossator.embedded import base_model_path
from glossator.llm import Conversation
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import plan_recipe, run_recipe
from glossator.pipeline.quote.memory import calculations, memory_of, read_shapes
from glossator.pipeline.quote.probe import probe_training
from glossator.pipeline.quote.training import look_at_device
from glossator.pipeline.settings import training_parameters
from glossator.recipe import load_recipe
from glossator.records import Message, Sample
from glossator.text.sentences import split_sentences
from glossator.text.tokens import TokenCounter
from glossator.training import SftParameters

RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"
_PASSAGE = re.compile(r"<<<PASSAGE \w+>>>\n(.*?)\n<<<END", re.DOTALL)
_COUNTER = TokenCounter(base_model_path() / "tokenizer.json")


def reply(conversation: Conversation) -> str:
    """Three pairs with quotes of the passage, as long as those of a good teacher."""
    found = _PASSAGE.search("\n".join(turn.content for turn in conversation if turn.role == "user"))
    text = (found[1] if found else "").split("\n\n", 1)[-1]
    sentences = [text[start:end] for start, end in split_sentences(text) if len(text[start:end].split()) >= 8][:3]
    pairs = [
        {
            "question": f"What is known about {' '.join(one.split()[:6])}?",
            "answer": one,
            "evidence": one,
            "kind": "what",
        }
        for one in sentences
    ]
    return json.dumps({"pairs": pairs})


class Tally:
    """Real figures beside planned ranges."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()

    def add(self, name: str, real: float, planned: Any) -> None:
        low, high = (planned["low"], planned["high"]) if isinstance(planned, dict) else (planned, planned)
        holds = low <= real <= high
        self.held[name] += holds
        self.seen[name] += 1
        error = ((low + high) / 2 / real - 1) if real else 0.0
        print(
            f"  {name:34} {real:10,.0f}  {low:10,.0f} – {high:10,.0f}  {'holds' if holds else 'MISSED':6} {error:+.0%}"
        )

    def summary(self) -> None:
        for name, count in self.seen.items():
            print(f"{name}: {self.held[name]} of {count} ranges held")


def estimate(planned: Mapping[str, Any], stage: str) -> dict[str, Any]:
    return next(row["estimate"] for row in planned["stages"] if row["name"] == stage)


def compare_calls(tally: Tally, seed: int, documents: int, folder: Path) -> None:
    with ScriptedServer(reply) as server:
        teacher = {"kind": "chat", "base_url": server.base_url, "model": "scripted", "concurrency": 16}
        synthesis = {"teacher": teacher, "tasks": [{"prompt": "grounded_qa"}, {"prompt": "atomic_qa"}]}
        overrides = [f"seed={seed}", f"synthesis={json.dumps(synthesis)}", "retrieval=null"]
        recipe = load_recipe(RECIPE, overrides, {})
        few = plan_recipe(recipe, RECIPE, folder, most_documents=documents)
        every = plan_recipe(recipe, RECIPE, folder)
        run_recipe(recipe, RECIPE, folder, last="3a")
        split = plan_recipe(recipe, RECIPE, folder)
        assert server.requests == 0
        run = run_recipe(recipe, RECIPE, folder, last="3b")
        answered = [row for row in server.served if row.outcome == "answered"]
    asked = [turn.content for row in answered for turn in row.conversation]
    tokens_in, counts = sum(_COUNTER.count(asked)), run.need("synthesize").manifest.counts
    tokens_out = sum(_COUNTER.count([reply(row.conversation) for row in answered]))
    print(f"calls, seed {seed}")
    for name, planned in ((f"{documents} of 12", few), ("all 12", every), ("chunks and splits known", split)):
        quoted = estimate(planned, "synthesize")
        tally.add(f"calls, {name}", counts["calls"], quoted["calls"])
        tally.add(f"tokens in, {name}", tokens_in, quoted["tokens_in"])
        tally.add(f"tokens out, {name}", tokens_out, quoted["tokens_out"])
        tally.add(f"samples, {name}", counts["samples"], quoted["counts"]["samples"])


def compare_samples(tally: Tally, seed: int, documents: int, folder: Path) -> None:
    recipe = load_recipe(RECIPE, [f"seed={seed}", "retrieval=null", "serving=null"], {})
    planned = plan_recipe(recipe, RECIPE, folder, most_documents=documents)
    run = run_recipe(recipe, RECIPE, folder, last="3c")
    assert recipe.training
    rows = run.need("curate").manifest.counts["train"]
    steps = training_parameters(recipe.training).planned_steps(rows)
    print(f"quickstart, seed {seed}, {documents} of 12 documents looked at")
    tally.add("chunks", run.need("chunk").manifest.counts["chunks"], estimate(planned, "chunk")["counts"]["chunks"])
    tally.add("pages", run.need("parse").manifest.counts["pages"], estimate(planned, "parse")["counts"]["pages"])
    written = estimate(planned, "synthesize")["counts"]["samples"]
    tally.add("samples", run.need("synthesize").manifest.counts["samples"], written)
    tally.add("train rows", rows, estimate(planned, "train")["counts"]["rows"])
    tally.add("steps", steps, estimate(planned, "train")["counts"]["steps"])


def rows_of(folder: Path) -> list[Sample]:
    return list(read_records(next((folder / "quickstart" / "artifacts").glob("curate-*/train.jsonl")), Sample))


def compare_memory(rows: Sequence[Sample]) -> None:
    words = " ".join(message.content for row in rows for message in row.messages)
    shapes, device = read_shapes(base_model_path()), look_at_device()
    print(f"training on {device.name}, {device.operations_a_second / 1e9:.0f} G operations a second; memory in MiB")
    for kind in ("nf4", "int8", "none"):
        for batch in (2, 8):
            for characters in (250, 950):
                messages = (Message("user", words[:characters]), Message("assistant", words[:100]))
                length = sum(_COUNTER.count([message.content for message in messages])) + 12
                parameters = SftParameters(lora_dropout=0.0, per_device_train_batch_size=batch, quantization=kind)
                row = dataclasses.replace(rows[0], messages=messages)
                found = probe_training([row], base_model=base_model_path(), parameters=parameters, seed=1)
                told = memory_of(shapes, parameters, length=length, device=found.device).total
                work = calculations(shapes, parameters, batch * length)
                share = work / found.seconds_a_step / device.operations_a_second
                print(
                    f"  {kind:4} batch {batch} × {length:3} tokens: {found.peak_bytes / 2**20:6.0f} measured"
                    f" {told / 2**20:6.0f} by formula {told / found.peak_bytes - 1:+.0%};"
                    f" {found.seconds_a_step:.2f} s a step, {share:.2f} of the device"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=4)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as root:
        for seed in range(1, options.seeds + 1):
            compare_calls(tally, seed, options.documents, Path(root) / f"calls-{seed}")
            compare_samples(tally, seed, options.documents, Path(root) / f"samples-{seed}")
        tally.summary()
        if options.memory:
            compare_memory(rows_of(Path(root) / "samples-1"))


if __name__ == "__main__":
    main()
