"""Takes a text, leaves the pieces of it that an embedder can read without cutting anything off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def cut_windows(tokenizer: Any, texts: Sequence[str], size: int) -> list[list[str]]:
    """Cut each text into pieces of at most about `size` tokens, as equal in length as words allow.

    A piece ends before a word begins, so its tokens are what they were in the whole text. Only a single word of more
    tokens than a window is cut within. A text without tokens is one piece, itself.

    Args:
        tokenizer: a `tokenizers.Tokenizer` that neither truncates nor pads.
        texts: what to cut.
        size: tokens of a piece, without the special ones.
    """
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [
        _cut(text, encoding, size) if len(encoding) > size else [text]
        for text, encoding in zip(texts, encodings, strict=True)
    ]


def _cut(text: str, encoding: Any, size: int) -> list[str]:
    offsets, words = encoding.offsets, encoding.word_ids
    pieces: list[str] = []
    start, left = 0, len(offsets)
    while left > size:
        even = -(-left // -(-left // size))  # what is left, spread over as few windows as hold it, rounded up
        end = _word_start(words, start, start + even)
        pieces.append(text[offsets[start][0] : offsets[end][0]])
        start, left = end, len(offsets) - end
    return [*pieces, text[offsets[start][0] :]]


def _word_start(words: Sequence[int | None], start: int, end: int) -> int:
    """The last position in (start, end] where a word begins; `end` itself if all of it is one word."""
    for position in range(end, start, -1):
        if words[position] != words[position - 1]:
            return position
    return end
