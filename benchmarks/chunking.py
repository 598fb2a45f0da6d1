"""How fast are documents cut into chunks counted in a model's tokens? Ours, and others, on the same texts in one run.

    python benchmarks/chunking.py PDF… --articles wiki.jsonl.xz [--tokenizer tokenizer.json] [--max-tokens 500]
        [--repeats 5] [--before FILE] [--semantic]

Two corpora: the papers, parsed by `fast`, and one book of 5 MB made of the articles. Each kind cuts both; beside them
LangChain's RecursiveCharacterTextSplitter, which asks the same tokenizer for every length, and semchunk where it is
importable. Repeats are interleaved, figures are medians. CPU seconds are those of all threads of this process.
`--before` takes an earlier `chunking.py` of this package, from `git show TAG:src/glossator/parsing/chunking.py`.

`--semantic` asks something else: documents are put together of ten passages from different articles, and it is counted
how many of the places where they meet are found, without the bounds on length; beside it the method that it is made of.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import lzma
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from glossator.embedded import base_model_path
from glossator.parsing import fast
from glossator.parsing.chunking import chunk_documents, semantic
from glossator.parsing.chunking.prose import select_prose
from glossator.records import Block, ParsedDocument, content_id
from glossator.text.sentences import sentences
from glossator.text.tokens import TokenCounter

BOOK = 5_000_000
Cutter = Callable[[Sequence[ParsedDocument]], list[str]]


class Account(TokenCounter):
    """A counter that adds up the characters it is given."""

    characters = 0

    def count(self, texts):
        self.characters += sum(map(len, texts))
        return super().count(texts)

    def locate(self, texts):
        self.characters += sum(map(len, texts))
        return super().locate(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pdf", nargs="*", type=Path)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, default=base_model_path() / "tokenizer.json")
    parser.add_argument("--max-tokens", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--semantic", action="store_true")
    parser.add_argument("--documents", type=int, default=12, help="of --semantic")
    options = parser.parse_args()
    if options.semantic:
        find_borders(options.articles, options.documents)
        return
    counter = Account(options.tokenizer)
    cutters = {**our_cutters(counter, options.max_tokens), **peer_cutters(counter, options.max_tokens)}
    if options.before:
        cutters["before"] = earlier_cutter(options.before, counter, options.max_tokens)
    corpora = {"book": [read_book(options.articles)]}
    if options.pdf:
        corpora = {"papers": [fast.parse(path, content_id(path.read_bytes())) for path in options.pdf], **corpora}
    for name, documents in corpora.items():
        measure(name, documents, cutters, counter, options)


def our_cutters(counter: Account, max_tokens: int) -> dict[str, Cutter]:
    def cutter(kind: str) -> Cutter:
        def cut(documents: Sequence[ParsedDocument]) -> list[str]:
            results = chunk_documents(documents, count_tokens=counter, chunk_by=kind, max_tokens=max_tokens)
            return [chunk.text for chunks, _ in results for chunk in chunks]

        return cut

    return {kind: cutter(kind) for kind in ("section", "token", "recursive")}


def peer_cutters(counter: Account, max_tokens: int) -> dict[str, Cutter]:
    """Others, given the same prose as plain text and the same tokenizer."""

    def length(text: str) -> int:
        return counter.count([text])[0]

    def over_texts(split: Callable[[str], list[str]]) -> Cutter:
        return lambda documents: [piece for text in texts_of(documents) for piece in split(text)]

    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=max_tokens, chunk_overlap=0, length_function=length)
    peers = {"langchain": over_texts(splitter.split_text)}
    if importlib.util.find_spec("semchunk"):
        import semchunk

        peers["semchunk"] = over_texts(semchunk.chunkerify(length, max_tokens, memoize=False))
    else:
        print("semchunk is not importable: left out")
    return peers


def earlier_cutter(path: Path, counter: Account, max_tokens: int) -> Cutter:
    spec = importlib.util.spec_from_file_location("earlier_chunking", path)
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)

    def cut(documents: Sequence[ParsedDocument]) -> list[str]:
        results = [module.chunk_document(d, count_tokens=counter.count, max_tokens=max_tokens) for d in documents]
        return [chunk.text for chunks, _ in results for chunk in chunks]

    return cut


def texts_of(documents: Sequence[ParsedDocument]) -> list[str]:
    return [run.text for document in documents for run in select_prose(document).runs]


def read_articles(path: Path) -> list[list[str]]:
    """The paragraphs of each article, as many articles as make a book."""
    articles, held = [], 0
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            articles.append(json.loads(line)["paragraphs"])
            held += sum(map(len, articles[-1]))
            if held >= BOOK:
                return articles
    return articles


def read_book(path: Path) -> ParsedDocument:
    """One document with a chapter for every fifty articles and a section for each."""
    blocks: list[Block] = []
    for number, paragraphs in enumerate(read_articles(path)):
        if number % 50 == 0:
            blocks.append(Block("heading", f"Chapter {number // 50}", 1, 1))
        blocks.append(Block("heading", f"Section {number}", 1, 2))
        blocks.extend(Block("paragraph", text, 1) for text in paragraphs)
    return ParsedDocument("book", "ok", "", 1, tuple(blocks), "benchmark")


def measure(
    name: str,
    documents: Sequence[ParsedDocument],
    cutters: dict[str, Cutter],
    counter: Account,
    options: argparse.Namespace,
) -> None:
    texts = texts_of(documents)
    characters, tokens = sum(map(len, texts)), sum(counter.count(texts))
    print(f"\n{name}: {len(documents)} documents, {characters / 1e6:.2f} MB of prose, {tokens:,} tokens")
    print(
        f"{'':<12}{'chunks':>8}{'too long':>10}{'read':>7}{'wall s':>9}{'CPU s':>8}{'MB/CPU s':>10}{'tokens/CPU s':>14}"
    )
    cpu: dict[str, list[float]] = {cutter: [] for cutter in cutters}
    wall: dict[str, list[float]] = {cutter: [] for cutter in cutters}
    made: dict[str, tuple[list[str], float]] = {}
    for _ in range(options.repeats):
        for cutter, cut in cutters.items():
            counter.characters = 0
            began, used = time.perf_counter(), time.process_time()
            chunks = cut(documents)
            cpu[cutter].append(time.process_time() - used)
            wall[cutter].append(time.perf_counter() - began)
            made[cutter] = (chunks, counter.characters / characters)
    for cutter, (chunks, read) in made.items():
        seconds = statistics.median(cpu[cutter])
        long = sum(length > options.max_tokens for length in counter.count(chunks))
        print(
            f"{cutter:<12}{len(chunks):>8}{long:>10}{read:>6.2f}×{statistics.median(wall[cutter]):>9.2f}{seconds:>8.2f}"
            f"{characters / seconds / 1e6:>10.2f}{tokens / seconds:>14,.0f}"
        )
    ours = statistics.median(cpu["section"])
    ratios = {peer: statistics.median(cpu[peer]) / ours for peer in cutters if peer != "section"}
    print("CPU time as a multiple of section's: " + ", ".join(f"{peer} {ratio:.2f}" for peer, ratio in ratios.items()))


def find_borders(path: Path, count: int, seed: int = 3) -> None:
    """Print precision, recall and F1 of the borders that are found, exactly where they are."""
    from glossator.retrieval import open_embedder

    embed = open_embedder("minilm").embed
    documents = mixed_documents(path, count, seed)
    found: dict[str, list[set[int]]] = {"semantic": [], "Kamradt, 95th percentile": []}
    true: list[set[int]] = []
    for passages in documents:
        flat = [sentence for passage in passages for sentence in passage]
        ends = [sum(map(len, passages[: number + 1])) for number in range(len(passages) - 1)]
        true.append({end - 1 for end in ends})
        gaps = list(semantic.distances(*joined(flat), embed))
        found["semantic"].append(set(semantic.find_breaks(gaps, semantic.threshold_of(gaps))))
        found["Kamradt, 95th percentile"].append(plain_breaks(flat, embed))
    print(f"{count} documents, {sum(map(len, true))} borders")
    for name, sets in found.items():
        hits = sum(len(own & real) for own, real in zip(sets, true, strict=True))
        cuts, borders = sum(map(len, sets)), sum(map(len, true))
        f1 = 2 * hits / (cuts + borders)
        print(f"{name:<26} precision {hits / max(1, cuts):.3f} recall {hits / borders:.3f} F1 {f1:.3f}")


def joined(flat: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    spans, position = [], 0
    for sentence in flat:
        spans.append((position, position + len(sentence)))
        position += len(sentence) + 1
    return " ".join(flat), spans


def plain_breaks(flat: Sequence[str], embed: Callable[[Sequence[str]], Any]) -> set[int]:
    """Each sentence embedded with the one before and after it; cut above the 95th percentile of the distances."""
    import numpy as np

    rows = embed([" ".join(flat[max(0, place - 1) : place + 2]) for place in range(len(flat))])
    gaps = 1 - (rows[:-1] * rows[1:]).sum(axis=1)
    return {int(place) for place in np.flatnonzero(gaps > np.percentile(gaps, 95))}


def mixed_documents(path: Path, count: int, seed: int) -> list[list[list[str]]]:
    """Documents of ten passages of 4 to 12 sentences, each from another article."""
    chosen = random.Random(seed)
    articles = read_articles(path)
    documents: list[list[list[str]]] = []
    while len(documents) < count:
        passages: list[list[str]] = []
        while len(passages) < 10:
            size = chosen.randint(4, 12)
            flat = [sentence for text in chosen.choice(articles) for sentence in sentences(text)]
            if len(flat) >= size + 2:
                start = chosen.randint(0, len(flat) - size)
                passages.append(flat[start : start + size])
        documents.append(passages)
    return documents


if __name__ == "__main__":
    main()
