"""Near-duplicates cluster, different texts do not."""

import itertools
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.errors import MissingExtraError
from glossator.text.forest import Forest
from glossator.text.near_duplicates import MAX_SIGNATURE, _join_similar, cluster, plan_bands
from glossator.text.shingles import hash_shingles, shingles

PAPERS = Path(__file__).parents[2].parent / "shared/data/papers-jose"
VOCABULARY = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("arn", "elo", "ipt", "oss", "und", "yve")]


def text_of(seed: object, words: int = 400) -> str:
    rng = random.Random(str(seed))
    return " ".join(rng.choice(VOCABULARY) for _ in range(words))


def reworded(text: str, share: float, seed: int = 0) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(VOCABULARY) if rng.random() < share else word for word in text.split())


@pytest.mark.parametrize("share", [0.05, 0.10, 0.15])
def test_a_copy_with_up_to_fifteen_percent_of_its_words_replaced_joins_its_original(share):
    texts = {f"t{seed:02}": text_of(seed) for seed in range(20)}
    copies = {f"z{name}": reworded(text, share, seed) for seed, (name, text) in enumerate(texts.items())}
    clusters = cluster({**texts, **copies})
    assert all(clusters[f"z{name}"] == clusters[name] == name for name in texts)
    assert len(set(clusters.values())) == len(texts)


def test_a_version_that_grew_to_twice_its_length_joins_the_first_version():
    first = text_of(1, 300)
    assert len(set(cluster({"v1": first, "v2": first + " " + text_of(2, 300)}).values())) == 1


def test_different_texts_over_the_same_words_stay_apart():
    clusters = cluster({f"t{seed}": text_of(seed) for seed in range(50)})
    assert all(name == own for name, own in clusters.items())


def test_a_chain_of_neighbours_is_one_cluster_named_after_its_smallest_member():
    chain = [text_of(0)]
    for step in range(1, 6):
        chain.append(reworded(chain[-1], 0.12, seed=step))
    left, right = shingles(chain[0]), shingles(chain[-1])
    assert len(left & right) / len(left | right) < 0.3, "the ends alone would not join"
    assert set(cluster({f"link{5 - step}": text for step, text in enumerate(chain)}).values()) == {"link0"}


def test_case_punctuation_and_white_space_do_not_count():
    text = text_of(3, 60)
    assert set(cluster({"a": text, "b": text.upper().replace(" ", ",\n  ")}).values()) == {"a"}


def test_texts_without_a_word_are_alone_and_short_texts_join_only_their_equals():
    clusters = cluster({"a": "", "b": "…", "c": "Hello", "d": "hello!", "e": "other"})
    assert clusters == {"a": "a", "b": "b", "c": "c", "d": "c", "e": "e"}


def test_texts_without_spaces_between_words_are_compared_by_character():
    one = "深度学习模型需要大量的训练数据才能获得良好的性能表现"
    clusters = cluster({"a": one, "b": one + "结果", "c": "今天天气很好我们去公园散步然后在湖边吃午饭"})
    assert clusters == {"a": "a", "b": "a", "c": "c"}


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 2**32 - 1))
def test_order_does_not_matter_and_equal_seeds_give_equal_clusters(rng, seed):
    texts = {f"t{n}": reworded(text_of(n % 4, 40), 0.1, n) for n in range(12)}
    shuffled = list(texts.items())
    rng.shuffle(shuffled)
    assert list(cluster(dict(shuffled), seed=seed).items()) == list(cluster(texts, seed=seed).items())


def test_another_process_with_another_hash_seed_finds_the_same_clusters():
    code = (
        "from glossator.text.near_duplicates import cluster;"
        "w = [f'w{i * 7919 % 97}' for i in range(120)];"
        "print(cluster({str(n): ' '.join(w[: 50 + 3 * n] + [f'x{n * i}' for i in range(30)]) for n in range(20)}))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert len(answers.pop()) > 40


@given(st.floats(0.05, 1.0))
def test_a_pair_at_the_threshold_is_missed_at_most_once_in_a_hundred(threshold):
    bands, rows = plan_bands(threshold)
    assert bands * rows <= MAX_SIGNATURE
    assert (1 - threshold**rows) ** bands <= 0.0101


def test_the_exact_similarity_decides_at_the_threshold():
    shared = [f"s{n}" for n in range(42)]
    one, other = " ".join([*shared, *(f"a{n}" for n in range(20))]), " ".join([*shared, *(f"b{n}" for n in range(20))])
    left, right = shingles(one), shingles(other)
    similarity = len(left & right) / len(left | right)
    assert similarity == pytest.approx(0.5)
    assert len(set(cluster({"a": one, "b": other}, threshold=similarity, contained=1).values())) == 1
    assert len(set(cluster({"a": one, "b": other}, threshold=similarity + 1e-6, contained=1).values())) == 2


def test_without_containment_a_text_within_a_longer_one_stays_apart():
    part = text_of(1, 60)
    texts = {"a": part, "b": f"{part} {text_of(2, 600)}"}
    assert cluster(texts) == cluster(texts, contained=1) == {"a": "a", "b": "a"}
    assert cluster(texts, contained=None) == {"a": "a", "b": "b"}
    assert cluster({**texts, "c": reworded(part, 0.02)}, contained=None) == {"a": "a", "b": "b", "c": "a"}


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold"):
        cluster({"a": "b"}, threshold=threshold)
    with pytest.raises(ValueError, match="contained"):
        cluster({"a": "b"}, contained=threshold)


def test_a_missing_rensa_is_named_with_its_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[documents\]"):
        cluster({"a": "b"})


def test_a_large_family_of_copies_is_one_cluster_and_its_neighbours_are_not_in_it():
    family = {f"f{copy:04}": reworded(text_of(7, 120), 0.05, copy) for copy in range(1500)}
    others = {f"g{seed}": text_of(seed, 120) for seed in range(20, 40)}
    clusters = cluster({**family, **others})
    assert {name for name, own in clusters.items() if own == "f0000"} == set(family)
    assert all(clusters[name] == name for name in others)


def test_within_a_group_every_pair_is_held_against_each_other_not_only_against_the_first():
    texts = [text_of("other"), text_of("pair"), text_of("stranger"), reworded(text_of("pair"), 0.05)]
    forest: Forest[int] = Forest()
    _join_similar(forest, hash_shingles(texts), np.array([0, 1, 2, 3]), np.array([0]), 0.3)
    assert [forest.root(place) for place in range(4)] == [0, 1, 2, 1]


@pytest.mark.parametrize("texts", [{}, {"a": ""}, {"a": "one"}, {"a": "", "b": "", "c": "word"}])
def test_hardly_any_text_gives_hardly_any_cluster(texts):
    assert cluster(texts) == {name: name for name in texts}


def test_texts_beyond_the_threshold_join_at_every_threshold():
    one = text_of(1, 200)
    texts = {"a": one, "b": reworded(one, 0.02, 1), "c": text_of(2, 200)}
    left, right = shingles(one), shingles(texts["b"])
    assert len(left & right) / len(left | right) > 0.8
    for tenth in range(1, 9):
        assert cluster(texts, threshold=tenth / 10, contained=1) == {"a": "a", "b": "a", "c": "c"}, tenth


@pytest.mark.skipif(not PAPERS.is_dir(), reason="the shared papers are not here")
def test_real_papers_of_one_journal_stay_apart_and_planted_copies_of_them_join():
    papers = {path.stem: path.read_text("utf-8") for path in sorted((PAPERS / "truth").glob("*.md"))}
    words = list(itertools.chain.from_iterable(text.split() for text in papers.values()))
    rng = random.Random(5)
    copies = {
        f"{name}~": " ".join(rng.choice(words) if rng.random() < 0.15 else word for word in text.split())
        for name, text in papers.items()
    }
    clusters = cluster({**papers, **copies})
    assert clusters == {name: name.rstrip("~") for name in [*papers, *copies]}
