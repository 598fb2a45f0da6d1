"""How fast and how well are near-duplicates found? Planted copies among real passages, with peers in the same run.

    python benchmarks/near_duplicates.py [--texts 6000] [--repeats 3] [--data ../shared/data]
    python benchmarks/near_duplicates.py --sweep

Passages of 200 words of an encyclopedia and of journal papers; a tenth of them has a copy, of which 5, 10 or 15 % of
the words are replaced at random, or whose paragraphs are moved. Every contender gets texts and leaves clusters; the CPU
time of all threads is counted, threads are held to one. Medians over repeats in which the contenders take turns. A pair
in one cluster is right where it was planted, or where its three-word shingles really overlap by .3 or one holds .4 of
the other; a chain of such pairs makes the pair of its ends wrong. Contenders that are not installed (datasketch, rensa)
are left out with a line.

`--sweep`: what joins at thresholds from .1 to .9 among real papers, as whole documents and as passages.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

from glossator.text.containment import CONTAINMENT, FEWEST_SHINGLES
from glossator.text.forest import Forest
from glossator.text.near_duplicates import THRESHOLD, cluster, shingles

WORDS = 200
KINDS = ("5 % replaced", "10 % replaced", "15 % replaced", "paragraphs moved")
Clusterer = Callable[[Mapping[str, str]], dict[str, str]]


def main() -> None:
    for variable in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"  # before the libraries load
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=6000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="joined passages to print for each threshold of the sweep")
    arguments = parser.parse_args()
    if arguments.sweep:
        _sweep(_read_papers(arguments.data), arguments.show)
        return
    contenders = _contenders()
    papers = [passage for text in _read_papers(arguments.data).values() for passage in _passages(text)]
    for name, passages in (
        ("encyclopedia", _read_encyclopedia(arguments.data, arguments.texts)),
        ("papers", papers[: arguments.texts]),
    ):
        _compare(name, passages, contenders, arguments.repeats)


def _compare(name: str, passages: list[str], contenders: Mapping[str, Clusterer], repeats: int) -> None:
    texts, kind_of = _plant(passages)
    cluster({"warm": "up"})
    seconds: dict[str, list[float]] = defaultdict(list)
    found: dict[str, dict[str, str]] = {}
    for _ in range(repeats):
        for contender, run in contenders.items():
            start = time.process_time()
            found[contender] = run(texts)
            seconds[contender].append(time.process_time() - start)
    rates = {contender: len(texts) / statistics.median(taken) for contender, taken in seconds.items()}
    ours = rates["glossator"]
    print(f"\n{name}: {len(passages)} passages of {WORDS} words, {len(kind_of)} planted copies, {repeats} repeats")
    print(f"{'':<28}{'texts a CPU second':>20}{'ratio':>8}{'F1':>8}{'precision':>11}" + _row(KINDS))
    for contender, clusters in found.items():
        recalls, precision, f1 = _score(texts, kind_of, clusters)
        shown = _row(f"{recalls[kind]:.3f}" for kind in KINDS)
        rate = rates[contender]
        print(f"{contender:<28}{rate:>20,.0f}{ours / rate:>8.1f}{f1:>8.3f}{precision:>11.3f}{shown}")


def _row(cells) -> str:
    return "".join(f"{cell:>18}" for cell in cells)


def _plant(passages: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Take passages, leave them with the copies by id, and the kind of each copy; `a12~` is a copy of `a12`."""
    rng = random.Random(0)
    texts = {f"a{place:06}": passage for place, passage in enumerate(passages)}
    vocabulary = [word for passage in passages[:1000] for word in passage.split()]
    kind_of: dict[str, str] = {}
    for place, name in enumerate(rng.sample(sorted(texts), len(texts) // 10)):
        kind = KINDS[place % len(KINDS)]
        words = texts[name].split()
        if kind == KINDS[-1]:
            quarters = [words[start : start + WORDS // 4] for start in range(0, len(words), WORDS // 4)]
            rng.shuffle(quarters)
            words = [word for quarter in quarters for word in quarter]
        else:
            share = int(kind.split()[0]) / 100
            words = [rng.choice(vocabulary) if rng.random() < share else word for word in words]
        texts[f"{name}~"], kind_of[f"{name}~"] = " ".join(words), kind
    return texts, kind_of


def _score(
    texts: Mapping[str, str], kind_of: Mapping[str, str], clusters: Mapping[str, str]
) -> tuple[dict[str, float], float, float]:
    """Recall of each kind of copy, precision of the joined pairs, and F1 over all kinds."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for copy, kind in kind_of.items():
        hits[kind].append(clusters[copy] == clusters[copy.rstrip("~")])
    pairs = _pairs(clusters)
    wrong = sum(1 for one, other in pairs if not _alike(texts, one, other))
    right = sum(map(sum, hits.values()))
    precision = right / max(1, right + wrong)
    recall = right / len(kind_of)
    return (
        {kind: sum(own) / len(own) for kind, own in hits.items()},
        precision,
        2 * precision * recall / (precision + recall),
    )


def _alike(texts: Mapping[str, str], one: str, other: str) -> bool:
    if one.rstrip("~") == other.rstrip("~"):
        return True
    # Of a copy its original decides: a passage that is like the one is in a cluster with the other.
    left, right = shingles(texts[one.rstrip("~")]), shingles(texts[other.rstrip("~")])
    shared, smaller = len(left & right), min(len(left), len(right))
    return shared >= THRESHOLD * len(left | right) or (smaller >= FEWEST_SHINGLES and shared >= CONTAINMENT * smaller)


def _pairs(clusters: Mapping[str, str]) -> list[tuple[str, str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for name, own in clusters.items():
        members[own].append(name)
    return [pair for own in members.values() for pair in combinations(sorted(own), 2)]


def _contenders() -> dict[str, Clusterer]:
    contenders: dict[str, Clusterer] = {"glossator": cluster}
    for name, run in (("rensa, used plainly", _rensa), ("datasketch MinHashLSH", _datasketch)):
        try:
            __import__(name.split()[0].rstrip(","))
        except ImportError:
            print(f"{name}: not installed, left out")
        else:
            contenders[name] = run
    return contenders


def _tokens(text: str) -> list[str]:
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[start : start + 3]) for start in range(max(1, len(words) - 2))]


def _rensa(texts: Mapping[str, str]) -> dict[str, str]:
    """128 numbers, 64 bands of 2: misses .2 % at similarity .3. The estimated similarity decides."""
    import rensa

    names = sorted(texts)
    index, forest = rensa.RMinHashLSH(threshold=THRESHOLD, num_perm=128, num_bands=64), Forest()
    signatures = []
    for place, name in enumerate(names):
        signature = rensa.RMinHash(num_perm=128, seed=42)
        signature.update(_tokens(texts[name]))
        for candidate in index.query(signature):
            if signature.jaccard(signatures[candidate]) >= THRESHOLD:
                forest.join(*sorted((forest.root(candidate), forest.root(place))))
        index.insert(place, signature)
        signatures.append(signature)
    return {name: names[forest.root(place)] for place, name in enumerate(names)}


def _datasketch(texts: Mapping[str, str]) -> dict[str, str]:
    """128 numbers, the bands that the library chooses for the threshold. The estimated similarity decides."""
    from datasketch import MinHash, MinHashLSH

    index, forest = MinHashLSH(threshold=THRESHOLD, num_perm=128), Forest()
    signatures = {}
    for name in sorted(texts):
        signature = signatures[name] = MinHash(num_perm=128)
        signature.update_batch([token.encode() for token in _tokens(texts[name])])
        for candidate in index.query(signature):
            if signature.jaccard(signatures[candidate]) >= THRESHOLD:
                forest.join(*sorted((forest.root(candidate), forest.root(name))))
        index.insert(name, signature)
    return {name: forest.root(name) for name in texts}


def _sweep(papers: Mapping[str, str], show: int) -> None:
    passages = {
        f"{name}#{place:03}": passage for name, text in papers.items() for place, passage in enumerate(_passages(text))
    }
    print(f"{len(papers)} papers, {len(passages)} passages of {WORDS} words; containment left out")
    print(
        f"{'threshold':>10}{'pairs of papers':>18}{'pairs of passages':>20}{'across papers':>16}{'largest cluster':>18}"
    )
    for tenth in range(1, 10):
        whole, parts = (_pairs(cluster(texts, threshold=tenth / 10, contained=1)) for texts in (papers, passages))
        across = [pair for pair in parts if len({name.split("#")[0] for name in pair}) > 1]
        largest = max(_cluster_sizes(parts), default=1)
        print(f"{tenth / 10:>10}{len(whole):>18}{len(parts):>20}{len(across):>16}{largest:>18}")
        for one, other in [*whole, *random.Random(0).sample(parts, min(show, len(parts)))][: len(whole) + show]:
            left, right = (shingles({**papers, **passages}[name]) for name in (one, other))
            common = sorted(left & right, key=len)[-3:]
            print(f"    {one} {other} similarity {len(left & right) / len(left | right):.2f}: {common}")


def _cluster_sizes(pairs: list[tuple[str, str]]) -> list[int]:
    forest: Forest[str] = Forest()
    for pair in pairs:
        forest.join(*pair)
    members: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        members[forest.root(pair[0])].update(pair)
    return [len(own) for own in members.values()]


def _passages(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + WORDS]) for start in range(0, len(words) - WORDS + 1, WORDS)]


def _read_encyclopedia(data: Path, count: int) -> list[str]:
    passages: list[str] = []
    with lzma.open(data / "text-wiki/wiki.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            passages += _passages("\n".join(json.loads(line)["paragraphs"]))
            if len(passages) >= count:
                break
    return passages[:count]


def _read_papers(data: Path) -> dict[str, str]:
    from glossator.parsing import parse_file
    from glossator.records import content_id

    papers = {}
    for path in sorted([*data.glob("papers-jose/*.pdf"), *data.glob("papers-juliacon/*.pdf")]):
        parsed = parse_file(path, "application/pdf", content_id(path.read_bytes()))
        papers[path.stem] = "\n".join(block.text for block in parsed.blocks if block.kind != "figure")
    return papers


if __name__ == "__main__":
    main()
