"""An index holds all that it needs, is done when its last file is there, and costs only what is new."""

import json
from pathlib import Path

import pytest

from glossator.errors import RetrievalError
from glossator.retrieval import INDEX_VERSION, Embedder, Passage, build_index, open_index


class CountingEmbedder(Embedder):
    """The same embedder, noting how many pieces it was given."""

    def __init__(self, embedder: Embedder) -> None:
        self.__dict__.update(embedder.__dict__)
        self.pieces = 0

    def embed(self, texts, **options):
        self.pieces += len(texts)
        return super().embed(texts, **options)


class KilledEmbedder(CountingEmbedder):
    """Dies when it is asked the second time."""

    def embed(self, texts, **options):
        if self.pieces:
            raise KeyboardInterrupt
        return super().embed(texts, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_index_says_what_it_holds(tmp_path: Path, passages: list[Passage], embedder: Embedder):
    info = build_index(passages, tmp_path / "new" / "index", embedder=embedder)
    assert (info.passages, info.windows, info.dimension) == (12, 12, 384)
    assert (info.version, info.embedder, info.embedder_source) == (INDEX_VERSION, embedder.name, "minilm")
    assert json.loads((tmp_path / "new" / "index" / "index.json").read_text())["passages"] == 12


def test_building_twice_gives_the_same_bytes_with_and_without_a_cache(
    tmp_path: Path, passages: list[Passage], embedder: Embedder
):
    build_index(passages, tmp_path / "a", embedder=embedder, vector_cache=tmp_path / "cache")
    build_index(passages, tmp_path / "b", embedder=embedder, vector_cache=tmp_path / "cache")
    build_index(passages, tmp_path / "c", embedder=embedder)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") == contents(tmp_path / "c")
    assert set(contents(tmp_path / "a")) >= {"index.json", "passages.parquet", "vectors.faiss", "windows.npy"}


def test_only_new_passages_are_embedded(tmp_path: Path, passages: list[Passage], embedder: Embedder):
    counting = CountingEmbedder(embedder)
    build_index(passages[:9], tmp_path / "index", embedder=counting, vector_cache=tmp_path / "cache")
    assert counting.pieces == 9
    build_index(passages, tmp_path / "index", embedder=counting, vector_cache=tmp_path / "cache")
    assert counting.pieces == 12


def test_a_build_goes_on_after_a_torn_cache(tmp_path: Path, passages: list[Passage], embedder: Embedder):
    counting = CountingEmbedder(embedder)
    build_index(passages, tmp_path / "a", embedder=counting, vector_cache=tmp_path / "cache")
    (cache,) = (tmp_path / "cache").iterdir()
    cache.write_bytes(cache.read_bytes()[:-700])
    build_index(passages, tmp_path / "b", embedder=counting, vector_cache=tmp_path / "cache")
    assert counting.pieces == 13
    hits = open_index(tmp_path / "b", embedder=embedder).search(["records the sea level"], mode="dense", k=1)
    assert hits[0][0].source_id == "tides.md"


def test_a_build_that_was_killed_keeps_what_it_embedded_and_leaves_no_index(tmp_path: Path, embedder: Embedder):
    many = [Passage(str(n), str(n), "", "", (), 1, 1, f"Passage number {n}.") for n in range(300)]
    with pytest.raises(KeyboardInterrupt):
        build_index(many, tmp_path / "index", embedder=KilledEmbedder(embedder), vector_cache=tmp_path / "cache")
    with pytest.raises(RetrievalError, match="holds no finished index"):
        open_index(tmp_path / "index")
    counting = CountingEmbedder(embedder)
    build_index(many, tmp_path / "index", embedder=counting, vector_cache=tmp_path / "cache")
    assert counting.pieces == 300 - 256


def test_equal_texts_are_embedded_once(tmp_path: Path, embedder: Embedder):
    counting = CountingEmbedder(embedder)
    twins = [Passage(str(n), str(n), "", "", (), 1, 1, "The very same text.") for n in range(5)]
    build_index(twins, tmp_path / "index", embedder=counting, vector_cache=tmp_path / "cache")
    assert counting.pieces == 1
    (hits,) = open_index(tmp_path / "index", embedder=embedder).search(["same text"])
    assert [hit.chunk_id for hit in hits] == ["0", "1", "2", "3", "4"]


def test_progress_counts_every_passage_once(tmp_path: Path, passages: list[Passage], embedder: Embedder):
    calls: list[int] = []
    build_index(passages, tmp_path / "a", embedder=embedder, vector_cache=tmp_path / "cache", on_progress=calls.append)
    build_index(passages, tmp_path / "b", embedder=embedder, vector_cache=tmp_path / "cache", on_progress=calls.append)
    assert sum(calls) == 24


def test_an_index_takes_the_place_of_another(tmp_path: Path, passages: list[Passage], embedder: Embedder):
    build_index(passages, tmp_path, embedder=embedder)
    build_index(passages[:3], tmp_path, embedder=embedder)
    (hits,) = open_index(tmp_path, embedder=embedder).search(["moon"], k=50)
    assert len(hits) == 3


def test_the_end_of_a_long_passage_is_found(tmp_path: Path, passages: list[Passage], embedder: Embedder):
    filler = "The ship sailed on and on over the grey water. " * 60
    long = Passage("long", "d", "long.md", "A voyage", (), 1, 9, f"{filler} Saffron grows from a crocus bulb.")
    info = build_index([*passages, long], tmp_path, embedder=embedder)
    assert info.windows > info.passages + 3
    (hits,) = open_index(tmp_path, embedder=embedder).search(["From which plant is saffron made?"], mode="dense")
    assert hits[0].chunk_id == "long"
    assert len({hit.chunk_id for hit in hits}) == len(hits) == 10


def test_a_title_is_looked_up_with_the_first_passage_only_and_is_not_part_of_its_text(
    tmp_path: Path, embedder: Embedder
):
    pages = [
        Passage("a", "d", "x.md", "Zugspitze", ("Cable cars",), 1, 1, "They run all day."),
        Passage("b", "d", "x.md", "Zugspitze", ("Opening hours",), 2, 2, "From eight to four."),
        Passage("c", "e", "y.md", "Matterhorn", (), 1, 1, "They run all day."),
    ]
    build_index(pages, tmp_path, embedder=embedder)
    index = open_index(tmp_path, embedder=embedder)
    searched = index.search(["Zugspitze", "Matterhorn", "opening hours"], mode="bm25")
    assert [[hit.chunk_id for hit in hits] for hits in searched] == [["a"], ["c"], []]
    assert searched[0][0].text == "They run all day."
    assert index.search(["the Matterhorn"], mode="dense")[0][0].chunk_id == "c"


def test_passages_without_any_word_are_kept(tmp_path: Path, embedder: Embedder):
    blanks = [Passage(str(n), str(n), "", "", (), 1, 1, text) for n, text in enumerate(["", "…", "\0", "the"])]
    build_index(blanks, tmp_path, embedder=embedder)
    index = open_index(tmp_path, embedder=embedder)
    assert index.search(["moon"], mode="bm25") == [[]]
    assert len(index.search(["moon"])[0]) == 4


def test_no_passages_are_refused(tmp_path: Path, embedder: Embedder):
    with pytest.raises(RetrievalError, match="no passages to index"):
        build_index([], tmp_path / "index", embedder=embedder)
    assert not (tmp_path / "index").exists()
