"""Draws question–answer pairs of the extractive teacher by a seed and prints them as Markdown, for a reader to judge.

python benchmarks/extractive_sample.py PDF… --pairs 25 --seed 1 --tokenizer TOKENIZER_JSON [--yields]
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from glossator.parsing import parse_file
from glossator.parsing.chunking import chunk_document
from glossator.records import Chunk, content_id
from glossator.synthesis.teachers import Draft
from glossator.synthesis.teachers.extractive import ExtractiveTeacher

Pair = tuple[Path, Chunk, Draft]
Reasons = Counter[str]


def main() -> None:
    """Read the command line, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdf", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=25, help="how many pairs to draw")
    parser.add_argument("--seed", type=int, default=0, help="of the draw; the teacher's own seed stays 0")
    parser.add_argument("--tokenizer", type=Path, required=True, help="a tokenizer.json")
    parser.add_argument("--max-tokens", type=int, default=180, help="longest chunk")
    parser.add_argument("--yields", action="store_true", help="print counts a kind, a document and a reject's reason")
    parser.add_argument("--passages", action="store_true", help="print each pair's passage below it")
    options = parser.parse_args()
    pairs, reasons = write_pairs(options.pdf, options.tokenizer, options.max_tokens)
    if options.yields:
        print_yields(pairs, reasons)
    drawn = random.Random(options.seed).sample(pairs, min(options.pairs, len(pairs)))
    for number, (path, chunk, draft) in enumerate(drawn, 1):
        print(f"**{number}.** {path.name}, page {chunk.page_first}, {draft.kind}\n")
        print(f"- Q: {draft.question}\n- A: {draft.answer}\n")
        if options.passages:
            print(f"> {' '.join(chunk.text.split())}\n")


def write_pairs(paths: Sequence[Path], tokenizer: Path, max_tokens: int) -> tuple[list[Pair], Reasons]:
    """Turn files into pairs, in the order of file names, with the reasons why sentences were left out."""
    from tokenizers import Tokenizer

    encoder = Tokenizer.from_file(str(tokenizer))
    teacher = ExtractiveTeacher(seed=0)
    pairs: list[Pair] = []
    reasons: Reasons = Counter()
    seconds, written_about = 0.0, 0
    for path in sorted(paths, key=lambda path: path.name):
        parsed = parse_file(path, "application/pdf", content_id(path.read_bytes()))
        chunks, _ = chunk_document(
            parsed,
            count_tokens=lambda texts: [len(e.ids) for e in encoder.encode_batch(list(texts))],
            min_tokens=20,
            max_tokens=max_tokens,
        )
        began = time.process_time()
        made = [(chunk, written) for chunk in chunks for written in teacher.write_pairs(chunk)]
        seconds += time.process_time() - began
        written_about += len(chunks)
        pairs += [(path, chunk, written) for chunk, written in made if isinstance(written, Draft)]
        reasons.update(written.reason for _, written in made if not isinstance(written, Draft))
    print(f"{written_about} chunks, {written_about / max(seconds, 1e-9):.0f} a second of one core")
    return pairs, reasons


def print_yields(pairs: Sequence[Pair], reasons: Reasons) -> None:
    """Print how many pairs there are a kind and a document, and why sentences were left out."""
    print(f"{len(pairs)} pairs")
    print("kinds:", dict(Counter(draft.kind for _, _, draft in pairs).most_common()))
    print("documents:", dict(Counter(path.stem for path, _, _ in pairs)))
    print("rejects:", dict(reasons.most_common()), "\n")


if __name__ == "__main__":
    main()
