"""Samples in, what may be learned and examined out, and nothing lost on the way."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator import records
from glossator.curation.curate import curate
from glossator.curation.filters import FittingLength
from glossator.curation.reviews import Decision, apply_reviews
from glossator.errors import CurationError
from glossator.llm.chat_format import student_messages
from glossator.records import Message, Reject, Sample
from glossator.text.language import Language

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
    train = samples[0]
    test, other = [sample for sample in samples if sample.split == "test"][:2]
    where = {"chunk": train.chunk_ids[0], "span": (0, 4, "Part"), "document": "d0"}
    planted = {
        "empty": make_sample("Why so?", " ", **where),
        "answer_in_question": make_sample("Is it of stone?", "Of stone!", **where),
        "evidence": make_sample("What is stone?", "A thing.", **{**where, "span": (0, 4, "part")}),
        "straddles": make_sample("A held-out one?", "Some.", chunk=test.chunk_ids[0], span=(0, 4, "Part")),
        "over_budget": make_sample("A long one?", "word " * 90, **where),
        "duplicate_question": make_sample(test.question.upper(), test.answer, **where),
        "names_nothing": make_sample("What is that?", "A stone.", **where),
        "question": make_sample("What does this passage say?", "Many things of stone.", **where),
        "near_duplicate": make_sample(other.question.replace("What is", "Of what is"), other.answer, **where),
        "answer": make_sample("Why stone?", "Weil Steine und Ziegel sehr lange halten und gut aussehen.", **where),
    }
    curated = run(
        [*samples, *planted.values()], by_id, identify=lambda text: Language("de" if "Weil" in text else "en", 1.0)
    )
    held_out = dict.fromkeys(("duplicate_question", "near_duplicate"), "held_out_question")
    filter_of = {"names_nothing": "length", "question": "self_referential", "answer": "language"}
    wanted = {filter_of.get(fault, fault): (held_out.get(fault, fault), one.id) for fault, one in planted.items()}
    assert {reject.stage: (reject.reason, reject.subject_id) for reject in curated.rejects} == wanted
    assert {row.name: dict(row.reasons) for row in curated.ledger.rows} == {
        name: {reason: 1} for name, (reason, _) in wanted.items()
    }
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


def reject_of(sample, stage, reason="r"):
    return Reject(sample.id, stage, reason, "", records.to_dict(sample))


def test_the_ledger_begins_with_what_synthesis_rejected_and_every_row_takes_in_what_the_one_before_left(
    corpus, make_sample, make_pair
):
    samples, by_id = corpus(10)
    ready = [replace(make_pair(f"Why {n} stones?", f"They hold for {n} days."), split="train") for n in range(7)]
    refused = [make_sample(f"Bad {n}?", "No.") for n in range(6)]
    stages = ("evidence", "evidence", "language", "self_referential", "wording", "schema")
    written = [
        *(Reject(f"c{n}", "teacher", "timeout") for n in range(3)),
        *(Reject(f"c{n}", "malformed", "truncated") for n in range(2)),
        *(Reject("c9", "extractive", "no_clause") for _ in range(5)),
        *(reject_of(sample, stage) for sample, stage in zip(refused, stages, strict=True)),
    ]
    curated = run([*samples, *ready], by_id, written_rejects=written, passages_asked=40)
    rows = {row.name: row for row in curated.ledger.rows}
    flows = {name: (row.unit, row.taken_in, row.passed) for name, row in rows.items()}
    assert list(rows)[:6] == ["teacher", "malformed", "extractive", "schema", "wording", "empty"]
    assert flows["teacher"] == ("passages", 40, 37)
    assert flows["malformed"] == ("replies", 37, 35)
    assert flows["extractive"] == ("attempts", 5, 0)
    assert flows["schema"] == ("samples", 106, 105)
    assert flows["wording"] == ("samples", 105, 104)
    assert flows["empty"] == ("samples", 104 + 7, 111)
    assert flows["evidence"] == ("samples", 111, 109)
    assert flows["language"] == ("samples", 109, 108)
    assert flows["self_referential"][2] == 107 == len(curated.samples)
    filters = list(rows.values())[5:]
    assert all(one.passed == other.taken_in for one, other in pairwise(filters))
    assert all(row.taken_in == row.passed + sum(row.reasons.values()) for row in rows.values())
    assert curated.rejects == ()


def test_more_unreadable_pieces_than_replies_still_add_up(corpus):
    samples, by_id = corpus(2)
    written = [Reject("c1", "malformed", "truncated")] * 9
    rows = run(samples, by_id, written_rejects=written, passages_asked=4).ledger.rows
    assert [(row.taken_in, row.passed) for row in rows[:2]] == [(4, 4), (9, 0)]


def test_what_a_person_admitted_passes_every_filter_but_those_that_bind(corpus, make_sample):
    samples, by_id = corpus(10)
    chunk = samples[0].chunk_ids[0]
    bad = {
        "evidence": make_sample("Why stone 1?", "It lasts.", chunk=chunk),
        "length": make_sample("What is it?", "Of stone.", chunk=chunk, span=(0, 4, "Part")),
        "duplicate_question": replace(samples[0], id="again"),
        "straddles": make_sample("Why stone 2?", "So.", chunk=samples[-1].chunk_ids[0], span=(0, 4, "Part")),
        "over_budget": make_sample("Why stone 3?", "word " * 90, chunk=chunk, span=(0, 4, "Part")),
    }
    given = [*samples, *bad.values()]
    assert sorted(reject.stage for reject in run(given, by_id).rejects) == sorted(bad)
    admitted = {sample.id for sample in bad.values()}
    curated = run(given, by_id, admitted=admitted)
    assert [reject.stage for reject in curated.rejects] == ["straddles", "over_budget"]
    kept = {sample.id: sample.origin.verdicts for sample in curated.samples if sample.id in admitted}
    assert set(kept) == {bad[name].id for name in ("evidence", "length", "duplicate_question")}
    assert all(verdicts["review"] == "admitted" for verdicts in kept.values())
    assert kept[bad["evidence"].id]["evidence"] == "overruled: evidence"
    assert [sample.id for sample in curated.samples if "review" in sample.origin.verdicts] == [
        sample.id for sample in curated.samples if sample.id in admitted
    ]


def test_what_was_refused_in_synthesis_and_admitted_is_not_counted_as_refused(corpus, make_sample):
    samples, by_id = corpus(10)
    back = make_sample("What does this passage say?", "Stone.", chunk=samples[0].chunk_ids[0], span=(0, 4, "Part"))
    written = [reject_of(back, "self_referential")]
    left_out = run(samples, by_id, written_rejects=written)
    brought = run([*samples, back], by_id, written_rejects=written, admitted={back.id})
    row = {row.name: row for row in brought.ledger.rows}["self_referential"]
    assert (row.taken_in, row.passed, dict(row.reasons)) == (101, 101, {})
    assert len(brought.samples) == len(left_out.samples) + 1


class Sharp:
    """A judge that likes nothing of the third part."""

    name = "judge"

    def __call__(self, samples):
        kept = [sample for sample in samples if "part 3 " not in sample.question]
        gone = [sample for sample in samples if "part 3 " in sample.question]
        said = [
            replace(one, origin=replace(one.origin, verdicts={**one.origin.verdicts, "judge": "supported"}))
            for one in kept
        ]
        return said, [reject_of(sample, "judge", "unsupported") for sample in gone]


def test_judge_marks_and_decontamination_run_in_this_order_and_have_their_say(corpus):
    samples, by_id = corpus(20)
    seen = []

    def mark(rows):
        seen.append(("mark", Counter(sample.split for sample in rows)["test_seen"]))
        return [
            replace(row, origin=replace(row.origin, verdicts={**row.origin.verdicts, "round_trip": "found at 1"}))
            for row in rows
        ]

    def clean(rows):
        seen.append(("clean", Counter(sample.split for sample in rows)["test_seen"]))
        leaks = [row for row in rows if "in part 5 " in row.question and row.split == "train"]
        return (
            [row for row in rows if row not in leaks],
            [reject_of(row, "decontamination", "contaminated") for row in leaks],
            {"found": len(leaks)},
        )

    curated = run(samples, by_id, judge=Sharp(), round_trip=mark, decontaminate=clean)
    assert seen[0] == ("mark", 0)
    assert seen[1][0] == "clean"
    assert seen[1][1] > 0
    assert [row.name for row in curated.ledger.rows][-2:] == ["judge", "decontamination"]
    assert {row.name: dict(row.reasons) for row in curated.ledger.rows[-2:]} == {
        "judge": {"unsupported": 10},
        "decontamination": {"contaminated": curated.leaks["found"]},
    }
    verdicts = curated.samples[0].origin.verdicts
    assert (verdicts["judge"], verdicts["round_trip"], verdicts["decontamination"]) == (
        "supported",
        "found at 1",
        "passed",
    )


def test_trimming_lengths_languages_and_meaning_are_passed_on(corpus, make_chunk, make_sample):
    samples, by_id = corpus(10)
    chunk = by_id[samples[0].chunk_ids[0]]
    prompt = student_messages("Why is stone used?", context=chunk.text)
    long = replace(
        make_sample("Why is stone used?", "It lasts.", chunk=chunk.id, context="chunk", span=(0, 4, "Part")),
        messages=(*prompt, Message("assistant", "It lasts.")),
    )
    assert [reject.stage for reject in run([*samples, long], by_id).rejects] == ["over_budget"]
    trimmed = run([*samples, long], by_id, fit="trim")
    assert trimmed.rejects == ()
    verdicts = [sample.origin.verdicts["over_budget"] for sample in trimmed.samples]
    assert Counter(verdicts) == {"passed": 100, "trimmed": 1}
    short = run(samples, by_id, lengths=FittingLength(max_question_words=3))
    assert {reject.reason for reject in short.rejects} == {"question_too_long"}
    foreign = run(samples, by_id, languages=["de"], identify=lambda text: Language("en", 1.0))
    assert {reject.stage for reject in foreign.rejects} == {"language"}
    calls = []

    def embed(texts):
        calls.append(len(texts))
        return np.eye(1, 4, dtype=np.float32).repeat(len(texts), axis=0) * 0

    met = run(samples, by_id, embed=embed)
    assert calls
    assert met.samples[0].origin.verdicts["same_meaning"] == "passed"
    assert "same_meaning" not in run(samples, by_id).samples[0].origin.verdicts


@pytest.mark.parametrize("held", ["test", "dev", "test_seen"])
def test_no_person_can_admit_to_train_what_a_held_out_split_asks(corpus, make_sample, held):
    samples, by_id = corpus(10)
    where = {"chunk": samples[0].chunk_ids[0], "span": (0, 4, "Part"), "document": "d0"}
    asked = next(sample for sample in samples if sample.split == ("train" if held == "test_seen" else held))
    samples = [replace(one, split=held) if one is asked else one for one in samples]
    twins = {
        "duplicate_question": make_sample(asked.question.upper(), "Of another thing.", **where),
        "near_duplicate": make_sample(asked.question.replace("What is", "Of what is"), asked.answer, **where),
        "same_meaning": make_sample(f"Say: {asked.question}", "Stone it is.", **where),
    }
    axes = {text: place for place, text in enumerate(dict.fromkeys(t for s in samples for t in (s.question, s.answer)))}
    axes |= {twins["same_meaning"].question: axes[asked.question], "Stone it is.": axes[asked.answer]}

    def embed(texts):
        return np.stack([np.eye(1, len(axes) + 1, axes.get(text, len(axes)), dtype=np.float32)[0] for text in texts])

    for stage, twin in twins.items():
        curated = run([*samples, twin], by_id, admitted={twin.id}, embed=embed, test_seen_share=0.0)
        assert [(reject.stage, reject.reason) for reject in curated.rejects] == [(stage, "held_out_question")]
        assert twin.id not in {sample.id for sample in curated.samples}


def test_of_a_passage_of_several_chunks_only_what_was_not_asked_at_all_counts_as_unasked(corpus):
    samples, by_id = corpus(4)
    written = [
        Reject("g1", "teacher", "back_matter"),
        Reject("g1b", "teacher", "chunk_blank"),
        Reject("g2", "teacher", "back_matter"),
        Reject("g2", "teacher", "timeout"),
        Reject("alone", "teacher", "chunk_blank"),
    ]
    groups = {"g1": ["g1", "g1b"], "g2": ["g2", "g2b"]}
    rows = run(samples, by_id, written_rejects=written, passages_asked=10, passages_of_several=groups).ledger.rows
    found = {row.name: (row.unit, row.taken_in, row.passed, dict(row.reasons)) for row in rows}
    assert found["teacher"] == ("passages", 10, 7, {"back_matter": 1, "timeout": 1, "chunk_blank": 1})
    assert found["left_out"] == ("chunks", 2, 0, {"back_matter": 1, "chunk_blank": 1})
    assert found["malformed"][:3] == ("replies", 7, 7)


def test_an_edited_reject_of_synthesis_is_counted_once(corpus, make_sample):
    samples, by_id = corpus(10)
    lost = make_sample("What does this passage say?", "Stone.", chunk=samples[0].chunk_ids[0], span=(0, 4, "Part"))
    written = [reject_of(lost, "self_referential"), reject_of(lost, "self_referential")]
    decision = Decision(lost.id, "edit", "2026-01-02T03:04:05Z", question="Of what is a wall?")
    reviewed = apply_reviews(samples, written, [decision])
    curated = run(
        reviewed.samples,
        by_id,
        written_rejects=written,
        passages_asked=10,
        admitted=reviewed.admitted,
        admitted_rejects=reviewed.taken,
    )
    rows = {row.name: row for row in curated.ledger.rows}
    assert (rows["schema"].taken_in, rows["self_referential"].taken_in) == (102, 102)
    assert dict(rows["self_referential"].reasons) == {"r": 1}  # the other copy stays refused
    assert len(curated.samples) == 101


def test_what_a_person_dropped_has_the_first_row_after_synthesis(corpus, make_pair):
    samples, by_id = corpus(10)
    ready = [replace(make_pair(f"Why {n} stones?", f"They hold for {n} days."), split="train") for n in range(3)]
    decisions = [Decision(one.id, "drop", "2026-01-02T03:04:05Z") for one in (samples[0], samples[1], ready[0])]
    reviewed = apply_reviews([*samples, *ready], [], decisions)
    curated = run(reviewed.samples, by_id, dropped=reviewed.rejects, passages_asked=10)
    flows = [(row.name, row.taken_in, row.passed, dict(row.reasons)) for row in curated.ledger.rows]
    assert flows[2:6] == [
        ("schema", 100, 100, {}),
        ("wording", 100, 100, {}),
        ("review", 103, 100, {"dropped": 3}),
        ("empty", 100, 100, {}),
    ]
    assert curated.rejects == ()
    assert "review" not in {row.name for row in run(samples, by_id).ledger.rows}
