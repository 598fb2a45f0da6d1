"""Samples are shown beside their passages; decisions are on disk at once and survive whatever happens then."""

from pathlib import Path

import pytest
from tests.reviewed_run import BUILT, LOST, RYE, TEXT, make_reviewed_run

from glossator.errors import CurationError
from glossator.pipeline.reviewing import Review


@pytest.fixture
def review(tmp_path: Path):
    with Review(make_reviewed_run(tmp_path)) as opened:
        yield opened


def test_kept_samples_are_shown_with_passage_and_title(review: Review):
    shown = list(review.samples())
    assert [row.sample for row in shown] == [BUILT, RYE]
    assert shown[0].passages == (TEXT,)
    assert shown[0].titles == ("The mill",)
    assert shown[0].reject is None
    assert [row.sample for row in review.samples(split="test")] == [RYE]


def test_rejected_samples_are_shown_with_the_filter_and_chunks_without_a_sample_are_not(review: Review):
    (shown,) = review.samples(rejected=True)
    assert shown.sample == LOST
    assert shown.reject is not None
    assert shown.reject.stage == "self_referential"


def test_a_decision_is_on_disk_at_once_and_found_by_the_next_review(review: Review):
    review.decide(BUILT, "drop", reason="trivial")
    with Review(review.run) as again:
        assert again.decisions == 1
        (shown, _) = again.samples()
        assert shown.decision is not None
        assert (shown.decision.action, shown.decision.reason) == ("drop", "trivial")


def test_a_line_that_a_kill_cut_off_is_dropped_and_the_others_stand(review: Review):
    review.decide(BUILT, "drop")
    with review.path.open("ab") as file:
        file.write(b'{"sample_id": "half')
    with Review(review.run) as again:
        assert again.decisions == 1
        again.decide(RYE, "drop")
    with Review(review.run) as last:
        assert last.decisions == 2


def test_a_sample_is_found_by_the_beginning_of_its_id_and_only_if_that_is_of_one(review: Review):
    assert review.find(LOST.id[:8]).sample == LOST
    for wrong in ("", "no-such-id"):
        with pytest.raises(CurationError, match="give the id of one"):
            review.find(wrong)


def test_an_edit_that_changes_nothing_and_a_split_that_does_not_exist_are_refused(review: Review):
    with pytest.raises(CurationError, match="changes nothing"):
        review.decide(BUILT, "edit", answer=f" {BUILT.answer} ")
    with pytest.raises(CurationError, match="there is no split 'tset'"):
        list(review.samples(split="tset"))
