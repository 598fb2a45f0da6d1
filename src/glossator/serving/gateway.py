"""Takes an answerer, leaves a web application: questions come in over HTTP, answers with citations go out.

Annotations in this module are evaluated, not kept as text, since FastAPI reads those of the routes.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError
from glossator.records import to_dict
from glossator.serving.answering import Answerer
from glossator.serving.answers import Answer
from glossator.serving.bodies import QuestionBody, read_question
from glossator.serving.gate import HEALTH, RECORD, ClientGone, Gate, describe_failure
from glossator.serving.refusals import NotReady, TimedOut
from glossator.serving.replies import error_value, json_reply
from glossator.serving.settings import GatewaySettings
from glossator.serving.telemetry import Metrics, RequestLog, application_log

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request


def create_app(answerer: Answerer, settings: GatewaySettings) -> "FastAPI":
    """Turn an answerer into a web application, which from then on owns it: it is closed when the application ends.

    Args:
        answerer: answers the questions.
        settings: how the gateway behaves.

    Raises:
        MissingExtraError: a library of the `serve` extra is not installed.
        ServingError: the request log cannot be written.
    """
    try:
        from fastapi import FastAPI
        from starlette.exceptions import HTTPException
    except ImportError as error:
        raise MissingExtraError("fastapi", "serve") from error
    metrics = Metrics(lambda: answerer.waiting)
    log = RequestLog(
        settings.request_log,
        max_bytes=settings.request_log_bytes,
        backups=settings.request_log_backups,
        log_content=settings.log_content,
    )
    warmth = _Warmth(answerer, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(warmth.warm_up())
        try:
            yield
        finally:
            # Closing first: it ends what the warm-up may still wait for.
            await asyncio.to_thread(answerer.close)
            await warming
            log.close()

    app = FastAPI(
        title="glossator",
        docs_url="/docs" if settings.docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.docs else None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.add_middleware(Gate, settings=settings, metrics=metrics, log=log)
    app.add_exception_handler(HTTPException, _reply_to_lost)
    _add_state(app, answerer, metrics, warmth)
    _add_ask(app, answerer, settings, warmth)
    return app


class _Warmth:
    """Knows whether the models may be asked yet."""

    def __init__(self, answerer: Answerer, settings: GatewaySettings) -> None:
        self._answerer = answerer
        self._settings = settings
        self._failed = False

    async def warm_up(self) -> None:
        if not self._settings.warm_up:
            return
        try:
            await asyncio.to_thread(self._answerer.warm_up)
        except NotReady:
            return  # the gateway ended first
        except Exception as error:  # noqa: BLE001  the gateway stays up and says that it is not ready, and why
            self._failed = True
            told = describe_failure(error, with_message=self._settings.log_content)
            application_log.error("the warm-up failed: %s", told)
        else:
            application_log.info("every model is warm")

    @property
    def missing(self) -> tuple[str, ...]:
        return self._answerer.missing if self._settings.warm_up else ()

    def require(self) -> None:
        """Refuse questions until everything is warm."""
        if missing := self.missing:
            told = "the warm-up failed, the gateway's log says why" if self._failed else "not warm yet"
            raise NotReady(f"{told}: {', '.join(missing)}")


def _add_state(app: "FastAPI", answerer: Answerer, metrics: Metrics, warmth: _Warmth) -> None:
    """Add the paths that tell how the gateway is."""
    from starlette.responses import Response

    @app.get(HEALTH, summary="Whether the gateway is alive", response_class=Response)
    async def health() -> Response:
        return json_reply({"status": "alive"})

    @app.get("/ready", summary="Whether questions are answered already", response_class=Response)
    async def ready() -> Response:
        try:
            warmth.require()
        except NotReady as refusal:
            told = {"ready": False, "missing": list(warmth.missing), **error_value(refusal.code, str(refusal))}
            return json_reply(told, status=refusal.status, headers=refusal.headers)
        return json_reply({"ready": True, "missing": []})

    @app.get("/models", summary="The served models", response_class=Response)
    async def models() -> Response:
        return json_reply(
            {
                "default": answerer.default,
                "base": answerer.engine.base,
                "retrieval": answerer.has_index,
                "models": [
                    {
                        "name": model.name,
                        "context": model.context,
                        "answer_style": model.answer_style.name if model.answer_style else None,
                        "description": model.description,
                    }
                    for model in answerer.models
                ],
            }
        )

    @app.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def figures() -> Response:
        content, media_type = metrics.render()
        return Response(content, headers={"Content-Type": media_type})


def _add_ask(app: "FastAPI", answerer: Answerer, settings: GatewaySettings, warmth: _Warmth) -> None:
    """Add the path that answers questions."""
    from starlette.requests import Request
    from starlette.responses import Response

    body = {"required": True, "content": {"application/json": {"schema": QuestionBody.model_json_schema()}}}

    @app.post("/ask", summary="Answer a question", response_class=Response, openapi_extra={"requestBody": body})
    async def ask(request: Request) -> Response:
        warmth.require()
        question = await read_question(request, settings)
        record = request.scope[RECORD]
        record.question = question.text
        answer = await _while_wanted(request, answerer.answer(question), settings.timeout_seconds)
        record.answer = answer
        return json_reply(to_dict(answer))


async def _while_wanted(request: "Request", answering: Coroutine[Any, Any, Answer], timeout_seconds: float) -> Answer:
    """Wait for an answer as long as someone wants it; then it is cancelled, and dropped if no work was begun on it."""

    async def until_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    answer, gone = asyncio.ensure_future(answering), asyncio.ensure_future(until_gone())
    try:
        await asyncio.wait({answer, gone}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if gone.done():
            raise ClientGone
        raise TimedOut(f"no answer came within {timeout_seconds:g} seconds; ask again, or ask for a shorter one")
    finally:
        answer.cancel()
        gone.cancel()
        await asyncio.gather(answer, gone, return_exceptions=True)


async def _reply_to_lost(_: "Request", error: Exception) -> Any:
    """Say in JSON that there is no such path, or not with this method."""
    status = getattr(error, "status_code", 404)
    code, message = {
        404: ("not_found", "there is nothing here; see /health, /ready, /models, /metrics and /ask"),
        405: ("method_not_allowed", "this path takes another method; /ask takes POST, the others GET"),
    }.get(status, ("refused", "the request cannot be taken"))
    return json_reply(error_value(code, message), status=status, headers=getattr(error, "headers", None))
