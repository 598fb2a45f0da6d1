"""Too long, too short, or asking for nothing."""

import pytest

from glossator.curation.filters import FittingLength
from glossator.curation.filters.length import count_words
from glossator.records import Message, Sample, from_dict, to_dict


def reasons(found):
    return [reject.reason for reject in found[1]]


def test_a_question_of_more_words_than_allowed_is_rejected_and_one_of_as_many_stays(make_sample):
    samples = [make_sample("word " * count, "Yes.") for count in (60, 61)]
    kept, rejects = FittingLength()(samples)
    assert kept == samples[:1]
    assert [(one.reason, one.detail) for one in rejects] == [("question_too_long", "61 words, 60 allowed")]


def test_an_answer_that_never_ends_is_rejected(make_sample):
    assert reasons(FittingLength()([make_sample(answer="and on " * 600)])) == ["answer_too_long"]
    assert reasons(FittingLength(max_answer_words=3)([make_sample(answer="one two three four")])) == ["answer_too_long"]


def test_the_worse_answer_of_a_preference_is_measured_too(make_sample):
    sample = from_dict(Sample, {**to_dict(make_sample()), "rejected": "and on " * 600})
    assert reasons(FittingLength()([sample])) == ["answer_too_long"]


@pytest.mark.parametrize("question", ["What is it?", "Why?", "How does this do that?", "And who are they?"])
def test_a_question_without_any_word_of_its_own_is_rejected(make_sample, question):
    assert reasons(FittingLength()([make_sample(question)])) == ["names_nothing"]


@pytest.mark.parametrize("question", ["What is 5?", "Why glass?", "Explain it.", "为什么？", "Warum?", "C++?"])
def test_a_question_with_one_word_of_its_own_stays(make_sample, question):
    assert reasons(FittingLength()([make_sample(question)])) == []


def test_a_question_within_a_conversation_may_lean_on_the_turns_before(make_sample):
    turns = (Message("user", "Why glass?"), Message("assistant", "It lasts."), Message("user", "Why is that?"))
    plain = to_dict(make_sample("Why is that?"))
    talk = from_dict(Sample, {**plain, "messages": [to_dict(one) for one in turns] + plain["messages"][-1:]})
    assert reasons(FittingLength()([talk])) == []


@pytest.mark.parametrize(("text", "words"), [("", 0), ("one  two\nthree", 3), ("植物通过光合作用", 4), ("日本 GDP", 2)])
def test_words_are_what_white_space_parts_and_two_signs_where_there_is_none(text, words):
    assert count_words(text) == words
