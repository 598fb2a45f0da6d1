from __future__ import annotations

import pytest

from glossator.evaluation.compare import Comparison, SplitScore
from glossator.evaluation.intervals import Interval, MeanInterval
from glossator.evaluation.verdict import format_change, format_score, judge, looks_sentence


def comparison(base, tuned, low, high, *, questions=61, documents=7, unit="document", metric="token_f1"):
    side = MeanInterval(base, None, None, questions, documents)
    paired = Interval(base, tuned, tuned - base, low, high, questions, documents)
    return Comparison(metric, unit, (SplitScore("test", metric, side, side, paired),), (), (), ())


def test_interval_above_zero_says_that_tuning_helped():
    verdict = judge(comparison(0.31, 0.52, 0.12, 0.29, documents=14))
    assert verdict.helped is True
    assert verdict.sentence == (
        "Tuning helped: token F1 on 61 questions about 14 unseen documents rose from .31 to .52 "
        "(+.21, 95 % interval +.12 to +.29)."
    )


def test_interval_below_zero_says_that_tuning_hurt():
    verdict = judge(comparison(0.52, 0.31, -0.29, -0.12))
    assert verdict.helped is False
    assert verdict.sentence.startswith("Tuning hurt: ")
    assert "fell from .52 to .31 (−.21, 95 % interval −.29 to −.12)" in verdict.sentence


@pytest.mark.parametrize(("low", "high"), [(-0.05, 0.2), (0.0, 0.2), (-0.2, 0.0), (0.0, 0.0)])
def test_interval_that_holds_zero_says_that_it_cannot_be_told(low, high):
    verdict = judge(comparison(0.3, 0.34, low, high))
    assert verdict.helped is None
    assert verdict.sentence.startswith("It cannot be told whether tuning helped: ")
    assert "does not rule out no change" in verdict.sentence


def test_one_document_cannot_tell():
    verdict = judge(comparison(0.3, 0.9, None, None, questions=12, documents=1))
    assert verdict.helped is None
    assert verdict.sentence == (
        "It cannot be told whether tuning helped: token F1 on 12 questions about 1 unseen document rose "
        "from .30 to .90, but one document cannot show how it would go on another."
    )


def test_few_documents_add_a_caution():
    few, enough = (judge(comparison(0.3, 0.5, 0.1, 0.3, documents=count)) for count in (9, 10))
    assert few.helped is enough.helped is True
    assert few.sentence.endswith(
        "; take it with caution, since with only 9 documents such an interval may be too narrow if they differ much "
        "in size."
    )
    assert "caution" not in enough.sentence


def test_sections_are_called_sections():
    sentence = judge(comparison(0.3, 0.5, 0.1, 0.3, documents=4, unit="section")).sentence
    assert "about 4 unseen sections" in sentence
    assert "only 4 sections" in sentence
    assert "document" not in sentence


def test_no_test_questions_cannot_tell():
    verdict = judge(Comparison("token_f1", "document", (), (), (), ()))
    assert verdict.helped is None
    assert "no test questions" in verdict.sentence


def test_small_effect_is_shown_with_enough_places_to_be_seen():
    sentence = judge(comparison(0.3, 0.304, 0.001, 0.007)).sentence
    assert "rose from .300 to .304 (+.004, 95 % interval +.001 to +.007)" in sentence


def test_no_change_is_called_that():
    assert "stayed at .30 (.00," in judge(comparison(0.3, 0.3, 0.0, 0.0)).sentence


def test_metric_without_a_label_goes_by_its_key():
    assert "bertscore_f1 on 61 questions" in judge(comparison(0.3, 0.5, 0.1, 0.3, metric="bertscore_f1")).sentence


@pytest.mark.parametrize(
    ("value", "score", "change"),
    [
        (0.314, ".31", "+.31"),
        (1.0, "1.00", "+1.00"),
        (0.0, ".00", ".00"),
        (-0.214, "−.21", "−.21"),
        (-0.001, ".00", ".00"),
    ],
)
def test_figures_are_written_without_leading_zero_and_changes_with_their_sign(value, score, change):
    assert (format_score(value), format_change(value)) == (score, change)


@pytest.mark.parametrize(
    ("looks", "unit", "sentence"),
    [
        (0, "document", "The test documents have not been scored under this recipe."),
        (1, "section", "The test sections were scored once under this recipe."),
        (
            3,
            "document",
            "The test documents were scored for 3 different tuned models under this recipe.",
        ),
    ],
)
def test_looks_are_told_as_evaluations_of_the_test_documents(looks, unit, sentence):
    assert looks_sentence(looks, unit) == sentence


def test_ready_pairs_are_questions_of_which_near_copies_count_once():
    sentence = judge(comparison(0.3, 0.5, 0.1, 0.3, documents=4, unit="pair")).sentence
    assert "unseen questions (4 unlike each other) rose" in sentence
    assert "document" not in sentence
