"""Who may ask: those who show the token, and without one only this machine."""

import copy
import pickle

import pytest

from glossator.errors import ServingError
from glossator.serving.auth import ApiToken, check_bearer, check_host, check_listen, is_loopback, read_token
from glossator.serving.refusals import ForeignHost, Unauthorized

SECRET = "correct-horse-battery-staple"


def test_the_token_comes_from_the_environment_and_a_blank_one_is_none():
    assert read_token({"API_TOKEN": f" {SECRET}\n"}).matches(SECRET.encode())
    assert read_token({}) is None
    assert read_token({"API_TOKEN": "  "}) is None


def test_nothing_that_prints_or_copies_a_token_tells_the_secret():
    token = ApiToken(SECRET)
    assert SECRET not in f"{token} {token!r} {[token]}"
    assert SECRET.encode() not in pickle.dumps(token, protocol=2)
    assert copy.copy(token).matches(SECRET.encode())


@pytest.mark.parametrize("secret", ["two words", "schlüssel", "bell\x07", ""])
def test_a_secret_that_no_header_can_carry_is_refused_without_quoting_it(secret):
    with pytest.raises(ServingError, match="API_TOKEN") as caught:
        ApiToken(secret)
    assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize("header", [f"Bearer {SECRET}", f"bearer {SECRET}", f"BEARER  {SECRET} "])
def test_the_right_token_passes(header):
    check_bearer(header.encode(), ApiToken(SECRET))


@pytest.mark.parametrize("header", [None, b"", b"Bearer", b"Bearer ", SECRET.encode(), b"Basic " + SECRET.encode()])
def test_a_header_without_a_token_is_refused_as_missing(header):
    with pytest.raises(Unauthorized, match="needs a token") as caught:
        check_bearer(header, ApiToken(SECRET))
    assert caught.value.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("shown", [SECRET[:-1], SECRET + "x", SECRET.upper(), "\xff"])
def test_another_token_is_refused_as_wrong_and_not_quoted(shown):
    with pytest.raises(Unauthorized, match="wrong") as caught:
        check_bearer(b"Bearer " + shown.encode("latin-1"), ApiToken(SECRET))
    assert shown not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "localhost", "LOCALHOST", "::1"])
def test_loopback_hosts_may_be_listened_on_without_a_token(host):
    assert is_loopback(host)
    check_listen(host, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.7", "example.org", "localhost.example.org"])
def test_hosts_that_others_reach_take_a_token(host):
    with pytest.raises(ServingError, match="API_TOKEN"):
        check_listen(host, None)
    check_listen(host, ApiToken(SECRET))


@pytest.mark.parametrize("host", [b"127.0.0.1", b"127.0.0.1:8000", b"localhost:8000", b"[::1]:8000", b"[::1]"])
def test_requests_to_a_loopback_name_pass(host):
    check_host(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        b"",
        b"example.org",
        b"127.0.0.1.example.org:8000",
        b"localhost.example.org",
        b"example.org#@127.0.0.1",
        b"[::1",
        b"\xff",
    ],
)
def test_requests_to_any_other_name_are_refused(host):
    with pytest.raises(ForeignHost):
        check_host(host)
