"""Vectors are compared exactly, and a passage is as near as its nearest window."""

from pathlib import Path

import numpy as np
import pytest

from glossator.errors import RetrievalError
from glossator.retrieval.faiss_index import FaissIndex

pytest.importorskip("faiss")


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(windows: list[int]) -> tuple[FaissIndex, np.ndarray]:
    index, rows = FaissIndex(8), unit_rows(sum(windows))
    index.add(rows, windows)
    return index, rows


def test_a_passage_scores_as_its_best_window_and_all_are_ranked_exactly():
    windows = [1, 5, 2, 40, 1, 3]
    index, rows = filled(windows)
    queries = unit_rows(70, seed=1)
    starts = np.cumsum([0, *windows[:-1]])
    best = np.maximum.reduceat(queries @ rows.T, starts, axis=1)
    for ranking, scores in zip(index.search(queries, 6), best, strict=True):
        assert [position for position, _ in ranking] == list(np.argsort(-scores))
        assert [score for _, score in ranking] == pytest.approx(sorted(scores, reverse=True), abs=2e-6)


def test_passages_behind_one_with_many_windows_are_found():
    index = FaissIndex(8)
    target = np.eye(8, dtype=np.float32)
    index.add(np.repeat(target[:1], 500, axis=0), [500])
    index.add(target[1:4], [1, 1, 1])
    assert [position for position, _ in index.search(target[:1], 3)[0]] == [0, 1, 2]


def test_what_is_added_after_a_search_is_found():
    index, rows = filled([2, 1])
    index.search(rows[:1], 2)
    index.add(-rows[:1], [1])
    assert index.search(-rows[:1], 1)[0][0][0] == 2


def test_an_index_comes_back_as_it_was_written(tmp_path: Path):
    index, rows = filled([2, 1, 4])
    index.write(tmp_path)
    opened = FaissIndex.open(tmp_path)
    assert (opened.passages, opened.windows, opened.dimension) == (3, 7, 8)
    assert opened.search(rows, 3) == index.search(rows, 3)


@pytest.mark.parametrize("windows", [[8, -1], [7.0], [[7]], [3, 3], [7, 0]])
def test_a_table_that_does_not_fit_the_vectors_is_refused(tmp_path: Path, windows: list):
    index, _ = filled([2, 1, 4])
    index.write(tmp_path)
    table = np.array(windows)
    np.save(tmp_path / "windows.npy", table.astype(np.int32) if table.dtype == np.int64 else table)
    with pytest.raises(RetrievalError, match="do not fit their table"):
        FaissIndex.open(tmp_path)


def test_an_index_of_another_kind_is_refused(tmp_path: Path):
    import faiss

    index, rows = filled([2, 1, 4])
    index.write(tmp_path)
    other = faiss.IndexFlatL2(8)
    other.add(rows)
    faiss.write_index(other, str(tmp_path / "vectors.faiss"))
    with pytest.raises(RetrievalError, match="do not fit their table"):
        FaissIndex.open(tmp_path)
