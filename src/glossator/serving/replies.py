"""Takes plain data or an error, leaves an HTTP reply in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from glossator.records import JsonValue
from glossator.serving.refusals import Refusal

if TYPE_CHECKING:
    from starlette.responses import Response


def json_reply(value: JsonValue, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Turn plain data into a reply; lone surrogates, as broken PDFs leave them, become question marks."""
    from starlette.responses import Response

    content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, status, headers=dict(headers or {}), media_type="application/json")


def error_value(code: str, message: str) -> dict[str, JsonValue]:
    """The form that every error has."""
    return {"error": {"code": code, "message": message}}


def refusal_reply(refusal: Refusal) -> Response:
    """Turn a refusal into a reply with its status and headers."""
    return json_reply(error_value(refusal.code, str(refusal)), status=refusal.status, headers=refusal.headers)
