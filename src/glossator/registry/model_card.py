"""Takes a registration, leaves its model card: the verdict first, then how to ask the model and what to expect.

The card is Markdown with the YAML head that model hubs read. Whatever comes from documents, recipes or models is
shown as the text it is, and no path of this machine is written on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from glossator.errors import MissingExtraError
from glossator.records import JsonValue
from glossator.registry.record import Difference, PromptForm, Registration

_TEMPLATES = Path(__file__).parent / "templates"
_SPLITS = {
    "test": "Questions about what training never saw (test)",
    "test_seen": "New questions about what it was trained on (test_seen)",
}
_CONTEXTS = {
    "none": "the question alone",
    "chunk": "one passage, then the question",
    "retrieved": "the passages that the search found, then the question",
}
_PASSAGE = "THE PASSAGE"
_QUESTION = "THE QUESTION"
# Control characters, and those that turn the direction of text around.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARKUP = re.compile(r"[\\`*_{}\[\]#|~$!^@]")
_LINK = re.compile(r"(?<=:)//|(?<=\bwww)\.", re.IGNORECASE)
_LIST_MARKER = re.compile(r"^([-+]|\d{1,9}[.)])(?= |$)")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_LOCAL_PATH = re.compile(r"[/~\\]|[A-Za-z]:[\\/]|\.{1,2}[/\\]|file:")


def model_card(registration: Registration, *, dated: bool = False) -> str:
    """Turn a registration into the Markdown of its card.

    Args:
        registration: what is shown; the search index, the recipe and the base's folder are not.
        dated: whether the chat template writes a date, which whoever asks must then fix as training did.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError("jinja2", "evaluate") from error
    # Markdown is escaped by `text`; HTML entities of an automatic escape would show in code blocks.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        text=escape_markdown, fenced=_fenced, score=_score, change=_change, count=lambda value: f"{value:,}"
    )
    body = environment.get_template("model_card.md.jinja").render(
        it=registration,
        base=base_label(registration.base_model.name),
        tables=[_table(registration, split) for split in _SPLITS],
        prompts=[(prompt, _CONTEXTS[prompt.context]) for prompt in registration.prompts],
        styles={prompt.answer_style: prompt.style_text for prompt in registration.prompts if prompt.answer_style},
        training=_flat(registration.training),
        messages=_example_messages(registration.prompts[0]),
        asked=_example_call(registration.prompts[0]),
        dated=dated,
    )
    return f"{_head(registration)}\n{body}"


def _head(registration: Registration) -> str:
    """The YAML between two lines of dashes that model hubs read."""
    tuned = {_one_line(metric): value for metric, value in registration.metrics.get("tuned", {}).items()}
    head: dict[str, Any] = {
        "base_model": _one_line(base_label(registration.base_model.name)),
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "tags": list(dict.fromkeys(["glossator", "lora", _one_line(registration.method)])),
        "metrics": list(tuned),
    }
    if registration.license:
        head["license"] = _one_line(registration.license)
    if tuned:
        head["model-index"] = [
            {
                "name": registration.name,
                "results": [
                    {
                        "task": {"type": "question-answering"},
                        "dataset": {"name": _SPLITS["test"], "type": "glossator-test"},
                        "metrics": [{"type": metric, "value": value} for metric, value in tuned.items()],
                    }
                ],
            }
        ]
    return f"---\n{yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=1000)}---"


def base_label(name: str) -> str:
    """Name a base model without the folders of this machine: a hub id as it is, of a path only the last part."""
    if _HUB_ID.fullmatch(name):
        return name
    return PurePosixPath(name.replace("\\", "/")).name or name


def _table(registration: Registration, split: str) -> dict[str, Any]:
    scores = registration.metrics if split == "test" else registration.metrics_test_seen
    found = {row.metric: row for row in registration.differences if row.split == split}
    base, tuned = scores.get("base", {}), scores.get("tuned", {})
    rows = [(metric, base.get(metric), value, found.get(metric)) for metric, value in tuned.items()]
    return {"title": _SPLITS[split], "rows": rows, "questions": _questions(registration, split, list(found.values()))}


def _questions(registration: Registration, split: str, found: Sequence[Difference]) -> int:
    return found[0].questions if found else registration.samples.get(split, 0)


def _flat(values: Mapping[str, JsonValue], prefix: str = "") -> list[tuple[str, str]]:
    """Write nested parameters as rows of dotted names and values, with no folder of this machine in a value."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows.extend(_flat(value, f"{prefix}{key}."))
        elif isinstance(value, list | tuple):
            rows.append((f"{prefix}{key}", ", ".join(_plain(item) for item in value)))
        else:
            rows.append((f"{prefix}{key}", _plain(value)))
    return rows


def _plain(value: JsonValue) -> str:
    text = str(value)
    return base_label(text) if isinstance(value, str) and _LOCAL_PATH.match(text) else text


def _example_messages(prompt: PromptForm) -> list[dict[str, str]]:
    """The conversation that the card's code asks, made as every prompt of the student is."""
    from glossator.llm.answer_styles import AnswerStyle
    from glossator.llm.chat_format import student_messages

    style = None
    if prompt.answer_style and prompt.style_text and prompt.style_hash:
        style = AnswerStyle(prompt.answer_style, prompt.style_text, prompt.style_hash)
    context = None if prompt.context == "none" else _PASSAGE
    asked = student_messages(_QUESTION, context=context, answer_style=style)
    return [{"role": message.role, "content": message.content} for message in asked]


def _example_call(prompt: PromptForm) -> str:
    """The arguments of `student_messages` for the same conversation."""
    context = "" if prompt.context == "none" else f', context="{_PASSAGE}"'
    style = ", answer_style=style" if prompt.answer_style else ""
    return f'"{_QUESTION}"{context}{style}'


def escape_markdown(value: object) -> str:
    """Turn any value into one line of Markdown that shows it as it is: no markup, HTML, link or end of a cell."""
    line = _one_line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _MARKUP.sub(lambda match: "\\" + match.group(), line)
    line = _LINK.sub(lambda match: "\\" + match.group(), line)
    return _LIST_MARKER.sub(lambda match: f"{match[1][:-1]}\\{match[1][-1]}", line)


def _one_line(value: object) -> str:
    return " ".join(_CONTROL.sub("\ufffd", str(value)).split()).encode("utf-8", "replace").decode("utf-8")


def _fenced(text: str, language: str = "") -> str:
    """Put a text between fences that no line of it can close."""
    clean = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n")).encode("utf-8", "replace").decode("utf-8")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", clean)), default=0))
    return f"{fence}{language}\n{clean}\n{fence}"


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _change(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
