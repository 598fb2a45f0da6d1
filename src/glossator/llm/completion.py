"""Takes the body of a server's reply, leaves the completion in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glossator.llm.faults import Fault, RequestFault, one_line, read_status

_MOST_TOKENS = 1_000_000_000
"""A count beyond it is none."""

LONGEST_REPLY = 1_000_000
"""Characters of text that a reply may have; no sensible answer comes near."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said, as a server tells it."""

    text: str
    finish_reason: str
    """`stop`, `length` (cut at the limit), `refused` or `too_long`; the text of a reply that is too long is dropped."""
    tokens_in: int
    tokens_out: int
    usage_missing: bool
    """The server did not say how many tokens it counted."""


def read_completion(content: bytes, *, now: float) -> Completion:
    """Turn the body of a reply with status 200 into a completion.

    Raises:
        RequestFault: there is none in it: another kind of page, or an error that the server wrapped into a 200.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict) and not body.get("choices"):
        raise RequestFault(_wrapped_error(body["error"], now))
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(body, dict) or not isinstance(choice, dict) or not isinstance(message, dict):
        raise RequestFault(Fault("transient", "no_completion", "the reply holds no completion", status=200))
    if choice.get("finish_reason") == "error":
        raise RequestFault(Fault("transient", "server_error", one_line(f"HTTP 200: {choice.get('error')}"), status=200))
    return _completion(choice, message, body.get("usage"))


def _wrapped_error(error: Mapping[str, Any], now: float) -> Fault:
    code = error.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return read_status(status, json.dumps({"error": dict(error)}), {}, sent=(), now=now)


def _completion(choice: Mapping[str, Any], message: Mapping[str, Any], usage: Any) -> Completion:
    text, refusal = _text_of(message.get("content")), _text_of(message.get("refusal"))
    reason = str(choice.get("finish_reason") or "stop").lower()
    finish = (
        "refused" if refusal or reason in ("content_filter", "safety") else "length" if reason == "length" else "stop"
    )
    text = text or refusal
    if len(text) > LONGEST_REPLY:
        text, finish = "", "too_long"
    counts = usage if isinstance(usage, dict) else {}
    tokens = [counts.get(name) for name in ("prompt_tokens", "completion_tokens")]
    known = [count if isinstance(count, int) and 0 <= count <= _MOST_TOKENS else None for count in tokens]
    return Completion(text, finish, known[0] or 0, known[1] or 0, usage_missing=None in known)


def _text_of(content: Any) -> str:
    """Return a message's text; one in parts is put together, and parts that are not text (thoughts) are left out."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict) and part.get("type", "text") == "text"]
        content = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    # JSON may spell lone surrogates, which no file can hold.
    return content.encode("utf-8", "replace").decode("utf-8") if isinstance(content, str) else ""
