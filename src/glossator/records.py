"""The nouns that walk through every room, as frozen records, and their plain-data form.

Ids are content hashes, so the same thing has the same name in every run and on every machine.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, Union

JsonValue = Any
"""Anything `json` can write: None, bool, int, float, str, and lists and string-keyed dicts of these."""

BlockKind = Literal["heading", "paragraph", "list_item", "table", "caption", "code", "reference", "figure"]
Role = Literal["system", "user", "assistant"]
Split = Literal["train", "dev", "test", "test_seen", "pool"]
Outcome = Literal["ok", "repaired", "encrypted", "unreadable", "empty", "timeout", "memory"]

T = TypeVar("T")


def content_id(*parts: str | bytes) -> str:
    """Hash the parts to the 20 hexadecimal digits that name a record.

    Each part is hashed with its length, so that moving a boundary between parts changes the id.
    """
    digest = hashlib.blake2b(digest_size=10)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


class ContentHash:
    """`content_id` of one part whose size is known before its bytes, so that it need never be held whole.

    Args:
        size: how many bytes will come.
    """

    def __init__(self, size: int) -> None:
        self._digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=10)
        self._left = size

    def add(self, block: bytes) -> bool:
        """Take in the next bytes; False once there are more of them than announced."""
        self._left -= len(block)
        self._digest.update(block)
        return self._left >= 0

    @property
    def complete(self) -> bool:
        """Whether as many bytes came as were announced."""
        return self._left == 0

    @property
    def id(self) -> str:
        """The id of the bytes so far; that of the part once it is complete."""
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """Something to read: a file, a web page, an abstract."""

    id: str
    """Hash of the raw bytes (of the text where there is no file): the same file from two sources is one document."""
    source_id: str
    """The name its source knows it by: a file name, an arXiv id, a URL."""
    origins: tuple[str, ...]
    """Every place it was found, as `kind:place`."""
    title: str
    """As the source tells it; the file's stem where it tells nothing."""
    media_type: str
    """`application/pdf`, `text/markdown`, `text/plain`, … by content, not by the file's ending."""
    path: str | None = None
    """Where the raw file lies; None for a document that is only text."""
    text: str | None = None
    """The text of a document without a file (an abstract, a row of a table)."""
    license: str | None = None
    """As the source tells it; None when unknown."""
    published: str | None = None
    """ISO 8601 date; None when unknown."""
    group: str | None = None
    """A topic or specialty, if the source has one."""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    """Whatever else the source told."""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a parsed document, in reading order."""

    kind: BlockKind
    text: str
    """Plain text in Unicode, ligatures and line-end hyphens resolved; of a table its Markdown, of a figure its id."""
    page: int
    """First page it stands on, from 1 (1 for formats without pages)."""
    level: int = 0
    """Depth of a heading, from 1; 0 for everything else."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture or chart of a document; its image is the file `<id>.png`."""

    id: str
    """Hash of document id, page and image."""
    document_id: str
    index: int
    """Position within the document, from 0."""
    page: int
    """From 1."""
    label: str
    """As the text refers to it, such as `Figure 3`; empty if it has none."""
    caption: str
    """With its label; empty if none was found."""
    width: int
    height: int
    """Size of the image in pixels."""
    box: tuple[float, ...] = ()
    """Left, bottom, right, top in points from the lower left corner of the page; empty when unknown."""
    description: str = ""
    """What a vision teacher saw; empty if none was asked."""
    described_by: str = ""
    """That teacher's model."""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What the parser made of one document."""

    document_id: str
    outcome: Outcome
    """`ok` and `repaired` carry blocks; every other outcome carries a reason and no blocks."""
    reason: str
    """Why the outcome is not `ok`; empty otherwise."""
    pages: int
    """Pages of the document; 1 for formats without pages, 0 when unknown."""
    blocks: tuple[Block, ...]
    parser: str
    """Name and version of what parsed it, such as `fast/1`."""
    figures: tuple[Figure, ...] = ()
    """In reading order; each has a block of kind `figure` that says where it stands."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage small enough for one prompt."""

    id: str
    """Hash of document id, heading path and text."""
    document_id: str
    index: int
    """Position within the document, from 0."""
    heading_path: tuple[str, ...]
    """The headings above it, outermost first, without the document's title."""
    page_first: int
    page_last: int
    """Pages it spans, from 1, both included."""
    text: str
    tokens: int
    """Length in tokens of the student's tokenizer."""
    figures: tuple[str, ...] = ()
    """Ids of the figures that belong to it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The span of a chunk that supports an answer."""

    chunk_id: str
    start: int
    end: int
    """Character offsets into the chunk's text: `chunk.text[start:end]`."""
    text: str
    """The span itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a sample came to be."""

    teacher: str
    """Kind and version or model name of the teacher, such as `extractive/1`."""
    prompt_hash: str
    """Hash of the task's prompt file."""
    style_hash: str | None = None
    """Hash of the answer style; None when the task has none."""
    seed: int | None = None
    journal_key: str | None = None
    """Key of the journalled reply; None for teachers that make no calls."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """What each filter and judge said, by its name."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A question with its reference answer, as a conversation ready for training."""

    id: str
    """Hash of task and messages."""
    messages: tuple[Message, ...]
    """The last one is the assistant's reference answer."""
    question: str
    """The question alone, without context."""
    group: str | None
    split: Split
    task: str
    context: Literal["none", "chunk", "retrieved"]
    """What text besides the question the student's prompt holds."""
    document_ids: tuple[str, ...]
    chunk_ids: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    origin: Origin
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    rejected: str = ""
    """A worse answer to the same prompt, for preference training; empty where there is none."""

    @property
    def answer(self) -> str:
        """The reference answer: the content of the last message."""
        return self.messages[-1].content

    @property
    def prompt(self) -> tuple[Message, ...]:
        """The conversation without the reference answer."""
        return self.messages[:-1]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model answered to a sample's prompt."""

    sample_id: str
    model: str
    """Name or hash of the base model."""
    adapter: str | None
    """Name of the adapter; None for the base model alone."""
    run: str
    """Fingerprint of the stage that made the prediction."""
    text: str
    tokens_in: int
    tokens_out: int
    seconds: float
    """Wall time, shared evenly among the replies of one batch."""


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one prediction."""

    sample_id: str
    model: str
    """`base` or `tuned`, or a checkpoint's name."""
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class Reject:
    """Something that was left out, with the reason: rejects are data."""

    subject_id: str
    """Id of the document, chunk or sample."""
    stage: str
    """The stage or filter that left it out."""
    reason: str
    """One of a small set of words, fit for counting."""
    detail: str = ""
    """The rest of the story, for a reader."""
    record: Mapping[str, JsonValue] | None = None
    """The rejected record itself, so that it can be re-admitted."""


def to_dict(record: Any) -> dict[str, JsonValue]:
    """Turn a record into plain data that `json` can write; nested records become nested dicts."""
    return {f.name: _plain(getattr(record, f.name)) for f in dataclasses.fields(record)}


def _plain(value: Any) -> JsonValue:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def from_dict(kind: type[T], data: Mapping[str, JsonValue]) -> T:
    """Build a record of `kind` from what `to_dict` made.

    Raises:
        ValueError: a field is unknown or a required one is missing; the message names it.
    """
    hints = _field_types(typing.cast("typing.Hashable", kind))
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {', '.join(unknown)}")
    try:
        return kind(**{name: _typed(hints[name], value) for name, value in data.items()})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


@functools.cache
def _field_types(kind: typing.Hashable) -> dict[str, Any]:
    record = typing.cast("type", kind)
    hints = typing.get_type_hints(record)
    return {f.name: hints[f.name] for f in dataclasses.fields(record)}


def _typed(hint: Any, value: JsonValue) -> Any:
    origin = typing.get_origin(hint)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        return _typed(next(arg for arg in typing.get_args(hint) if arg is not type(None)), value)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        return tuple(_typed(item, element) for element in value)
    if dataclasses.is_dataclass(hint):
        return from_dict(typing.cast("type", hint), value)
    return value
