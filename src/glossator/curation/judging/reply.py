"""Reads what a chat model says of a case: one verdict, or the reason why there is none."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from glossator.curation.judging.cases import Unjudged, Verdict
from glossator.llm.loose_json import read_object
from glossator.text.excerpt import excerpt

MAX_CHARACTERS = 20_000
"""A longer reply is not read at all."""
_KEY = re.compile(r"[\"“”„]support[\"“”„]\s*:")


class Saying(BaseModel):
    """What a model is to reply; it gives its reason first, so that the verdict follows from it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    reason: str = Field(description="In one sentence, what is wrong, or why nothing is.")
    support: bool = Field(description="Whether the passage bears out all that the answer claims.")
    answerable: bool = Field(description="Whether the passage answers the question, and its reader understands it.")
    style: bool = Field(description="Whether the answer keeps to the answer style; true without one.")


def reply_form() -> str:
    """Leave the words that show the form of a reply to models that do not know it from a schema."""
    lines = [f"- {name}: {field.description}" for name, field in Saying.model_fields.items()]
    return "\n".join(['{"reason": "…", "support": true or false, "answerable": …, "style": …}', *lines])


def read_verdict(text: str, journal_key: str | None = None) -> Verdict | Unjudged:
    """Turn a reply into its verdict.

    A reply with several verdicts is none: one of them may be quoted from the answer that was to be judged.
    """
    if len(_KEY.findall(text)) > 1:
        return Unjudged("malformed", f"several verdicts: {excerpt(text)}", journal_key)
    loose = read_object(text, tuple(Saying.model_fields))
    if loose is None:
        return Unjudged("malformed", excerpt(text), journal_key)
    try:
        said = Saying.model_validate(loose.value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        return Unjudged("schema", f"{excerpt(place)}: {first['msg']}: {excerpt(text)}", journal_key)
    return Verdict(said.support, said.answerable, said.style, excerpt(said.reason), journal_key=journal_key)
