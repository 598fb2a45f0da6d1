from __future__ import annotations

import pytest

from glossator.errors import EvaluationError, ModelError
from glossator.evaluation.predict import form_batches, predict
from glossator.llm import Reply
from glossator.llm.scripted import ScriptedModel
from glossator.records import Prediction

SETTINGS = {"model_name": "base-1", "adapter": None, "run": "r1", "max_new_tokens": 32, "batch_size": 3}


class BatchModel:
    """Answers with the number of its call and everyone in the batch, as a model that depends on padding would."""

    name = "batch"

    def __init__(self, fail_after: int = 99) -> None:
        self.batches: list[list[str]] = []
        self.fail_after = fail_after

    def generate(self, conversations, *, max_new_tokens, temperature=0.0, on_progress=None):
        if len(self.batches) == self.fail_after:
            raise ModelError("out of memory")
        asked = [conversation[-1].content for conversation in conversations]
        self.batches.append(asked)
        return [Reply(f"{text} among {sorted(asked)}", len(text), 1, 0.5) for text in asked]


@pytest.fixture
def samples(make_sample):
    lengths = [5, 40, 12, 3, 28, 7, 60, 19]
    return [make_sample(f"s{index}", question="x" * length) for index, length in enumerate(lengths)]


def test_each_sample_gets_its_own_reply_in_sample_order(samples):
    model = ScriptedModel(lambda conversation: f"{len(conversation[-1].content)} letters")
    predictions = predict(model, samples, **SETTINGS)
    assert [prediction.sample_id for prediction in predictions] == [sample.id for sample in samples]
    assert [prediction.text for prediction in predictions] == [f"{len(s.question)} letters" for s in samples]
    assert {(p.model, p.adapter, p.run) for p in predictions} == {("base-1", None, "r1")}


def test_model_never_sees_the_reference_answer(samples):
    model = ScriptedModel({"": "well"})
    predict(model, samples, **SETTINGS)
    assert all([message.role for message in conversation] == ["user"] for conversation in model.asked)


def test_batches_hold_samples_of_similar_length_longest_first(samples):
    model = BatchModel()
    predict(model, samples, **SETTINGS)
    assert [[len(text) for text in batch] for batch in model.batches] == [[60, 40, 28], [19, 12, 7], [5, 3]]


def test_batches_do_not_depend_on_the_order_of_the_samples(samples, make_sample):
    tied = [*samples, make_sample("t1", question="y" * 12), make_sample("t2", question="z" * 12)]
    assert form_batches(tied, 3) == form_batches(tied[::-1], 3)


@pytest.mark.parametrize("kept", [1, 2, 3, 4, 5, 6, 7])
def test_interrupted_run_gives_the_same_answers_as_one_that_ran_through(samples, kept):
    through = predict(BatchModel(), samples, **SETTINGS)
    journal: list[Prediction] = []
    predict(BatchModel(), samples, on_prediction=journal.append, **SETTINGS)
    done = {prediction.sample_id: prediction for prediction in journal[:kept]}
    assert predict(BatchModel(), samples, done=done, **SETTINGS) == through


def test_finished_batches_are_on_record_when_the_model_fails_and_are_not_asked_again(samples):
    journal: list[Prediction] = []
    with pytest.raises(ModelError):
        predict(BatchModel(fail_after=2), samples, on_prediction=journal.append, **SETTINGS)
    assert len(journal) == 6
    model = BatchModel()
    predict(model, samples, done={p.sample_id: p for p in journal}, on_prediction=journal.append, **SETTINGS)
    assert [[len(text) for text in batch] for batch in model.batches] == [[5, 3]]
    assert sorted(prediction.sample_id for prediction in journal) == sorted(sample.id for sample in samples)


def test_half_done_batch_is_asked_as_a_whole_and_keeps_what_was_done(samples):
    first = samples[6]
    earlier = Prediction(first.id, "base-1", None, "r1", "said before", 1, 2, 0.1)
    model, journal = BatchModel(), []
    predictions = predict(model, samples, done={first.id: earlier}, on_prediction=journal.append, **SETTINGS)
    assert [len(text) for text in model.batches[0]] == [60, 40, 28]
    assert predictions[6] == earlier
    assert first.id not in {prediction.sample_id for prediction in journal}


@pytest.mark.parametrize("other", [("base-2", None, "r1"), ("base-1", "a", "r1"), ("base-1", None, "r2")])
def test_earlier_predictions_of_another_model_adapter_or_run_are_not_used(samples, other):
    model_name, adapter, run = other
    done = {s.id: Prediction(s.id, model_name, adapter, run, "foreign", 1, 1, 0.1) for s in samples}
    predictions = predict(BatchModel(), samples, done=done, **SETTINGS)
    assert "foreign" not in {prediction.text for prediction in predictions}


def test_sample_that_occurs_twice_is_asked_once(samples):
    model = BatchModel()
    predictions = predict(model, [samples[0], samples[1], samples[0]], **SETTINGS)
    assert len(model.batches[0]) == 2
    assert predictions[0] == predictions[2]


def test_progress_counts_every_sample_also_those_done_before(samples):
    steps: list[int] = []
    predictions = predict(BatchModel(), samples, on_progress=steps.append, **SETTINGS)
    assert sum(steps) == len(samples)
    steps.clear()
    done = {prediction.sample_id: prediction for prediction in predictions}
    predict(BatchModel(fail_after=0), samples, done=done, on_progress=steps.append, **SETTINGS)
    assert sum(steps) == len(samples)


def test_no_samples_give_no_predictions():
    assert predict(BatchModel(fail_after=0), [], **SETTINGS) == []


def test_model_that_swallows_a_reply_is_an_error(samples):
    class Forgetful(BatchModel):
        def generate(self, conversations, **settings):
            return super().generate(conversations, **settings)[1:]

    with pytest.raises(EvaluationError, match="2 replies to 3 prompts"):
        predict(Forgetful(), samples, **SETTINGS)


def test_batch_size_below_one_is_refused(samples):
    with pytest.raises(EvaluationError, match="batch_size 0"):
        predict(BatchModel(), samples, **{**SETTINGS, "batch_size": 0})
