"""What stands in several documents is found, also inside of passages; what stands in one is not."""

import random

import pytest

from glossator.text.repeated import repeated

VOCABULARY = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("arn", "elo", "ipt", "oss", "und", "yve")]


def text_of(seed: object, words: int = 80) -> str:
    rng = random.Random(str(seed))
    return " ".join(rng.choice(VOCABULARY) for _ in range(words))


LICENCE = text_of("licence")


def test_a_licence_in_three_documents_repeats_wherever_it_stands():
    passages = {
        "a1": LICENCE,
        "a2": text_of("a2"),
        "b1": f"{text_of('b1')} {LICENCE.upper()}",
        "c1": LICENCE.replace(" ", ", "),
    }
    shares = repeated(passages, {"a1": "a", "a2": "a", "b1": "b", "c1": "c"})
    assert shares["a1"] == shares["c1"] == 1
    assert 0.45 < shares["b1"] < 0.55
    assert shares["a2"] < 0.05


def test_what_one_document_says_again_and_again_does_not_repeat():
    passages = {f"a{place}": LICENCE for place in range(5)} | {"b0": LICENCE}
    owners = {name: name[0] for name in passages}
    assert set(repeated(passages, owners).values()) == {0.0}
    assert set(repeated(passages, owners, documents=2).values()) == {1.0}


def test_the_number_of_documents_counts_exactly():
    passages = {f"d{place}": f"{LICENCE} {text_of(place)}" for place in range(6)}
    owners = {name: name for name in passages}
    assert min(repeated(passages, owners, documents=6).values()) > 0.4
    assert set(repeated(passages, owners, documents=7).values()) == {0.0}


def test_the_order_does_not_matter():
    passages = {f"d{place}": f"{LICENCE} {text_of(place)}" for place in range(9)}
    owners = {name: str(place % 4) for place, name in enumerate(passages)}
    backwards = dict(reversed(passages.items()))
    assert repeated(backwards, owners) == repeated(passages, owners)


def test_nothing_and_passages_without_a_word_repeat_nothing():
    assert repeated({}, {}) == {}
    assert repeated({"a": "", "b": "…", "c": ""}, {"a": "1", "b": "2", "c": "3"}) == {"a": 0, "b": 0, "c": 0}


def test_one_document_is_refused():
    with pytest.raises(ValueError, match="documents is 1"):
        repeated({"a": "b"}, {"a": "x"}, documents=1)
