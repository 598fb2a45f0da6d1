"""Rare words count for more than common ones, and the score is BM25's."""

import math
from pathlib import Path

import pytest

from glossator.retrieval.bm25_index import Bm25Index

pytest.importorskip("bm25s")

TEXTS = ["moon moon sea", "sea", "sea bread loaf crust", "moon bread sea loaf"]


def test_scores_are_those_of_the_formula():
    index = Bm25Index.build(TEXTS)
    lengths = [3, 1, 4, 4]
    mean = sum(lengths) / 4
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    expected = {
        position: idf * count / (count + 1.5 * (1 - 0.75 + 0.75 * lengths[position] / mean))
        for position, count in ((0, 2), (3, 1))
    }
    assert dict(index.search("the Moons", 9)) == pytest.approx(expected, rel=1e-5)


def test_the_best_come_first_and_equal_ones_in_their_order():
    index = Bm25Index.build(["sea", "moon", "moon", "moon moon", "moon"])
    assert [position for position, _ in index.search("moon", 3)] == [3, 1, 2]


def test_a_word_that_is_asked_twice_counts_twice():
    index = Bm25Index.build(TEXTS)
    once, twice = dict(index.search("crust", 1)), dict(index.search("crust crust", 1))
    assert twice[2] == pytest.approx(2 * once[2])


def test_an_index_comes_back_as_it_was_written(tmp_path: Path):
    index = Bm25Index.build([*TEXTS, "", "東京 çalışma \0 x"])
    index.write(tmp_path)
    opened = Bm25Index.open(tmp_path)
    assert opened.passages == 6
    for query in ("moon bread", "東京", "x", "nothing known", "sea " * 5000):
        assert opened.search(query, 6) == index.search(query, 6)


def test_the_files_are_the_same_in_every_process(tmp_path: Path):
    import os
    import subprocess
    import sys

    code = "import sys, pathlib; from glossator.retrieval.bm25_index import Bm25Index as B; "
    code += f"B.build({TEXTS!r}).write(pathlib.Path(sys.argv[1]))"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], env=environment, check=True, timeout=60)
    files = [{path.name: path.read_bytes() for path in (tmp_path / seed).iterdir()} for seed in ("1", "2")]
    assert files[0] == files[1]
