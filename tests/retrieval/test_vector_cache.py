"""What was embedded once stays so, however the process ended."""

from pathlib import Path

import numpy as np
import pytest

from glossator.retrieval.vector_cache import VectorCache

SIZE = 20 + 4 * 3 + 4


def vectors(*firsts: float) -> np.ndarray:
    return np.array([[first, 0.5, -2.0] for first in firsts], dtype=np.float32)


def fill(folder: Path) -> Path:
    with VectorCache(folder, "abc", 3) as cache:
        cache.append(["one", "two"], vectors(1, 2))
        cache.append(["three"], vectors(3))
    return folder / "abc.vectors"


def first_of(cache: VectorCache, text: str) -> float | None:
    found = cache.find(text)
    return None if found is None else float(found[0])


def test_vectors_are_found_by_text_in_this_process_and_the_next(tmp_path: Path):
    fill(tmp_path)
    with VectorCache(tmp_path, "abc", 3) as cache:
        assert [first_of(cache, text) for text in ("one", "two", "three", "four")] == [1, 2, 3, None]
        cache.append(["four\0é"], vectors(4))
        assert (first_of(cache, "four\0é"), len(cache)) == (4, 4)
        np.testing.assert_array_equal(cache.find("one"), vectors(1)[0])


@pytest.mark.parametrize("torn", [1, SIZE - 1])
def test_a_torn_last_record_is_dropped_and_the_rest_goes_on(tmp_path: Path, torn: int):
    path = fill(tmp_path)
    path.write_bytes(path.read_bytes()[:-torn])
    with VectorCache(tmp_path, "abc", 3) as cache:
        assert [first_of(cache, text) for text in ("one", "two", "three")] == [1, 2, None]
        cache.append(["three"], vectors(3))
    with VectorCache(tmp_path, "abc", 3) as cache:
        assert (first_of(cache, "three"), len(cache)) == (3, 3)
    assert path.stat().st_size == 3 * SIZE


def test_a_record_that_does_not_fit_its_checksum_is_dropped_with_what_follows(tmp_path: Path):
    path = fill(tmp_path)
    data = bytearray(path.read_bytes())
    data[SIZE + 25] ^= 1
    path.write_bytes(data)
    with VectorCache(tmp_path, "abc", 3) as cache:
        assert [first_of(cache, text) for text in ("one", "two", "three")] == [1, None, None]
    assert path.stat().st_size == SIZE


def test_embedders_have_files_of_their_own(tmp_path: Path):
    fill(tmp_path)
    with VectorCache(tmp_path, "def", 3) as cache:
        assert first_of(cache, "one") is None
