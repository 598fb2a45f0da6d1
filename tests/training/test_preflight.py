"""What cannot be trained on whole is told, never cut."""

import dataclasses

import pytest

from glossator.embedded import base_model_path
from glossator.errors import TrainingError
from glossator.llm.chat_format import ChatFormat, load_tokenizer
from glossator.records import Message, Sample, from_dict
from glossator.training.preflight import IGNORED_LABEL, check_splits, prepare_rows, require_rows


@pytest.fixture(scope="module")
def chat_format():
    pytest.importorskip("transformers")
    return ChatFormat(load_tokenizer(base_model_path()))


def test_labels_are_the_answer_with_its_end_of_turn_and_ignored_everywhere_else(chat_format, make_samples):
    [sample] = make_samples(1)
    [row], rejects = prepare_rows([sample], chat_format, max_length=128)
    prompt = len(chat_format.prompt_ids(sample.prompt))
    assert rejects == []
    assert row.labels[:prompt] == [IGNORED_LABEL] * prompt
    learned = [label for label in row.labels if label != IGNORED_LABEL]
    tokenizer = load_tokenizer(base_model_path())
    assert tokenizer.decode(learned) == sample.answer + "<|im_end|>"
    assert row.labels[-1] == IGNORED_LABEL  # the line break after the end of turn is the template's, not the answer's


def test_every_sample_becomes_a_row_or_a_reject_with_its_record(chat_format, make_samples):
    good, long, empty, unanswered = make_samples(4)
    long = dataclasses.replace(long, messages=(Message("user", "word " * 300), Message("assistant", "So.")))
    empty = dataclasses.replace(empty, messages=(empty.messages[0], Message("assistant", "  ")))
    unanswered = dataclasses.replace(unanswered, messages=unanswered.messages[:1])
    rows, rejects = prepare_rows([good, long, empty, unanswered], chat_format, max_length=128)
    assert [row.sample_id for row in rows] == [good.id]
    assert [(r.subject_id, r.reason) for r in rejects] == [
        (long.id, "too_long"), (empty.id, "no_answer"), (unanswered.id, "no_answer"),
    ]  # fmt: skip
    assert "max_length is 128" in rejects[0].detail
    assert from_dict(Sample, rejects[0].record) == long


def test_training_refuses_a_sample_that_is_too_long_and_says_which(chat_format, make_samples):
    samples = make_samples(2)
    with pytest.raises(TrainingError, match=f"2 of 2 dev samples .* sample {samples[0].id}: too_long"):
        require_rows(samples, chat_format, max_length=16, split="dev")


def test_no_train_samples_or_a_sample_in_both_splits_stops_the_training(make_samples):
    samples = make_samples(4)
    with pytest.raises(TrainingError, match="no train samples"):
        check_splits([], samples)
    with pytest.raises(TrainingError, match="1 samples stand in train and in dev"):
        check_splits(samples[:2], samples[1:])
