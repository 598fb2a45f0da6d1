"""Does the gateway cite the right document? Asks a served model every test question of a run over HTTP.

    python benchmarks/citations.py RUN [--runs-dir runs] [--questions 10] [--seed 0]

Starts `glossator serve` for the model that the run registered, draws questions from its test samples, and counts how
often the document that a question is about is among the first citations. Prints one row a search mode, for the drawn
questions and for all, and how much of the reference the answer holds with and without retrieval.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import urllib.request
from pathlib import Path

from glossator.artifacts import read_records
from glossator.evaluation import score_rows
from glossator.pipeline import find_run, summarize
from glossator.records import Sample

RANKS = (1, 3)
MODES = ("hybrid", "dense", "bm25")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    run = find_run(arguments.run, arguments.runs_dir, ["curate", "register"])
    samples = list(read_records(run.need("curate").file("test.jsonl"), Sample))
    drawn = set(random.Random(arguments.seed).sample(range(len(samples)), min(arguments.questions, len(samples))))
    registered = summarize(run)["registered"]
    command = [sys.executable, "-m", "glossator", "serve", registered["label"], "--port", "0"]
    options = ["--registry-dir", registered["registry"]]
    gateway = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
    try:
        url = next(line.split("listening on ")[1].split(";")[0] for line in gateway.stderr if "listening on" in line)
        _measure(url, samples, drawn)
    finally:
        gateway.terminate()
        gateway.wait(timeout=30)


def _measure(url: str, samples: list[Sample], drawn: set[int]) -> None:
    print(f"{'mode':<10}{'questions':>10}" + "".join(f"{f'document at rank ≤ {rank}':>24}" for rank in RANKS))
    for mode in MODES:
        ranks = [_rank(_ask(url, sample, retrieval=True, mode=mode), sample) for sample in samples]
        for chosen in (sorted(drawn), range(len(samples))):
            found = [sum(ranks[place] <= rank for place in chosen) for rank in RANKS]
            print(f"{mode:<10}{len(chosen):>10}" + "".join(f"{f'{count} of {len(chosen)}':>24}" for count in found))
    for retrieval in (True, False):
        said = [_ask(url, sample, retrieval=retrieval)["text"] for sample in samples]
        values = score_rows("token_f1", said, [sample.answer for sample in samples])
        print(f"token F1 {'with' if retrieval else 'without'} retrieval: {sum(values) / len(values):.3f}")


def _ask(url: str, sample: Sample, **how: object) -> dict:
    body = json.dumps({"question": sample.question, "k": max(RANKS), **how}).encode()
    request = urllib.request.Request(f"{url}/ask", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


def _rank(answer: dict, sample: Sample) -> int:
    """The place of the first citation of the sample's document; beyond all where there is none."""
    cited = [citation["document_id"] for citation in answer["citations"]]
    return next((place for place, name in enumerate(cited, 1) if name in sample.document_ids), len(cited) + 1)


if __name__ == "__main__":
    main()
