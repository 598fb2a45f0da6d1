"""The terminal answers line by line, names its sources, and is steered by nobody's text."""

import signal
import threading

import pytest
from tests.serving.parts import PASSAGES, SECONDS, WordIndex, echo, make_answerer

from glossator.serving import chat_loop
from glossator.serving.chat import harmless
from glossator.serving.engines.local import Window


@pytest.fixture
def talk():
    """Type lines into a terminal; gives what was written to each, the greeting left out."""

    def type_lines(*lines, index=None, **scripts):
        answerer = make_answerer(index=index, **scripts)
        left, written = list(lines), [[]]

        def read_line():
            if not left:
                raise EOFError
            written.append([])
            line = left.pop(0)
            if isinstance(line, BaseException):
                raise line
            return line

        def write(text):
            written[-1].append(text)

        chat_loop(answerer, read_line, write)
        answerer.close()
        assert "answers. /help" in written[0][0]
        return ["\n".join(texts) for texts in written[1:]]

    return type_lines


def test_an_answer_is_followed_by_its_numbered_sources(talk):
    [said] = talk("What is glass?", index=WordIndex(), tuned={"": "Molten sand."})
    assert said.splitlines()[:3] == [
        "Molten sand.",
        "  [1] Paper 2 › Results, pp. 3–4",
        "  [2] Paper 1 › Results, pp. 3–4 (not shown to the model)",
    ]


def test_sources_shows_the_passages_of_the_last_answer(talk):
    nothing, _, shown = talk("/sources", "What is glass?", "/sources", index=WordIndex(), tuned=echo)
    assert "there are no passages" in nothing
    assert PASSAGES[2] in shown
    assert shown.index(PASSAGES[2]) < shown.index(PASSAGES[0])
    assert "[3]" in shown


def test_another_model_is_asked_once_it_was_chosen(talk):
    said = talk("/model", "Is it?", "/model base", "Is it?", "/model poet", tuned={"": "Indeed."}, base={"": "yes"})
    assert said[0].splitlines() == ["* tuned  the tuned model", "  base  the base model"]
    assert said[1:4] == ["Indeed.", "base answers", "yes"]
    assert said[4] == "error: model 'poet' is not served; use one of tuned, base"


def test_retrieval_is_switched_by_a_word(talk):
    said = talk("/retrieval off", "glass?", "/retrieval on", "glass?", "/retrieval", index=WordIndex(), tuned=echo)
    assert said[:3] == ["retrieval is off", "glass?", "retrieval is on"]
    assert "[1]" in said[3]
    assert said[4].startswith("error: say /retrieval on")
    assert talk("/retrieval on") == ["error: there is no index to look for passages in"]


def test_help_says_that_each_question_stands_alone(talk):
    [told] = talk("/help")
    assert "stands alone" in told
    for command in ("/sources", "/model", "/retrieval", "/quit"):
        assert command in told


def test_mistakes_are_lines_and_the_loop_goes_on(talk):
    said = talk("", "  ", "/dance", "x" * 9_000, "blue?", "red?", base={"blue": "yes"})
    assert said[0] == said[1] == "error: the question is empty; write one"
    assert said[2] == "error: there is no /dance; /help lists the commands"
    assert said[3].startswith("error: the question has 9,000 characters")
    assert said[4] == "yes"
    assert said[5].startswith("error: the script has no reply")


def test_quit_and_an_interrupt_at_the_prompt_end_the_loop(talk):
    assert talk("/quit", "Is it?") == [""]
    assert talk(KeyboardInterrupt(), "Is it?") == [""]


def test_an_interrupt_during_an_answer_stops_that_answer_only():
    let_go = threading.Event()

    def say(conversation):
        if echo(conversation) == "one":
            assert let_go.wait(SECONDS)
        return "yes"

    def count_tokens(conversation):
        if echo(conversation) == "one":
            signal.raise_signal(signal.SIGINT)  # this thread is the one that waits for the answer
        return 1

    answerer = make_answerer(base=say, window=Window(1_000, count_tokens))
    lines, written = iter(["one", "two"]), []

    def read_line():
        line = next(lines, None)
        if line is None:
            raise EOFError
        if line == "two":
            let_go.set()
        return line

    chat_loop(answerer, read_line, written.append)
    answerer.close()
    assert written[1:] == ["stopped", "yes"]


def test_a_cut_passage_is_told_of(talk):
    window = Window(330, lambda conversation: sum(len(message.content.split()) for message in conversation))
    [said] = talk("Where do bees dance?", index=WordIndex(), tuned={"": "yes"}, window=window)
    assert "were cut" in said


def test_text_of_models_and_documents_cannot_steer_the_terminal(talk):
    evil = "\x1b]0;owned\x07\x1b[2Jred\x9b31m\rover\u202etxt\nnext\tline\ud800"
    assert harmless(evil) == "␛]0;owned␇␛[2Jred�31m␍over�txt\nnext\tline?"
    said = talk("Where?", "/sources", "/\x1b[2J", "/model \x1b[2J", index=WordIndex([evil]), tuned={"": evil})
    assert not any(mark in text for text in said for mark in "\x1b\x07\x9b\r\u202e")
    assert "owned" in said[1]
