"""Each sample counts for the document it asks about, under the name it came with."""

import dataclasses

from tests.reviewed_run import BUILT

from glossator.curation import Assignment
from glossator.pipeline.samples import cluster_of_samples, original_id
from glossator.records import Chunk

CHUNKS = {name: Chunk(name, f"d{name[1:]}", 0, (), 1, 1, "text", 1) for name in ("c1", "c2", "c3")}
ASSIGNMENT = Assignment("document", {"d1": "train", "d2": "train"}, {"d1": "cluster-1", "d2": "cluster-2", "pair": "p"})


def test_a_sample_among_distractors_counts_for_the_document_that_answers():
    beside = dataclasses.replace(BUILT, chunk_ids=("c3", "c2", "c1"), document_ids=("d3", "d2", "d1"))
    assert cluster_of_samples([beside], CHUNKS, ASSIGNMENT) == {BUILT.id: "cluster-1"}  # its evidence lies in c1
    named = dataclasses.replace(beside, evidence=(), metadata={"gold": "c2"})
    assert cluster_of_samples([named], CHUNKS, ASSIGNMENT) == {BUILT.id: "cluster-2"}


def test_a_ready_pair_keeps_its_cluster_when_it_is_edited_or_trimmed():
    ready = dataclasses.replace(BUILT, chunk_ids=(), evidence=())
    for metadata in ({"edited_from": "pair"}, {"trimmed_from": "pair"}, {"edited_from": "pair", "trimmed_from": "x"}):
        changed = dataclasses.replace(ready, metadata=metadata)
        assert original_id(changed) == "pair"
        assert cluster_of_samples([changed], CHUNKS, ASSIGNMENT) == {BUILT.id: "p"}
