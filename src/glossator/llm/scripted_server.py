"""Takes a script, leaves a real HTTP server that speaks OpenAI's chat protocol from it: for tests and offline trials.

    with ScriptedServer(lambda conversation: "42") as server:
        model = OpenAICompatibleModel(endpoint(None, server.base_url, None, {}), "scripted")

It listens on this machine only. `python -m glossator.llm.scripted_server` runs one that repeats what it is told.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import sys
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glossator.errors import MissingExtraError
from glossator.llm import Conversation
from glossator.llm.background import BackgroundLoop
from glossator.llm.images import Image, ImageMessage
from glossator.llm.mishaps import Faults, Mishap
from glossator.records import JsonValue, Message, Role, content_id

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Faults", "ScriptedReply", "ScriptedServer", "Served", "ServerScript", "main", "repeat_last_turn"]

_THREADS = 64
"""Scripts that run at once; one that waits for something holds up no other before there are so many."""


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """A reply with more to it than its text."""

    text: str = ""
    finish_reason: str = "stop"
    refusal: str | None = None
    with_usage: bool = True
    """False leaves out the token counts."""
    status: int = 200
    error: JsonValue = None
    """The body's `error` if the status is not 200."""


ServerScript = Callable[[Conversation], "str | ScriptedReply"]


@dataclass(frozen=True, slots=True)
class Served:
    """One chat request and what became of it."""

    conversation: tuple[Message, ...]
    body: dict[str, JsonValue]
    """As it was sent."""
    headers: tuple[str, ...]
    """The names of the headers that were sent, in lower case; what they say is not kept."""
    outcome: str
    """`answered`, a mishap, or what was refused: `key`, `model`, `parameter`, or `status_400` and the like."""


class ScriptedServer:
    """A server on a port of the system's choice, from entering the context until leaving it.

    Args:
        script: from a conversation to the reply; called in threads, several at a time.
        faults: what goes wrong.
        models: the names it lists and answers to.
        key: the key it wants; None for none.
        refuses: parameters it answers with status 400, such as `max_tokens`, `seed`, or for one way of asking for JSON
            `json_schema` or `json_object`.
        lists_models: False to know nothing of `/models`.
        remember: how many requests are remembered; older ones are only counted.
        port: 0 for one that is free.

    Tokens are counted as white-space separated words; `max_tokens` is not obeyed.
    """

    def __init__(
        self,
        script: ServerScript,
        *,
        faults: Faults | None = None,
        models: Sequence[str] = ("scripted",),
        key: str | None = None,
        refuses: Collection[str] = (),
        lists_models: bool = True,
        remember: int = 10_000,
        port: int = 0,
    ) -> None:
        self._script, self._faults, self._models, self._key = script, faults or Faults(), tuple(models), key
        self._refuses, self._lists_models, self._port = frozenset(refuses), lists_models, port
        self.served: deque[Served] = deque(maxlen=remember)
        """The chat requests, in the order in which they were done with."""
        self.outcomes: Counter[str] = Counter()
        """How often each outcome came about; see `Served.outcome`."""
        self.requests = 0
        """Chat requests so far, whatever became of them."""
        self.other_requests = 0
        """Requests for anything else, such as the list of models."""
        self.most_at_once = 0
        """The largest number of chat requests that were open at a time."""
        self._tries: Counter[str] = Counter()
        self._open = 0

    @property
    def base_url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:40123/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def answered(self) -> list[tuple[Message, ...]]:
        """The conversations that were answered, in that order, as far as they are remembered."""
        return [one.conversation for one in self.served if one.outcome == "answered"]

    def __enter__(self) -> ScriptedServer:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="script")
        self._loop = BackgroundLoop("scripted server")
        try:
            self._loop.run(self._start())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.run(self._runner.cleanup())
        self._stop()

    def _stop(self) -> None:
        self._loop.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _start(self) -> None:
        try:
            from aiohttp import web
        except ImportError as error:
            raise MissingExtraError("aiohttp", "teach") from error
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list)
        # A request whose client hangs up ends there, a stalled one as well.
        self._runner = web.AppRunner(
            app, handle_signals=False, access_log=None, shutdown_timeout=0.01, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _list(self, request: web.Request) -> web.Response:
        self.other_requests += 1
        if not self._lists_models:
            return _error(404, "there is nothing of that name here")
        if not self._opens(request):
            return _error(401, "wrong key", code="invalid_api_key")
        return _json({"object": "list", "data": [{"id": name, "object": "model"} for name in self._models]})

    def _opens(self, request: web.Request) -> bool:
        return self._key is None or request.headers.get("Authorization") == f"Bearer {self._key}"

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        conversation: tuple[Message, ...] = ()
        body: dict[str, JsonValue] = {}
        outcome = "hung_up"
        try:
            body = await request.json()
            conversation = tuple(_turn(turn["role"], turn["content"]) for turn in body["messages"])
            refusal = self._refusal(request, body)
            outcome, response = refusal or await self._answer(request, conversation, body)
            return response
        except (ValueError, LookupError, TypeError) as error:
            outcome = "status_400"
            return _error(400, f"no chat request: {error}")
        except asyncio.CancelledError:
            raise
        except BaseException:
            outcome = "cut"
            raise
        finally:
            self._open -= 1
            self.outcomes[outcome] += 1
            headers = tuple(name.lower() for name in request.headers)
            self.served.append(Served(conversation, body, headers, outcome))

    def _refusal(self, request: web.Request, body: dict[str, JsonValue]) -> tuple[str, web.StreamResponse] | None:
        if not self._opens(request):
            return "key", _error(401, "wrong key", code="invalid_api_key")
        if body.get("model") not in self._models:
            return "model", _error(404, f"the model {body.get('model')!r} does not exist", code="model_not_found")
        wanted = (body.get("response_format") or {}).get("type", "")
        refused = sorted(self._refuses & {*body, wanted})
        if not refused:
            return None
        parameter = "response_format" if refused[0] == wanted else refused[0]
        told = f"Unsupported parameter: '{parameter}' ({refused[0]}) is not supported"
        return "parameter", _error(400, told, code="unsupported_parameter", param=parameter)

    async def _answer(
        self, request: web.Request, conversation: tuple[Message, ...], body: dict[str, JsonValue]
    ) -> tuple[str, web.StreamResponse]:
        id_ = content_id(*(f"{turn.role}:{turn.content}" for turn in conversation))
        self._tries[id_] += 1
        mishap = self._faults.draw(id_, self._tries[id_])
        if mishap is not None:
            return mishap, await self._befall(mishap, request)
        said = await asyncio.get_running_loop().run_in_executor(self._threads, self._script, conversation)
        reply = said if isinstance(said, ScriptedReply) else ScriptedReply(said)
        if reply.status != 200:
            return f"status_{reply.status}", _json({"error": reply.error}, reply.status)
        del self._tries[id_]
        return "answered", _json(_completion(str(body["model"]), conversation, reply))

    async def _befall(self, mishap: Mishap, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        if mishap == "rate_limited":
            return _error(429, "slow down", headers={"Retry-After": self._faults.retry_after})
        if mishap == "server_error":
            return _error(500, "something broke")
        if mishap == "nonsense":
            return web.Response(text="<html><body>It works!</body></html>", content_type="text/html")
        if mishap == "stall":
            await asyncio.Event().wait()
        half = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await half.prepare(request)
        await half.write(b'{"choices": [{"message": {"role": "assistant", "content": "half a')
        if request.transport is not None:
            request.transport.abort()
        return half


def _turn(role: Role, content: JsonValue) -> Message:
    """A turn as it was sent; its content may be a list of parts that shows images as well."""
    if isinstance(content, str):
        return Message(role, content)
    words = "\n".join(part["text"] for part in content if part["type"] == "text")
    images = tuple(_image(part["image_url"]["url"]) for part in content if part["type"] == "image_url")
    return ImageMessage(role, words, images) if images else Message(role, words)


def _image(url: str) -> Image:
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return Image(base64.b64decode(data, validate=True), kind)


def _completion(model: str, conversation: Conversation, reply: ScriptedReply) -> dict[str, JsonValue]:
    words_in, words_out = sum(len(turn.content.split()) for turn in conversation), len(reply.text.split())
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    completion: dict[str, JsonValue] = {
        "id": f"chatcmpl-{content_id(model, reply.text)}",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
    }
    if reply.with_usage:
        counts = {"prompt_tokens": words_in, "completion_tokens": words_out, "total_tokens": words_in + words_out}
        completion["usage"] = counts
    return completion


def _error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "code": code, "param": param}
    return _json({"error": error}, status, headers)


def _json(value: JsonValue, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    from aiohttp import web

    return web.json_response(value, status=status, headers=headers)


def repeat_last_turn(conversation: Conversation) -> str:
    """Turn a conversation into what its last turn says: the script of `python -m`."""
    return conversation[-1].content if conversation else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a server that repeats what it is told, print its address, and end when standard input does."""
    parser = argparse.ArgumentParser(prog="python -m glossator.llm.scripted_server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 for one that is free")
    parser.add_argument("--model", default="scripted", help="the model it answers to")
    parser.add_argument("--seed", type=int, default=0, help="of what goes wrong")
    for name in ("rate-limited", "errors", "stalls", "cuts", "nonsense"):
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="SHARE", help="between 0 and 1")
    given = vars(parser.parse_args(arguments))
    port, model = given.pop("port"), given.pop("model")
    with ScriptedServer(repeat_last_turn, faults=Faults(**given), models=(model,), port=port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            while sys.stdin.readline():
                pass


if __name__ == "__main__":
    main()
