"""Words of one stem are one word to the index."""

import pytest

from glossator.retrieval.stemming import stem


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("cats", "cat"),
        ("feed", "feed"),
        ("agreed", "agre"),
        ("bled", "bled"),
        ("motoring", "motor"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("digitizer", "digit"),
        ("possibly", "possibl"),
        ("archaeology", "archaeolog"),
        ("triplicate", "triplic"),
        ("hopefulness", "hope"),
        ("adoption", "adopt"),
        ("replacement", "replac"),
        ("probate", "probat"),
        ("rate", "rate"),
        ("controlling", "control"),
        ("roll", "roll"),
    ],
)
def test_the_examples_of_the_paper_are_cut_as_it_says(word: str, expected: str):
    assert stem(word) == expected


@pytest.mark.parametrize("word", ["is", "h2o", "größer", "東京", "", "a1s", "été"])
def test_short_words_and_words_of_other_letters_stay_whole(word: str):
    assert stem(word) == word
