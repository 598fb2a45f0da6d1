"""How long does curation take, and what memory does it need, for 10,000 samples and for 100,000?

    python benchmarks/curation.py [--sizes 10000 100000] [--data ../shared/data]

Samples are made of encyclopedia articles: passages of whole paragraphs, about 450 tokens, three samples each; each asks
of a sentence, which is answer and evidence, with the passage in the prompt; one in fifty is a reworded copy, and what
is longer than 600 tokens is trimmed. Each size runs in a process of its own on one thread. Told are the CPU seconds of
`curate` with decontamination, without judge, round trip and embedder, and the largest memory of the process, samples
included. Lengths are counted with the packaged model's tokenizer and chat template.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glossator.curation.decontamination import decontaminate
from glossator.curation.filters.prompt import read_passage
from glossator.llm.chat_format import ChatFormat, load_tokenizer, student_messages
from glossator.records import Chunk, Evidence, Message, Origin, Reject, Sample, content_id

A_CHUNK = 3
MOST_TOKENS = 450
SPLITS = ("train", "train", "train", "train", "train", "train", "train", "train", "dev", "test")


def main() -> None:
    for variable in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"  # before the libraries load
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--own-process", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.own_process:
        print(json.dumps(_curate(arguments.data, arguments.own_process)))
    else:
        _tell_sizes(arguments.data, arguments.sizes)


def _tell_sizes(data: Path, sizes: Sequence[int]) -> None:
    print(f"{'samples':>10}{'CPU s':>10}{'wall s':>10}{'µs each':>10}{'MiB before':>12}{'MiB peak':>10}{'kept':>9}")
    told: list[dict[str, Any]] = []
    for size in sizes:
        command = [sys.executable, __file__, "--data", str(data), "--own-process", str(size)]
        made = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(made.stdout.splitlines()[-1])
        told.append(row)
        print(
            f"{row['samples']:>10,}{row['cpu']:>10.1f}{row['wall']:>10.1f}{row['cpu'] / row['samples'] * 1e6:>10.0f}"
            f"{row['before']:>12.0f}{row['peak']:>10.0f}{row['kept']:>9,}"
        )
    for row in told[1:]:
        ratio = row["cpu"] / told[0]["cpu"]
        print(f"{row['samples'] / told[0]['samples']:.1f} times the samples, {ratio:.1f} times the seconds")
    for step in told[-1]["ledger"]:
        print(f"{step['name']:>22}{step['in']:>9,} in{step['out']:>9,} out  {step['reasons']}")


def _curate(data: Path, size: int) -> dict[str, Any]:
    from glossator.curation import curate
    from glossator.embedded import base_model_path

    samples, chunks = _make(data, size)
    form = ChatFormat(load_tokenizer(base_model_path()))

    def clean(rows: Sequence[Sample]) -> tuple[list[Sample], list[Reject], Mapping[str, Any]]:
        found = decontaminate(rows, cluster_of=None)
        return list(found.samples), list(found.rejects), found.report

    before, cpu, wall = _peak(), time.process_time(), time.perf_counter()
    curated = curate(
        samples,
        chunks,
        checks={"extractive_qa": ("evidence", "answer_in_question")},
        max_tokens=600,
        count_tokens=lambda rows: form.count([row.messages for row in rows]),
        test_seen_share=0.1,
        seed=42,
        fit="trim",
        decontaminate=clean,
    )
    return {
        "samples": len(samples),
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "before": before,
        "peak": _peak(),
        "kept": len(curated.samples),
        "ledger": curated.ledger.to_dict()["filters"],
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _make(data: Path, size: int) -> tuple[list[Sample], dict[str, Chunk]]:
    rng = random.Random(5)
    samples: list[Sample] = []
    chunks: dict[str, Chunk] = {}
    for number, (title, texts) in enumerate(_articles(data)):
        for index, text in enumerate(texts):
            chunk = Chunk(content_id(title, text), title, index, (title,), 1, 1, text, len(text) // 4)
            chunks[chunk.id] = chunk
            own = list(_ask(chunk, title, SPLITS[number % len(SPLITS)], rng))
            if own and rng.random() < A_CHUNK / 50:
                own.append(_reworded(own[0]))
            samples += own
            if len(samples) >= size:
                return samples[:size], chunks
    return samples, chunks


def _articles(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Titles, and passages of whole paragraphs, about as long as 450 tokens."""
    with lzma.open(data / "text-wiki/wiki.jsonl.xz", "rt") as file:
        for row in map(json.loads, file):
            texts, text = [], ""
            for paragraph in row["paragraphs"]:
                if text and len(text) + len(paragraph) > 4 * MOST_TOKENS:
                    texts.append(text)
                    text = ""
                text = f"{text}\n\n{paragraph}" if text else paragraph
            yield row["title"], [*texts, text] if text else texts


def _ask(chunk: Chunk, title: str, split: Any, rng: random.Random) -> Iterator[Sample]:
    from glossator.text.sentences import split_sentences

    spans = [(start, end) for start, end in split_sentences(chunk.text) if 60 < end - start < 400]
    for start, end in sorted(rng.sample(spans, min(A_CHUNK, len(spans)))):
        sentence = chunk.text[start:end]
        words = sentence.split()
        question = f"What is known in the case of {title} about {' '.join(words[:5])} and {words[-1].rstrip('.')}?"
        messages = (*student_messages(question, context=chunk.text), Message("assistant", sentence))
        yield Sample(
            content_id("extractive_qa", *(part for message in messages for part in (message.role, message.content))),
            messages,
            question,
            None,
            split,
            "extractive_qa",
            "chunk",
            (chunk.document_id,),
            (chunk.id,),
            (Evidence(chunk.id, start, end, sentence),),
            Origin("extractive/2", "p", verdicts={"quote": "exact"}),
        )


def _reworded(sample: Sample) -> Sample:
    question = sample.question.replace("What is known in the case of", "In the case of").replace(
        "about", "what is known about"
    )
    passage = read_passage(sample)
    messages = (*student_messages(question, context=passage.text if passage else None), sample.messages[-1])
    return replace(sample, id=content_id(question), question=question, messages=messages)


if __name__ == "__main__":
    main()
