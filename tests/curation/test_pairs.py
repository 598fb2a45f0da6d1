"""Ready pairs that say the same are one cluster; those that only ask alike are not."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.curation.pairs import cluster_pairs


def sizes(samples):
    found = defaultdict(int)
    for cluster_id in cluster_pairs(samples).values():
        found[cluster_id] += 1
    return sorted(found.values(), reverse=True)


def test_one_answer_to_the_same_question_in_other_words_is_one_cluster(make_pair, make_text):
    answer = make_text("answer", 60)
    samples = [make_pair(f"{opening} causes the spotted leaf disease?", answer) for opening in ("What", "Say, what")]
    assert sizes(samples) == [2]


@pytest.mark.parametrize(
    "question", ["What is the capital of {}?", "What is the chemical symbol of the element that is called {} today?"]
)
def test_questions_of_one_form_with_answers_of_their_own_are_not_joined(make_pair, question):
    names = ["Norum", "Pelia", "Quost", "Rhene", "Sarn", "Tovia"]
    assert sizes([make_pair(question.format(name), f"{name[::-1].title()}.") for name in names]) == [1] * 6


def test_equal_answers_to_different_questions_are_not_joined(make_pair, make_text):
    samples = [make_pair(f"Is {make_text(n, 12)} so?", "Yes.") for n in range(6)]
    assert sizes(samples) == [1] * 6


def test_long_stock_answers_are_joined_whatever_they_are_about(make_pair, make_text):
    stock = make_text("stock", 80)
    samples = [make_pair(f"Is {name} inherited?", f"{name}: {stock}") for name in ("Abitia", "Borgia", "Cordia")]
    assert sizes(samples) == [3]


def test_questions_about_one_passage_are_one_cluster_even_if_the_passage_was_edited(make_pair, make_text):
    passage, other = make_text("passage", 80), make_text("other", 80)
    samples = [
        make_pair("Who dug?", "Moles.", passage),
        make_pair("When was that?", "In spring.", f"{passage} Errata."),
        make_pair("Who dug?", "Badgers.", other),
    ]
    assert sizes(samples) == [2, 1]


@given(st.permutations(range(8)))
def test_the_order_does_not_matter_and_a_cluster_is_named_after_its_smallest_member(make_pair, make_text, order):
    samples = [make_pair(f"Question {n // 2}?", make_text(n // 2, 40)) for n in range(8)]
    samples = [make_pair(f"{one.question} {'Again' * (n % 2)}", one.answer) for n, one in enumerate(samples)]
    found = cluster_pairs([samples[place] for place in order])
    assert found == cluster_pairs(samples)
    assert len(set(found.values())) == 4
    assert all(cluster_id == min(k for k in found if found[k] == cluster_id) for cluster_id in found.values())
