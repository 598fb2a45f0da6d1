"""The same in other words goes, if an embedder and the words agree; names, numbers and denials decide."""

from dataclasses import replace

import numpy as np
import pytest

from glossator.curation.filters import DistinctMeanings
from glossator.curation.filters.neighbours import find_neighbours
from glossator.curation.filters.same_meaning import differ_in_substance
from glossator.errors import MissingExtraError
from glossator.records import Message

MARFAN = "People with Marfan syndrome are tall and slender and have long fingers; their heart valves may leak."
QUESTION = "What are the symptoms of Marfan syndrome?"
PARAPHRASES = [
    "Which symptoms does Marfan syndrome cause?",
    "What signs and symptoms are seen in Marfan syndrome?",
    "What are the typical signs of Marfan syndrome?",
]


@pytest.fixture(scope="module")
def embed():
    pytest.importorskip("sentence_transformers")
    from glossator.retrieval import open_embedder

    return open_embedder("minilm").embed


def reasons(found):
    return [reject.reason for reject in found[1]]


@pytest.mark.parametrize("question", PARAPHRASES)
def test_a_paraphrase_with_the_same_answer_is_rejected(embed, make_sample, question):
    shorter = MARFAN.replace("; their heart valves may leak", "")
    samples = [make_sample(question, shorter), make_sample(QUESTION, MARFAN, split="test")]
    kept, rejects = DistinctMeanings(embed)(samples)
    assert kept == samples[1:]
    assert [reject.reason for reject in rejects] == ["held_out_question"]
    own_split = [samples[0], replace(samples[1], split="train")]
    assert reasons(DistinctMeanings(embed)(own_split)) == ["same_meaning"]
    assert samples[1].id in rejects[0].detail


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What are the symptoms of Loeys syndrome?", MARFAN.replace("Marfan", "Loeys")),
        ("What are the causes of Marfan syndrome?", "A change in the gene for fibrillin, which many inherit."),
        ("What are no symptoms of Marfan syndrome?", MARFAN),
        ("What are the 3 symptoms of Marfan syndrome?", MARFAN),
        (PARAPHRASES[0], MARFAN.replace("are tall", "are not tall")),
    ],
)
def test_another_name_number_denial_or_answer_stays(embed, make_sample, question, answer):
    samples = [make_sample(question, answer), make_sample(QUESTION, MARFAN)]
    assert DistinctMeanings(embed)(samples) == (samples, [])


def test_names_in_small_letters_are_told_by_the_answers(make_sample):
    stock = "The signs of {} are pain and swelling."
    one, other = (make_sample(f"what are the signs of {name}?", stock.format(name)) for name in ("gout", "lupus"))
    assert differ_in_substance(one, other)
    assert not differ_in_substance(one, make_sample("what signs has gout?", stock.format("gout")))


def test_the_same_question_put_to_two_passages_is_no_paraphrase(make_sample):
    samples = [make_sample("What is it for?", "For glass.", chunk=f"c{n}", context="chunk") for n in range(3)]
    assert DistinctMeanings(lambda texts: np.ones((len(texts), 1), np.float32))(samples) == (samples, [])


def test_groups_and_conversations_are_left_alone(make_sample):
    one = make_sample("How is glass made?", "By heat.")
    other = make_sample("How does one make glass?", "By heat.")
    talk = replace(other, messages=(Message("user", "Hm?"), Message("assistant", "Yes?"), *other.messages[1:]))

    def embed(texts):
        return np.ones((len(texts), 1), np.float32)

    assert reasons(DistinctMeanings(embed)([one, other])) == ["same_meaning"]
    for kept in (replace(other, group="eli5"), replace(other, rejected="By cold."), talk):
        assert reasons(DistinctMeanings(embed)([one, kept])) == []


def test_texts_are_embedded_once_and_a_bounded_number_at_a_time(make_sample):
    sizes, seen = [], []

    def embed(texts):
        sizes.append(len(texts))
        seen.extend(texts)
        return np.eye(1, 4, dtype=np.float32).repeat(len(texts), axis=0) * 0

    DistinctMeanings(embed)([make_sample(f"Question {n % 1500}?", "Yes.") for n in range(3000)])
    assert max(sizes) <= 1024
    assert len(seen) == len(set(seen)) == 1500


def test_no_samples_need_no_embedder(embed):
    assert DistinctMeanings(embed)([]) == ([], [])


def test_near_rows_are_found_among_many_without_comparing_all():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(12_000, 48)).astype(np.float32)
    twins = np.arange(0, 2000, 2)
    rows[twins + 1] = rows[twins] + 0.05 * rng.normal(size=(len(twins), 48)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = {(later, sooner): cosine for later, sooner, cosine in find_neighbours(rows, 0.95)}
    assert sum((place + 1, place) in found for place in twins.tolist()) >= 0.99 * len(twins)
    assert all(abs(float(rows[one] @ rows[other]) - cosine) < 1e-4 for (one, other), cosine in found.items())
    assert find_neighbours(rows[:0], 0.9) == []


def test_a_missing_faiss_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    with pytest.raises(MissingExtraError, match="retrieval"):
        find_neighbours(np.ones((2, 2), np.float32), 0.5)
