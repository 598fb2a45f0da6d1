"""Questions about train documents are held out without leaving their evidence in train."""

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.curation.seen import hold_out_seen


def held(samples):
    return [sample for sample in samples if sample.split == "test_seen"]


@pytest.fixture(scope="session")
def make_many(make_sample):
    def build(chunks, per_chunk, split="train"):
        return [
            make_sample(
                f"{split} {c} {q}?",
                f"A {c} {q}",
                split=split,
                chunk=f"{split}{c}",
                span=(q * 10, q * 10 + 10, f"{c} {q}"),
            )
            for c in range(chunks)
            for q in range(per_chunk)
        ]

    return build


def test_the_share_of_train_is_held_out_and_nothing_else_moves(make_many):
    samples = make_many(25, 4) + make_many(5, 4, "test") + make_many(5, 4, "pool")
    moved = hold_out_seen(samples, share=0.1, seed=1)
    assert len(held(moved)) == 10
    assert [sample.id for sample in moved] == [sample.id for sample in samples]
    changed = [old.split for old, new in zip(samples, moved, strict=True) if old != new]
    assert changed == ["train"] * 10


def test_a_share_of_zero_holds_nothing_out(make_many):
    samples = make_many(10, 2)
    assert hold_out_seen(samples, share=0, seed=1) == samples


def test_at_least_the_minimum_is_held_out_but_never_more_than_half(make_many):
    assert len(held(hold_out_seen(make_many(10, 1), share=0.01, seed=1))) == 2
    assert len(held(hold_out_seen(make_many(3, 1), share=0.9, seed=1))) == 1
    assert held(hold_out_seen(make_many(1, 1), share=0.9, seed=1)) == []


def test_the_seed_decides_and_the_order_of_the_samples_does_not(make_many):
    samples = make_many(50, 2)
    drawn = {seed: {sample.id for sample in held(hold_out_seen(samples, share=0.2, seed=seed))} for seed in range(4)}
    assert len({frozenset(ids) for ids in drawn.values()}) == 4
    assert {sample.id for sample in held(hold_out_seen(samples[::-1], share=0.2, seed=2))} == drawn[2]


def test_questions_with_overlapping_evidence_stay_together(make_sample):
    samples = [
        make_sample(f"Q {c} {q}?", f"A {c} {q}", chunk=f"c{c}", span=(q * 6, q * 6 + 9, f"{c} {q}"))
        for c in range(30)
        for q in range(3)
    ]
    for seed in range(5):
        splits = defaultdict(set)
        for sample in hold_out_seen(samples, share=0.3, seed=seed):
            splits[sample.chunk_ids].add(sample.split)
        assert all(len(found) == 1 for found in splits.values())
        assert set.union(*splits.values()) == {"train", "test_seen"}


def test_evidence_that_a_second_chunk_repeats_stays_together(make_sample):
    samples = [
        make_sample(f"Q {n} {side}?", f"A {n} {side}", chunk=f"c{n}{side}", span=(start, start + 9, f"sentence {n}"))
        for n in range(20)
        for side, start in (("end", 90), ("begin", 0))
    ]
    for seed in range(5):
        splits = defaultdict(set)
        for sample in hold_out_seen(samples, share=0.4, seed=seed):
            splits[sample.evidence[0].text].add(sample.split)
        assert all(len(found) == 1 for found in splits.values())


def test_a_question_without_evidence_is_about_its_whole_chunk(make_sample):
    samples = [
        make_sample(
            f"Q {c} {q}?", f"A {c} {q}", chunk=f"c{c}", span=None if q == 0 else (q * 10, q * 10 + 5, f"{c} {q}")
        )
        for c in range(20)
        for q in range(3)
    ]
    splits = defaultdict(set)
    for sample in hold_out_seen(samples, share=0.3, seed=3):
        splits[sample.chunk_ids].add(sample.split)
    assert all(len(found) == 1 for found in splits.values())


def test_one_closed_book_question_to_three_personas_stays_together(make_sample):
    samples = [
        make_sample(f"What is thing {n}?", f"{style} {n}", chunk=f"{style}{n}", task=style, span=(0, 9, f"{style} {n}"))
        for n in range(20)
        for style in ("eli5", "intuitive", "executive")
    ]
    splits = defaultdict(set)
    for sample in hold_out_seen(samples, share=0.3, seed=3):
        splits[sample.question].add(sample.split)
    assert all(len(found) == 1 for found in splits.values())


def test_one_question_put_to_many_passages_does_not_tie_them_together(make_sample):
    samples = [
        make_sample("What is this about?", f"A {n}", chunk=f"c{n}", span=(0, 9, f"text {n}"), context="chunk")
        for n in range(40)
    ]
    assert len(held(hold_out_seen(samples, share=0.25, seed=1))) == 10


def test_where_every_unit_is_too_large_the_smallest_is_held_out(make_sample):
    samples = [make_sample(f"Q {c} {q}?", f"A {c} {q}", chunk=f"c{c}") for c in range(4) for q in range(5)]
    assert len(held(hold_out_seen(samples, share=0.1, seed=1))) == 5


def test_ready_pairs_are_not_held_out_and_do_not_count_for_the_share(make_many, make_pair, make_text):
    ready = [replace(make_pair(f"Why {n}?", make_text(n)), split="train") for n in range(40)]
    assert hold_out_seen(ready, share=0.5, seed=1) == ready
    moved = hold_out_seen([*ready, *make_many(10, 2)], share=0.2, seed=1)
    assert moved[:40] == ready
    assert len(held(moved)) == 4


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 40), st.integers(1, 15)), min_size=4, max_size=60),
    st.floats(0.01, 0.6),
    st.integers(0, 999),
)
def test_no_character_of_held_out_evidence_is_evidence_in_train(make_sample, spans, share, seed):
    samples = [
        make_sample(f"Q{place}?", f"A{place}", chunk=f"c{chunk}", span=(start, start + length, f"{chunk} {place}"))
        for place, (chunk, start, length) in enumerate(spans)
    ]
    covered = defaultdict(set)
    for sample in hold_out_seen(samples, share=share, seed=seed):
        evidence = sample.evidence[0]
        covered[sample.split] |= {(evidence.chunk_id, place) for place in range(evidence.start, evidence.end)}
    assert not covered["train"] & covered["test_seen"]
