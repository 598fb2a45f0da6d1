import dataclasses

import pytest
from tests.sources.web_server import QuickClock, cut, serving

from glossator.errors import SourceError
from glossator.sources.fetching import Policy, get_page

HERE = Policy(delay_seconds=0, allow_private=True, timeout_seconds=20)
KEY = "s3cr3t/k3y value"


def ask(web, store, **options):
    return get_page(f"{web.url}/api", store, **{"policy": HERE, "clock": QuickClock(), **options})


def kept_bytes(store):
    return b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


def test_a_question_is_asked_once_and_another_one_anew(web, tmp_path):
    web.routes["/api"] = b"answer"
    first = ask(web, tmp_path, params={"q": "tides & moons", "start": "10"})
    assert (first.status, first.body, first.kept) == (200, b"answer", False)
    again = ask(web, tmp_path, params={"start": "10", "q": "tides & moons"})
    assert (again.status, again.body, again.kept) == (200, b"answer", True)
    assert web.asked == ["/api?q=tides+%26+moons&start=10"]
    ask(web, tmp_path, params={"q": "tides"})
    ask(web, tmp_path, params={"q": "tides"}, as_of="2026-01-01")
    assert len(web.asked) == 3


def test_secrets_are_sent_and_never_kept_even_if_the_server_repeats_them(web, tmp_path):
    web.routes["/api"] = lambda handler: handler.path.encode() + b" " + handler.headers["Authorization"].encode()
    options = {
        "params": {"q": "x", "password": KEY, "who": "inner circle"},
        "headers": {"Authorization": "Bearer t0k3nvalue"},
    }
    page = ask(web, tmp_path, secret_params=("who",), **options)
    assert "password=s3cr3t/k3y+value&" in web.asked[0]
    assert page.body == b"/api?q=x&password=HIDDEN&who=HIDDEN Bearer HIDDEN"
    assert page.url.endswith("/api?q=x&password=HIDDEN&who=HIDDEN")
    stored = kept_bytes(tmp_path)
    assert [secret for secret in (b"s3cr3t", b"t0k3nvalue", b"inner") if secret in stored] == []
    assert ask(web, tmp_path, secret_params=("who",), params={**options["params"], "password": "another"}).kept


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_an_answer_that_is_not_kept(web, tmp_path, status):
    web.routes["/api"] = status, {}, b"bad id"
    for _ in range(2):
        page = ask(web, tmp_path)
        assert (page.status, page.body, page.kept) == (status, b"bad id", False)
    assert len(web.asked) == 2


def test_a_busy_service_is_asked_again_and_its_last_word_is_an_answer(web, tmp_path, clock):
    web.routes["/api"] = [503, (429, {"Retry-After": "9"}, b""), b"answer"]
    assert ask(web, tmp_path, clock=clock).body == b"answer"
    assert 9 <= sum(clock.slept) <= 11
    web.routes["/api"] = 429
    assert ask(web, tmp_path, as_of="later").status == 429
    assert len(web.asked) == 3 + 4


def test_only_what_is_worth_keeping_is_kept(web, tmp_path):
    web.routes["/api"] = [b"busy", b"answer"]
    options = {"keep": lambda body: body == b"answer"}
    assert [ask(web, tmp_path, **options).kept for _ in range(3)] == [False, False, True]


def test_no_answer_is_an_error_without_the_secret(web, tmp_path):
    web.routes["/api"] = cut
    with pytest.raises(SourceError, match="no answer: the connection was cut") as told:
        ask(web, tmp_path, params={"api_key": KEY})
    assert "s3cr3t" not in str(told.value)
    assert told.value.__cause__ is None
    with pytest.raises(SourceError, match="no public address"):
        ask(web, tmp_path, policy=dataclasses.replace(HERE, allow_private=False))


def test_whoever_must_agree_is_asked_before_the_service_and_only_then(web, tmp_path):
    web.routes["/api"] = b"answer"
    agreed = []
    for _ in range(2):
        ask(web, tmp_path, on_ask=lambda: agreed.append(1))
    assert agreed == [1]


def test_headers_do_not_follow_a_redirect_to_another_host(web, tmp_path):
    with serving("127.0.0.2") as other:
        other.routes["/api"] = b"answer"
        web.routes["/api"] = 302, {"Location": f"{other.url}/api"}, b""
        assert ask(web, tmp_path, headers={"Authorization": "Bearer t0k3nvalue"}).body == b"answer"
        assert "Authorization" in web.headers[0]
        assert "Authorization" not in other.headers[0]


def test_an_endless_answer_is_given_up(web, tmp_path):
    web.routes["/api"] = b"x" * 1000
    with pytest.raises(SourceError, match="more than"):
        ask(web, tmp_path, policy=dataclasses.replace(HERE, max_bytes=999))
