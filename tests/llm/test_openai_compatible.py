"""The client of OpenAI-compatible servers, against a real server on this machine."""

import gc
import itertools
import logging
import threading
import time

import pytest

from glossator.errors import EndpointError, MissingExtraError, ModelError
from glossator.llm import ConversationAbout, http_client
from glossator.llm.journal import Journal
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.llm.scripted_server import Faults, ScriptedReply, ScriptedServer, repeat_last_turn
from glossator.records import Message

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
KEY = "sk-very-secret-4711"


def ask(count, text="Question {}?"):
    return [(Message("user", text.format(number)),) for number in range(count)]


def number_of(conversation):
    return int("".join(filter(str.isdigit, conversation[-1].content)))


def wait_until(happened):
    patience = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < patience


class Naps:
    """Waits for nothing and remembers for how long it was asked to."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


@pytest.fixture
def open_model():
    opened = []

    def open_one(server, *, key=None, **more):
        environment = {"TEACHER_KEY": key} if key else {}
        found = endpoint(None, server.base_url, "TEACHER_KEY" if key else None, environment)
        opened.append(OpenAICompatibleModel(found, more.pop("model", "scripted"), **{"sleep": Naps(), **more}))
        return opened[-1]

    yield open_one
    for model in opened:
        model.close()


def answer(model, conversations, *, schema=None, max_new_tokens=50, **more):
    return list(model.answer(conversations, schema=schema, max_new_tokens=max_new_tokens, **more))


def failures(answers):
    return [answered.failure for answered in answers]


# Asking


def test_replies_come_in_input_order_whichever_is_done_first(open_model):
    later = threading.Event()

    def reply(conversation):
        if number_of(conversation) == 1:
            assert later.wait(60)
        if number_of(conversation) == 5:
            later.set()
        return f"Answer {number_of(conversation)}."

    with ScriptedServer(reply) as server:
        answers = answer(open_model(server), ask(12))
    assert [answered.reply.text for answered in answers] == [f"Answer {number}." for number in range(12)]
    assert {(a.failure, a.detail, a.journal_key) for a in answers} == {("", "", None)}


def test_as_many_are_in_flight_as_is_allowed_and_never_more(open_model):
    together = threading.Barrier(4)

    def reply(conversation):
        if number_of(conversation) > 0:  # the first goes alone
            together.wait(60)
        return "An answer."

    with ScriptedServer(reply) as server:
        answers = answer(open_model(server, concurrency=4), ask(1 + 12))
    assert len(answers) == 13
    assert server.most_at_once == 4


def test_an_endless_stream_is_read_only_a_bounded_number_ahead(open_model):
    read = itertools.count()
    endless = ((Message("user", f"Question {number}?"),) for number in read)
    with ScriptedServer(repeat_last_turn) as server:
        answers = open_model(server, concurrency=2).answer(endless, schema=None, max_new_tokens=50)
        for number, answered in enumerate(itertools.islice(answers, 100)):
            assert answered.reply.text == f"Question {number}?"
            assert server.requests <= number + 1 + 32
        answers.close()
    assert next(read) <= 100 + 32


def test_everything_that_was_asked_for_reaches_the_server(open_model):
    turns = (Message("system", "Be brief."), Message("user", "Broken \ud800 text"))
    with ScriptedServer(lambda _: " {} \n") as server:
        model = open_model(server, seed=7)
        answers = answer(model, [turns], schema=SCHEMA, max_new_tokens=33, temperature=0.5)
    assert answers[0].reply.text == " {} \n"
    assert server.served[0].body == {
        "model": "scripted",
        "max_tokens": 33,
        "temperature": 0.5,
        "seed": 7,
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True}},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Broken ? text"}],
    }
    assert model.name == f"scripted@{server.base_url}"


def test_usage_adds_up_and_says_where_counts_are_missing(open_model):
    def reply(conversation):
        return ScriptedReply("three short words", with_usage=number_of(conversation) != 2)

    with ScriptedServer(reply) as server:
        model = open_model(server)
        answers = answer(model, ask(4))
    assert [(a.reply.tokens_in, a.reply.tokens_out) for a in answers] == [(2, 3), (2, 3), (0, 0), (2, 3)]
    usage = model.usage
    assert (usage.calls, usage.retries, usage.from_journal, usage.usage_missing) == (4, 0, 0, 1)
    assert (usage.tokens_in, usage.tokens_out) == (6, 9)


def test_two_threads_may_ask_one_model_at_a_time(open_model):
    with ScriptedServer(repeat_last_turn) as server:
        model, got = open_model(server), {}

        def work(name):
            got[name] = [a.reply.text for a in answer(model, ask(50, name + " {}"))]

        threads = [threading.Thread(target=work, args=(name,)) for name in ("left", "right")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert got == {name: [f"{name} {number}" for number in range(50)] for name in ("left", "right")}


def test_a_closed_model_opens_again_and_one_that_is_dropped_ends_its_thread(open_model):
    with ScriptedServer(repeat_last_turn) as server:
        model = open_model(server)
        for _ in range(2):
            assert len(answer(model, ask(3))) == 3
            model.close()
        dropped = OpenAICompatibleModel(endpoint(None, server.base_url, None, {}), "scripted")
        answer(dropped, ask(1))
        mine = [thread for thread in threading.enumerate() if thread.name == f"model server {server.base_url}"]
        assert len(mine) == 1
        del dropped
        gc.collect()
        mine[0].join(60)
        assert not mine[0].is_alive()


# What goes wrong with one conversation


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (ScriptedReply("half a", finish_reason="length"), "truncated"),
        (ScriptedReply("", finish_reason="length"), "truncated"),
        (ScriptedReply("", finish_reason="content_filter"), "refused"),
        (ScriptedReply(refusal="I would rather not."), "refused"),
        (ScriptedReply(" \n"), "empty_reply"),
        (ScriptedReply("x" * 1_000_001), "too_long"),
        (ScriptedReply(status=400, error={"message": "maximum context length is 8 tokens"}), "too_long"),
        (ScriptedReply(status=400, error={"message": "no", "code": "content_filter"}), "refused"),
        (ScriptedReply(status=403, error={"message": "your input was flagged"}), "refused"),
        (ScriptedReply(status=403, error={"message": "no"}), "refused"),
        (ScriptedReply(status=400, error={"message": "model output does not exist"}), "bad_request"),
        (ScriptedReply(status=418, error={"message": "short and stout"}), "bad_request"),
    ],
)
def test_what_cannot_be_answered_is_told_in_its_place_and_stops_nothing(open_model, reply, failure):
    def script(conversation):
        return reply if number_of(conversation) == 3 else "fine"

    with ScriptedServer(script) as server:
        model = open_model(server)
        answers = answer(model, ask(8))
    assert failures(answers) == ["", "", "", failure, "", "", "", ""]
    assert (answers[3].reply is None) == (failure != "truncated")  # a beginning was paid for and is handed on
    assert model.usage.retries == 0


def test_a_reply_without_end_is_not_read_to_the_end(open_model):
    with ScriptedServer(lambda _: "x" * 20_000_000) as server:
        (answered,) = answer(open_model(server), ask(1))
    assert (answered.failure, answered.detail) == ("too_long", "the reply is over 8388608 bytes")


def test_only_the_beginning_of_an_error_page_is_looked_at(open_model):
    page = "x " * 100_000 + "maximum context length is 8 tokens"
    refusal = ScriptedReply(status=400, error={"message": page})
    with ScriptedServer(lambda asked: refusal if number_of(asked) else "fine") as server:
        answers = answer(open_model(server), ask(2))
    assert failures(answers) == ["", "bad_request"]


@pytest.mark.parametrize(
    ("faults", "failure"),
    [
        (Faults(rate_limited=1.0), "rate_limited"),
        (Faults(errors=1.0), "server_error"),
        (Faults(cuts=1.0), "cut_connection"),
        (Faults(nonsense=1.0), "no_completion"),
        (Faults(stalls=1.0), "timeout"),
    ],
)
def test_what_might_pass_is_tried_as_often_as_is_allowed_and_then_told(open_model, faults, failure):
    with ScriptedServer(repeat_last_turn, faults=faults) as server:
        timeout = 0.05 if faults.stalls else 60.0
        model = open_model(server, attempts=4, timeout_seconds=timeout)
        answers = answer(model, ask(2))
    assert failures(answers) == [failure, failure]
    assert (model.usage.calls, model.usage.retries) == (8, 6)
    assert server.requests == 8 or (faults.stalls and server.requests < 8)  # patience may end before it gets there


def test_through_all_mishaps_at_once_everything_is_answered_once(open_model, tmp_path):
    faults = Faults(seed=2, rate_limited=0.15, errors=0.15, cuts=0.15, nonsense=0.1)
    with ScriptedServer(repeat_last_turn, faults=faults) as server, Journal(tmp_path / "j") as journal:
        model = open_model(server, attempts=30, journal=journal)
        answers = answer(model, ask(150))
    assert [answered.reply.text for answered in answers] == [f"Question {number}?" for number in range(150)]
    assert server.outcomes["answered"] == 150
    assert min(server.outcomes[word] for word in ("rate_limited", "server_error", "cut", "nonsense")) > 5
    assert model.usage.retries == server.requests - 150


# Waiting


def test_waits_grow_from_try_to_try(open_model):
    naps = Naps()
    with ScriptedServer(repeat_last_turn, faults=Faults(errors=1.0)) as server:
        answer(open_model(server, attempts=5, sleep=naps), ask(1))
    assert len(naps.seconds) == 4
    assert all(full / 2 <= nap <= full for nap, full in zip(naps.seconds, (1, 2, 4, 8), strict=True))


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [("7", 7, 7.7), ("Wed, 21 Oct 2015 07:28:30 GMT", 30, 33), ("86400", 120, 132), ("0", 0, 0)],
)
def test_a_server_that_says_when_to_come_back_is_obeyed_within_bounds(open_model, retry_after, least, most):
    naps = Naps()
    with ScriptedServer(repeat_last_turn, faults=Faults(rate_limited=1.0, retry_after=retry_after)) as server:
        model = open_model(server, attempts=3, sleep=naps, clock=lambda: 1_445_412_480.0)
        answer(model, ask(1))
    assert len(naps.seconds) == 2
    assert all(least <= nap <= most for nap in naps.seconds)


# What ends everything


def test_a_wrong_key_is_told_by_its_variable_and_nothing_else_is_sent(open_model):
    with ScriptedServer(repeat_last_turn, key="another") as server:
        with pytest.raises(EndpointError, match=r"refuses the key \(HTTP 401\); check TEACHER_KEY$") as caught:
            answer(open_model(server, key=KEY), ask(50))
        assert (server.requests, server.other_requests) == (1, 0)
        assert KEY not in str(caught.value)
        with pytest.raises(EndpointError, match="name the environment variable of a key as key_variable"):
            answer(open_model(server), ask(50))


def test_a_key_that_is_withdrawn_midway_ends_the_run_while_others_still_wait(open_model):
    held, taken = threading.Event(), threading.Event()

    def reply(conversation):
        if number_of(conversation) == 10:
            assert held.wait(60)
        if number_of(conversation) == 13:
            assert taken.wait(60)  # what was answered before is given out before
            return ScriptedReply(status=401, error={"message": "no longer"})
        return "fine"

    with ScriptedServer(reply) as server:
        answers = open_model(server, concurrency=8).answer(ask(500), schema=None, max_new_tokens=5)
        try:
            assert failures(itertools.islice(answers, 10)) == [""] * 10
            taken.set()
            with pytest.raises(EndpointError, match="refuses the key"):
                next(answers)
        finally:
            taken.set()
            held.set()
    assert server.requests <= 10 + 16 * 8 + 8  # given out, read ahead, and in flight


def test_an_unknown_model_is_told_with_those_the_server_has(open_model):
    names = ("llama-small", "llama-large", "scribe")
    with ScriptedServer(repeat_last_turn, models=names) as server:
        with pytest.raises(EndpointError, match="has no model 'llama-smal'; it lists llama-small, llama-large, scribe"):
            answer(open_model(server, model="llama-smal"), ask(50))
        assert server.requests == 1


def test_an_address_without_chat_is_told_as_such(open_model):
    with ScriptedServer(repeat_last_turn, lists_models=False) as server:
        lost = endpoint(None, server.base_url.removesuffix("/v1"), None, {})
        with (
            OpenAICompatibleModel(lost, "scripted") as model,
            pytest.raises(
                EndpointError, match=r"takes no chat requests: HTTP 404.*; check base_url, it mostly ends in /v1"
            ),
        ):
            answer(model, ask(50))


@pytest.mark.parametrize("status", [402, 429])
def test_an_empty_account_is_told_at_once(open_model, status):
    empty = ScriptedReply(status=status, error={"message": "You are broke", "code": "insufficient_quota"})
    with ScriptedServer(lambda _: empty) as server:
        with pytest.raises(EndpointError, match=r"is used up: .*You are broke; top it up"):
            answer(open_model(server), ask(50))
        assert server.requests == 1


def test_a_server_that_was_never_there_is_given_up_after_a_few_tries(open_model):
    with ScriptedServer(repeat_last_turn) as server:
        pass
    naps = Naps()
    with pytest.raises(
        EndpointError, match=r"at http://127.0.0.1:\d+/v1 does not answer: .*; start it, or correct base_url"
    ):
        answer(open_model(server, sleep=naps), ask(50))
    assert len(naps.seconds) == 2


def test_a_server_that_answered_before_is_given_all_tries_to_come_back(open_model):
    with ScriptedServer(repeat_last_turn) as server:
        model = open_model(server, attempts=5)
        assert failures(answer(model, ask(1))) == [""]
    assert failures(answer(model, ask(1))) == ["unreachable"]
    assert model.usage.calls == 1 + 5


def test_a_server_that_dies_midway_ends_the_run_and_what_it_answered_is_not_asked_again(open_model, tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        server = ScriptedServer(repeat_last_turn).__enter__()
        model = open_model(server, concurrency=4, attempts=2, journal=journal)
        answers = model.answer(ask(100), schema=None, max_new_tokens=50)
        assert failures(itertools.islice(answers, 20)) == [""] * 20
        server.__exit__(None, None, None)
        with pytest.raises(EndpointError, match=r"has answered none of the last 4 conversations: .*run again"):
            list(answers)
        kept = journal.count()
        assert 20 <= kept < 100
        port = int(server.base_url.split(":")[2].removesuffix("/v1"))
        with ScriptedServer(repeat_last_turn, port=port) as again:
            assert failures(answer(model, ask(100))) == [""] * 100
        assert again.requests == 100 - kept


def test_a_server_that_is_up_but_answers_nobody_ends_the_run(open_model):
    with ScriptedServer(repeat_last_turn, faults=Faults(errors=1.0)) as server:
        with pytest.raises(EndpointError, match="none of the last 8 conversations: HTTP 500: something broke"):
            answer(open_model(server, attempts=2), ask(1000))
        assert server.requests <= 2 * (8 + 8)


def test_failures_between_conversations_that_the_server_does_deal_with_end_nothing(open_model):
    def reply(conversation):
        odd = number_of(conversation) % 2
        return ScriptedReply(status=500 if odd else 400, error={"message": "no"})

    with ScriptedServer(reply) as server:
        answers = answer(open_model(server, concurrency=1, attempts=1), ask(12))
    assert failures(answers) == ["bad_request", "server_error"] * 6


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [(403, "no", r"refuses the key \(HTTP 403\)"), (400, "Invalid model: scripted", "has no model 'scripted'")],
)
def test_what_a_server_says_first_is_taken_as_said_to_all(open_model, status, message, told):
    with ScriptedServer(lambda _: ScriptedReply(status=status, error={"message": message})) as server:
        with pytest.raises(EndpointError, match=told):
            answer(open_model(server), ask(50))
        assert server.requests == 1


# Forms of requests


@pytest.mark.parametrize(
    ("refuses", "kinds"),
    [
        ({"json_schema"}, ["json_schema", "json_object", "json_object", "json_object"]),
        ({"json_schema", "json_object"}, ["json_schema", "json_object", None, None, None]),
        ({"response_format"}, ["json_schema", "json_object", None, None, None]),
        ((), ["json_schema", "json_schema", "json_schema"]),
    ],
)
def test_a_refused_way_to_ask_for_json_is_followed_by_the_next_and_not_tried_again(open_model, refuses, kinds):
    with ScriptedServer(lambda _: "{}", refuses=refuses) as server:
        model = open_model(server)
        assert failures(answer(model, ask(2), schema=SCHEMA)) == ["", ""]
        model.close()
        assert failures(answer(model, ask(1), schema=SCHEMA)) == [""]
    sent = [one.body.get("response_format", {}).get("type") for one in server.served]
    assert sent == kinds
    told = [one.body["messages"][0] for one in server.served if one.outcome == "answered"]
    if "json_schema" in refuses or "response_format" in refuses:
        assert all(turn["role"] == "system" and '"additionalProperties": false' in turn["content"] for turn in told)
    else:
        assert all(turn["role"] == "user" for turn in told)


def test_a_way_to_ask_for_json_that_was_chosen_is_the_only_one_tried(open_model):
    with ScriptedServer(lambda _: "{}", refuses={"json_schema"}) as server:
        assert failures(answer(open_model(server, json_mode="json_schema"), ask(1), schema=SCHEMA)) == ["bad_request"]
        assert failures(answer(open_model(server, json_mode="none"), ask(1), schema=SCHEMA)) == [""]
    assert [one.body.get("response_format", {}).get("type") for one in server.served] == ["json_schema", None]


@pytest.mark.parametrize(
    ("refused", "sent_at_last"),
    [("max_tokens", {"max_completion_tokens", "seed", "temperature"}), ("seed", {"max_tokens", "temperature"})],
)
def test_a_parameter_that_is_not_understood_is_left_out_from_then_on(open_model, refused, sent_at_last):
    with ScriptedServer(repeat_last_turn, refuses={refused}) as server:
        model = open_model(server, seed=1)
        assert failures(answer(model, ask(6))) == [""] * 6
    assert server.outcomes == {"parameter": 1, "answered": 6}
    assert set(server.served[-1].body) == {"model", "messages", *sent_at_last}


def test_a_server_that_takes_only_its_own_temperature_gets_none_and_the_form_says_so(open_model):
    with ScriptedServer(repeat_last_turn, refuses={"temperature"}) as server:
        model = open_model(server)
        assert failures(answer(model, ask(3))) == [""] * 3
        assert not model.form.temperature
    assert "temperature" not in server.served[-1].body


def test_a_text_that_speaks_of_parameters_teaches_nothing_unless_leaving_them_out_helped(open_model):
    def reply(conversation):
        if number_of(conversation) == 1:
            return ScriptedReply(status=400, error={"message": "json_schema: this text is not liked"})
        return "{}"

    with ScriptedServer(reply) as server:
        model = open_model(server)
        assert failures(answer(model, ask(3), schema=SCHEMA)) == ["", "bad_request", ""]
        assert model.form.json_modes[0] == "json_schema"
    last = [one.body for one in server.served if number_of(one.conversation) == 2]
    assert [body["response_format"]["type"] for body in last] == ["json_schema"]


# The journal


def test_what_is_in_the_journal_is_not_asked_even_of_a_server_that_is_gone(open_model, tmp_path):
    with Journal(tmp_path / "replies.sqlite") as journal:
        with ScriptedServer(repeat_last_turn) as server:
            model = open_model(server, journal=journal)
            first = answer(model, ask(30), schema=SCHEMA)
        again = open_model(server, journal=journal)
        assert answer(again, ask(30), schema=SCHEMA) == first
        assert (again.usage.from_journal, again.usage.calls, again.usage.tokens_in) == (30, 0, 0)
        assert all(journal.get(answered.journal_key).text == answered.reply.text for answered in first)


def test_the_same_question_several_times_in_flight_is_sent_once_and_known_to_be_about_all(open_model, tmp_path):
    all_asked = threading.Event()

    def asked():
        for document in "abc":
            yield ConversationAbout((Message("user", "The same?"),), (document,))
        all_asked.set()

    def reply(_):
        assert all_asked.wait(60)
        return "The same."

    with ScriptedServer(reply) as server, Journal(tmp_path / "replies.sqlite") as journal:
        answers = answer(open_model(server, journal=journal), asked())
        assert server.requests == 1
        assert [one.reply.text for one in answers] == ["The same."] * 3
        assert {one.journal_key for one in answers} == set(journal.keys_about(["a"]))
        assert all(len(journal.keys_about([document])) == 1 for document in "abc")


def test_other_parameters_are_another_question(open_model, tmp_path):
    with ScriptedServer(repeat_last_turn) as server, Journal(tmp_path / "replies.sqlite") as journal:
        for more in ({}, {"schema": SCHEMA}, {"temperature": 1.0}, {"max_new_tokens": 51}, {}):
            answer(open_model(server, journal=journal), ask(1), **more)
        answer(open_model(server, journal=journal, seed=3), ask(1))
        answer(open_model(server, journal=journal, json_mode="none"), ask(1))
    assert server.requests == 6


def test_failures_that_were_paid_for_are_kept_and_silence_is_asked_again(open_model, tmp_path):
    replies = {
        0: ScriptedReply("half a", finish_reason="length"),
        1: ScriptedReply(refusal="no"),
        2: ScriptedReply("x" * 1_000_001),
        3: ScriptedReply(""),
        4: ScriptedReply(status=400, error={"message": "no"}),
    }
    words = ["truncated", "refused", "too_long", "empty_reply", "bad_request"]
    with (
        ScriptedServer(lambda conversation: replies[number_of(conversation)]) as server,
        Journal(tmp_path / "replies.sqlite") as journal,
    ):
        for asked in (5, 7):
            answers = answer(open_model(server, journal=journal), ask(5))
            assert failures(answers) == words
            assert server.requests == asked
        assert [answered.journal_key is not None for answered in answers] == [True, True, True, False, False]
        assert journal.size_bytes() < 500_000


def test_leaving_the_iterator_cancels_what_is_in_flight_and_keeps_what_has_arrived(open_model, tmp_path):
    held = threading.Event()

    def reply(conversation):
        if number_of(conversation) >= 5:
            assert held.wait(60)
        return "An answer."

    try:
        with ScriptedServer(reply) as server, Journal(tmp_path / "replies.sqlite") as journal:
            model = open_model(server, journal=journal)
            answers = model.answer(ask(1000), schema=None, max_new_tokens=5)
            assert failures(itertools.islice(answers, 5)) == [""] * 5
            wait_until(lambda: server.requests > 5)
            answers.close()
            assert journal.count() == 5
            wait_until(lambda: server.outcomes["hung_up"])
            held.set()
            assert failures(answer(model, ask(6), max_new_tokens=5)) == [""] * 6
            assert journal.count() == 6
            assert server.requests <= 5 + 8 + 1
    finally:
        held.set()


def test_an_error_in_the_stream_of_questions_comes_out_and_ends_the_run(open_model):
    def questions():
        yield from ask(3)
        raise ZeroDivisionError

    with ScriptedServer(repeat_last_turn) as server:
        model = open_model(server)
        with pytest.raises(ZeroDivisionError):
            answer(model, questions())
        assert failures(answer(model, ask(2))) == ["", ""]


# Secrets


def test_the_key_goes_to_the_server_and_nowhere_else(open_model, tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-house")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-house")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Another-House: yes")
    with ScriptedServer(repeat_last_turn, key=KEY) as server, Journal(tmp_path / "replies.sqlite") as journal:
        model = open_model(server, key=KEY, journal=journal)
        answer(model, ask(3))
        assert server.outcomes == {"answered": 3}
        shown = f"{model!r} {vars(model)} {model.name} {model.usage} {model.form} {caplog.text}"
        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KEY not in shown
    assert KEY.encode() not in stored
    usual = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
    assert set(server.served[0].headers) <= {*usual, "authorization"}


def test_no_key_is_sent_to_a_server_that_needs_none(open_model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ScriptedServer(repeat_last_turn) as server:
        answer(open_model(server), ask(1))
    assert "authorization" not in server.served[0].headers


def test_a_key_that_the_server_repeats_is_not_repeated_further(open_model):
    def reply(conversation):
        return ScriptedReply(status=400, error={"message": f"the owner of {KEY} may not ask this"})

    with ScriptedServer(reply, key=KEY) as server:
        (answered,) = answer(open_model(server, key=KEY), ask(1))
    assert answered.detail == "HTTP 400: the owner of … may not ask this"


def test_a_server_on_this_machine_is_reached_without_the_proxy_of_the_environment(open_model, monkeypatch):
    with ScriptedServer(repeat_last_turn) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert failures(answer(open_model(server), ask(1))) == [""]


# As a chat model


def test_generate_gives_a_reply_to_each_also_one_that_was_cut_or_says_nothing(open_model):
    replies = [ScriptedReply(" whole \n"), ScriptedReply("half a", finish_reason="length"), ScriptedReply("")]
    done = []
    with ScriptedServer(lambda conversation: replies[number_of(conversation)]) as server:
        got = open_model(server).generate(ask(3), max_new_tokens=5, on_progress=done.append)
    assert [reply.text for reply in got] == ["whole", "half a", ""]
    assert [reply.tokens_out for reply in got] == [1, 2, 0]
    assert sum(done) == 3
    assert "response_format" not in server.served[0].body


def test_generate_names_the_conversation_that_cannot_be_answered(open_model):
    def reply(conversation):
        return ScriptedReply(status=413, error="huge") if number_of(conversation) == 1 else "fine"

    with (
        ScriptedServer(reply) as server,
        pytest.raises(ModelError, match=r"conversation 1 got no reply of scripted@.*too_long"),
    ):
        open_model(server).generate(ask(3), max_new_tokens=5)


# Opening


def test_missing_libraries_and_senseless_numbers_are_told_at_once(monkeypatch):
    found = endpoint(None, "http://127.0.0.1:9/v1", None, {})
    for name in ("concurrency", "timeout_seconds", "attempts"):
        with pytest.raises(ModelError, match=f"{name} 0 is too small"):
            OpenAICompatibleModel(found, "scripted", **{name: 0})
    monkeypatch.setattr(http_client, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"aiohttp is not installed; run: pip install 'glossator\[teach\]'"):
        OpenAICompatibleModel(found, "scripted")
