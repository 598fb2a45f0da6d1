"""The ledger adds up, shows examples, and stops a run that has too little."""

import json

import pytest

from glossator.curation.ledger import Ledger, check_yield
from glossator.errors import YieldError
from glossator.records import Reject

ENOUGH = {"train": 8, "dev": 2, "test": 2}


def rejects(*reasons, question="Why?"):
    return [Reject(f"s{n}", "f", reason, f"detail {n}", {"question": question}) for n, reason in enumerate(reasons)]


def test_a_row_counts_what_went_in_what_came_out_and_why():
    ledger = Ledger()
    ledger.enter("budget", taken_in=10, passed=7, rejects=rejects("long", "odd", "long"))
    row = json.loads(json.dumps(ledger.to_dict()))["filters"][0]
    assert (row["name"], row["in"], row["out"], row["reasons"]) == ("budget", 10, 7, {"long": 2, "odd": 1})


def test_numbers_that_do_not_add_up_are_a_defect():
    with pytest.raises(ValueError, match="do not add up"):
        Ledger().enter("budget", taken_in=10, passed=8, rejects=rejects("long"))


def test_at_most_three_examples_are_shown_and_every_reason_comes_first():
    ledger = Ledger()
    found = rejects(*["long"] * 20, "odd", "bare")
    ledger.enter("f", taken_in=22, passed=0, rejects=found)
    assert sorted(example.reason for example in ledger.rows[0].examples) == ["bare", "long", "odd"]
    ledger.enter("g", taken_in=22, passed=20, rejects=rejects("long", "long"))
    assert [example.subject_id for example in ledger.rows[1].examples] == ["s0", "s1"]


def test_long_questions_are_shortened_in_examples():
    ledger = Ledger()
    ledger.enter("empty", taken_in=1, passed=0, rejects=rejects("empty", question="long " * 100))
    assert len(ledger.rows[0].examples[0].question) == 80


def test_enough_samples_pass():
    check_yield(ENOUGH, 20)


@pytest.mark.parametrize(
    ("kept", "named"),
    [
        ({**ENOUGH, "train": 7}, r"train \(at least 8\)"),
        ({**ENOUGH, "dev": 1}, r"dev \(at least 2\)"),
        ({"train": 8, "dev": 2}, r"test \(at least 2\)"),
        ({}, "train .* dev .* test"),
    ],
)
def test_too_few_samples_in_a_split_stop_the_run_with_counts_and_a_remedy(kept, named):
    with pytest.raises(
        YieldError, match=f"{named}.*{sum(kept.values())} of 20 survived.*give more or longer documents"
    ):
        check_yield(kept, 20)


def test_far_fewer_than_were_considered_stop_the_run():
    check_yield(ENOUGH, 240)
    with pytest.raises(YieldError, match="only 12 of 241 samples survived"):
        check_yield(ENOUGH, 241)


def test_nothing_considered_says_so():
    with pytest.raises(YieldError, match="no sample was made"):
        check_yield({}, 0)


def test_the_floors_can_be_set():
    check_yield({"train": 1}, 20, minimum_train=1, minimum_holdout=0)


def test_the_filters_that_took_most_are_named_with_counts_when_too_few_samples_are_left():
    ledger = Ledger()
    ledger.enter("empty", taken_in=40, passed=40, rejects=[])
    ledger.enter("evidence", taken_in=40, passed=37, rejects=rejects("moved", "missing", "missing"))
    ledger.enter("over_budget", taken_in=37, passed=7, rejects=rejects(*["over_budget"] * 30))
    with pytest.raises(YieldError) as caught:
        check_yield({"train": 7}, 40, ledger=ledger)
    told = "over_budget took 30 of 37; evidence took 3 of 40 (missing 2, moved 1); raise curation.max_tokens"
    assert told in str(caught.value)
    assert "empty" not in str(caught.value)
    with pytest.raises(YieldError, match="over_budget took 30 of 37"):
        check_yield(ENOUGH, 400, ledger=ledger)


def test_a_yield_without_a_ledger_or_with_one_that_took_nothing_names_no_filter():
    for ledger in (None, Ledger()):
        with pytest.raises(YieldError, match=r"pool 0\); give more"):
            check_yield({"train": 7}, 7, ledger=ledger)


@pytest.mark.parametrize(
    ("name", "reason", "remedy"),
    [
        ("over_budget", "over_budget", "fit: trim"),
        ("language", "other_language", r"curation\.languages"),
        ("teacher", "budget", r"raise synthesis\.budget"),
        ("empty", "empty", "give more or longer documents"),
    ],
)
def test_a_poor_yield_names_what_mends_the_filter_that_took_most(name: str, reason: str, remedy: str):
    ledger = Ledger()
    ledger.enter(name, taken_in=26, passed=2, rejects=[Reject(str(n), name, reason) for n in range(24)])
    with pytest.raises(YieldError, match=remedy):
        check_yield({"train": 1, "dev": 1, "test": 0}, 26, ledger=ledger)
