"""Takes the body of a request, leaves a question: nothing that is too long, too slow or unknown gets further."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from glossator.serving.answers import MAX_PASSAGES, MAX_QUESTION_CHARACTERS, Question
from glossator.serving.gate import ClientGone
from glossator.serving.refusals import BadQuestion, BodyTimedOut, BodyTooLarge, MalformedBody, NotJson
from glossator.serving.settings import GatewaySettings

if TYPE_CHECKING:
    from starlette.requests import Request


class QuestionBody(BaseModel):
    """The body of `POST /ask`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(description=f"At most {MAX_QUESTION_CHARACTERS:,} characters.")
    model: str | None = Field(default=None, description="The name of a served model; see /models.")
    retrieval: bool | None = Field(default=None, description="Whether passages are looked for.")
    k: int = Field(default=3, ge=1, le=MAX_PASSAGES, description="How many passages are looked for and cited.")
    mode: Literal["hybrid", "dense", "bm25"] | None = Field(default=None, description="How the index is searched.")
    max_new_tokens: int | None = Field(default=None, ge=1, description="The longest reply in tokens.")


async def read_question(request: Request, settings: GatewaySettings) -> Question:
    """Read the body of a request as a question.

    Raises:
        Refusal: the body is not declared as JSON, too long, too slow, no JSON, or no question.
        ClientGone: the client went away within its body.
    """
    from starlette.requests import ClientDisconnect

    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        raise NotJson("the body is not declared as JSON; send the header 'Content-Type: application/json'")
    try:
        body = await asyncio.wait_for(_read_body(request, settings.max_body_bytes), settings.body_timeout_seconds)
    except asyncio.TimeoutError as error:
        raise BodyTimedOut(f"the body did not come within {settings.body_timeout_seconds:g} seconds") from error
    except ClientDisconnect as error:
        raise ClientGone from error
    try:
        asked = QuestionBody.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        if any(problem["type"] == "json_invalid" for problem in problems):
            raise MalformedBody('the body is not JSON; send an object such as {"question": "Why?"}') from error
        told = "; ".join(_tell(tuple(problem["loc"]), problem["type"], problem["msg"]) for problem in problems)
        raise BadQuestion(told[:1_000]) from error
    return Question(asked.question, asked.model, asked.retrieval, asked.k, asked.mode, asked.max_new_tokens)


def _tell(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(map(str, place)) or "body"
    if kind == "extra_forbidden":
        return f"{name[:80]}: there is no such field; use {', '.join(QuestionBody.model_fields)}"
    return f"{name}: {message}"


async def _read_body(request: Request, limit: int) -> bytes:
    """Read at most `limit` bytes; what comes a little over is thrown away, so that the refusal can still be read."""
    body = bytearray()
    discarded = 0
    async for part in request.stream():
        if not discarded and len(body) + len(part) <= limit:
            body += part
            continue
        discarded += len(part)
        if discarded > 16 * limit:
            break
    if discarded:
        raise BodyTooLarge(f"the body is longer than {limit:,} bytes; ask more briefly")
    return bytes(body)
