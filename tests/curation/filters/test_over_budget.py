"""What is too long is rejected, or its passage is cut around the evidence; the evidence always stays."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.curation.filters import TokenBudget
from glossator.llm.chat_format import student_messages
from glossator.records import Evidence, Message, Sample, content_id
from glossator.text.sentences import split_sentences

TEXT = " ".join(f"Sentence number {n} tells of stone." for n in range(20))


def count_words(samples):
    return [sum(len(message.content.split()) for message in sample.messages) for sample in samples]


@pytest.fixture
def make_grounded(make_chunk, make_sample):
    """Build a sample whose prompt holds its chunks, with the sentences of the numbers given as evidence."""

    def build(*evidence, texts=(TEXT,), asked="Why stone?", **fields):
        chunks = [make_chunk(f"d{place}", 0, text) for place, text in enumerate(texts)]
        spans = []
        for place, number in evidence:
            start, end = split_sentences(chunks[place].text)[number]
            spans.append(Evidence(chunks[place].id, start, end, chunks[place].text[start:end]))
        prompt = student_messages(asked, context="\n\n".join(texts))
        sample = replace(
            make_sample(asked, "Since it lasts."),
            messages=(Message("system", "Be brief."), *prompt, Message("assistant", "Since it lasts.")),
            context="chunk" if len(texts) == 1 else "retrieved",
            chunk_ids=tuple(chunk.id for chunk in chunks),
            document_ids=tuple(chunk.document_id for chunk in chunks),
            evidence=tuple(spans),
            **fields,
        )
        return sample, {chunk.id: chunk for chunk in chunks}

    return build


def trim(sample, chunks, limit):
    return TokenBudget(limit, count_words, "trim", chunks)([sample])


def context(sample):
    return sample.messages[-2].content.removeprefix("Context:\n").rpartition("\n\nQuestion: ")[0]


@pytest.mark.parametrize("fit", ["reject", "trim"])
def test_what_fits_is_let_through_as_it_is(make_grounded, fit):
    sample, chunks = make_grounded((0, 3))
    limit = count_words([sample])[0]
    assert TokenBudget(limit, count_words, fit, chunks)([sample]) == ([sample], [])


def test_what_is_too_long_is_rejected_whole_unless_trimming_is_asked_for(make_grounded):
    sample, chunks = make_grounded((0, 3))
    kept, rejects = TokenBudget(50, count_words, "reject", chunks)([sample])
    assert kept == []
    assert (rejects[0].reason, rejects[0].subject_id) == ("over_budget", sample.id)


@pytest.mark.parametrize("number", [0, 7, 19])
def test_whole_sentences_go_from_the_ends_that_are_farther_from_the_evidence(make_grounded, number):
    sample, chunks = make_grounded((0, number))
    kept, _ = trim(sample, chunks, 50)
    left = context(kept[0])
    assert kept[0].evidence == sample.evidence
    assert sample.evidence[0].text in left
    assert left in TEXT
    assert left.startswith("Sentence")
    assert left.endswith("stone.")
    # One sentence of six words more would not have fitted.
    assert 44 < count_words(kept)[0] <= 50
    first, last = (int(part.split()[2]) for part in (left, left[left.rindex("Sentence") :]))
    assert number - first <= 3 or last == 19
    assert last - number <= 3 or first == 0


def test_a_trimmed_sample_has_another_id_tells_what_was_cut_and_keeps_question_answer_and_style(make_grounded):
    sample, chunks = make_grounded((0, 3), metadata={"page": 4})
    made = trim(sample, chunks, 60)[0][0]
    cut = len(TEXT) - len(context(made))
    assert made.metadata == {"page": 4, "trimmed": f"{cut} characters", "trimmed_from": sample.id}
    assert made.id == content_id("qa", *(part for one in made.messages for part in (one.role, one.content)))
    assert (made.question, made.answer, made.messages[0]) == (sample.question, sample.answer, sample.messages[0])
    assert made.messages[1:2] == student_messages("Why stone?", context=context(made))
    assert made.origin.verdicts["over_budget"] == "trimmed"


def test_without_evidence_the_end_of_the_passage_goes(make_grounded):
    sample, chunks = make_grounded()
    left = context(trim(sample, chunks, 60)[0][0])
    assert TEXT.startswith(left)
    assert left.endswith("stone.")


def test_evidence_that_alone_is_too_long_is_rejected(make_grounded):
    sample, chunks = make_grounded((0, 0), (0, 19))
    kept, rejects = trim(sample, chunks, 60)
    assert kept == []
    assert rejects[0].detail == f"{count_words([sample])[0]} tokens, 60 allowed"


def test_distractors_go_first_and_with_them_their_chunk_ids(make_grounded):
    texts = [f"Passage {place} begins. It goes on for some words. It ends." for place in range(4)]
    sample, chunks = make_grounded((2, 1), texts=texts)
    whole = count_words([sample])[0]
    made = trim(sample, chunks, whole - 8)[0][0]
    assert context(made) == "\n\n".join(texts[:3])
    assert made.chunk_ids == sample.chunk_ids[:3]
    made = trim(sample, chunks, 22)[0][0]
    assert context(made) == texts[2]
    assert made.chunk_ids == sample.chunk_ids[2:3]


def test_of_two_passages_that_are_both_needed_the_longer_is_cut(make_grounded):
    sample, chunks = make_grounded((0, 2), (1, 0), texts=[TEXT, "A short one. It is needed too."])
    made = trim(sample, chunks, 50)[0][0]
    assert "A short one. It is needed too." in context(made)
    assert sample.evidence[0].text in context(made)
    assert made.chunk_ids == sample.chunk_ids


def test_the_passage_of_a_conversation_is_cut_in_its_first_turn(make_grounded):
    sample, chunks = make_grounded((0, 5))
    turns = (*sample.messages, Message("user", "And why else?"), Message("assistant", "It is there."))
    talk = replace(sample, messages=turns, question="And why else?")
    made = trim(talk, chunks, 60)[0][0]
    assert made.messages[2:] == talk.messages[2:]
    assert sample.evidence[0].text in made.messages[1].content
    assert made.messages[1].content.endswith("\n\nQuestion: Why stone?")
    assert count_words([made])[0] <= 60


@pytest.mark.parametrize("change", ["ready", "closed", "other form", "lost chunk"])
def test_a_prompt_of_unknown_form_is_never_cut(make_grounded, change):
    sample, chunks = make_grounded((0, 3))
    if change == "ready":
        sample = replace(sample, chunk_ids=(), evidence=())
    elif change == "closed":
        sample = replace(sample, context="none")
    elif change == "other form":
        sample = replace(sample, messages=(Message("user", f"Read this: {TEXT} Why stone?"), sample.messages[-1]))
    else:
        chunks = {}
    kept, rejects = trim(sample, chunks, 60)
    assert (kept, rejects[0].reason) == ([], "over_budget")


@settings(deadline=None, max_examples=60)
@given(st.integers(5, 160), st.lists(st.integers(0, 19), max_size=3), st.integers(0, 2**32))
def test_whatever_the_limit_nothing_longer_passes_and_no_evidence_is_lost(make_chunk, make_sample, limit, places, seed):
    rng = random.Random(seed)
    text = " ".join(f"Sentence {n} has {'very ' * rng.randrange(5)}few words." for n in range(20))
    chunk = make_chunk("d", 0, text)
    spans = [split_sentences(text)[place] for place in places]
    sample = replace(
        make_sample("Why?", "So."),
        messages=(*student_messages("Why?", context=text), Message("assistant", "So.")),
        context="chunk",
        chunk_ids=(chunk.id,),
        evidence=tuple(Evidence(chunk.id, start, end, text[start:end]) for start, end in spans),
    )
    kept, rejects = trim(sample, {chunk.id: chunk}, limit)
    assert len(kept) + len(rejects) == 1
    for made in kept:
        assert count_words([made])[0] <= limit
        assert all(evidence.text in context(made) for evidence in made.evidence)
    assert trim(kept[0], {chunk.id: chunk}, limit) == (kept, []) if kept else isinstance(rejects[0].record, dict)


def test_many_are_trimmed_in_step_and_each_as_if_alone(make_grounded):
    made = [make_grounded((0, n)) for n in range(20)]
    samples, chunks = [sample for sample, _ in made], made[0][1]
    calls = []

    def count(batch):
        calls.append(len(batch))
        return count_words(batch)

    kept, _ = TokenBudget(55, count, "trim", chunks)(samples)
    assert kept == [trim(sample, chunks, 55)[0][0] for sample in samples]
    assert len(calls) <= 7
    assert isinstance(kept[0], Sample)
