"""Counts tokens with the student's own tokenizer, many texts at a time, and tells where in a text they stand."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from glossator.errors import MissingExtraError, ModelError
from glossator.records import content_id

CountTokens = Callable[[Sequence[str]], list[int]]
"""Takes texts, leaves the length in tokens of each."""

_SLICE = 4_000
"""Characters that are tokenized as one text when tokens are located: what a tokenizer holds grows with its text."""
_BATCH = 1_000_000
"""Characters of one call of the tokenizer: what it holds of them, some 50 bytes a character, is bounded by this."""
_PIECE = re.compile(r"\s{0,8}\S{1,40}|\s{1,8}")


def _positions() -> array[int]:
    return array("I")


@dataclass(frozen=True, slots=True)
class TokenMap:
    """Where the tokens of a text stand, so that the length of any part of it needs no tokenizer.

    A part begins and ends in the middle of the text, where a tokenizer sees what stands beside it; tokenized alone it
    may have a token or two more or fewer at its ends.
    """

    starts: array[int] = field(default_factory=_positions)
    """Character at which each token starts, ascending."""
    ends: array[int] = field(default_factory=_positions)
    """Character before which each token ends, ascending."""
    exact: bool = field(default=False, compare=False)
    """Whether the text was tokenized in one piece, so that the number of tokens is that of the text alone."""

    def count(self, start: int, end: int) -> int:
        """Count the tokens that lie at least in part between two characters."""
        return max(0, bisect_left(self.starts, end) - bisect_right(self.ends, start))

    def reach(self, start: int, tokens: int, end: int) -> int:
        """Find the furthest character, at most `end`, such that no more than `tokens` tokens lie before it."""
        beyond = bisect_right(self.ends, start) + tokens
        return min(end, self.starts[beyond]) if beyond < len(self.starts) else end

    def reach_back(self, end: int, tokens: int) -> int:
        """Find the earliest character such that no more than `tokens` tokens lie between it and `end`."""
        before = bisect_left(self.starts, end) - tokens - 1
        return min(end, self.ends[before]) if before >= 0 else 0


@runtime_checkable
class LocatesTokens(Protocol):
    """A counter that also tells where tokens stand."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text."""

    def locate(self, texts: Sequence[str]) -> list[TokenMap]:
        """Find the tokens of each text."""


class TokenCounter:
    """Counts the tokens of texts, without special tokens.

    Args:
        tokenizer_json: the `tokenizer.json` of a model.

    Raises:
        MissingExtraError: the `tokenizers` library is not installed.
        ModelError: the file is missing or is no tokenizer.
    """

    def __init__(self, tokenizer_json: Path) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtraError("tokenizers", "train") from error
        try:
            data = tokenizer_json.read_bytes()
            self._tokenizer = Tokenizer.from_buffer(data)
        except OSError as error:
            raise ModelError(
                f"{tokenizer_json}: no tokenizer there ({error.strerror}); name a tokenizer.json"
            ) from error
        except Exception as error:
            raise ModelError(f"{tokenizer_json}: not a tokenizer ({error}); name a model's tokenizer.json") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._id = content_id(data)

    @property
    def id(self) -> str:
        """Hash of the tokenizer file: part of every fingerprint that depends on lengths."""
        return self._id

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, in input order; special tokens are not added."""
        encode = self._tokenizer.encode_batch_fast
        return [len(encoding) for batch in _batches(texts) for encoding in self._encode(encode, batch)]

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Count, as `count` does: a counter can be passed where a function is asked for."""
        return self.count(texts)

    def locate(self, texts: Sequence[str]) -> list[TokenMap]:
        """Find where the tokens of each text stand, in input order; each character is tokenized once.

        Long texts are tokenized in slices that end at white space where there is any, so that a book in one line
        takes time in proportion to its length and no more memory than a page.
        """
        maps = [TokenMap(exact=len(text) <= _SLICE) for text in texts]
        slices = [(number, start, end) for number, text in enumerate(texts) for start, end in _slices(text)]
        encoded = self._encodings([texts[number][start:end] for number, start, end in slices])
        for (number, start, _), encoding in zip(slices, encoded, strict=True):
            if offsets := encoding.offsets:
                first, last = zip(*offsets, strict=True)
                maps[number].starts.extend(map(start.__add__, first) if start else first)
                maps[number].ends.extend(map(start.__add__, last) if start else last)
        return maps

    def _encodings(self, texts: Sequence[str]) -> Iterator[Any]:
        for batch in _batches(texts):
            yield from self._encode(self._tokenizer.encode_batch, batch)

    def _encode(self, encode: Callable[..., list[Any]], texts: list[str]) -> list[Any]:
        try:
            return encode(texts, add_special_tokens=False)
        except (TypeError, UnicodeEncodeError):
            # A lone surrogate, which no tokenizer takes, becomes one question mark: positions stay what they were.
            readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
            return encode(readable, add_special_tokens=False)


class WordLengths:
    """Lengths in tokens as sums over words, each of which is counted once, with the white space before it.

    That is the exact length wherever the tokenizer keeps words apart, and near it elsewhere.

    Args:
        count_tokens: length in tokens of each text.
    """

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count_tokens = count_tokens
        self._lengths: dict[str, int] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Count all words of some texts in one call."""
        new = dict.fromkeys(piece for text in texts for piece in _PIECE.findall(text) if piece not in self._lengths)
        if new:
            self._lengths.update(zip(new, self._count_tokens(list(new)), strict=True))

    def length(self, text: str) -> int:
        """Add up the lengths of the words of a text."""
        known = self._lengths
        try:
            return sum([known[piece] for piece in _PIECE.findall(text)])
        except KeyError:
            self.learn([text])
            return self.length(text)

    def locate(self, texts: Sequence[str]) -> list[TokenMap]:
        """Spread the tokens of each word evenly over its characters."""
        self.learn(texts)
        return [self._locate(text) for text in texts]

    def _locate(self, text: str) -> TokenMap:
        found = TokenMap()
        for match in _PIECE.finditer(text):
            tokens = self._lengths[match.group()]
            start, size = match.start(), match.end() - match.start()
            found.starts.extend(start + size * token // tokens for token in range(tokens))
            found.ends.extend(start + size * (token + 1) // tokens for token in range(tokens))
        return found


def locate_tokens(texts: Sequence[str], count_tokens: CountTokens | LocatesTokens) -> list[TokenMap]:
    """Find where the tokens of each text stand: as a counter that can tell says, else word by word."""
    if isinstance(count_tokens, LocatesTokens):
        return count_tokens.locate(texts)
    return WordLengths(count_tokens).locate(texts)


def _slices(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = min(len(text), start + _SLICE)
        if end < len(text):
            # A slice opens with its white space, since most tokenizers take it to the word that follows.
            space = max(text.rfind(" ", start + 1, end), text.rfind("\n", start + 1, end))
            end = space if space > start else end
        yield start, end
        start = end


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    held = 0
    for text in texts:
        if batch and held + len(text) > _BATCH:
            yield batch
            batch, held = [], 0
        batch.append(text)
        held += len(text)
    if batch:
        yield batch
