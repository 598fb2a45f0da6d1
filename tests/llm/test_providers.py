"""Where requests go, and what opens the door there."""

import copy
import pickle

import pytest

from glossator.errors import EndpointError
from glossator.llm.providers import PRESETS, endpoint

KEY = "sk-very-secret-4711"


@pytest.mark.parametrize("provider", PRESETS)
def test_every_preset_leads_to_an_address_that_a_path_can_follow(provider):
    found = endpoint(provider, None, None, dict.fromkeys(PRESETS[provider].key_variables, KEY))
    assert found.label == provider
    assert found.base_url.startswith(("https://", "http://127.0.0.1:"))
    assert not found.base_url.endswith("/")
    assert (found.key is None) == found.on_this_machine


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("gemini", "GEMINI_API_KEY"),
        ("mistral", "MISTRAL_API_KEY"),
        ("openrouter", "OPENROUTER_API_KEY"),
    ],
)
def test_a_missing_key_is_told_with_the_name_of_its_variable(provider, variable):
    for environment in ({}, {variable: " "}):
        with pytest.raises(EndpointError, match=f"{provider} needs a key and {variable} is not set"):
            endpoint(provider, None, None, environment)
    found = endpoint(provider, None, None, {variable: f" {KEY}\n"})
    assert found.key is not None
    assert (found.key.reveal(), found.key_variable) == (KEY, variable)


def test_another_variable_may_hold_the_key_also_of_a_server_that_needs_none():
    assert endpoint("openai", None, "WORK_KEY", {"WORK_KEY": KEY}).key_variable == "WORK_KEY"
    assert endpoint("vllm", None, "WORK_KEY", {"WORK_KEY": KEY}).key is not None
    with pytest.raises(EndpointError, match="WORK_KEY is not set"):
        endpoint("openai", None, "WORK_KEY", {"OPENAI_API_KEY": KEY})


def test_a_key_is_shown_by_nothing():
    found = endpoint("openai", None, None, {"OPENAI_API_KEY": KEY})
    assert KEY not in f"{found} {found!r} {found.key} {found.key!r} {[found]} {vars(type(found.key))}"
    for secretive in (found, found.key):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(secretive)
    assert copy.deepcopy(found).key.reveal() == KEY
    assert KEY not in found.redact(f"your key {KEY} is wrong")


@pytest.mark.parametrize("bad", ["sk two parts", "sk-\nInjected: header", "schlüssel"])
def test_a_key_that_was_copied_badly_is_refused_without_showing_it(bad):
    with pytest.raises(EndpointError, match="OPENAI_API_KEY holds characters") as caught:
        endpoint("openai", None, None, {"OPENAI_API_KEY": bad})
    assert bad not in str(caught.value)


def test_exactly_one_of_provider_and_address_is_wanted_and_the_provider_is_known():
    for provider, base_url in ((None, None), ("vllm", "http://127.0.0.1:8001/v1")):
        with pytest.raises(EndpointError, match="exactly one"):
            endpoint(provider, base_url, None, {})
    with pytest.raises(EndpointError, match="'opnai' is unknown; use one of openai, gemini"):
        endpoint("opnai", None, None, {})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9", "models.localhost"])
def test_a_key_may_go_unencrypted_to_this_machine(host):
    found = endpoint(None, f"http://{host}:9000/v1", "WORK_KEY", {"WORK_KEY": KEY})
    assert found.on_this_machine
    assert found.key is not None


@pytest.mark.parametrize("host", ["192.168.0.7", "models.example", "0.0.0.0", "127.0.0.1.example", "localhost.example"])
def test_a_key_does_not_go_unencrypted_through_a_network(host):
    with pytest.raises(EndpointError, match="unencrypted; use https"):
        endpoint(None, f"http://{host}/v1", "WORK_KEY", {"WORK_KEY": KEY})
    assert endpoint(None, f"http://{host}/v1", None, {}).key is None
    assert endpoint(None, f"https://{host}/v1", "WORK_KEY", {"WORK_KEY": KEY}).key is not None


def test_the_same_address_has_one_label_however_it_is_written():
    labels = {
        endpoint(None, url, None, {}).label for url in ("http://HOST:80/v1", "http://host:80/v1/", " http://host:80/v1")
    }
    assert labels == {"http://host:80/v1"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:hunter2@host/v1", "holds a user or password before host"),
        ("https://host/v1?key=hunter2", "goes on after its path"),
        ("https://host/v1/chat/completions", "leave /chat/completions out"),
        ("ftp://host/v1", "is not an http address"),
        ("host:8001/v1", "is not an http address"),
        ("http://host:eighty/v1", "is not an address"),
        ("", "is not an http address"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_of_and_no_password_repeated(url, told):
    with pytest.raises(EndpointError, match=told) as caught:
        endpoint(None, url, None, {})
    assert "hunter2" not in str(caught.value)
