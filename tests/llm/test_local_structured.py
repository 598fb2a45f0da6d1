"""A model of this machine as a teacher's model: in order, journalled batch by batch, resumed where it was killed."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glossator.errors import ModelError
from glossator.llm import ConversationAbout
from glossator.llm.images import Image, ImageMessage
from glossator.llm.journal import Journal
from glossator.llm.local import LocalModel
from glossator.llm.local_structured import LocalStructuredModel
from glossator.records import Message

ROOT = Path(__file__).parents[2]


def questions(count):
    return [(Message("user", f"Question {number}? {'word ' * (number % 5)}"),) for number in range(count)]


def answers(model, asked, **options):
    return list(model.answer(asked, schema=None, max_new_tokens=6, **options))


class Counting:
    """A local model that remembers what it was asked to generate, batch by batch."""

    def __init__(self, model: LocalModel) -> None:
        self._model = model
        self.batches: list[list[str]] = []

    def __getattr__(self, name):
        return getattr(self._model, name)

    def generate(self, conversations, **options):
        self.batches.append([conversation[-1].content for conversation in conversations])
        return self._model.generate(conversations, **options)

    @property
    def asked(self) -> int:
        return sum(map(len, self.batches))


@pytest.fixture(scope="module")
def opened(odd_model):
    return LocalModel.open(odd_model, dtype="float32", batch_size=2)


@pytest.mark.parametrize("window", [1, 3, 100])
def test_replies_come_in_input_order_whatever_the_window(opened, window):
    asked = questions(7)
    said = [reply.text for reply in opened.generate(asked, max_new_tokens=6)]
    given = answers(LocalStructuredModel(opened, window=window), asked)
    assert [one.reply.text if one.reply else "" for one in given] == said
    assert len(set(said)) > 1


def test_batches_are_of_like_length_with_the_longest_first(opened):
    model = Counting(opened)
    answers(LocalStructuredModel(model), questions(7))
    lengths = [
        len(opened.chat_format.prompt_ids((Message("user", text),))) for batch in model.batches for text in batch
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert [len(batch) for batch in model.batches] == [2, 2, 2, 1]


def test_of_endless_conversations_one_window_is_read_ahead(opened):
    read = []

    def endless() -> Iterator[tuple[Message, ...]]:
        for number in itertools.count():
            read.append(number)
            yield (Message("user", f"Question {number}?"),)

    given = LocalStructuredModel(opened, window=4).answer(endless(), schema=None, max_new_tokens=2)
    for number in range(9):
        next(given)
        assert len(read) == 4 * (number // 4 + 1)


def test_what_is_in_the_journal_is_not_generated_again_and_knows_its_documents(opened, tmp_path):
    asked = [ConversationAbout(question, ("doc",)) for question in questions(5)]
    with Journal(tmp_path / "journal.sqlite") as journal:
        first = answers(LocalStructuredModel(opened, journal), asked)
        model = Counting(opened)
        again = LocalStructuredModel(model, journal)
        assert answers(again, asked) == first
        assert (model.asked, again.usage.from_journal, again.usage.calls) == (0, 5, 0)
        assert len({one.journal_key for one in first}) == 5
        assert journal.forget_documents(["doc"]) == 5


def test_a_question_asked_twice_is_answered_once(opened, tmp_path):
    model = Counting(opened)
    with Journal(tmp_path / "journal.sqlite") as journal:
        one, two = answers(LocalStructuredModel(model, journal), questions(1) * 2)
    assert one == two
    assert model.asked == 1


def test_one_reply_for_two_documents_is_forgotten_with_either(opened, tmp_path):
    (turns,) = questions(1)
    with Journal(tmp_path / "journal.sqlite") as journal:
        for _ in range(2):  # asked, then from the journal
            answers(
                LocalStructuredModel(opened, journal),
                [ConversationAbout(turns, ("docA",)), ConversationAbout(turns, ("docB",))],
            )
            assert len(journal.keys_about(["docA"])) == len(journal.keys_about(["docB"])) == 1


def test_a_reply_that_was_computed_in_another_precision_is_another_reply(opened, odd_model, tmp_path):
    rounded = LocalModel.open(odd_model, dtype="bfloat16", batch_size=2)
    assert (opened.dtype, rounded.dtype) == ("float32", "bfloat16")
    with Journal(tmp_path / "journal.sqlite") as journal:
        (exact,) = answers(LocalStructuredModel(opened, journal), questions(1))
        (other,) = answers(LocalStructuredModel(rounded, journal), questions(1))
        assert exact.journal_key != other.journal_key
        assert journal.count() == 2


def test_each_batch_is_on_disk_before_the_next_one_is_generated(opened, tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:

        class Failing(Counting):
            def generate(self, conversations, **options):
                if len(self.batches) == 2:
                    raise KeyboardInterrupt
                return super().generate(conversations, **options)

        with pytest.raises(KeyboardInterrupt):
            answers(LocalStructuredModel(Failing(opened), journal), questions(8))
        assert journal.count() == 4
        model = Counting(opened)
        assert len(answers(LocalStructuredModel(model, journal), questions(8))) == 8
        assert model.asked == 4


def test_other_lengths_temperatures_and_models_are_other_questions(opened, make_adapter, tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        asked = questions(1)
        teacher = LocalStructuredModel(opened, journal)
        answers(teacher, asked)
        answers(teacher, asked, temperature=0.5)
        list(teacher.answer(asked, schema=None, max_new_tokens=7))
        answers(LocalStructuredModel(opened.with_adapter(make_adapter(1)), journal), asked)
        assert journal.count() == 4


def test_a_prompt_that_leaves_no_room_fails_alone(opened):
    long = (Message("user", "word " * 200),)
    one, two, three = answers(LocalStructuredModel(opened), [*questions(1), long, *questions(1)])
    assert (two.reply, two.failure) == (None, "too_long")
    assert "the model holds 128" in two.detail
    assert one.reply == three.reply is not None


def test_a_reply_that_was_cut_is_told_and_comes_along(opened):
    (answered,) = LocalStructuredModel(opened).answer(questions(1), schema=None, max_new_tokens=1)
    assert answered.failure in ("truncated", "empty_reply")
    cut = [one for one in answers(LocalStructuredModel(opened), questions(7)) if one.failure == "truncated"]
    assert cut
    assert all(one.reply and one.reply.text and "raise max_new_tokens" in one.detail for one in cut)


def test_an_image_is_refused_with_what_to_do(opened):
    shown = (ImageMessage("user", "What is this?", (Image(b"png"),)),)
    with pytest.raises(ModelError, match="name a vision model behind a server"):
        answers(LocalStructuredModel(opened), [shown])


def test_an_empty_window_is_refused(opened):
    with pytest.raises(ModelError, match="window 0 is too small"):
        LocalStructuredModel(opened, window=0)


def test_a_killed_run_is_taken_up_where_its_journal_ends(odd_model, tmp_path):
    """A real process is killed within its second window; what was on disk is not asked again."""
    command = [
        sys.executable,
        "-m",
        "tests.llm.local_questions",
        str(odd_model),
        str(tmp_path / "journal.sqlite"),
        "20",
    ]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "8"], cwd=ROOT, **pipes) as child:
        assert child.stdout is not None
        seen = [child.stdout.readline().split() for _ in range(9)]
        os.kill(child.pid, signal.SIGKILL)
    with Journal(tmp_path / "journal.sqlite") as journal:
        kept = journal.count()
        assert all(journal.get(key) for _, key in seen)
    assert kept == 12
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    *lines, last = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [str(number) for number in range(20)]
    assert [line.split() for line in lines[:9]] == seen
    assert last == "generated 8"
