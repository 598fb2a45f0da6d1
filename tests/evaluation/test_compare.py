from __future__ import annotations

import pytest

from glossator.errors import EvaluationError
from glossator.evaluation.compare import compare, document_clusters
from glossator.evaluation.examples import choose_examples
from glossator.records import Prediction, Score


def scores(model, metric, values):
    return [Score(name, model, metric, value) for name, value in values.items()]


@pytest.fixture
def samples(make_sample):
    return [
        make_sample("a", documents=("d1",), group="eli5"),
        make_sample("b", documents=("d1",), group="executive"),
        make_sample("c", documents=("d2",), group="eli5"),
        make_sample("k", documents=("d9",), split="test_seen", group="eli5"),
        make_sample("t", documents=("d8",), split="train"),
    ]


BASE = {"a": 0.2, "b": 0.4, "c": 0.6, "k": 0.5}
TUNED = {"a": 0.8, "b": 0.3, "c": 0.6, "k": 0.9}


def compared(samples, base=BASE, tuned=TUNED, **options):
    return compare(
        scores("base", "token_f1", base),
        scores("tuned", "token_f1", tuned),
        samples,
        metrics=["token_f1"],
        primary_metric="token_f1",
        **options,
    )


def test_each_split_is_compared_on_its_own_questions(samples):
    comparison = compared(samples)
    test, seen = comparison.find("test", "token_f1"), comparison.find("test_seen", "token_f1")
    assert (test.paired.mean_base, test.paired.mean_tuned) == (pytest.approx(0.4), pytest.approx(1.7 / 3))
    assert (test.paired.questions, test.paired.documents) == (3, 2)
    assert (test.base.mean, test.tuned.mean) == (test.paired.mean_base, test.paired.mean_tuned)
    assert (seen.paired.difference, seen.paired.low) == (pytest.approx(0.4), None)
    assert comparison.find("train", "token_f1") is None


def test_questions_that_changed_are_listed_with_the_biggest_change_first(samples):
    comparison = compared(samples)
    assert [(flip.sample_id, round(flip.change, 6)) for flip in comparison.improved] == [("a", 0.6), ("k", 0.4)]
    assert [flip.sample_id for flip in comparison.worsened] == ["b"]


def test_groups_are_averaged_within_their_split(samples):
    rows = {(row.split, row.group): (row.base, row.tuned, row.questions) for row in compared(samples).groups}
    assert rows == {
        ("test", "eli5"): (pytest.approx(0.4), pytest.approx(0.7), 2),
        ("test", "executive"): (pytest.approx(0.4), pytest.approx(0.3), 1),
        ("test_seen", "eli5"): (pytest.approx(0.5), pytest.approx(0.9), 1),
    }


def test_samples_that_share_documents_form_one_cluster_also_through_others(make_sample):
    samples = [
        make_sample("s1", documents=("d3", "d2")),
        make_sample("s2", documents=("d2", "d1")),
        make_sample("s3", documents=("d3",)),
        make_sample("s4", documents=("d4",)),
        make_sample("s5", documents=()),
        make_sample("s6", documents=()),
    ]
    clusters = document_clusters(samples)
    assert clusters["s1"] == clusters["s2"] == clusters["s3"] == "d1"
    assert len({clusters[name] for name in ("s1", "s4", "s5", "s6")}) == 4


def test_given_clusters_take_the_place_of_documents(samples):
    sections = {"a": "d1#one", "b": "d1#two", "c": "d2#one", "k": "d9#x"}
    comparison = compared(samples, clusters=sections, unit="section")
    assert comparison.find("test", "token_f1").paired.documents == 3
    assert comparison.unit == "section"


def test_order_of_scores_and_samples_does_not_matter(samples):
    reversed_base = dict(reversed(BASE.items()))
    assert compared(samples[::-1], base=reversed_base).scores == compared(samples).scores


def test_sample_without_a_score_stops_the_comparison(samples):
    with pytest.raises(EvaluationError, match="1 of 4 samples have no token_f1 score of the tuned model, such as c"):
        compared(samples, tuned={name: value for name, value in TUNED.items() if name != "c"})


def test_primary_metric_must_be_compared(samples):
    with pytest.raises(EvaluationError, match="primary metric 'rougeL'"):
        compare([], [], samples, metrics=["token_f1"], primary_metric="rougeL")


def test_sample_without_a_cluster_stops_the_comparison(samples):
    with pytest.raises(EvaluationError, match="no cluster"):
        compared(samples, clusters={"a": "x"})


def test_examples_show_the_best_the_worst_and_what_is_in_between(make_sample):
    names = [f"s{index:02}" for index in range(20)]
    samples = [make_sample(name, answer=f"answer {name}", documents=("d1",), chunks=("c1",)) for name in names]
    base = dict.fromkeys(names, 0.5)
    tuned = {name: 0.5 + (index - 9) / 20 for index, name in enumerate(names)}
    comparison = compared(samples, base=base, tuned=tuned)
    said = {
        model: [Prediction(n, "m", None, "r", f"{model} {n}", 1, 1, 0.1) for n in names] for model in ("base", "tuned")
    }
    examples = choose_examples(
        comparison,
        samples,
        said["base"],
        said["tuned"],
        scores("base", "token_f1", base) + scores("tuned", "token_f1", tuned),
        titles={"d1": "On tides"},
        pages={"c1": 4},
        count=6,
    )
    chosen = [example.sample_id for example in examples]
    assert chosen[:2] == ["s19", "s18"]
    assert chosen[-2:] == ["s01", "s00"]
    assert len(set(chosen)) == 6
    first = examples[0]
    assert (first.reference, first.base_answer, first.tuned_answer) == ("answer s19", "base s19", "tuned s19")
    assert (first.document, first.page, first.base_scores) == ("On tides", 4, {"token_f1": 0.5})


@pytest.mark.parametrize("count", [0, 1, 2, 5, 50])
def test_examples_are_never_more_than_asked_for_nor_twice_the_same(samples, count):
    said = [Prediction(name, "m", None, "r", "x", 1, 1, 0.1) for name in BASE]
    examples = choose_examples(compared(samples), samples, said, said, [], titles={}, pages={}, count=count)
    chosen = [example.sample_id for example in examples]
    assert len(chosen) == len(set(chosen)) == min(count, 3)


def test_of_a_question_among_distractors_only_the_document_of_the_right_passage_counts(make_sample):
    from dataclasses import replace

    plain = [make_sample(f"s{n}", documents=(f"d{n}",)) for n in range(3)]
    among = make_sample("among", documents=("d0", "d1", "d2"), chunks=("c0", "c1", "c2"))
    clusters = document_clusters([*plain, replace(among, metadata={"gold": "c1"})])
    assert clusters["among"] == clusters["s1"] == "d1"
    assert len(set(clusters.values())) == 3
    # Where a document has two of the passages it cannot be told which one is asked about.
    twice = replace(among, chunk_ids=("c0", "c1", "c2", "c3"), metadata={"gold": "c1"})
    assert len(set(document_clusters([*plain, twice]).values())) == 1
