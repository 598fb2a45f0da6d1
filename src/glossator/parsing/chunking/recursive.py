"""Chunks by LangChain's RecursiveCharacterTextSplitter: at blank lines, else lines, else spaces, else anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from glossator.errors import MissingExtraError
from glossator.parsing.chunking.cutting import skip_space
from glossator.parsing.chunking.prose import Run, Span
from glossator.parsing.chunking.rules import Rules
from glossator.text.tokens import WordLengths


def cut(runs: Sequence[Run], rules: Rules) -> list[list[Span]]:
    """Take runs, leave the spans of each that the splitter makes a chunk of.

    The splitter asks for the length of every paragraph, line and word several times over; it is told sums of lengths
    in tokens of words, each counted once. It knows neither headings, except that a run ends at a top-level one, nor
    sentences.

    Raises:
        MissingExtraError: langchain-text-splitters is not installed.
    """
    try:
        from langchain_text_splitters import RecursiveCharacterTextSplitter
    except ImportError as error:
        raise MissingExtraError("langchain_text_splitters", "documents") from error
    lengths = WordLengths(rules.count)
    lengths.learn(run.text for run in runs)
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=rules.max_tokens, chunk_overlap=rules.overlap, length_function=lengths.length
    )
    return [_locate(run.text, splitter.split_text(run.text), overlap=rules.overlap) for run in runs]


def _locate(text: str, pieces: Sequence[str], *, overlap: int) -> list[Span]:
    """Find where in the text the pieces stand, which come in order and leave nothing but white space between them.

    Where they overlap in text that repeats itself, the first place that fits is taken, which is never behind the real
    one, so that the search for the next piece cannot miss.
    """
    spans: list[Span] = []
    start, end = 0, 0
    for piece in pieces:
        earliest = max(start, end - len(piece)) if overlap else skip_space(text, end)
        start = text.index(piece, earliest)
        if start + len(piece) > end:
            end = start + len(piece)
            spans.append((start, end))
    return spans
