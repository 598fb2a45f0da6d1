"""Takes models and an index, leaves answers with citations over HTTP or in a terminal."""

from __future__ import annotations

from glossator.serving.answering import Answerer
from glossator.serving.answers import Answer, Citation, ServedModel
from glossator.serving.auth import ApiToken, check_listen, read_token
from glossator.serving.chat import chat_loop
from glossator.serving.listening import bind, serve
from glossator.serving.settings import GatewaySettings

__all__ = [
    "Answer",
    "Answerer",
    "ApiToken",
    "Citation",
    "GatewaySettings",
    "ServedModel",
    "bind",
    "chat_loop",
    "check_listen",
    "read_token",
    "serve",
]
