"""Takes figures and a vision teacher, leaves the figures with a description of what each of them shows."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from glossator.errors import MissingExtraError, ModelError, ParsingError
from glossator.llm import Answered, Conversation, ConversationAbout, StructuredModel
from glossator.llm.images import Image, ImageMessage
from glossator.records import Figure, Message, Reject, content_id, to_dict

STAGE = "describe"
"""The stage that its rejects name."""

_PROMPT = Path(__file__).parent / "prompts" / "describe_figure.md"
_MOST_PIXELS = 1024
"""Pixels of the longer side that a teacher is shown; most would make it smaller themselves."""
_LARGEST_IMAGE = 64_000_000
"""Pixels of an image that is opened at all."""
_LONGEST = 4_000
"""Characters of a description."""
_SHORTEST = 20
_LONGEST_CAPTION = 2_000
_EXCERPT = 200
_REFUSAL = re.compile(
    r"(?:i['’]?m (?:very )?sorry|sorry,|i (?:am )?(?:can(?:['’]?t|not)|unable|not able)|unfortunately,? i|as an ai\b)"
    r"|no image (?:is|was|has been) (?:provided|attached|shown)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[\W_]+")


def prompt_hash() -> str:
    """Name the words that a teacher is told: other words make other descriptions, in lineage and fingerprints."""
    return content_id(_PROMPT.read_bytes())


def describe(
    figures: Iterable[Figure],
    folder: str,
    *,
    model: StructuredModel,
    titles: Mapping[str, str] | None = None,
    max_new_tokens: int = 500,
    temperature: float = 0.0,
) -> Iterator[Figure | Reject]:
    """Have a vision teacher tell what each figure shows; one result for each, in order.

    A figure whose image cannot be read is a reject and costs nothing. So is one whose reply is empty, cut off, a
    refusal, endless or only its caption. Replies are journalled by the model, an image by the hash of what was sent.

    Args:
        figures: read only a bounded number ahead of what was given back.
        folder: where their images lie as `<id>.png`: a folder or an fsspec URL.
        model: must take images.
        titles: the title of each document, by document id, where it is known.
        max_new_tokens: longest reply.
        temperature: 0 is greedy.

    Raises:
        MissingExtraError: Pillow is not installed.
        EndpointError: the model cannot answer at all.
        ModelError: it gave more or fewer answers than it was asked for.
    """
    told = Message("system", _PROMPT.read_text("utf-8").strip())
    # The model may read conversations in another thread; a deque takes from one and gives to the other.
    waiting: deque[tuple[Figure, Reject | None]] = deque()

    def conversations() -> Iterator[Conversation]:
        for figure in figures:
            try:
                image = shown_image(folder, figure)
            except (OSError, ValueError) as error:
                waiting.append((figure, _reject(figure, "no_image", f"{type(error).__name__}: {error}")))
                continue
            waiting.append((figure, None))
            asked = _asked(figure, (titles or {}).get(figure.document_id, ""), image)
            yield ConversationAbout((told, asked), (figure.document_id,))

    answers = model.answer(conversations(), schema=None, max_new_tokens=max_new_tokens, temperature=temperature)
    for answered in answers:
        while waiting:
            figure, unread = waiting.popleft()
            yield unread or _described(figure, answered, model.name)
            if unread is None:
                break
        else:
            raise ModelError(f"{model.name} gave more answers than it was asked for")
    for figure, unread in waiting:
        if unread is None:
            raise ModelError(f"{model.name} gave no answer about figure {figure.id} and said nothing; run again")
        yield unread


def _asked(figure: Figure, title: str, image: Image) -> ImageMessage:
    words = [f"Document: {title}"] if title else []
    words.append(figure.caption or "(no caption)")
    caption = "\n".join(words)[:_LONGEST_CAPTION].replace("<<<", "‹‹‹").replace(">>>", "›››")
    key = content_id(caption)[:8]
    return ImageMessage("user", f"<<<CAPTION {key}>>>\n{caption}\n<<<END {key}>>>", (image,))


def shown_image(folder: str, figure: Figure) -> Image:
    """Read a figure's image, at the size at which a teacher is shown it.

    Args:
        folder: where images lie as `<id>.png`: a folder or an fsspec URL.
        figure: whose image.

    Raises:
        OSError: it is missing or no image.
        ValueError: it is too large to be opened.
    """
    try:
        from PIL import Image as Picture
    except ImportError as error:
        raise MissingExtraError("PIL", "documents") from error
    data = _read(folder, f"{figure.id}.png")
    try:
        picture = Picture.open(io.BytesIO(data))
    except Picture.DecompressionBombError as error:
        raise ValueError(str(error)) from error
    with picture:
        if picture.width * picture.height > _LARGEST_IMAGE:
            raise ValueError(f"{picture.width} × {picture.height} pixels")
        if max(picture.size) <= _MOST_PIXELS and picture.format == "PNG":
            return Image(data)
        smaller = picture.convert("RGB")
        smaller.thumbnail((_MOST_PIXELS, _MOST_PIXELS), Picture.Resampling.LANCZOS)
    written = io.BytesIO()
    smaller.save(written, "PNG")
    return Image(written.getvalue())


def _read(folder: str, name: str) -> bytes:
    if "://" not in folder:
        return (Path(folder) / name).read_bytes()
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtraError("fsspec", "documents") from error
    try:
        files, root = fsspec.core.url_to_fs(folder)
    except (ImportError, ValueError) as error:
        raise ParsingError(f"figures cannot be read from {folder}: {error}; correct the address") from error
    return bytes(files.cat_file(f"{root.rstrip('/')}/{name}"))


def _described(figure: Figure, answered: Answered, name: str) -> Figure | Reject:
    if answered.reply is None or answered.failure:
        return _reject(figure, answered.failure or "no_reply", answered.detail)
    kept = (char for char in answered.reply.text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    text = " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
    if len(text) > _LONGEST:
        return _reject(figure, "too_long", f"{len(text)} characters: {text}")
    if len(text) < _SHORTEST:
        return _reject(figure, "too_short", text)
    if _REFUSAL.match(text):
        return _reject(figure, "refused", text)
    if _letters(text) == _letters(figure.caption):
        return _reject(figure, "echo", text)
    return replace(figure, description=text, described_by=name)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).lower()


def _reject(figure: Figure, reason: str, detail: str) -> Reject:
    line = " ".join(detail.split())
    line = line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"
    return Reject(figure.id, STAGE, reason, line, to_dict(figure))
