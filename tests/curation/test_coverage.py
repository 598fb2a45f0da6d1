"""Every chunk is counted, and where it has no pair the reason is told."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.curation import coverage
from glossator.curation.coverage import cover
from glossator.records import Reject, to_dict


@pytest.fixture
def house(make_document, make_chunk, make_sample):
    """Two documents: one well covered, one with every reason not to be."""
    headings = ["Intro", "Intro", "Method", "Method", "Method", "Thanks", "Pool", "Aside"]
    chunks = [make_chunk("b", n, f"text b {n}", heading) for n, heading in enumerate(headings)]
    chunks += [make_chunk("a", n, f"text a {n}", "Only") for n in range(2)]
    ids = [chunk.id for chunk in chunks]
    split_of = {**dict.fromkeys(ids, "train"), ids[6]: "pool", ids[7]: None, ids[8]: "test", ids[9]: "test"}
    samples = [make_sample("One?", "1", chunk=ids[0])]
    samples += [make_sample(f"Two {n}?", f"{n}", chunk=ids[8], split="test") for n in range(2)]
    lost = make_sample("Lost?", "no", chunk=ids[2])
    rejects = [
        Reject(ids[1], "teacher", "budget"),
        Reject(lost.id, "evidence", "evidence", record=to_dict(lost)),
        Reject(ids[3], "teacher", "timeout"),
        Reject(ids[5], "teacher", "back_matter"),
        Reject("another", "collect", "unreadable"),
    ]
    documents = [make_document("b"), make_document("a"), make_document("nothing in it")]
    return cover(documents, chunks, split_of=split_of, samples=samples, rejects=rejects)


def test_each_chunk_has_its_pairs_or_the_reason_for_none(house):
    rows = {
        document.id: [(chunk.pairs, chunk.why, chunk.state) for chunk in document.chunks]
        for document in house.documents
    }
    assert rows["a"] == [(2, "", "many"), (0, "no_pair", "vain")]
    assert rows["b"] == [
        (1, "", "one"),
        (0, "budget", "unasked"),
        (0, "evidence", "vain"),
        (0, "timeout", "vain"),
        (0, "no_pair", "vain"),
        (0, "back_matter", "unasked"),
        (0, "pool", "unasked"),
        (0, "set_aside", "unasked"),
    ]
    assert rows["nothing in it"] == []


def test_the_totals_tell_shares_of_what_was_asked_by_split(house):
    told = json.loads(json.dumps(house.to_dict(), allow_nan=False))
    totals = told["totals"]
    assert (totals["chunks"], totals["asked"], totals["covered"], totals["share"]) == (10, 6, 2, 0.3333)
    assert (totals["documents"], totals["documents_covered"], totals["pairs"]) == (3, 2, 3)
    assert (totals["sections"], totals["sections_covered"]) == (6, 2)
    assert totals["splits"]["test"]["share"] == 0.5
    assert totals["splits"]["pool"]["share"] is None
    assert [row["id"] for row in told["documents"]] == ["a", "b", "nothing in it"]
    assert told["documents"][1]["sections"][1] == {
        "heading": "Method",
        "chunks": [0, 0, 0],
        "why": {"evidence": 1, "timeout": 1, "no_pair": 1},
    }


def test_a_sample_about_two_chunks_covers_both_and_counts_once(make_document, make_chunk, make_sample):
    from dataclasses import replace

    chunks = [make_chunk("d", n, f"text {n}") for n in range(2)]
    hop = replace(make_sample("Hop?", "yes"), chunk_ids=tuple(chunk.id for chunk in chunks))
    found = cover(
        [make_document("d")],
        chunks,
        split_of={chunk.id: "train" for chunk in chunks},
        samples=[hop],
        rejects=[Reject(chunks[0].id, "wording", "echo")],
    )
    assert [chunk.pairs for chunk in found.documents[0].chunks] == [1, 1]
    assert found.pairs == 1


def test_ready_pairs_are_told_apart(make_document, make_pair):
    found = cover([make_document("d")], [], split_of={}, samples=[make_pair("Why?", "Because.")], rejects=[])
    assert (found.ready, found.pairs, found.to_dict()["totals"]["share"]) == (1, 0, None)


def test_of_very_many_documents_the_first_are_listed_and_the_rest_counted(make_document, make_chunk, monkeypatch):
    monkeypatch.setattr(coverage, "MOST_DOCUMENTS", 3)
    documents = [make_document(f"d{n}") for n in range(8)]
    chunks = [make_chunk(one.id, 0, f"text of {one.id}") for one in documents]
    told = cover(documents, chunks, split_of={c.id: "train" for c in chunks}, samples=[], rejects=[]).to_dict()
    assert (len(told["documents"]), told["documents_not_listed"], told["totals"]["chunks"]) == (3, 5, 8)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["train", "test", "pool", None]), st.booleans()), max_size=20)
)
def test_covered_and_not_covered_chunks_add_up(make_document, make_chunk, make_sample, plan):
    chunks = [make_chunk("d", n, f"text {n}", f"H{n // 4}") for n in range(len(plan))]
    samples = [
        make_sample(f"Q {chunk.id} {k}?", "A", chunk=chunk.id)
        for chunk, (pairs, split, _) in zip(chunks, plan, strict=True)
        for k in range(pairs if split in ("train", "test") else 0)
    ]
    rejects = [Reject(c.id, "teacher", "budget") for c, (_, _, out) in zip(chunks, plan, strict=True) if out]
    split_of = {chunk.id: split for chunk, (_, split, _) in zip(chunks, plan, strict=True)}
    totals = cover([make_document("d")], chunks, split_of=split_of, samples=samples, rejects=rejects).to_dict()[
        "totals"
    ]
    assert totals["covered"] + sum(totals["why"].values()) == totals["chunks"] == len(plan)
    assert Counter({split: row["chunks"] for split, row in totals["splits"].items()}) == Counter(
        split or "set_aside" for _, split, _ in plan
    )


def test_a_chunk_that_only_stood_beside_the_right_one_is_neither_covered_nor_blamed(
    make_document, make_chunk, make_sample
):
    from dataclasses import replace

    chunks = [make_chunk("d", n, f"text {n}") for n in range(6)]
    ids = [chunk.id for chunk in chunks]
    several = replace(
        make_sample("Good?", "Yes.", context="retrieved"), chunk_ids=tuple(ids), metadata={"gold": ids[1]}
    )
    quoted = replace(make_sample("Quoted?", "No.", chunk=ids[3], span=(0, 4, "text")), chunk_ids=tuple(ids))
    lost = replace(several, id="lost", metadata={"gold": ids[2]})
    found = cover(
        [make_document("d")],
        chunks,
        split_of=dict.fromkeys(ids, "train"),
        samples=[several],
        rejects=[Reject(one.id, "judge", "unsupported", record=to_dict(one)) for one in (quoted, lost)],
        shown=ids[:5],
    )
    assert [(chunk.pairs, chunk.why, chunk.state) for chunk in found.documents[0].chunks] == [
        (0, "no_pair", "vain"),
        (1, "", "one"),
        (0, "unsupported", "vain"),
        (0, "unsupported", "vain"),
        (0, "no_pair", "vain"),
        (0, "not_shown", "unasked"),
    ]
