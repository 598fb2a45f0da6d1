"""Questions find the passages that answer them; what cannot be trusted is refused."""

import json
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from glossator.errors import RetrievalError
from glossator.retrieval import MODES, Embedder, Hit, Mode, Passage, SearchIndex, open_index

QUESTIONS = {
    "How do bees thicken honey?": "Honey is ripened nectar",
    "Which load does the arch of a bridge carry by compression?": "An arch carries",
    "Why does dough rise with yeast?": "Yeast turns sugar",
    "When do spring tides come?": "Spring tides come",
}


@pytest.fixture
def copied(index_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(index_folder, tmp_path / "index"))


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_finds_the_obvious_passage(index: SearchIndex, mode: Mode):
    for hits, start in zip(index.search(list(QUESTIONS), mode=mode), QUESTIONS.values(), strict=True):
        assert hits[0].text.startswith(start)
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_dense_search_finds_what_shares_no_word(index: SearchIndex):
    assert index.search(["insects that produce something sweet"], mode="bm25") == [[]]
    (hits,) = index.search(["insects that produce something sweet"], mode="dense", k=3)
    assert {hit.title for hit in hits[:2]} == {"Keeping bees"}


def test_a_hit_is_its_passage(index: SearchIndex, passages: list[Passage]):
    (hits,) = index.search(["tide gauge harbour"], k=1)
    kept = {name: getattr(hits[0], name) for name in Passage.__slots__}
    assert Passage(**kept) == passages[11]


def test_hybrid_is_the_fusion_of_the_other_two(index: SearchIndex):
    query = "steel cables carry a load"
    scores: dict[str, float] = {}
    for mode in ("dense", "bm25"):
        for hit in index.search([query], mode=mode, k=100)[0]:
            scores[hit.chunk_id] = scores.get(hit.chunk_id, 0) + 1 / (60 + hit.rank)
    hits = index.search([query], k=12)[0]
    assert {hit.chunk_id: hit.score for hit in hits} == pytest.approx(scores)
    assert hits[0].chunk_id == max(scores, key=lambda chunk: scores[chunk])


def test_dense_scores_are_cosines(index: SearchIndex, embedder: Embedder, passages: list[Passage]):
    (hits,) = index.search(["the moon"], mode="dense", k=12)
    gauge = next(hit for hit in hits if hit.chunk_id == passages[11].chunk_id)
    question, passage = embedder.embed(["the moon", gauge.text])
    assert gauge.score == pytest.approx(float(question @ passage), abs=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_query_finds_the_same_alone_and_among_others(index: SearchIndex, mode: Mode):
    queries = [*QUESTIONS, "crisp crust", "a much longer question about the level of the sea in the harbour " * 3]
    together = index.search(queries, mode=mode)
    alone = [index.search([query], mode=mode)[0] for query in queries]
    assert [[hit.chunk_id for hit in hits] for hits in together] == [[hit.chunk_id for hit in hits] for hits in alone]


@pytest.mark.parametrize("mode", MODES)
def test_threads_search_at_once_and_find_the_same(index_folder: Path, index: SearchIndex, mode: Mode):
    queries = list(QUESTIONS) * 4
    expected = [index.search([query], mode=mode) for query in queries]
    fresh = open_index(index_folder)  # loads its embedder in one of the threads
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda query: fresh.search([query], mode=mode), queries))
    assert ids(found) == ids(expected)


def ids(searches: list[list[list[Hit]]]) -> list[list[str]]:
    return [[hit.chunk_id for hit in hits] for (hits,) in searches]


@pytest.mark.parametrize("mode", MODES)
def test_k_may_be_larger_than_the_collection(index: SearchIndex, mode: Mode):
    (hits,) = index.search(["water and bread and moon and bees"], k=10_000, mode=mode)
    assert 0 < len(hits) <= 12
    assert len(hits) == 12 or mode == "bm25"
    assert len(index.search(["water"], k=1, mode=mode)[0]) == 1


def test_words_that_no_passage_holds_find_nothing_by_words(index: SearchIndex):
    assert index.search(["xylophone", "the of and", "?!"], mode="bm25") == [[], [], []]
    assert len(index.search(["xylophone"], k=5)[0]) == 5


def test_passages_without_a_common_word_are_no_hits_by_words(index: SearchIndex):
    (hits,) = index.search(["kneaded"], mode="bm25", k=12)
    assert [hit.source_id for hit in hits] == ["bread.md"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "query",
    [
        "Wie entstehen die Gezeiten? 潮汐 приливы",
        "spring\0 tides\0",
        "tide \ud800 gauge",
        "😀 moon",
        "moon sea " * 5_000,
    ],
    ids=["unicode", "nul", "surrogate", "emoji", "ten_thousand_words"],
)
def test_odd_queries_are_answered(index: SearchIndex, query: str, mode: Mode):
    (hits,) = index.search([query], mode=mode, k=3)
    assert len(hits) == 3 or mode == "bm25"
    if "moon" in query or "tide" in query:
        assert hits[0].title == "Reading the tides"


def test_no_queries_find_nothing(index: SearchIndex):
    assert index.search([]) == index.search([], mode="bm25") == []


@pytest.mark.parametrize("query", ["", "  \n\t", "\0", "\u3000"])
def test_an_empty_query_is_refused(index: SearchIndex, query: str):
    with pytest.raises(RetrievalError, match="query 2 of 2 is empty"):
        index.search(["moon", query], mode="bm25")


def test_a_k_or_mode_that_does_not_exist_is_refused(index: SearchIndex):
    with pytest.raises(RetrievalError, match="k is 0"):
        index.search(["moon"], k=0)
    with pytest.raises(RetrievalError, match="mode 'magic' is unknown; use one of hybrid, dense, bm25"):
        index.search(["moon"], mode="magic")  # type: ignore[arg-type]


def test_searching_by_words_loads_no_model(index_folder: Path):
    code = f"""
import sys
from pathlib import Path
from glossator.retrieval import open_index
hits = open_index(Path({str(index_folder)!r})).search(["honey"], mode="bm25")[0]
print(hits[0].title, [name for name in ("torch", "transformers", "sentence_transformers") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "Keeping bees []"


def test_importing_the_room_loads_nothing_heavy():
    heavy = ("torch", "transformers", "sentence_transformers", "faiss", "bm25s", "numpy", "pyarrow")
    code = f"import sys, glossator.retrieval; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_folder_without_an_index_is_refused(tmp_path: Path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RetrievalError, match=r"holds no finished index .* build it again"):
            open_index(folder)


@pytest.mark.parametrize("name", ["passages.parquet", "vectors.faiss", "windows.npy", "bm25/vocab.index.json"])
def test_a_missing_or_damaged_part_is_refused(copied: Path, name: str):
    whole = (copied / name).read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"nonsense", None):
        (copied / name).unlink()
        if damaged is not None:
            (copied / name).write_bytes(damaged)
        with pytest.raises(RetrievalError, match="build the index again") as refused:
            open_index(copied)
        assert "\n" not in str(refused.value)
        (copied / name).write_bytes(whole)
    assert open_index(copied).info.passages == 12


@pytest.mark.parametrize("name", ["bm25/data.csc.index.npy", "windows.npy"])
def test_a_pickle_in_the_place_of_an_array_is_refused_and_not_run(copied: Path, name: str, tmp_path: Path):
    np.save(copied / name, np.array([{"an": "object"}], dtype=object), allow_pickle=True)
    with pytest.raises(RetrievalError, match="cannot be read"):
        open_index(copied)
    (copied / name).write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(RetrievalError, match="cannot be read"):
        open_index(copied)


def test_parts_of_different_indexes_are_refused(
    copied: Path, tmp_path: Path, passages: list[Passage], embedder: Embedder
):
    from glossator.retrieval import build_index

    build_index(passages[:11], tmp_path / "other", embedder=embedder)
    for name in ("passages.parquet", "bm25", "index.json"):
        mixed = Path(shutil.copytree(copied, tmp_path / f"mixed-{name}"))
        if (mixed / name).is_dir():
            shutil.rmtree(mixed / name)
            shutil.copytree(tmp_path / "other" / name, mixed / name)
        else:
            shutil.copyfile(tmp_path / "other" / name, mixed / name)
        with pytest.raises(RetrievalError, match="do not belong together"):
            open_index(mixed)
    shutil.copyfile(tmp_path / "other" / "vectors.faiss", copied / "vectors.faiss")
    with pytest.raises(RetrievalError, match="do not fit their table"):
        open_index(copied)


def change_info(folder: Path, **values: object) -> None:
    info = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**info, **values}))


def test_another_form_of_index_is_refused(copied: Path):
    change_info(copied, version="0", something="new")
    with pytest.raises(RetrievalError, match="an index of form 0, this program reads 1; build it again"):
        open_index(copied)


@pytest.mark.parametrize("text", ["{", "[]", '{"passages": 12}', '{"version": "1", "surprise": 1}'])
def test_an_unreadable_description_is_refused(copied: Path, text: str):
    (copied / "index.json").write_text(text)
    with pytest.raises(RetrievalError, match=r"is unreadable .* build it again"):
        open_index(copied)


def test_another_embedder_is_refused_when_it_is_given_and_when_it_is_loaded(copied: Path, embedder: Embedder):
    change_info(copied, embedder="minilm@000000000000")
    with pytest.raises(RetrievalError, match=f"built with the embedder minilm@000000000000, not with {embedder.name}"):
        open_index(copied, embedder=embedder)
    index = open_index(copied)
    assert index.search(["honey"], mode="bm25")[0]
    with pytest.raises(RetrievalError, match="open that one, or build the index again"):
        index.search(["honey"])


def test_an_embedder_that_is_gone_is_named(copied: Path):
    change_info(copied, embedder_source="/no/such/folder")
    with pytest.raises(RetrievalError, match="'/no/such/folder' is no folder"):
        open_index(copied).search(["honey"])
