"""Stands before every path of the gateway: who may ask, what is noted, and what a failure looks like from outside."""

from __future__ import annotations

import time
import traceback
import uuid
from typing import TYPE_CHECKING

from glossator.serving.auth import check_bearer, check_host
from glossator.serving.refusals import Refusal
from glossator.serving.replies import error_value, json_reply, refusal_reply
from glossator.serving.settings import GatewaySettings
from glossator.serving.telemetry import Metrics, RequestLog, RequestRecord, application_log

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEALTH = "/health"
PATHS = frozenset({HEALTH, "/ready", "/models", "/metrics", "/ask", "/docs", "/openapi.json"})
RECORD = "glossator.record"
"""Where a request's record lies in its ASGI scope."""

_GONE = 499
"""The status that is noted when nobody waits for the reply any more, as nginx has it."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_DATA_ONLY = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class ClientGone(Exception):
    """The client closed the connection before there was an answer."""


class Gate:
    """ASGI middleware: checks token or host, adds headers, notes the request, turns errors into JSON.

    Args:
        app: what lies behind.
        settings: of the gateway.
        metrics: where the request is counted.
        log: where its line is written.
    """

    def __init__(self, app: ASGIApp, *, settings: GatewaySettings, metrics: Metrics, log: RequestLog) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one connection as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord(uuid.uuid4().hex[:16], scope["path"] if scope["path"] in PATHS else "other")
        scope[RECORD] = record
        started = time.perf_counter()
        try:
            await self._answer(scope, receive, send, record)
        finally:
            record.seconds = time.perf_counter() - started
            self._metrics.count(record)
            self._log.write(record)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, record: RequestRecord) -> None:
        begun = False
        added = {**_HEADERS, **({} if record.path == "/docs" else _DATA_ONLY), "X-Request-Id": record.id}
        more = [(name.lower().encode(), value.encode()) for name, value in added.items()]

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                record.status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        try:
            self._check(scope, record.path)
            await self._app(scope, receive, send_with_headers)
            return
        except ClientGone:
            record.status = _GONE
            return
        except Refusal as refusal:
            reply = refusal_reply(refusal)
        except Exception as error:  # noqa: BLE001  a client learns that something failed, the log learns what
            application_log.error("request %s failed: %s", record.id, self._tell(error))
            reply = json_reply(
                error_value("failed", f"the answer failed; the gateway's log says more, under {record.id}"), status=500
            )
        if not begun:
            await reply(scope, receive, send_with_headers)

    def _check(self, scope: Scope, path: str) -> None:
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        if self._settings.token is None:
            check_host(headers.get(b"host"))
        elif path != HEALTH:
            check_bearer(headers.get(b"authorization"), self._settings.token)

    def _tell(self, error: BaseException) -> str:
        return describe_failure(error, with_message=self._settings.log_content)


def describe_failure(error: BaseException, *, with_message: bool) -> str:
    """Tell what failed and where; without its message, which may quote a question or a passage."""
    said = f"{type(error).__name__}: {error}" if with_message else type(error).__name__
    return f"{said}\n{''.join(traceback.format_tb(error.__traceback__))}".rstrip()
