"""Draws question–answer pairs of the extractive teacher by a seed and prints them as Markdown, for a reader to judge.

python benchmarks/extractive_sample.py PDF… --pairs 25 --seed 1 --tokenizer TOKENIZER_JSON [--yields]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from glossator.parsing import parse_file
from glossator.parsing.chunking import chunk_document
from glossator.records import Chunk, Reject, content_id
from glossator.synthesis.teachers import Draft, open_teacher

Pair = tuple[Path, Chunk, Draft]


def main() -> None:
    """Read the command line, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdf", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=25, help="how many pairs to draw")
    parser.add_argument("--seed", type=int, default=0, help="of the draw; the teacher's own seed stays 0")
    parser.add_argument("--tokenizer", type=Path, required=True, help="a tokenizer.json")
    parser.add_argument("--max-tokens", type=int, default=180, help="longest chunk")
    parser.add_argument("--yields", action="store_true", help="print counts a kind, a document and a reject's reason")
    options = parser.parse_args()
    pairs, rejects = write_pairs(options.pdf, options.tokenizer, options.max_tokens)
    if options.yields:
        print_yields(pairs, rejects)
    drawn = random.Random(options.seed).sample(pairs, min(options.pairs, len(pairs)))
    for number, (path, chunk, draft) in enumerate(drawn, 1):
        print(f"**{number}.** {path.name}, page {chunk.page_first}, {draft.kind}\n")
        print(f"- Q: {draft.question}\n- A: {draft.answer}\n")


def write_pairs(paths: Sequence[Path], tokenizer: Path, max_tokens: int) -> tuple[list[Pair], list[Reject]]:
    """Turn files into pairs, in the order of file names, with what was rejected on the way."""
    from tokenizers import Tokenizer

    encoder = Tokenizer.from_file(str(tokenizer))
    teacher = open_teacher("extractive", seed=0)
    pairs: list[Pair] = []
    rejects: list[Reject] = []
    for path in sorted(paths, key=lambda path: path.name):
        parsed = parse_file(path, "application/pdf", content_id(path.read_bytes()))
        chunks, _ = chunk_document(
            parsed,
            count_tokens=lambda texts: [len(e.ids) for e in encoder.encode_batch(list(texts))],
            min_tokens=20,
            max_tokens=max_tokens,
        )
        for chunk in chunks:
            for written in teacher.write_pairs(chunk):
                if isinstance(written, Draft):
                    pairs.append((path, chunk, written))
                else:
                    rejects.append(written)
    return pairs, rejects


def print_yields(pairs: Sequence[Pair], rejects: Sequence[Reject]) -> None:
    """Print how many pairs there are a kind and a document, and why sentences were left out."""
    print(f"{len(pairs)} pairs")
    print("kinds:", dict(Counter(draft.kind for _, _, draft in pairs).most_common()))
    print("documents:", dict(Counter(path.stem for path, _, _ in pairs)))
    print("rejects:", dict(Counter(reject.reason for reject in rejects).most_common()), "\n")


if __name__ == "__main__":
    main()
