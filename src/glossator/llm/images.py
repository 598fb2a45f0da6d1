"""Messages that show images: what they are, how they are sent, and what stands for them in a journal's key."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.errors import ModelError
from glossator.llm import Conversation
from glossator.records import JsonValue, Message

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
"""What every server that takes images understands."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image, as the bytes of its file."""

    data: bytes
    media_type: str = "image/png"

    def __post_init__(self) -> None:
        if self.media_type not in MEDIA_TYPES:
            raise ModelError(f"image type {self.media_type!r} cannot be sent; use one of {', '.join(MEDIA_TYPES)}")

    @property
    def hash(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def url(self) -> str:
        """The image itself as a `data:` URL."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}"

    def __repr__(self) -> str:
        return f"Image({self.media_type}, {len(self.data)} bytes, {self.hash[:12]})"


@dataclass(frozen=True, slots=True)
class ImageMessage(Message):
    """A turn that shows images beside its text; only models behind a server take it."""

    images: tuple[Image, ...] = ()


def image_hashes(message: Message) -> tuple[str, ...]:
    """Turn a message into the hashes of its images; none for one of text alone."""
    return tuple(image.hash for image in message.images) if isinstance(message, ImageMessage) else ()


def attach_images(turns: Sequence[dict[str, JsonValue]], messages: Conversation) -> None:
    """Give the turns of a chat request the images of the messages they were made from.

    Args:
        turns: `messages` of the request's body, with text as `content`; there may be more of them at the front.
        messages: the conversation; its last message is the last turn.
    """
    for turn, message in zip(reversed(turns), reversed(messages), strict=False):
        if isinstance(message, ImageMessage) and message.images:
            shown = [{"type": "image_url", "image_url": {"url": image.url}} for image in message.images]
            turn["content"] = [{"type": "text", "text": turn["content"]}, *shown]


def refuse_images(model: str, conversation: Conversation) -> None:
    """Do nothing for a conversation of text alone.

    Raises:
        ModelError: it shows an image, and the model reads text only.
    """
    if any(image_hashes(message) for message in conversation):
        raise ModelError(f"model {model} reads text only and was shown an image; name a vision model behind a server")
