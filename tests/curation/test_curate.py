"""Samples in, what may be learned and examined out, and nothing lost on the way."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator import records
from glossator.curation.curate import curate
from glossator.errors import CurationError
from glossator.records import Sample

CHECKS = {"qa": ("evidence", "answer_in_question"), "analogy": ()}


def count_words(batch):
    return [sum(len(message.content.split()) for message in sample.messages) for sample in batch]


@pytest.fixture(scope="session")
def corpus(make_chunk, make_sample):
    """Build chunks of ten sentences and a question on each sentence."""

    def build(chunks=30, splits=("train", "train", "train", "dev", "test")):
        by_id, samples = {}, []
        for place in range(chunks):
            sentences = [f"Part {place} has item {n} of stone." for n in range(10)]
            chunk = make_chunk(f"d{place}", 0, " ".join(sentences))
            by_id[chunk.id] = chunk
            for n, sentence in enumerate(sentences):
                start = chunk.text.index(sentence)
                samples.append(
                    make_sample(
                        f"What is item {n} in part {place} made of?",
                        f"Item {n} is stone in {place}.",
                        split=splits[place % len(splits)],
                        chunk=chunk.id,
                        document=f"d{place}",
                        span=(start, start + len(sentence), sentence),
                    )
                )
        return samples, by_id

    return build


def run(samples, by_id, **changes):
    values = {"checks": CHECKS, "max_tokens": 60, "count_tokens": count_words, "test_seen_share": 0.1, "seed": 5}
    return curate(samples, by_id, **{**values, **changes})


def test_good_samples_all_pass_and_a_share_of_train_becomes_test_seen(corpus):
    samples, by_id = corpus()
    curated = run(samples, by_id)
    assert curated.counts == {"train": 162, "dev": 60, "test": 60, "test_seen": 18, "pool": 0}
    assert curated.rejects == ()
    assert all((row.taken_in, row.passed) == (300, 300) for row in curated.ledger.rows)


def test_every_planted_fault_is_found_by_its_filter_and_nothing_else_is_lost(corpus, make_sample):
    samples, by_id = corpus()
    train, test = samples[0], next(sample for sample in samples if sample.split == "test")
    where = {"chunk": train.chunk_ids[0], "span": (0, 4, "Part"), "document": "d0"}
    planted = {
        "empty": make_sample("Why so?", " ", **where),
        "answer_in_question": make_sample("Is it of stone?", "Of stone!", **where),
        "evidence": make_sample("What is it?", "A thing.", **{**where, "span": (0, 4, "part")}),
        "straddles": make_sample("A held-out one?", "Some.", chunk=test.chunk_ids[0], span=(0, 4, "Part")),
        "over_budget": make_sample("A long one?", "word " * 90, **where),
        "duplicate_question": make_sample(test.question.upper(), test.answer, **where),
    }
    curated = run([*samples, *planted.values()], by_id)
    assert {reject.reason: reject.subject_id for reject in curated.rejects} == {
        reason: sample.id for reason, sample in planted.items()
    }
    assert {row.name: dict(row.reasons) for row in curated.ledger.rows} == {reason: {reason: 1} for reason in planted}
    assert {sample.id for sample in curated.samples} == {sample.id for sample in samples}


def test_checks_run_only_for_the_tasks_that_name_them(corpus, make_sample):
    samples, by_id = corpus(10)
    analogy = make_sample("Explain stone.", "stone", task="analogy", chunk=samples[0].chunk_ids[0])
    assert run([*samples, analogy], by_id).rejects == ()
    strict = run([*samples, analogy], by_id, checks={**CHECKS, "analogy": ("evidence",)})
    assert [reject.reason for reject in strict.rejects] == ["evidence"]


def test_a_check_that_does_not_exist_is_refused_with_those_that_do(corpus):
    with pytest.raises(CurationError, match=r"task qa names the check evidense.*evidence"):
        run(*corpus(5), checks={"qa": ("evidense",)})


def test_samples_carry_the_verdicts_of_the_filters_they_passed_beside_earlier_ones(corpus, make_sample):
    samples, by_id = corpus(10)
    analogy = make_sample("Explain it.", "A wall.", task="analogy", chunk=samples[0].chunk_ids[0])
    verdicts = {sample.task: sample.origin.verdicts for sample in run([*samples, analogy], by_id).samples}
    assert verdicts["qa"]["teacher"] == "kept"
    assert verdicts["qa"]["evidence"] == "passed"
    assert "evidence" not in verdicts["analogy"]
    assert verdicts["analogy"]["over_budget"] == "passed"


def test_samples_come_sorted_by_split_then_id_whatever_order_they_came_in(corpus, make_sample):
    samples, by_id = corpus()
    samples += [make_sample(f"Empty {n}?", "") for n in range(9)]
    shuffled = list(samples)
    random.Random(1).shuffle(shuffled)
    one, other = run(samples, by_id), run(shuffled, by_id)
    assert len(one.rejects) == 9
    assert one == other
    order = ["test", "dev", "test_seen", "train", "pool"]
    keys = [(order.index(sample.split), sample.id) for sample in one.samples]
    assert keys == sorted(keys)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Why?", "why", "How so?", "Is it stone?", ""]),
        st.sampled_from(["Stone.", "stone", "A wall of stone.", "word " * 80, " "]),
        st.sampled_from(["train", "dev", "test", "pool", "test_seen"]),
        st.sampled_from(["c1", "c2", "c3", "c4", None]),
        st.sampled_from(["none", "chunk"]),
        st.sampled_from(["qa", "analogy"]),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(ROWS, st.integers(0, 99))
def test_nothing_vanishes_and_no_question_stands_on_two_sides(make_sample, rows, seed):
    samples = [
        make_sample(question, answer, split=split, chunk=chunk, context=context, task=task)
        for question, answer, split, chunk, context, task in rows
    ]
    curated = run(samples, {}, seed=seed)
    readmitted = [records.from_dict(Sample, reject.record) for reject in curated.rejects]
    assert Counter(sample.id for sample in [*curated.samples, *readmitted]) == Counter(sample.id for sample in samples)
    side = {}
    for sample in curated.samples:
        assert side.setdefault((sample.question.strip("?").lower(), sample.answer), sample.split) == sample.split
        for chunk in sample.chunk_ids:
            own = "train" if sample.split == "test_seen" else sample.split
            assert side.setdefault(chunk, own) == own


def test_ready_pairs_pass_without_evidence_keep_their_splits_and_stay_in_the_pool(make_pair, make_text):
    splits = ("train", "dev", "test", "pool")
    ready = [replace(make_pair(f"Why {n}?", make_text(n, 20)), split=splits[n % 4]) for n in range(40)]
    curated = run(ready, {}, checks={"qa": ("evidence", "answer_in_question")}, test_seen_share=0.5)
    assert curated.counts == {"train": 10, "dev": 10, "test": 10, "test_seen": 0, "pool": 10}
    assert {sample.id: sample.split for sample in curated.samples} == {one.id: one.split for one in ready}
    assert all("evidence" not in sample.origin.verdicts for sample in curated.samples)


def test_one_question_about_two_passages_of_ready_pairs_is_two_questions_and_twice_about_one_is_one(make_pair):
    asked = [
        ("Who dug?", "Moles.", "A mole dug."),
        ("Who dug?", "Cats.", "A cat dug."),
        ("Who dug?", "No.", "A cat dug."),
    ]
    ready = [replace(make_pair(*one), split="train") for one in asked]
    assert [reject.reason for reject in run(ready, {}).rejects] == ["duplicate_question"]


def test_no_samples_give_an_empty_result(corpus):
    curated = run([], {})
    assert curated.samples == curated.rejects == ()
    assert sum(curated.counts.values()) == 0


def test_work_grows_with_the_number_of_samples_and_not_with_its_square(corpus):
    def calls(chunks):
        samples, by_id = corpus(chunks)
        counted = 0

        def count(frame, event, argument):
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            run(samples, by_id)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(800) < 10 * calls(100)


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, glossator.curation, glossator.curation.curate, glossator.curation.splits;"
        "print([name for name in ('rensa', 'numpy', 'torch', 'transformers', 'pyarrow') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"
