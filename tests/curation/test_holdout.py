"""What chooses and examines stays what it was, from run to run and from round to round."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.curation.assignment import Assignment
from glossator.curation.fractions import split_by_fractions
from glossator.curation.holdout import check_holdout, check_round, holdout_hash
from glossator.errors import CurationError
from glossator.records import Reject

SPLITS = st.sampled_from(["train", "dev", "test", "pool"])
SHARES = {"train": 0.5, "dev": 0.25, "test": 0.25, "pool": 0.0}


def assignment(split_of, set_aside=()):
    rejects = tuple(Reject(key, "split", "near_two_splits") for key in set_aside)
    return Assignment("document", split_of, {key: key for key in split_of}, set_aside=rejects)


def test_new_documents_and_absent_ones_change_nothing():
    before = assignment({"a": "test", "b": "dev", "c": "train"})
    after = assignment({"a": "test", "b": "dev", "c": "train", "d": "test", "e": "train"})
    check_holdout(before, after, present={"a", "c", "d", "e"})


def test_what_opens_from_the_pool_to_train_is_let_through():
    check_holdout(assignment({"a": "pool", "b": "test"}), assignment({"a": "train", "b": "test"}), {"a", "b"})


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("test", "train", r"1 document would change between dev, test and what teaches \(a\).*delete splits\.json"),
        ("dev", "test", r"1 document would change between dev, test"),
        ("train", "test", r"1 document would come to dev or test from train or pool"),
        ("pool", "dev", r"1 document would come to dev or test from train or pool"),
    ],
)
def test_a_present_document_that_would_cross_the_line_stops_the_run(before, after, message):
    with pytest.raises(CurationError, match=message):
        check_holdout(assignment({"a": before}), assignment({"a": after}), present={"a"})


def test_documents_set_aside_from_dev_or_test_are_counted_and_the_first_named():
    kept = {f"d{n}": "test" for n in range(5)}
    with pytest.raises(CurationError, match=r"5 documents would be left out of dev or test \(d0, d1, d2, …\)"):
        check_holdout(assignment(kept), assignment(kept, set_aside=kept), present=kept)


def test_a_document_that_was_set_aside_before_may_be_set_aside_again_or_return():
    kept = assignment({"a": "test"}, set_aside=["a"])
    check_holdout(kept, kept, present={"a"})
    check_holdout(kept, assignment({"a": "test"}), present={"a"})


@given(st.dictionaries(st.sampled_from("abcdefgh"), SPLITS), st.dictionaries(st.sampled_from("abcdefgh"), SPLITS))
def test_silence_means_that_no_present_unit_crossed_the_line(before, after):
    present = set(before) & set(after)
    try:
        check_holdout(assignment(before), assignment(after), present)
    except CurationError:
        assert any(before[key] != after[key] for key in present)
    else:
        for split in ("dev", "test"):
            assert {k for k in present if before[k] == split} == {k for k in present if after[k] == split}


@given(
    st.sets(st.integers(0, 60), min_size=5, max_size=20), st.sets(st.integers(0, 60), max_size=20), st.integers(0, 9)
)
def test_documents_that_come_never_move_the_held_out_side(first, more, seed):
    clusters = {f"d{n}": f"d{n}" for n in first}
    before = split_by_fractions(clusters, SHARES, seed=seed)
    grown = {**clusters, **{f"d{n}": f"d{n}" for n in more}}
    after = split_by_fractions(grown, SHARES, seed=seed, assigned=before.split_of)
    check_holdout(before, after, present=grown)


def test_the_hash_of_a_round_tells_any_change_of_what_is_asked_and_no_other(make_sample):
    asked = [make_sample(f"Question {n}?", f"Answer {n}", split=("test", "dev")[n % 2]) for n in range(6)]
    learned = [make_sample(f"Lesson {n}?", f"Answer {n}", split="train") for n in range(3)]
    kept = holdout_hash([*asked, *learned])
    check_round(kept, asked[::-1])
    changes = [
        asked[1:],
        [replace(asked[0], split="dev"), *asked[1:]],
        [make_sample("Question 0?", "Another answer", split="test"), *asked[1:]],
        [*asked, make_sample("One more?", "Yes.", split="dev")],
    ]
    for changed in changes:
        with pytest.raises(CurationError, match=r"not those of the earlier round .*cannot be compared"):
            check_round(kept, changed)
