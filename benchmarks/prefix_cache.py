"""Counts how much of a teacher's prompts a server has read before, under two orders of their parts.

A server that caches prefixes works through whole blocks of 16 tokens and reuses a block if everything before it is the
same too. Counted is the share of prompt tokens in such blocks, with a cache that forgets nothing, for the task sets of
the shipped recipes and for more tasks a chunk. `task first`: the system turn holds all words of the task, the passage
stands last. `passage first`: the system turn holds what all tasks share, then comes the passage, then the task.

python benchmarks/prefix_cache.py PDF… [--max-tokens 400]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from glossator.embedded import base_model_path
from glossator.llm.answer_styles import AnswerStyle, load_answer_style
from glossator.llm.passages import DATA_RULE
from glossator.parsing import parse_file
from glossator.parsing.chunking import chunk_document
from glossator.records import Chunk, content_id
from glossator.synthesis import Material, Task, load_task
from glossator.synthesis.conversation import instruction, material_turn

BLOCK = 16
TASKS = {
    "atomic_qa": ["atomic_qa"],
    "brief_qa": ["brief_qa"],
    "grounded_qa": ["grounded_qa"],
    "three personas": ["eli5", "intuitive", "executive"],
    "five tasks": ["eli5", "intuitive", "executive", "atomic_qa", "grounded_qa"],
}
Prompt = Callable[[Task, AnswerStyle | None, Chunk], str]


def task_first(task: Task, style: AnswerStyle | None, chunk: Chunk) -> str:
    return f"{instruction(task, style, pairs=3)}\n\n{material_turn(Material((chunk,), 'train')).content}"


def passage_first(task: Task, style: AnswerStyle | None, chunk: Chunk) -> str:
    told = instruction(task, style, pairs=3).replace(DATA_RULE, "")
    return f"{DATA_RULE}\n\n{material_turn(Material((chunk,), 'train')).content}\n\n{told}"


def read_chunks(paths: Sequence[Path], tokenizer: Tokenizer, max_tokens: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    for path in paths:
        parsed = parse_file(path, "application/pdf", content_id(path.read_bytes()))
        found, _ = chunk_document(
            parsed,
            count_tokens=lambda texts: [len(one.ids) for one in tokenizer.encode_batch(list(texts))],
            min_tokens=60,
            max_tokens=max_tokens,
        )
        chunks += found
    return chunks


def count_known(prompts: Iterable[list[int]]) -> tuple[int, int]:
    """Take prompts as token ids, leave how many tokens were known, and how many there are."""
    seen: set[int] = set()
    known = total = 0
    for ids in prompts:
        total += len(ids)
        prefix = 0
        for start in range(0, len(ids) - BLOCK + 1, BLOCK):
            prefix = hash((prefix, *ids[start : start + BLOCK]))
            known += BLOCK * (prefix in seen)
            seen.add(prefix)
    return known, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdf", nargs="+", type=Path)
    parser.add_argument("--max-tokens", type=int, default=400, help="longest chunk")
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(base_model_path() / "tokenizer.json"))
    chunks = read_chunks(options.pdf, tokenizer, options.max_tokens)
    orders: dict[str, Prompt] = {"task first": task_first, "passage first": passage_first}
    print(f"{len(chunks)} chunks of {len(options.pdf)} papers\n")
    print("| tasks | order | prompt tokens | known | read anew |\n|---|---|---|---|---|")
    for name, names in TASKS.items():
        tasks = [load_task(one) for one in names]
        styles = [load_answer_style(task.answer_style) if task.answer_style else None for task in tasks]
        for order, prompt in orders.items():
            # Chunk by chunk: with passages first, the order of issue in which a cache of any size finds them.
            texts = [prompt(task, style, one) for one in chunks for task, style in zip(tasks, styles, strict=True)]
            known, total = count_known(one.ids for one in tokenizer.encode_batch(texts))
            print(f"| {name} | {order} | {total:,} | {known / total:.1%} | {total - known:,} |")


if __name__ == "__main__":
    main()
