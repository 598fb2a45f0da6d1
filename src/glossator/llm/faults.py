"""Takes a request that failed, leaves what that means: try again, give up this conversation, or give up altogether."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from glossator.llm.retrying import retry_after_seconds
from glossator.records import JsonValue

FaultKind = Literal["transient", "unreachable", "conversation", "parameter", "key", "model", "credit", "address"]
"""Another try may help · the server cannot be reached at all · this conversation cannot be answered · a parameter is
not understood · the key is refused · the model is unknown · the account is empty · nothing of the kind is there."""

TEMPORARY = ("timeout", "rate_limited", "server_error", "cut_connection", "unreachable", "no_completion")
"""Words for why a call has failed that would succeed another time."""

_LONGEST_DETAIL = 300

_TOO_LONG = re.compile(
    r"context.?(length|window|size)|too long|too many tokens|reduce the length|input is too large", re.I
)
_REFUSED = re.compile(r"content.?(filter|policy|management)|safety|moderation|flagged|prohibited", re.I)
_NO_MODEL = re.compile(
    r"model.{0,80}(not found|does not exist|not exist|unknown)|(invalid|unknown|no such) model", re.I
)
_NOT_UNDERSTOOD = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|not permitted|extra|unexpected|not allowed|cannot find field",
    re.I,
)
_RETRY_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')
"""Google says in the body how long to wait. Source: `google.rpc.RetryInfo`."""

_NAMES = {
    "response_format": re.compile(r"response_format|json_schema|json_object|\bjson\b|schema|grammar|guided", re.I),
    "max_tokens": re.compile(r"max_(completion_)?tokens"),
    "seed": re.compile(r"\b(random_)?seed\b"),
    "temperature": re.compile(r"\btemperature\b"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request failed, and what that means."""

    kind: FaultKind
    word: str
    """One word fit for counting; for the kind `parameter`, which one."""
    detail: str
    """The rest of the story in one line: quoted from the server where it said something."""
    retry_after: float | None = None
    """How long the server asks to be left alone, in seconds."""
    status: int | None = None
    """The HTTP status; None where there was no reply."""


class RequestFault(Exception):
    """Carries a fault from where it is seen to where it is dealt with."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def read_status(status: int, text: str, headers: Mapping[str, str], *, sent: Collection[str], now: float) -> Fault:
    """Turn a reply that is no completion into a fault.

    Args:
        status: of the reply.
        text: its body.
        headers: names in lower case, or a mapping that does not care.
        sent: the names of the parameters that the request held.
        now: seconds since 1970, for a `Retry-After` that is a date.
    """
    message, code, blamed = _error_of(text)
    said = one_line(f"HTTP {status}{': ' if message else ''}{message}")
    if status == 401 or (status == 403 and not _REFUSED.search(message)):
        return Fault("key", "refused_key", said, status=status)
    if status == 402 or code in ("insufficient_quota", "insufficient_credits"):
        return Fault("credit", "no_credit", said, status=status)
    if status in (408, 409, 425, 429) or status >= 500:
        word = "rate_limited" if status == 429 else "timeout" if status == 408 else "server_error"
        asked_for = retry_after_seconds(headers, now)
        return Fault("transient", word, said, _retry_delay(text) if asked_for is None else asked_for, status)
    if status == 404 or code in ("model_not_found", "invalid_model") or _NO_MODEL.search(message):
        return Fault("model", "unknown_model", said, status=status)
    if status < 400 or status == 405:
        return Fault("address", "no_such_address", said, status=status)
    return Fault(*_conversation_fault(message, code, blamed, sent, status), said, status=status)


def _retry_delay(text: str) -> float | None:
    found = _RETRY_DELAY.search(text)
    return float(found[1]) if found else None


def _conversation_fault(
    message: str, code: str, blamed: str, sent: Collection[str], status: int
) -> tuple[FaultKind, str]:
    if code == "context_length_exceeded" or status == 413 or _TOO_LONG.search(message):
        return "conversation", "too_long"
    if code in ("content_filter", "content_policy_violation"):
        return "conversation", "refused"
    for name, pattern in _NAMES.items():
        if not any(pattern.fullmatch(parameter) for parameter in sent):
            continue
        # A limit that is merely too high is named as well; only a name that is not understood calls for another one.
        named = pattern.search(blamed) or (not blamed and pattern.search(message))
        if named and (name == "response_format" or _NOT_UNDERSTOOD.search(message)):
            return "parameter", name
    return ("conversation", "refused") if _REFUSED.search(message) else ("conversation", "bad_request")


def _error_of(text: str) -> tuple[str, str, str]:
    """Read message, code and blamed parameter from the body of an error, in whichever of the usual shapes it comes."""
    try:
        body: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text, "", ""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return (error if isinstance(error, str) else text), "", ""
    message = error.get("message", error.get("detail"))
    told = message if isinstance(message, str) else json.dumps(message) if message else text
    return told, str(error.get("code") or ""), str(error.get("param") or "")


def read_exception(error: BaseException) -> Fault | None:
    """Turn an exception of the HTTP client into a fault; None if it comes from elsewhere."""
    import aiohttp

    kinds: tuple[tuple[Any, FaultKind, str, Callable[[Any], str]], ...] = (
        (aiohttp.ConnectionTimeoutError, "unreachable", "unreachable", lambda _: "no connection in time"),
        ((asyncio.TimeoutError, TimeoutError), "transient", "timeout", lambda _: "no reply in time"),
        (aiohttp.ClientConnectorCertificateError, "unreachable", "unreachable", lambda e: str(e.certificate_error)),
        (aiohttp.ClientConnectorError, "unreachable", "unreachable", lambda e: str(e.os_error)),
        (aiohttp.ClientHttpProxyError, "unreachable", "unreachable", lambda e: f"the proxy says HTTP {e.status}"),
        ((aiohttp.ClientError, ConnectionError), "transient", "cut_connection", lambda _: "the connection was cut"),
    )
    for types, kind, word, told in kinds:
        if isinstance(error, types):
            return Fault(kind, word, one_line(told(error)))
    return None


def one_line(text: str) -> str:
    """Return a text as one line of bounded length, without control characters."""
    line = "".join(char if char.isprintable() else " " for char in text[: 4 * _LONGEST_DETAIL])
    return " ".join(line.split())[:_LONGEST_DETAIL]
