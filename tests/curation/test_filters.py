"""Each filter lets the good through, finds the planted bad and keeps it whole."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator import records
from glossator.curation.filters import (
    PRIORITY,
    AnswerNotInQuestion,
    DistinctPairs,
    DistinctQuestions,
    EvidenceFound,
    FittingLength,
    NotEmpty,
    OneSplitPerChunk,
    SelfContained,
    TokenBudget,
)
from glossator.curation.filters.prompt import read_passage
from glossator.llm.chat_format import student_messages
from glossator.records import Message, Sample, content_id


def outcome(found):
    kept, rejects = found
    return [sample.split for sample in kept], [(reject.reason, reject.record["split"]) for reject in rejects]


@pytest.mark.parametrize(
    ("question", "answer"), [("", "Yes."), ("Why?", ""), (" \n", "Yes."), ("Why?", "…"), ("?", "A")]
)
def test_an_empty_question_or_answer_is_rejected(make_sample, question, answer):
    kept, rejects = NotEmpty()([make_sample(question, answer)])
    assert kept == []
    assert rejects[0].reason == "empty"


def test_a_conversation_that_does_not_end_with_the_assistant_is_rejected(make_sample):
    sample = records.from_dict(
        Sample, {**records.to_dict(make_sample()), "messages": [{"role": "user", "content": "Hi"}]}
    )
    assert NotEmpty()([sample])[1][0].detail == "the last message is not the assistant's"
    assert NotEmpty()([make_sample()]) == ([make_sample()], [])


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Is the bridge made of stone?", "Made of stone."), ("The miller built it.", "the miller built it")],
)
def test_an_answer_that_stands_in_its_question_is_rejected(make_sample, question, answer):
    kept, rejects = AnswerNotInQuestion()([make_sample(question, answer)])
    assert (kept, rejects[0].reason) == ([], "answer_in_question")


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Who built this?", "is"), ("Who built the bridge?", "The bridge was built by a miller."), ("What is it?", "At")],
)
def test_an_answer_that_shares_only_letters_or_some_words_with_its_question_stays(make_sample, question, answer):
    assert AnswerNotInQuestion()([make_sample(question, answer)])[1] == []


def test_a_task_that_does_not_name_a_check_is_not_checked(make_sample):
    sample = make_sample("Is it stone?", "stone", task="choice")
    assert AnswerNotInQuestion(tasks={"qa"})([sample])[0] == [sample]
    assert EvidenceFound({}, tasks={"qa"})([sample])[0] == [sample]
    assert EvidenceFound({}, tasks={"choice"})([sample])[0] == []


def test_evidence_at_its_place_passes(make_chunk, make_sample):
    chunk = make_chunk("d1", 0, "Long ago the miller built the bridge.")
    sample = make_sample(chunk=chunk.id, span=(9, 36, "the miller built the bridge"))
    assert EvidenceFound({chunk.id: chunk})([sample]) == ([sample], [])


@pytest.mark.parametrize(
    ("span", "detail"),
    [
        ((8, 35, "the miller built the bridge"), "another one"),
        ((9, 36, "the miller built the castle"), "another one"),
        ((30, 60, "bridge."), "no such span"),
        ((-7, -1, "bridge"), "no such span"),
        ((9, 9, ""), "no such span"),
        (None, "no evidence"),
    ],
)
def test_evidence_that_is_not_where_it_says_is_rejected(make_chunk, make_sample, span, detail):
    chunk = make_chunk("d1", 0, "Long ago the miller built the bridge.")
    kept, rejects = EvidenceFound({chunk.id: chunk})([make_sample(chunk=chunk.id, span=span)])
    assert kept == []
    assert rejects[0].reason == "evidence"
    assert detail in rejects[0].detail


def test_evidence_from_a_chunk_that_is_unknown_or_not_the_samples_own_is_rejected(make_chunk, make_sample):
    own, foreign = make_chunk("d1", 0, "one text"), make_chunk("d2", 0, "another text")
    sample = make_sample(chunk=foreign.id, span=(0, 7, "another"))
    borrowed = records.from_dict(Sample, {**records.to_dict(sample), "chunk_ids": [own.id]})
    assert EvidenceFound({own.id: own, foreign.id: foreign})([borrowed])[1][0].reason == "evidence"
    assert EvidenceFound({own.id: own})([sample])[1][0].reason == "evidence"


def test_the_token_budget_counts_the_whole_conversation_and_allows_its_maximum(make_sample):
    samples = [make_sample(answer="word " * count) for count in (3, 4, 5)]

    def count(batch):
        return [sum(len(message.content.split()) for message in sample.messages) for sample in batch]

    limit = count(samples)[1]
    kept, rejects = TokenBudget(limit, count)(samples)
    assert kept == samples[:2]
    assert [(reject.reason, reject.detail) for reject in rejects] == [
        ("over_budget", f"{limit + 1} tokens, {limit} allowed")
    ]


def test_the_token_budget_asks_for_a_bounded_number_of_samples_at_once(make_sample):
    sizes = []

    def count(batch):
        sizes.append(len(batch))
        return [1] * len(batch)

    kept, _ = TokenBudget(1, count)([make_sample()] * 5000)
    assert len(kept) == sum(sizes) == 5000
    assert max(sizes) <= 2048


@pytest.mark.parametrize(
    ("one", "other"), [("test", "train"), ("test", "dev"), ("dev", "train"), ("dev", "test_seen"), ("train", "pool")]
)
def test_a_planted_question_and_answer_survives_only_on_the_held_out_side(make_sample, one, other):
    samples = [
        make_sample(split=other, chunk="c1", context="chunk", task="qa"),
        make_sample(
            "WHO built   the bridge", "the miller built it", split=one, chunk="c2", context="chunk", task="short"
        ),
    ]
    reason = "duplicate_question" if one == "train" else "held_out_question"
    assert outcome(DistinctQuestions()(samples)) == ([one], [(reason, other)])
    assert outcome(DistinctQuestions()(samples[::-1])) == ([one], [(reason, other)])


def test_one_question_put_to_two_passages_is_two_questions(make_sample):
    samples = [
        make_sample("What is the goal of the package?", f"Goal {n}.", chunk=f"c{n}", context="chunk", split=split)
        for n, split in enumerate(("train", "train", "test"))
    ]
    assert DistinctQuestions()(samples)[1] == []


def test_one_question_put_twice_to_one_passage_is_one(make_sample):
    samples = [make_sample(answer=answer, context="chunk") for answer in ("The miller.", "A miller, long ago.")]
    assert len(DistinctQuestions()(samples)[1]) == 1


def test_a_closed_book_question_with_another_answer_is_a_duplicate(make_sample):
    samples = [make_sample(answer=answer, chunk=answer, split="train") for answer in ("The miller.", "The smith.")]
    assert len(DistinctQuestions()(samples)[1]) == 1


@pytest.mark.parametrize("context", ["none", "chunk"])
@pytest.mark.parametrize("told_apart_by", ["task", "group"])
def test_personas_of_one_section_are_not_duplicates_of_each_other(make_sample, context, told_apart_by):
    samples = [
        make_sample("Explain this.", f"{name} answer", context=context, **{told_apart_by: name})
        for name in ("eli5", "intuitive", "executive")
    ]
    assert DistinctQuestions()(samples)[1] == []


def test_a_closed_book_question_of_another_persona_leaks_across_splits(make_sample):
    samples = [
        make_sample(answer="In plain words.", task="eli5", group="eli5", split="train"),
        make_sample(answer="In a word: yes.", task="executive", group="executive", split="test", chunk="c2"),
    ]
    assert outcome(DistinctQuestions()(samples)) == (["test"], [("held_out_question", "train")])


def test_a_chunk_that_serves_two_sides_keeps_only_the_held_out_one(make_sample):
    samples = [
        make_sample(f"Question {split}?", split=split) for split in ("train", "test", "dev", "pool", "test_seen")
    ]
    assert outcome(OneSplitPerChunk()(samples))[0] == ["test"]
    assert {reject.reason for reject in OneSplitPerChunk()(samples)[1]} == {"straddles"}


def test_train_and_test_seen_may_share_a_chunk(make_sample):
    samples = [make_sample("One?", split="train"), make_sample("Two?", split="test_seen")]
    assert OneSplitPerChunk()(samples) == (samples, [])


@st.composite
def questions(draw):
    return [
        {
            "question": draw(st.sampled_from(["Why?", "why", "How?", "Who built it?", " "])),
            "answer": draw(st.sampled_from(["A stone.", "a stone", "why", ""])),
            "split": draw(st.sampled_from(sorted(PRIORITY))),
            "chunk": draw(st.sampled_from(["c1", "c2", "c3"])),
            "context": draw(st.sampled_from(["none", "chunk"])),
        }
        for _ in range(draw(st.integers(0, 12)))
    ]


@settings(deadline=None)
@given(questions())
@pytest.mark.parametrize(
    "step",
    [
        NotEmpty(),
        AnswerNotInQuestion(),
        EvidenceFound({}),
        TokenBudget(4, lambda batch: [len(sample.answer) for sample in batch]),
        OneSplitPerChunk(),
        DistinctQuestions(),
        DistinctPairs(),
        FittingLength(2, 2),
        SelfContained(),
    ],
    ids=lambda step: step.name,
)
def test_every_filter_keeps_the_order_loses_nothing_and_finds_nothing_the_second_time(make_sample, step, rows):
    samples = [make_sample(**row) for row in rows]
    kept, rejects = step(samples)
    remaining = iter(samples)
    assert all(any(sample is other for other in remaining) for sample in kept)
    assert len(kept) + len(rejects) == len(samples)
    assert sorted(sample.id for sample in kept) + sorted(reject.subject_id for reject in rejects) == sorted(
        sample.id for sample in kept
    ) + sorted(records.from_dict(Sample, reject.record).id for reject in rejects)
    assert step(kept) == (kept, [])


def test_a_rejected_sample_can_be_readmitted_as_it_was(make_sample):
    sample = make_sample("", span=(0, 3, "the"), group="g")
    reject = NotEmpty()([sample])[1][0]
    assert records.from_dict(Sample, reject.record) == sample
    assert reject.stage == "empty"
    assert sample.prompt == (Message("system", ""), Message("user", ""))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the annealing of glass?", "Annealing glass is the annealing of glasses."),
        ("Why does the wall of stone last?", "The stone wall lasts."),
    ],
)
def test_an_answer_that_only_says_an_open_question_again_is_rejected(make_sample, question, answer):
    assert [one.reason for one in AnswerNotInQuestion()([make_sample(question, answer)])[1]] == ["repeats_question"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Does the wall of stone last?", "The stone wall lasts."),
        ("What lasts longer, stone walls or wooden walls?", "Stone walls last longer."),
        ("Which walls of stone and wood last?", "Stone walls last."),
        ("Why does the stone wall last?", "The stone wall does not last."),
        ("How long does the stone wall last?", "The stone wall lasts 90 years."),
    ],
)
def test_an_answer_that_chooses_denies_or_adds_among_the_words_of_its_question_stays(make_sample, question, answer):
    assert AnswerNotInQuestion()([make_sample(question, answer)])[1] == []


def talk(sample, *earlier):
    turns = [Message("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(earlier)]
    messages = (sample.messages[0], *turns, *sample.messages[1:])
    return replace(sample, id=content_id(*(message.content for message in messages)), messages=messages)


def test_conversations_with_the_same_last_question_are_told_apart_by_their_earlier_turns(make_sample):
    last = make_sample("Why is that?", "Since it lasts.")
    samples = [talk(last, "Why stone?", "It lasts."), talk(last, "Why glass?", "It shines."), last]
    assert DistinctQuestions()(samples)[1] == []
    assert len(DistinctQuestions()([*samples, talk(last, "why STONE", "it lasts")])[1]) == 1


def test_a_preference_repeats_no_plain_sample_of_its_own_split_but_of_a_guarded_one(make_sample):
    plain = make_sample(context="chunk")
    preference = replace(make_sample(context="chunk", task="preference"), rejected="Nobody did.")
    assert DistinctQuestions()([plain, preference])[1] == []
    assert len(DistinctQuestions()([plain, preference, replace(preference, id="again")])[1]) == 1
    guarded = replace(plain, split="test")
    assert outcome(DistinctQuestions()([preference, guarded])) == (["test"], [("held_out_question", "train")])


def test_an_empty_turn_or_worse_answer_is_rejected(make_sample):
    empty = talk(make_sample(), "Why stone?", "…")
    assert NotEmpty()([empty])[1][0].detail == "a turn is empty"
    assert NotEmpty()([replace(make_sample(), rejected="…")])[1][0].detail == "the worse answer is empty"


def test_the_text_of_a_prompt_is_read_back_as_it_was_composed_and_nothing_else_is(make_sample):
    hostile = "One.\n\nQuestion: Two?\n\nContext:\nThree."
    prompt = student_messages("Why so?", context=hostile)
    sample = replace(make_sample("Why so?"), context="chunk", messages=(*prompt, Message("assistant", "So.")))
    passage = read_passage(sample)
    assert passage is not None
    assert (passage.text, passage.question) == (hostile, "Why so?")
    assert passage.with_text(sample, "Other.")[0] == student_messages("Why so?", context="Other.")[0]
    assert read_passage(replace(sample, context="none")) is None
    assert read_passage(replace(sample, question="Why not?")) is None
    assert read_passage(replace(sample, messages=(Message("user", "Why so?"), sample.messages[-1]))) is None


def test_a_question_asked_twice_in_train_and_once_in_test_is_held_out_whichever_is_found_first(make_sample):
    plain = {"answer": "The miller.", "context": "none"}
    taught = make_sample(chunk="c1", group="g", **{**plain, "context": "chunk"})
    held = make_sample(chunk="c2", split="test", group="other", task="short", **{**plain, "answer": "A miller."})
    again = make_sample(chunk="c3", group="g", **plain)
    taught, again = replace(taught, id="first"), replace(again, id="second")
    kept, rejects = DistinctQuestions()([taught, held, again])
    assert kept == [taught, held]
    assert [(reject.reason, reject.subject_id) for reject in rejects] == [("held_out_question", again.id)]


def test_a_preference_is_as_long_as_the_longer_of_its_answers(make_sample):
    sample = replace(make_sample("Why?", "So."), rejected="word " * 30)

    def count(batch):
        return [sum(len(message.content.split()) for message in one.messages) for one in batch]

    assert TokenBudget(31, count)([sample])[0] == [sample]
    assert [reject.detail for reject in TokenBudget(30, count)([sample])[1]] == ["31 tokens, 30 allowed"]
    long_answer = replace(make_sample("Why?", "word " * 30), rejected="So.")
    assert TokenBudget(30, count)([long_answer])[0] == []
