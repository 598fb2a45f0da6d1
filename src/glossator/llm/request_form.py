"""Takes a conversation and what is wanted, leaves the body of a chat request in the form that a server understands."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glossator.llm.providers import Dialect, JsonMode
from glossator.records import JsonValue, Message

Parameter = str
"""`response_format`, `max_tokens`, `seed` or `temperature`: a part of the request that a server may refuse."""


@dataclass(frozen=True, slots=True)
class RequestForm:
    """Which names and which optional parts a server is known to understand."""

    json_modes: tuple[JsonMode, ...]
    """How JSON is asked for, and after it what to try should that be refused."""
    max_tokens: str
    other_max_tokens: str | None
    """The other name of that parameter, until one of the two was refused."""
    seed: str | None
    """None once it was refused: sampling then cannot be repeated."""
    temperature: bool
    """False once it was refused: the model then samples as it always does."""

    @classmethod
    def of(cls, dialect: Dialect, json_mode: str) -> RequestForm:
        """Turn a dialect into the form to begin with; a `json_mode` other than `auto` is the only one tried."""
        chosen = [mode for mode in ("json_schema", "json_object", "none") if mode == json_mode]
        other = "max_completion_tokens" if dialect.max_tokens == "max_tokens" else "max_tokens"
        return cls(tuple(chosen) or dialect.json_modes, dialect.max_tokens, other, dialect.seed, temperature=True)

    def body(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, JsonValue] | None,
        max_new_tokens: int,
        temperature: float,
        seed: int | None,
    ) -> dict[str, JsonValue]:
        """Make the body of a request for one completion.

        A schema that the server does not enforce is written into the system turn, so that the model knows it anyway.
        """
        body: dict[str, JsonValue] = {"model": model, self.max_tokens: max_new_tokens}
        if self.temperature:
            body["temperature"] = temperature
        if seed is not None and self.seed:
            body[self.seed] = seed
        if schema is not None:
            mode = self.json_modes[0]
            if mode == "json_schema":
                named = {"name": "reply", "schema": dict(schema), "strict": True}
                body["response_format"] = {"type": "json_schema", "json_schema": named}
            else:
                messages = _with_schema(messages, schema)
            if mode == "json_object":
                body["response_format"] = {"type": "json_object"}
        body["messages"] = [{"role": message.role, "content": _utf8(message.content)} for message in messages]
        return body

    def without(self, parameter: Parameter) -> RequestForm | None:
        """Return the form to try after a parameter was refused; None if there is none left."""
        if parameter == "response_format" and len(self.json_modes) > 1:
            return dataclasses.replace(self, json_modes=self.json_modes[1:])
        if parameter == "max_tokens" and self.other_max_tokens:
            return dataclasses.replace(self, max_tokens=self.other_max_tokens, other_max_tokens=None)
        if parameter == "seed" and self.seed:
            return dataclasses.replace(self, seed=None)
        if parameter == "temperature" and self.temperature:
            return dataclasses.replace(self, temperature=False)
        return None


def _with_schema(messages: Sequence[Message], schema: Mapping[str, JsonValue]) -> tuple[Message, ...]:
    told = f"Answer with one JSON object and nothing else. It follows this JSON schema:\n{json.dumps(schema)}"
    if messages and messages[0].role == "system":
        return (Message("system", f"{messages[0].content}\n\n{told}"), *messages[1:])
    return (Message("system", told), *messages)


def _utf8(text: str) -> str:
    # Lone surrogates (from broken PDFs) cannot be sent.
    return text.encode("utf-8", "replace").decode("utf-8")
