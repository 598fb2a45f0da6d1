"""Samples that their judge does not bear out are rejected whole; a judge that is wrong about planted pairs stops it."""

import json
from dataclasses import replace

import pytest

from glossator import records
from glossator.curation.judging import Case, Judged, Unjudged, Verdict, open_judge
from glossator.errors import CurationError, EndpointError
from glossator.llm.answer_styles import load_answer_style
from glossator.llm.scripted import ScriptedModel
from glossator.records import Sample

BRIEF = load_answer_style("brief").text
TASKS = {"qa": "pair"}
FINE = Verdict(True, True, True, "all is well")


class Told:
    """A judge that says what it is told to say, case by case."""

    name = "told/1"
    judges = ("pair", "persona", "unanswerable")

    def __init__(self, say):
        self.say = say
        self.seen = []
        self.ended = False

    def judge(self, cases):
        try:
            for case in cases:
                self.seen.append(case)
                yield self.say(case)
        finally:
            self.ended = True


@pytest.fixture
def samples(chunks, make_sample):
    """Three samples a passage: a right one, one with a foreign number, and one that the passage cannot answer."""
    made = []
    for chunk in chunks.values():
        right = chunk.text.split(". ")[1] + "."
        about = right.split(" can ")[0]
        made += [
            make_sample(f"How many can {about} hold?", right, chunk=chunk.id),
            make_sample(f"How many may {about} hold?", right.replace("up to ", "up to 9"), chunk=chunk.id),
            make_sample("Who won the chess championship of Reykjavik?", right, chunk=chunk.id),
        ]
    return made


def test_each_fault_has_its_reason_and_the_whole_sample_is_kept(chunks, samples):
    kept, rejects = Judged(open_judge("lexical"), chunks, tasks=TASKS, planted=0)(samples)
    assert [sample.id for sample in kept] == [sample.id for sample in samples[::3]]
    assert [reject.reason for reject in rejects] == ["unsupported", "unanswerable"] * len(chunks)
    assert all(reject.stage == "judge" and reject.detail for reject in rejects)
    assert [records.from_dict(Sample, reject.record) for reject in rejects] == [
        sample for place, sample in enumerate(samples) if place % 3
    ]


def test_what_passes_carries_the_verdict_and_nothing_else_changes(chunks, samples):
    kept, _ = Judged(open_judge("lexical"), chunks, tasks=TASKS, styles={"qa": BRIEF}, planted=0)(samples)
    assert {sample.origin.verdicts["judge"] for sample in kept} == {"supported, answerable, in style"}
    verdicts = dict(samples[0].origin.verdicts)
    assert replace(kept[0], origin=replace(kept[0].origin, verdicts=verdicts)) == samples[0]


def test_a_broken_style_is_a_fault_where_the_task_has_a_style(chunks, samples):
    polite = replace(
        samples[0],
        messages=(*samples[0].prompt, replace(samples[0].messages[-1], content="Sure! " + samples[0].answer)),
    )
    judge = open_judge("lexical")
    assert Judged(judge, chunks, tasks=TASKS, planted=0)([polite])[1] == []
    _, rejects = Judged(judge, chunks, tasks=TASKS, styles={"qa": BRIEF}, planted=0)([polite])
    assert [reject.reason for reject in rejects] == ["style"]


def test_a_good_judge_is_reported_with_its_agreement(chunks, samples):
    judged = Judged(open_judge("lexical"), chunks, tasks=TASKS, styles={"qa": BRIEF}, planted=6, seed=5)
    kept, _ = judged(samples)
    report = json.loads(json.dumps(judged.report))
    assert report["planted"]["made"] == 12
    assert report["planted"]["all"]["accuracy"] >= 0.9
    assert report["planted"]["confusion"]["good_passed"] == 6
    assert (report["judged"], report["passed"]) == (len(samples), len(kept))
    assert report["rejected"] == {"unanswerable": len(chunks), "unsupported": len(chunks)}


def test_planted_pairs_are_counted_apart_and_never_leave(chunks, samples):
    plain = Judged(open_judge("lexical"), chunks, tasks=TASKS, planted=0)(samples)
    assert Judged(open_judge("lexical"), chunks, tasks=TASKS, planted=6)(samples) == plain


@pytest.mark.parametrize("verdict", [FINE, Verdict(False, False, False, "no")])
def test_a_judge_that_always_says_the_same_stops_the_run_and_the_remedy_is_told(chunks, samples, verdict):
    judge = Told(lambda _: verdict)
    judged = Judged(judge, chunks, tasks=TASKS, planted=6)
    with pytest.raises(
        CurationError, match=r"judge told/1 is right on \d of 12 planted pairs .*minimum_accuracy asks for 80%"
    ):
        judged(samples)
    assert judged.report["planted"]["all"]["accuracy"] < 0.8


def test_a_poor_judge_is_found_out_before_all_is_paid_for(chunks, samples):
    judge = Told(lambda _: FINE)
    many = [replace(sample, id=f"{sample.id}-{copy}") for copy in range(30) for sample in samples]
    with pytest.raises(CurationError, match="planted pairs"):
        Judged(judge, chunks, tasks=TASKS, planted=6)(many)
    assert len(judge.seen) <= 5 * 12 < len(many)
    assert judge.ended  # what was still to be asked is not


def test_planted_pairs_stand_among_the_real_ones_and_look_like_them(chunks, samples):
    judge = Told(lambda case: FINE)
    judged = Judged(judge, chunks, tasks=TASKS, styles={"qa": BRIEF}, planted=6, minimum_accuracy=0.0)
    judged(samples)
    real = {sample.question for sample in samples}
    kinds = [case.question in real for case in judge.seen]
    assert kinds.count(False) >= 9  # a question may be planted in its own passage, too
    assert len(judge.seen) == len(samples) + 12
    first, last = kinds.index(False), len(kinds) - 1 - kinds[::-1].index(False)
    assert any(kinds[first:last])
    assert {(case.kind, case.context, case.style) for case in judge.seen} == {("pair", "none", BRIEF)}
    assert {type(case) for case in judge.seen} == {Case}


def test_a_low_minimum_lets_a_poor_judge_go_on(chunks, samples):
    kept, rejects = Judged(Told(lambda _: FINE), chunks, tasks=TASKS, planted=6, minimum_accuracy=0.2)(samples)
    assert (len(kept), rejects) == (len(samples), [])


def test_an_unanswerable_question_must_not_be_answerable_and_support_is_not_asked(chunks, samples):
    tasks = {"qa": "unanswerable"}
    said = Verdict(False, False, False, "it is not told")
    kept, rejects = Judged(Told(lambda _: said), chunks, tasks=tasks, planted=0)(samples[:1])
    assert kept[0].origin.verdicts["judge"] == "not answerable"
    kept, rejects = Judged(Told(lambda _: FINE), chunks, tasks=tasks, planted=0)(samples[:1])
    assert [reject.reason for reject in rejects] == ["answerable"]


def test_of_a_persona_only_support_is_asked(chunks, samples):
    said = Verdict(True, False, False, "no")
    kept, _ = Judged(Told(lambda _: said), chunks, tasks={"qa": "persona"}, styles={"qa": BRIEF}, planted=0)(
        samples[:2]
    )
    assert [sample.origin.verdicts["judge"] for sample in kept] == ["supported"] * 2


def test_what_nobody_can_judge_is_passed_over_and_counted(chunks, samples, make_pair):
    other, ready = replace(samples[0], task="other"), make_pair("Who dug?", "Moles.")
    judged = Judged(open_judge("lexical"), chunks, tasks={"qa": "unanswerable"}, planted=0)
    assert judged([samples[0], other, ready]) == ([samples[0], other, ready], [])
    assert judged.report["passed_over"] == {"kind_unanswerable": 2, "task": 1}
    judged = Judged(open_judge("lexical"), chunks, tasks=TASKS, planted=0)
    assert judged([ready]) == ([ready], [])
    assert judged.report["passed_over"] == {"no_passage": 1}


def test_ready_samples_are_judged_by_the_passage_in_their_prompt(make_pair, passages):
    made = []
    for subject, text in passages.items():
        right = text.split(". ")[1] + "."
        made.append(make_pair(f"How many can {subject} hold?", right, text))
        made.append(make_pair(f"How many may {subject} hold?", right.replace("up to ", "up to 9"), text))
    judged = Judged(open_judge("lexical"), {}, tasks=TASKS, planted=5)
    kept, rejects = judged(made)
    assert [sample.question for sample in kept] == [sample.question for sample in made[::2]]
    assert {reject.reason for reject in rejects} == {"unsupported"}
    assert judged.report["planted"]["made"] == 10


def test_without_a_verdict_a_sample_is_rejected_and_can_be_admitted_again(chunks, samples):
    silent = Told(lambda case: Unjudged("malformed", "???") if "chess" in case.question else FINE)
    many = samples[::3] * 2 + samples[2:3]
    _, rejects = Judged(silent, chunks, tasks=TASKS, planted=0)(many)
    assert [(reject.reason, reject.detail) for reject in rejects] == [("unjudged", "malformed: ???")]
    assert records.from_dict(Sample, rejects[0].record) == samples[2]


@pytest.mark.parametrize(
    ("failure", "error", "remedy"),
    [("malformed", CurationError, "use another model as judge"), ("timeout", EndpointError, "run again later")],
)
def test_many_without_a_verdict_stop_the_run(chunks, samples, failure, error, remedy):
    judge = Told(lambda case: Unjudged(failure) if "chess" in case.question else FINE)
    with pytest.raises(error, match=rf"12 of 36 pairs have no verdict \({failure} 12\); .*{remedy}"):
        Judged(judge, chunks, tasks=TASKS, planted=0)(samples)


def test_a_chunk_that_is_missing_leaves_its_sample_unjudged_in_its_place(chunks, samples):
    gone = replace(samples[0], chunk_ids=("gone",))
    many = [samples[0], gone, *samples[3::3]]
    kept, rejects = Judged(open_judge("lexical"), chunks, tasks=TASKS, planted=0)(many)
    assert len(kept) == len(many) - 1
    assert [(reject.reason, reject.detail) for reject in rejects] == [("unjudged", "unknown_chunk")]


@pytest.mark.parametrize(("extra", "said"), [(1, "more verdicts"), (-1, "without a word")])
def test_a_judge_that_loses_count_is_noticed(chunks, samples, extra, said):
    class Lost(Told):
        def judge(self, cases):
            verdicts = [FINE for _ in cases]
            yield from verdicts[:extra] if extra < 0 else [*verdicts, FINE]

    with pytest.raises(CurationError, match=said):
        Judged(Lost(None), chunks, tasks=TASKS, planted=0)(samples)


def test_a_careful_chat_model_agrees_with_what_is_known(chunks, samples, careful):
    model = ScriptedModel(careful)
    judged = Judged(open_judge("chat", model=model), chunks, tasks=TASKS, styles={"qa": BRIEF}, planted=6)
    kept, _ = judged(samples)
    assert len(kept) == len(chunks)
    assert judged.report["planted"]["all"]["accuracy"] >= 0.9
    # What teacher and origin are called stands nowhere in what the model was shown.
    assert not any(samples[0].origin.teacher in turn.content for asked in model.asked for turn in asked)


def test_progress_counts_real_samples_and_nothing_to_judge_is_no_work(chunks, samples):
    done = []
    Judged(open_judge("lexical"), chunks, tasks=TASKS, planted=6, on_progress=done.append)(samples)
    assert sum(done) == len(samples)
    judge = Told(lambda _: FINE)
    assert Judged(judge, chunks, tasks=TASKS)([]) == ([], [])
    assert judge.seen == []
