"""Accuracy counts a bad pair as found only for the reason it is bad for."""

import pytest

from glossator.curation.judging import Case, Unjudged, Verdict
from glossator.curation.judging.agreement import Agreement, wilson
from glossator.curation.judging.planting import Planted

CASE = Case("Q?", "A.", ("P.",), style="Be short.")
GOOD, WRONG = Verdict(True, True, True), Verdict(False, True, True)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(45, 50, 0.7864, 0.9565), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0), (1, 2, 0.0945, 0.9055)],
)
def test_wilson_gives_published_intervals(hits, of, low, high):
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(
    ("kind", "verdict", "right"),
    [
        ("good", GOOD, 1),
        ("good", WRONG, 0),
        ("good", Verdict(True, True, False), 0),
        ("denied", WRONG, 1),
        ("denied", Verdict(True, False, True), 0),
        ("unanswerable", Verdict(True, False, True), 1),
        ("unanswerable", WRONG, 0),
        ("style_break", Verdict(True, True, False), 1),
        ("style_break", GOOD, 0),
    ],
)
def test_a_verdict_is_right_for_its_own_reason(kind, verdict, right):
    assert Agreement([(Planted(CASE, kind), verdict)]).right == right


def test_what_got_no_verdict_counts_neither_way():
    agreement = Agreement([(Planted(CASE, "good"), Unjudged("timeout")), (Planted(CASE, "good"), GOOD)])
    assert (agreement.judged, agreement.accuracy) == (1, 1.0)
    assert agreement.to_dict()["confusion"]["good_unjudged"] == 1
    assert Agreement([]).accuracy is None


def test_the_report_tells_each_kind_apart():
    said = [(Planted(CASE, "good"), GOOD), (Planted(CASE, "denied"), GOOD), (Planted(CASE, "number_changed"), WRONG)]
    told = Agreement(said).to_dict()
    assert (told["all"]["right"], told["good"]["accuracy"], told["bad"]["accuracy"]) == (2, 1.0, 0.5)
    assert told["kinds"]["denied"]["accuracy"] == 0.0
    assert told["kinds"]["style_break"]["accuracy"] is None
    assert told["confusion"] == {
        "good_passed": 1,
        "good_rejected": 0,
        "good_unjudged": 0,
        "bad_passed": 1,
        "bad_rejected": 1,
        "bad_unjudged": 0,
    }
    assert Agreement(said).sentence().startswith("right on 2 of 3 planted pairs")
