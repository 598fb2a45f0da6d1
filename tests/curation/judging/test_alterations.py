"""An altered sentence differs from its original in one claim, and in nothing else."""

import random

import pytest

from glossator.curation.judging.alterations import change_number, deny
from glossator.curation.judging.claims import numbers_of


@pytest.mark.parametrize(
    "sentence",
    ["The bridge has 12 arches.", "It opened in 1943.", "The share is 0.25 of all.", "It took 3 to 4 years."],
)
def test_a_changed_number_is_one_that_the_passage_does_not_hold(sentence):
    for seed in range(30):
        changed = change_number(sentence, sentence, random.Random(seed))
        before, after = numbers_of(sentence), numbers_of(changed)
        assert len(after - before) == 1
        assert changed.translate(str.maketrans("", "", "0123456789")) == sentence.translate(
            str.maketrans("", "", "0123456789")
        )


def test_a_year_stays_a_year():
    years = {int(change_number("In 1943.", "", random.Random(seed))[3:7]) for seed in range(50)}
    assert min(years) > 1800
    assert max(years) < 2100


@pytest.mark.parametrize("sentence", ["There is none.", "The file R2D2-x.", "See 10.1000/182."])
def test_without_a_plain_number_none_is_changed(sentence):
    assert change_number(sentence, sentence, random.Random(0)) is None


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("Bees are insects.", "Bees are not insects."),
        ("Bees can fly.", "Bees cannot fly."),
        ("The hive has been moved.", "The hive has not been moved."),
        ("A hive provides honey.", "A hive does not provide honey."),
        ("Hives contain wax.", "Hives do not contain wax."),
    ],
)
def test_a_plain_statement_is_denied(sentence, denied):
    assert deny(sentence) == denied


@pytest.mark.parametrize("sentence", ["Bees are not birds.", "No bee is a bird.", "Bees fly.", "Honey is only sugar."])
def test_what_denies_already_or_has_no_known_verb_is_left_alone(sentence):
    assert deny(sentence) is None
