"""Hashed shingles are the shingles of words, whatever the script, the length and the company."""

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.errors import MissingExtraError
from glossator.text import shingles as room
from glossator.text.shingles import count_shared, hash_shingles, shingles

CHARACTERS = st.one_of(st.characters(), st.sampled_from("aab  b c,_İßﬁ½é\u0301ÉΣς漢字カ\u3099가\u1100\u1161𝐀😀ก\n"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(CHARACTERS, max_size=60), max_size=5))
def test_hashes_agree_where_shingles_of_words_do(texts):
    hashed, expected = hash_shingles(texts), [shingles(text) for text in texts]
    assert hashed.sizes().tolist() == [len(own) for own in expected]
    for one in range(len(texts)):
        for other in range(len(texts)):
            assert count_shared(hashed.of(one), hashed.of(other)) == len(expected[one] & expected[other])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(CHARACTERS, max_size=60), max_size=4), st.integers(1, 9))
def test_hashes_agree_for_shingles_of_any_length(texts, words):
    hashed, expected = hash_shingles(texts, words=words), [shingles(text, words=words) for text in texts]
    assert hashed.sizes().tolist() == [len(own) for own in expected]
    for one in range(len(texts)):
        for other in range(one):
            assert count_shared(hashed.of(one), hashed.of(other)) == len(expected[one] & expected[other])


def test_a_text_has_the_same_hashes_in_any_company():
    texts = [
        " ".join(random.Random(seed).choices(["alpha", "beta", "gamma", "delta", "½"], k=40)) for seed in range(3000)
    ]
    hashed = hash_shingles(texts)
    for place in (0, 1, 1500, 2999):
        assert hashed.of(place).tolist() == hash_shingles([texts[place]]).of(0).tolist()


def test_a_text_that_is_cut_into_pieces_loses_nothing(monkeypatch):
    text = " ".join(f"word{number}" for number in range(3000)) + " " + "é\u0301tude " * 500
    whole = hash_shingles([text]).of(0).tolist()
    monkeypatch.setattr(room, "_PIECE", 4000)
    assert hash_shingles([text, "one two three"]).of(0).tolist() == whole
    assert len(whole) == len(shingles(text))


def test_a_long_text_without_white_space_is_cut_as_well(monkeypatch):
    monkeypatch.setattr(room, "_PIECE", 2000)
    text = "".join(random.Random(1).choices("的一是不了在人有我他", k=9000))
    assert len(hash_shingles([text]).of(0)) == len(shingles(text))


def test_hashes_are_spread_evenly():
    numbers = hash_shingles([" ".join(map(str, range(50_000)))]).of(0)
    assert len(numbers) == 49_998
    share = float((numbers >> 60 == 3).mean())
    assert 0.05 < share < 0.075


def test_characters_of_scripts_without_spaces_are_words_also_beside_letters():
    assert shingles("GPU加速 ok") == {"gpu 加 速", "加 速 ok"}


def test_a_missing_numpy_is_named_with_its_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[documents\]"):
        hash_shingles(["a"])
