"""Takes the size of a request, leaves how many tokens it may come to: what is likely, and what is feared."""

from __future__ import annotations

from dataclasses import dataclass

_USUAL_BYTES = 4.0
"""Bytes of UTF-8 to a token: about four in English prose."""

_FEWEST_BYTES = 3.0
"""The fewest that are reckoned with at first: numbers and other scripts take more tokens."""

_IMAGE_TOKENS = 2_000
"""What an image is reckoned at; providers count 85 to 1,600 for one."""

_LEARNING = 0.1
"""The weight of the newest reply in what is usual."""


@dataclass(frozen=True, slots=True)
class RequestSize:
    """How large a request is."""

    text_bytes: int
    """Of its body without images."""
    images: int
    max_new_tokens: int


class TokenGuess:
    """Guesses tokens before a call, and learns from what the server counts."""

    def __init__(self) -> None:
        self._usual = 1.0 / _USUAL_BYTES
        self._most = 1.0 / _FEWEST_BYTES
        self._share = 0.5
        self._image = float(_IMAGE_TOKENS)

    def likely(self, size: RequestSize) -> int:
        """Guess prompt and reply together: bytes / 4 at first, and half of what the reply may have."""
        prompt = size.text_bytes * self._usual + size.images * self._image
        return round(prompt + size.max_new_tokens * self._share)

    def most_in(self, size: RequestSize) -> int:
        """Guess the prompt alone, on the high side: bytes / 3, or the most that any prompt came to so far."""
        return int(size.text_bytes * self._most + size.images * self._image) + 1

    def most_out(self, text: str) -> int:
        """Guess a reply that the server did not count, on the high side."""
        return int(len(text.encode("utf-8", "replace")) / _FEWEST_BYTES) + 1

    def learn(self, size: RequestSize, tokens_in: int, tokens_out: int) -> None:
        """Take in what the server counted for one call; of one with images, what one of these took."""
        if size.images:
            rest = tokens_in - size.text_bytes * self._usual
            self._image = max(self._image, rest / size.images)
        elif tokens_in and size.text_bytes:
            seen = tokens_in / size.text_bytes
            self._usual += _LEARNING * (seen - self._usual)
            self._most = max(self._most, seen)
        if tokens_out and size.max_new_tokens:
            self._share += _LEARNING * (min(1.0, tokens_out / size.max_new_tokens) - self._share)
