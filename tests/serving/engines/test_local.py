"""Models in this process answer from many threads, each with its own adapter, and say how much they hold."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from glossator.errors import ModelError, ServingError
from glossator.llm.answer_styles import load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.llm.local import LocalModel
from glossator.llm.scripted import ScriptedModel
from glossator.records import Message
from glossator.serving import Answerer, ServedModel
from glossator.serving.engines.local import LocalEngine

QUESTIONS = [student_messages(f"What is number {number}?") for number in range(12)]


@pytest.fixture(scope="module")
def make_adapter(tiny_model, tmp_path_factory):
    """Write an adapter with random weights for the tiny model; another seed gives another adapter."""

    def make(seed):
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        torch.manual_seed(seed)
        config = LoraConfig(r=4, lora_alpha=64, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), config)
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(parameter, std=0.5)
        folder = tmp_path_factory.mktemp("adapters") / f"adapter-{seed}"
        model.save_pretrained(folder, save_embedding_layers=False)
        return folder

    return make


@pytest.fixture(scope="module")
def base(tiny_model):
    return LocalModel.open(tiny_model, dtype="float32", batch_size=4)


@pytest.fixture(scope="module")
def adapters(make_adapter):
    return {"first": make_adapter(1), "second": make_adapter(2)}


@pytest.fixture
def engine(base, adapters):
    engine = LocalEngine.open(base, adapters, max_length=1024, batch_size=4)
    yield engine
    engine.close()


def alone(model):
    return [model.generate([question], max_new_tokens=6)[0].text for question in QUESTIONS]


def test_two_adapters_and_their_base_answer_by_name_from_many_threads_as_each_does_alone(engine, base, adapters):
    expected = {
        "base": alone(base),
        "first": alone(base.with_adapter(adapters["first"])),
        "second": alone(base.with_adapter(adapters["second"])),
    }
    assert len({tuple(texts) for texts in expected.values()}) == 3
    asked = [(name, number) for number in range(len(QUESTIONS)) for name in expected]

    def ask(pair):
        name, number = pair
        return engine.submit(name, QUESTIONS[number], max_new_tokens=6).result(60).text

    with ThreadPoolExecutor(12) as pool:
        said = list(pool.map(ask, asked))
    assert said == [expected[name][number] for name, number in asked]


def test_the_window_is_measured_with_the_models_own_chat_format_while_it_answers(engine, base):
    long = student_messages("word " * 300)
    tokens = len(base.chat_format.prompt_ids(long))
    promises = [engine.submit("base", question, max_new_tokens=20) for question in QUESTIONS]
    measured = {engine.room(long, max_new_tokens=24) for _ in range(200)}
    assert measured == {1024 - 24 - tokens}
    assert all(promise.result(60).tokens_out for promise in promises)


def test_an_answerer_cuts_a_long_passage_so_that_a_real_model_takes_it(engine):
    from tests.serving.parts import WordIndex

    passage = " ".join(f"Sentence {number} of this passage is about tides." for number in range(400))
    style = load_answer_style("brief")
    answerer = Answerer(engine, [ServedModel("first", style, "chunk", "")], index=WordIndex([passage]))
    answer = answerer.ask("What is it about?", max_new_tokens=8)
    assert answer.trimmed
    assert 1024 - 8 - 30 < answer.tokens_in <= 1024 - 8


def test_a_prompt_too_long_for_the_model_fails_alone(engine, base):
    good, bad = (
        engine.submit("base", QUESTIONS[0], max_new_tokens=6),
        engine.submit("base", (Message("user", "word " * 2000),), max_new_tokens=6),
    )
    with pytest.raises(ModelError, match="the model holds 1024"):
        bad.result(60)
    assert good.result(60).text == alone(base)[0]


def test_every_model_is_cold_until_it_was_warmed_up(engine):
    assert set(engine.models) == set(engine.cold) == {"base", "first", "second"}
    engine.warm_up()
    assert engine.cold == ()


def test_the_base_is_told_by_name_without_an_adapter(engine, base):
    assert engine.base == base.name


def test_an_adapter_cannot_take_the_name_of_the_base(base, adapters):
    with pytest.raises(ServingError, match="cannot be called 'base'"):
        LocalEngine.open(base, {"base": adapters["first"]}, max_length=64)


def test_a_folder_that_is_no_adapter_is_refused_at_once(base, tmp_path):
    with pytest.raises(ModelError, match="holds no adapter"):
        LocalEngine.open(base, {"tuned": tmp_path}, max_length=64)


def test_scripted_models_are_answered_in_batches_by_one_thread():
    threads = set()

    def say(_):
        threads.add(threading.current_thread().name)
        return "yes"

    engine = LocalEngine({"base": ScriptedModel(say)})
    assert engine.room(QUESTIONS[0], max_new_tokens=5) is None
    assert [engine.submit("base", question, max_new_tokens=5).result(30).text for question in QUESTIONS] == ["yes"] * 12
    assert threads == {"glossator-models"}
    with pytest.raises(ServingError, match="'poet' is not held"):
        engine.submit("poet", QUESTIONS[0], max_new_tokens=5)
    engine.close()


def test_a_warm_up_that_fails_says_so_and_leaves_the_model_cold():
    engine = LocalEngine({"base": ScriptedModel({"colour": "blue"})})
    with pytest.raises(ModelError):
        engine.warm_up()
    assert engine.cold == ("base",)
    engine.close()


def test_no_model_at_all_is_refused():
    with pytest.raises(ServingError, match="no model to serve"):
        LocalEngine({})
