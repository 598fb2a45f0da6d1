"""A question that does not find its own passage is marked, or rejected where that is asked for."""

import json
from dataclasses import replace

import pytest

from glossator import records
from glossator.curation.round_trip import BATCH, RoundTrip, round_trip
from glossator.errors import RetrievalError
from glossator.records import Evidence, Sample
from glossator.retrieval import Passage, build_index, open_index

SUBJECTS = ("beekeeping", "bridges", "tides", "bread", "clocks", "balloons")


class Words:
    """An embedder that tells texts apart by their letters: enough to build a real index with, in no time."""

    name, digest, source, dimension = "letters@0", "0", "letters", 26

    def windows(self, texts, contexts=None):
        return [[text] for text in texts]

    def embed(self, texts, *, role="passage", on_progress=None, batch_size=32):
        import numpy as np

        rows = np.array([[1 + text.lower().count(chr(97 + i)) for i in range(26)] for text in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def chunks(make_chunk):
    return [
        make_chunk(name, 0, f"This passage on {name} tells that the committee met. {name.title()} is old.")
        for name in SUBJECTS
    ]


@pytest.fixture
def search(chunks, tmp_path):
    for library in ("faiss", "bm25s"):
        pytest.importorskip(library)
    passages = [Passage(chunk.id, chunk.document_id, chunk.document_id, "", (), 1, 1, chunk.text) for chunk in chunks]
    build_index(passages, tmp_path / "index", embedder=Words())
    return open_index(tmp_path / "index", embedder=Words()).search


@pytest.fixture
def samples(chunks, make_sample):
    named = [make_sample(f"How old is {chunk.document_id}?", chunk=chunk.id, split="train") for chunk in chunks]
    vague = [
        make_sample(f"When did the committee meet, {n}?", chunk=chunk.id, split="test", task="vague")
        for n, chunk in enumerate(chunks)
    ]
    return [*named, *vague]


def test_each_sample_tells_at_which_rank_its_passage_was_found(search, samples):
    made = round_trip(samples, search, k=2, mode="bm25")
    verdicts = [sample.origin.verdicts["round_trip"] for sample in made]
    assert verdicts[:6] == ["found at 1"] * 6
    assert sorted(verdicts[6:]) == ["found at 1", "found at 2", *["not found in 2"] * 4]
    assert [replace(one, origin=samples[place].origin) for place, one in enumerate(made)] == samples
    assert made[0].origin.verdicts["teacher"] == "kept"


def test_the_report_counts_by_task_and_by_split(search, samples):
    trip = RoundTrip(search, k=2, mode="bm25")
    trip(samples)
    report = json.loads(json.dumps(trip.report))
    assert (report["k"], report["asked"], report["found"], report["first"]) == (2, 12, 8, 7)
    assert report["tasks"]["vague"] == {"asked": 6, "found": 2, "first": 1, "share": 0.3333}
    assert report["splits"]["train"]["share"] == 1.0


def test_what_is_not_found_is_rejected_whole_where_that_is_asked_for(search, samples):
    kept, rejects = RoundTrip(search, k=2, on_miss="reject")(samples)
    assert (len(kept), len(rejects)) == (8, 4)
    assert {(reject.stage, reject.reason) for reject in rejects} == {("round_trip", "not_self_contained")}
    assert all(records.from_dict(Sample, reject.record) in samples for reject in rejects)


def test_only_the_named_tasks_are_rejected_the_others_are_marked(search, samples):
    kept, rejects = RoundTrip(search, k=2, on_miss="reject", tasks={"qa"})(samples)
    assert rejects == []
    assert sum(one.origin.verdicts["round_trip"] == "not found in 2" for one in kept) == 4


def test_ready_samples_and_blank_questions_are_let_through_as_they_are(search, samples, make_pair):
    ready, blank = make_pair("Who dug?", "Moles."), replace(samples[0], question=" ")
    trip = RoundTrip(search, k=2, on_miss="reject")
    assert trip([ready, blank]) == ([ready, blank], [])
    assert trip.report["without_chunk"] == 2
    assert trip.report["share"] is None


def test_of_several_chunks_the_one_with_the_evidence_decides(search, samples, chunks):
    sample = replace(
        samples[0], chunk_ids=(chunks[0].id, chunks[1].id), evidence=(Evidence(chunks[1].id, 0, 4, "This"),)
    )
    assert round_trip([sample], search, k=1)[0].origin.verdicts["round_trip"] == "not found in 1"
    assert round_trip([replace(sample, evidence=())], search, k=1)[0].origin.verdicts["round_trip"] == "found at 1"


def test_questions_are_searched_in_batches_and_equal_ones_once(samples):
    sizes = []

    def count(queries, *, k, mode):
        sizes.append((len(queries), k, mode))
        return [[] for _ in queries]

    many = [replace(samples[0], question=f"Number {n}?") for n in range(BATCH + 10)] + [samples[0]] * 5
    made = round_trip(many, count, k=7)
    assert sizes == [(BATCH, 7, "hybrid"), (11, 7, "hybrid")]
    assert {one.origin.verdicts["round_trip"] for one in made} == {"not found in 7"}
    assert round_trip([], count) == []


def test_an_index_that_cannot_be_searched_so_is_an_error(search, samples):
    with pytest.raises(RetrievalError, match="k is 0"):
        round_trip(samples, search, k=0)
