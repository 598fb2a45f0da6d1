"""A model that writes down what it is asked and answers nothing: the code that will send prompts composes them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glossator.llm import Answered, Conversation
from glossator.llm.journal import journal_key
from glossator.llm.providers import PRESETS, Endpoint, endpoint
from glossator.recipe import EndpointSection
from glossator.records import JsonValue, Message
from glossator.text.tokens import TokenCounter

_MOST_COUNTED = 300
"""Conversations whose tokens are counted; of more, so many are drawn."""
_MOST_HELD = 5_000
"""Conversations whose words are held at once."""
_STAND_IN = "none"


@dataclass(slots=True)
class Recorder:
    """Takes questions as a `StructuredModel` does, and keeps what a quote needs to know of them."""

    label: str
    model: str
    seed: int
    asked: list[tuple[Message, ...]] = field(default_factory=list)
    """The words of the first conversations, up to a bound; images are not held."""
    keys: list[str] = field(default_factory=list)
    """The journal's key of every one."""
    schema: Mapping[str, JsonValue] | None = None

    @property
    def name(self) -> str:
        """As the model itself is called."""
        return f"{self.model}@{self.label}"

    def answer(
        self,
        conversations: Iterable[Conversation],
        *,
        schema: Mapping[str, JsonValue] | None,
        max_new_tokens: int,
        temperature: float = 0.0,
    ) -> Iterator[Answered]:
        """Write each conversation down; the answer is that there is none."""
        self.schema = schema
        parameters: dict[str, JsonValue] = {
            "json_mode": "auto",
            "max_new_tokens": max_new_tokens,
            "schema": None if schema is None else dict(schema),
            "seed": self.seed,
            "temperature": temperature,
        }
        for conversation in conversations:
            messages = tuple(conversation)
            self.keys.append(journal_key(self.label, self.model, parameters, messages))
            if len(self.asked) < _MOST_HELD:
                self.asked.append(tuple(Message(message.role, message.content) for message in messages))
            yield Answered(None, "not_asked")

    def prompt_lengths(self, counter: TokenCounter) -> tuple[list[str], list[int]]:
        """The keys and lengths in tokens of some of the conversations, drawn by seed, without what a template adds."""
        places = list(range(len(self.asked)))
        if len(places) > _MOST_COUNTED:
            places = random.Random(self.seed).sample(places, _MOST_COUNTED)
        # The system turn is the same for all of them, and is counted once.
        turns = list(dict.fromkeys(message.content for place in places for message in self.asked[place]))
        lengths = dict(zip(turns, counter.count(turns), strict=True))
        totals = [sum(lengths[message.content] for message in self.asked[place]) for place in places]
        return [self.keys[place] for place in places], totals


def endpoint_without_key(section: EndpointSection) -> Endpoint:
    """The endpoint of a chat model as the journal and the table of prices know it; its key is not looked at.

    Raises:
        EndpointError: the address is no address.
    """
    variables = [section.key_variable] if section.key_variable else []
    if section.provider is not None:
        variables += PRESETS[section.provider].key_variables
    stand_in = dict.fromkeys(variables, _STAND_IN)
    return endpoint(section.provider, section.base_url, section.key_variable, stand_in)


def reply_characters(
    schema: Mapping[str, JsonValue] | None, *, pairs: int, lengths: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    """Turn the schema of a reply into how long one is, from what its fields are typically like.

    Args:
        schema: of the whole reply; None for free text.
        pairs: most items of a list.
        lengths: fewest and most characters of a field by its name; `` for any other, `items` for the share of `pairs`
            that a list holds.
    """
    if schema is None:
        return lengths[""]
    return _characters(schema, schema.get("$defs") or {}, pairs, lengths, "")


def _characters(
    part: Mapping[str, JsonValue],
    defined: Mapping[str, JsonValue],
    pairs: int,
    lengths: Mapping[str, tuple[float, float]],
    name: str,
) -> tuple[float, float]:
    if "$ref" in part:
        part = defined.get(str(part["$ref"]).rsplit("/", 1)[-1], {})
    kind = part.get("type")
    if kind == "object":
        inside = [
            (key, _characters(value, defined, pairs, lengths, str(key)))
            for key, value in (part.get("properties") or {}).items()
        ]
        return tuple(sum(len(key) + 6 + bounds[end] for key, bounds in inside) + 2 for end in (0, 1))  # type: ignore[return-value]
    if kind == "array":
        low, high = _characters(part.get("items") or {}, defined, pairs, lengths, name)
        few, many = lengths["items"]
        return few * pairs * low, many * pairs * high
    if kind == "string" and "enum" not in part:
        return lengths.get(name, lengths[""])
    return 4.0, 12.0


def mean_of(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
