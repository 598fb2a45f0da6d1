"""What is said twice in nearly the same words goes; another name, number or denial makes another question."""

from dataclasses import replace

import pytest

from glossator.curation.filters import DistinctPairs
from glossator.records import Message

QUESTION = "What are the symptoms of Marfan syndrome?"
ANSWER = "People with it are tall and slender, have long fingers and toes, and often a heart valve that leaks."


def outcome(samples):
    kept, rejects = DistinctPairs()(samples)
    return [sample.split for sample in kept], [reject.reason for reject in rejects]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which symptoms has the Marfan syndrome?", ANSWER),
        (QUESTION, ANSWER.replace("often a", "frequently a")),
        ("What are symptoms of the MARFAN syndrome", ANSWER.replace(", and", " and")),
    ],
)
def test_a_pair_in_nearly_the_same_words_is_rejected_on_the_less_guarded_side(make_sample, question, answer):
    for one, other in (("test", "train"), ("train", "pool"), ("dev", "test_seen")):
        samples = [make_sample(question, answer, split=other), make_sample(QUESTION, ANSWER, split=one)]
        reason = "near_duplicate" if one == "train" else "held_out_question"
        assert outcome(samples) == ([one], [reason])


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What are the symptoms of Ehlers syndrome?", ANSWER),
        ("What are the causes of Marfan syndrome?", ANSWER),
        ("What are not symptoms of Marfan syndrome?", ANSWER),
        ("What are the 2 symptoms of Marfan syndrome?", ANSWER),
        (QUESTION, f"{ANSWER} It affects 1 in 5000."),
        (QUESTION, ANSWER.replace("are tall", "are not tall")),
        (QUESTION, "Nobody knows yet what they are, since the syndrome was only described in a few families."),
    ],
)
def test_a_pair_that_differs_in_name_number_denial_or_answer_stays(make_sample, question, answer):
    samples = [make_sample(question, answer), make_sample(QUESTION, ANSWER)]
    assert outcome(samples) == (["train", "train"], [])


def test_groups_preferences_and_conversations_are_told_apart(make_sample):
    one = make_sample(QUESTION, ANSWER)
    again = make_sample(QUESTION.replace("What are", "Which are"), ANSWER)
    later = (Message("user", "Hello?"), Message("assistant", "Hello."), *again.messages[1:])
    assert outcome([one, again])[1] == ["near_duplicate"]
    for other in (replace(again, group="eli5"), replace(again, rejected="No."), replace(again, messages=later)):
        assert outcome([one, other])[1] == []


def test_the_detail_names_the_earlier_one_and_a_third_copy_goes_too(make_sample):
    samples = [make_sample(QUESTION, f"{ANSWER} {extra}") for extra in ("", "Truly.", "Really.")]
    kept, rejects = DistinctPairs()(samples)
    assert len(kept) == 1
    assert all(kept[0].id in reject.detail for reject in rejects)
    assert DistinctPairs()(kept) == (kept, [])


def test_a_fixed_question_put_to_many_passages_is_compared_by_its_answers(make_sample, make_text):
    samples = [make_sample("Explain this section.", make_text(n), chunk=f"c{n}", context="chunk") for n in range(300)]
    assert DistinctPairs()(samples) == (samples, [])


def test_of_several_like_it_a_held_out_one_is_named_before_a_nearer_one(make_sample):
    tail = "So it was told to the family, and to everyone else who asked in the years after that."
    held = make_sample(QUESTION, ANSWER, split="test")
    taught = make_sample(
        QUESTION, f"{ANSWER} {tail} Whoever asked was told so at once, by them or by their friends, in other words."
    )
    again = make_sample(QUESTION.replace("What are", "Which are"), f"{ANSWER} {tail}")
    taught, again = replace(taught, id="first"), replace(again, id="second")
    assert DistinctPairs()([held, taught])[1] == []
    (reject,) = DistinctPairs()([held, taught, again])[1]
    assert (reject.subject_id, reject.reason) == (again.id, "held_out_question")
    assert held.id in reject.detail
