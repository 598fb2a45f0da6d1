"""A teacher that runs in this process is told, read and checked as one behind a server, and never repeats itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.synthesis.conftest import StubbornModel, chunk, material, pairs

from glossator.records import Reject
from glossator.synthesis import Draft, load_task, open_teacher
from glossator.synthesis.teachers.chat import ChatTeacher

TASK = load_task("grounded_qa")


def test_a_local_teacher_is_told_what_a_chat_teacher_is_told_and_reads_the_same() -> None:
    models = StubbornModel(pairs()), StubbornModel(pairs())
    local, chat = open_teacher("local", model=models[0]), ChatTeacher(models[1])
    assert list(local.write([material()], TASK)) == list(chat.write([material()], TASK))
    assert models[0].asked == models[1].asked
    assert local.name == chat.name.replace("chat/", "local/", 1)


def test_the_packaged_model_s_replies_are_rejected_with_reasons_and_never_asked_for_twice(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from glossator.embedded import resolve_model
    from glossator.llm.journal import Journal
    from glossator.llm.local import LocalModel
    from glossator.llm.local_structured import LocalStructuredModel

    opened = LocalModel.open(resolve_model("embedded"), dtype="float32", batch_size=2)
    materials = [
        material(chunk(f"c{number}", f"Kiln {number} cools glass over {number} hours.")) for number in range(3)
    ]
    materials.append(material(chunk("long", "word " * 9_000)))
    with Journal(tmp_path / "journal.sqlite") as journal:

        def write() -> tuple[list[object], int]:
            model = LocalStructuredModel(opened, journal, window=2)
            teacher = open_teacher("local", model=model, max_new_tokens=16)
            return list(teacher.write(materials, TASK)), model.usage.calls

        first, calls = write()
        assert calls == journal.count() == 3
        made = [one for written in first for one in written]  # type: ignore[attr-defined]
        rejects = [one for one in made if isinstance(one, Reject)]
        assert rejects
        assert all(isinstance(one, Draft | Reject) and (isinstance(one, Draft) or one.reason) for one in made)
        assert (rejects[-1].subject_id, rejects[-1].stage, rejects[-1].reason) == ("long", "malformed", "too_long")
        assert write() == (first, 0)


def test_a_model_of_this_machine_can_write_pairs_that_are_accepted(tmp_path: Path, odd_words: Path) -> None:
    """A real model folder whose reply is real JSON with a true quote: a scripted head stands on a real stream."""
    from glossator.llm.journal import Journal
    from glossator.llm.local import LocalModel
    from glossator.llm.local_structured import LocalStructuredModel

    class Scholar(LocalModel):
        """Loaded, tokenized and batched as any other; what it says is put into its mouth."""

        def _answer(self, model, prompts, max_new_tokens, temperature):  # type: ignore[no-untyped-def]
            ids = self._base.tokenizer(pairs(), add_special_tokens=False)["input_ids"]
            return [self._reply(len(prompt), [*ids, self._base.stop_ids[0]], 0.1) for prompt in prompts]

    with Journal(tmp_path / "journal.sqlite") as journal:
        model = LocalStructuredModel(Scholar.open(odd_words, dtype="float32"), journal)
        teacher = open_teacher("local", model=model, max_new_tokens=300)
        (written,) = teacher.write([material()], TASK)
    (draft,) = written
    assert isinstance(draft, Draft)
    assert draft.evidence[0].text == json.loads(pairs())["pairs"][0]["evidence"]
    assert draft.journal_key


@pytest.fixture(scope="module")
def odd_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with the packaged tokenizer and room for a whole prompt."""
    pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    from glossator.embedded import base_model_path
    from glossator.llm.chat_format import load_tokenizer

    folder = tmp_path_factory.mktemp("models") / "words"
    tokenizer = load_tokenizer(base_model_path())
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        max_position_embeddings=4096,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=3,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
