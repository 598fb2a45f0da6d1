"""A case shows what the sample's answer is said to come from."""

from dataclasses import replace

from glossator.curation.judging.sample_cases import case_of
from glossator.llm.chat_format import student_messages
from glossator.records import Evidence, Message


def test_the_passages_are_those_of_the_evidence(make_chunk, make_sample):
    one, other, third = (make_chunk("d1", place, f"Text {place}.") for place in range(3))
    chunks = {chunk.id: chunk for chunk in (one, other, third)}
    sample = replace(
        make_sample(chunk=one.id, context="retrieved"),
        chunk_ids=(one.id, other.id, third.id),
        evidence=(Evidence(third.id, 0, 4, "Text"), Evidence(one.id, 0, 4, "Text"), Evidence(one.id, 0, 6, "Text 0")),
    )
    case = case_of(sample, "pair", "Be short.", chunks)
    assert case.passages == ("Text 2.", "Text 0.")
    assert (case.context, case.style, case.document_ids) == ("retrieved", "Be short.", ("d1",))


def test_without_evidence_they_are_all_its_chunks(make_chunk, make_sample):
    chunk = make_chunk("d1", 0, "Text.")
    case = case_of(make_sample(chunk=chunk.id), "persona", None, {chunk.id: chunk})
    assert (case.passages, case.kind) == (("Text.",), "persona")


def test_of_a_ready_sample_it_is_the_text_in_its_prompt(make_pair):
    assert case_of(make_pair("Who dug?", "Moles.", "Moles dug here."), "pair", None, {}).passages == (
        "Moles dug here.",
    )
    assert case_of(make_pair("Who dug?", "Moles."), "pair", None, {}) == "no_passage"


def test_a_chunk_that_is_not_there_is_told(make_sample):
    assert case_of(make_sample(chunk="gone"), "pair", None, {}) == "unknown_chunk"


def test_earlier_turns_are_shown_without_their_passage(make_chunk, make_sample):
    chunk = make_chunk("d1", 0, "Moles dug here.")
    first = student_messages("Who dug?", context=chunk.text)
    messages = (
        Message("system", "Be short."),
        *first,
        Message("assistant", "Moles."),
        Message("user", "Where?"),
        Message("assistant", "Here."),
    )
    sample = replace(make_sample(chunk=chunk.id, context="chunk"), messages=messages, question="Where?")
    case = case_of(sample, "pair", None, {chunk.id: chunk})
    assert case.turns == (("Who dug?", "Moles."),)
    assert (case.question, case.answer) == ("Where?", "Here.")


def test_nobody_is_told_who_wrote_it(make_chunk, make_sample):
    chunk = make_chunk("d1", 0, "Text.")
    sample = make_sample(chunk=chunk.id)
    assert sample.origin.teacher not in repr(case_of(sample, "pair", None, {chunk.id: chunk}))


def test_without_evidence_it_is_what_the_student_reads_of_a_chunk_or_a_figure(make_chunk, make_sample):
    chunk = make_chunk("d1", 0, "Moles dug here. Cats did not.")

    def reading(text, **fields):
        sample = make_sample("Who dug?", "Moles.", chunk=chunk.id, context="chunk")
        messages = (*student_messages(sample.question, context=text), Message("assistant", sample.answer))
        return replace(sample, messages=messages, **fields)

    chunks = {chunk.id: chunk}
    trimmed = reading("Moles dug here.")
    assert case_of(trimmed, "persona", None, chunks).passages == ("Moles dug here.",)
    figure = reading("A photograph: moles that dig.", metadata={"figure": "f1"})
    assert case_of(figure, "pair", None, chunks).passages == ("A photograph: moles that dig.",)
    quoted = replace(figure, evidence=(Evidence(chunk.id, 0, 5, "Moles"),))
    assert case_of(quoted, "pair", None, chunks).passages == ("A photograph: moles that dig.",)
    assert case_of(replace(quoted, metadata={}), "pair", None, chunks).passages == (chunk.text,)
