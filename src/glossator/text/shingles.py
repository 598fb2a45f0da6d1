"""Takes texts, leaves their shingles, the runs of three consecutive words, as numbers.

A word is a run of letters and digits; in scripts without spaces between words each character is one. Case, punctuation
and compatibility forms do not count: texts are compared after NFKC and case folding.

Words are not cut out one by one. The characters of many texts lie behind one another as numbers, each is replaced by a
random 64-bit one, and running sums of these, weighted by powers of an odd base, give every word's polynomial hash as a
difference of two sums (Karp and Rabin 1987). Three of them make a shingle's hash. What is no single character after
folding, such as ß, ½ or a letter with its accent apart, is folded beforehand, only in the texts that hold it.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from glossator.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.uint64]
    Places = NDArray[np.int64]

SHINGLE_WORDS = 3

_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ALONE = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_JAMO = range(0x1100, 0x1200)
_TABLE = 0x10000
"""Characters of the table; the rare ones beyond are looked up one by one."""

_BATCH_CHARACTERS, _BATCH_TEXTS = 1 << 16, 1 << 12
_PIECE, _OVERLAP = 1 << 20, 1 << 8
"""Characters of a long text that are worked on at a time, and how many of them again with the next."""
_TEXT_BITS = 12
"""A hash gives way to the text's place in its batch with so many bits, so that one sort orders all texts of it."""
_BASE, _FIRST, _SECOND = 0x9E3779B97F4A7C15 | 3, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F


@dataclass(frozen=True, slots=True)
class Shingles:
    """The distinct shingles of texts as hashes of 52 random bits, the low 12 empty."""

    numbers: Numbers
    """Text after text, ascending within each."""
    starts: Places
    """Where each text's numbers begin; one more than there are texts."""

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.starts) - 1

    def of(self, place: int) -> Numbers:
        """Take a text's place, leave its numbers."""
        return self.numbers[self.starts[place] : self.starts[place + 1]]

    def sizes(self) -> Places:
        """How many distinct shingles each text has."""
        sizes: Places = self.starts[1:] - self.starts[:-1]
        return sizes


def shingles(text: str, *, words: int = SHINGLE_WORDS) -> set[str]:
    """Take a text, leave its runs of `words` consecutive words, in lower case; empty when it has no word."""
    found = _WORD.findall(_fold(text))
    if not found:
        return set()
    return {" ".join(found[start : start + words]) for start in range(max(1, len(found) - words + 1))}


def hash_shingles(texts: Sequence[str], *, words: int = SHINGLE_WORDS) -> Shingles:
    """Take texts, leave the hashes of what `shingles` would give of each, many times as fast.

    The memory besides the answer does not grow with the number of texts, nor with the length of one. Of a text longer
    than a million characters a shingle may be missing where it is cut, if 256 characters there hold fewer words than
    it has.

    Args:
        texts: of any length.
        words: consecutive words of a shingle.

    Raises:
        MissingExtraError: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtraError("numpy", "documents") from error
    numbers, sizes = array("Q"), [0]
    for batch in _batches(texts):
        if len(batch) == 1 and len(batch[0]) > _PIECE:
            found = np.unique(np.concatenate([_hash_batch([piece], words)[0] for piece in _pieces(batch[0])]))
            counts = np.array([len(found)])
        else:
            found, counts = _hash_batch(batch, words)
        numbers.frombytes(found.tobytes())
        sizes.extend(counts.tolist())
    return Shingles(np.frombuffer(numbers, np.uint64), np.cumsum(sizes))


def count_shared(one: Numbers, other: Numbers) -> int:
    """Take the ascending distinct numbers of two texts, leave how many they share."""
    import numpy as np

    both = np.concatenate((one, other))
    both.sort(kind="stable")  # merges two ascending runs
    return int(np.count_nonzero(both[1:] == both[:-1]))


def similarity(one: Numbers, other: Numbers) -> float:
    """Take the ascending distinct numbers of two texts, leave their Jaccard similarity; 0 if neither has any."""
    shared = count_shared(one, other)
    return shared / max(1, len(one) + len(other) - shared)


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (size + len(text) > _BATCH_CHARACTERS or len(batch) == _BATCH_TEXTS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield batch


def _pieces(text: str) -> Iterator[str]:
    """Cut a long text at white space into overlapping pieces."""
    start = 0
    while len(text) - start > _PIECE:
        end = max(
            text.rfind(" ", start + _PIECE // 2, start + _PIECE), text.rfind("\n", start + _PIECE // 2, start + _PIECE)
        )
        end = end if end > 0 else start + _PIECE
        yield text[start:end]
        start = max(text.rfind(" ", start, end - _OVERLAP) + 1, end - 4 * _OVERLAP)
    yield text[start:]


def _hash_batch(batch: Sequence[str], length: int) -> tuple[Numbers, Places]:
    """Take fewer texts than fit into `_TEXT_BITS`, leave their distinct hashes in order and the count of each."""
    import numpy as np

    words, bounds = _hash_words(*_characters(batch))
    weights = _weights(length)
    owners = np.repeat(np.arange(len(batch), dtype=np.uint64), np.diff(bounds))
    last = max(0, len(words) - length + 1)
    whole = owners[length - 1 :] == owners[:last]
    runs = np.zeros(last, np.uint64)
    for place, weight in enumerate(weights):
        runs += words[place : place + last] * weight
    runs = runs[whole]
    # A text of fewer words than a shingle has is one shingle.
    first, counts = bounds[:-1], np.diff(bounds)
    short = np.flatnonzero((counts > 0) & (counts < length))
    alone = np.zeros(len(short), np.uint64)
    for place, weight in enumerate(weights[:-1]):
        there = counts[short] > place
        alone[there] += words[first[short[there]] + place] * weight
    hashes = _mix(np.concatenate((runs, alone)))
    owners = np.concatenate((owners[length - 1 :][whole], short.astype(np.uint64)))
    keys = owners << np.uint64(64 - _TEXT_BITS) | hashes >> np.uint64(_TEXT_BITS)
    keys.sort()
    keys = keys[np.concatenate((np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]))]
    sizes = np.bincount((keys >> np.uint64(64 - _TEXT_BITS)).astype(np.int64), minlength=len(batch))
    return keys << np.uint64(_TEXT_BITS), sizes


def _characters(batch: Sequence[str]) -> tuple[NDArray[np.uint32], Places]:
    """Put the texts behind one another as code points, those folded that a table cannot; with where each begins."""
    import numpy as np

    def lay_out(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Places]:
        joined = "\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
        return np.frombuffer(joined, "<u4"), np.cumsum([0, *(len(text) + 1 for text in texts)])

    codes, starts = lay_out(batch)
    awkward = np.flatnonzero(_tables()[2][np.minimum(codes, _TABLE)])
    if not len(awkward):
        return codes, starts
    folded = list(batch)
    for place in np.unique(np.searchsorted(starts, awkward, side="right") - 1).tolist():
        folded[place] = _fold(batch[place])
    return lay_out(folded)


def _hash_words(codes: NDArray[np.uint32], starts: Places) -> tuple[Numbers, Places]:
    """Take code points and where each text begins, leave its words' hashes and where each text's words begin."""
    import numpy as np

    values, kinds, _ = _tables()
    within = np.minimum(codes, _TABLE)
    value, kind = values[within], kinds[within]
    for place in np.flatnonzero(codes >= _TABLE).tolist():
        kind[place], value[place] = chr(codes[place]).isalnum(), _mix(codes[place : place + 1].astype(np.uint64))[0]
        value[place] *= kind[place]
    power, inverse = _powers(1 << (len(codes) - 1).bit_length())
    weighted = value * power[: len(codes)]
    sums = np.cumsum(weighted)
    # Kinds: 0 is between words, 1 within one, 2 a word of its own. A text ends with a character of kind 0.
    apart = kind[1:] != kind[:-1]
    apart |= kind[1:] == 2
    begins = np.flatnonzero(np.concatenate((np.ones(1, bool), apart)) & (kind > 0))
    ends = np.flatnonzero(np.concatenate((apart, np.ones(1, bool))) & (kind > 0))
    return _mix((sums[ends] - sums[begins] + weighted[begins]) * inverse[begins]), np.searchsorted(begins, starts)


@lru_cache(maxsize=4)
def _weights(length: int) -> Numbers:
    """What each word of a shingle counts, so that their order does."""
    import numpy as np

    factors = (1, _SECOND, _FIRST, *(_FIRST * pow(_SECOND, power, 1 << 64) for power in range(1, length - 2)))
    return np.array([factor % (1 << 64) for factor in reversed(factors[:length])], np.uint64)


@lru_cache(maxsize=2)
def _powers(count: int) -> tuple[Numbers, Numbers]:
    """The first powers of the base modulo 2 ** 64, and of its inverse."""
    import numpy as np

    bases = (1, _BASE), (1, pow(_BASE, -1, 1 << 64))
    power, inverse = (
        np.multiply.accumulate(np.concatenate((np.full(1, one, np.uint64), np.full(count - 1, base, np.uint64))))
        for one, base in bases
    )
    return power, inverse


@lru_cache(maxsize=1)
def _tables() -> tuple[Numbers, NDArray[np.uint8], NDArray[np.bool_]]:
    """Of each character: a random number (of its folded form), its kind, and whether its text must be folded first.

    Folded first are texts with characters that become several, that combine with the one before, or that lie beyond
    the table, which its last entry stands for. Made once, in 0.1 s.
    """
    import numpy as np

    folded = [_fold(chr(code)) for code in range(_TABLE)]
    awkward = [
        len(form) != 1 or unicodedata.category(chr(code))[0] == "M" or code in _JAMO for code, form in enumerate(folded)
    ]
    plain = [form if len(form) == 1 else " " for form in folded]
    kinds = [2 if _ALONE.match(form) else int(form.isalnum()) for form in plain]
    kind = np.array([*kinds, 0], np.uint8)
    value = _mix(np.array([*map(ord, plain), 0], np.uint64))
    value[kind == 0] = 0
    return value, kind, np.array([*awkward, True])


def _mix(numbers: Numbers) -> Numbers:
    """Spread numbers evenly over 64 bits (the finalizer of SplitMix64; Steele, Lea and Flood 2014)."""
    import numpy as np

    numbers = (numbers ^ numbers >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ numbers >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    spread: Numbers = numbers ^ numbers >> np.uint64(31)
    return spread
