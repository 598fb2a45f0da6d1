"""Decisions of a person: kept apart, done again, never lost and never more than asked for."""

from glossator.curation.filters import reject_sample
from glossator.curation.reviews import Decision, apply_reviews, edited, standing
from glossator.records import Reject

WHEN = "2026-01-02T03:04:05Z"


def decide(sample, action, **words):
    return Decision(sample.id, action, WHEN, **words)


def test_the_last_decision_about_a_sample_counts_and_undo_takes_it_back(make_sample):
    one, other = make_sample("One?"), make_sample("Other?")
    made = [decide(one, "drop"), decide(other, "drop"), decide(one, "admit"), decide(other, "undo")]
    assert {key: found.action for key, found in standing(made).items()} == {one.id: "admit"}


def test_a_dropped_sample_becomes_a_reject_that_holds_all_of_it(make_sample):
    kept, dropped = make_sample("Kept?"), make_sample("Dropped?")
    reviewed = apply_reviews([kept, dropped], [], [decide(dropped, "drop", reason="asks for trivia")])
    assert reviewed.samples == (kept,)
    (reject,) = reviewed.rejects
    assert (reject.subject_id, reject.stage, reject.reason, reject.detail) == (
        dropped.id,
        "review",
        "dropped",
        "asks for trivia",
    )
    assert reject.record["question"] == "Dropped?"


def test_an_edit_changes_question_and_answer_where_they_stand_and_gives_a_new_id(make_sample):
    sample = make_sample("Who bilt it?", "The miller.", variant="Be brief.")
    made = edited(sample, decide(sample, "edit", question="Who built it?", answer="The miller built it."))
    assert [message.content for message in made.messages] == ["Be brief.", "Who built it?", "The miller built it."]
    assert made.question == "Who built it?"
    assert made.id != sample.id
    assert made.metadata["edited_from"] == sample.id
    assert made.origin.verdicts["review"] == "edited"


def test_an_edit_of_the_answer_alone_leaves_the_passage_in_the_prompt_as_it_is(make_sample):
    from dataclasses import replace

    from glossator.llm.chat_format import student_messages
    from glossator.records import Message

    plain = make_sample("Who built it?", context="chunk")
    prompt = student_messages(plain.question, context="The miller built it. Who built it? Nobody asked.")
    sample = replace(plain, messages=(*prompt, Message("assistant", "Someone.")))
    made = edited(sample, decide(sample, "edit", answer="The miller."))
    assert made.prompt == sample.prompt
    changed = edited(sample, decide(sample, "edit", question="By whom was it built?"))
    assert changed.prompt[-1].content.endswith("Nobody asked.\n\nQuestion: By whom was it built?")
    assert "Who built it? Nobody asked." in changed.prompt[-1].content


def test_a_rejected_sample_comes_back_once_and_is_vouched_for(make_sample):
    kept, lost = make_sample("Kept?"), make_sample("Lost?")
    reject = reject_sample(lost, stage="evidence", reason="not_found", detail="")
    reviewed = apply_reviews([kept], [reject, reject], [decide(lost, "admit")])
    assert [sample.question for sample in reviewed.samples] == ["Kept?", "Lost?"]
    assert reviewed.admitted == reviewed.taken == {lost.id}
    assert reviewed.samples[1].origin.verdicts["review"] == "admitted"
    assert reviewed.counts == {"drop": 0, "edit": 0, "admit": 1, "unmatched": 0}


def test_nothing_else_comes_back_and_dropping_what_was_rejected_changes_nothing(make_sample):
    lost, other = make_sample("Lost?"), make_sample("Other?")
    rejects = [
        reject_sample(lost, stage="evidence", reason="not_found", detail=""),
        reject_sample(other, stage="evidence", reason="not_found", detail=""),
        Reject("chunk", "teacher", "timeout"),
    ]
    reviewed = apply_reviews([], rejects, [decide(lost, "drop")])
    assert reviewed.samples == ()
    assert reviewed.rejects == ()


def test_a_decision_about_a_sample_that_is_gone_is_counted_not_lost(make_sample):
    gone = make_sample("Gone?")
    assert apply_reviews([make_sample("Kept?")], [], [decide(gone, "drop")]).counts["unmatched"] == 1


def test_a_sample_that_is_made_twice_is_dropped_twice(make_sample):
    sample = make_sample("Twice?")
    reviewed = apply_reviews([sample, sample], [], [decide(sample, "drop")])
    assert reviewed.samples == ()
    assert len(reviewed.rejects) == 2


def test_an_edited_reject_is_known_by_its_old_id_and_an_edited_sample_is_no_reject(make_sample):
    kept, lost = make_sample("Kept?"), make_sample("Lost?")
    reject = reject_sample(lost, stage="evidence", reason="not_found", detail="")
    decisions = [decide(one, "edit", question="In other words?") for one in (kept, lost)]
    reviewed = apply_reviews([kept], [reject], decisions)
    assert reviewed.taken == {lost.id}
    assert reviewed.admitted == {sample.id for sample in reviewed.samples}
    assert lost.id not in reviewed.admitted
