"""The stages that read documents: what parsing, cutting and indexing will take and leave."""

from __future__ import annotations

from glossator.pipeline.quote import typical
from glossator.pipeline.quote.describing import quote_describing
from glossator.pipeline.quote.lines import StageQuote
from glossator.pipeline.quote.looking import Look
from glossator.pipeline.quote.ranges import Range
from glossator.pipeline.quote.replies import seconds_before
from glossator.pipeline.quote.standing import Standing

_VECTOR_BYTES = 384 * 4
_INDEX_SHARE = 1.6
"""What an index takes besides its vectors, of the text that it finds."""
_CHARACTERS_A_TOKEN = 4.0


def quote_reading(standing: Standing, look: Look) -> dict[str, StageQuote]:
    """Quote the stages 2a, 2b and 2c that are to be done."""
    quotes: dict[str, StageQuote] = {}
    if standing.to_do("parse"):
        figures = {"figures": look.figures} if standing.road.recipe.parsing.figures is not None else {}
        calls = quote_describing(standing.road, look.figures, standing.counter)
        quotes["parse"] = StageQuote(
            {"documents": look.documents, "pages": look.pages, **figures},
            calls=calls,
            seconds=look.parse_seconds + calls.seconds,
            disk_bytes=look.parsed_bytes.scaled(0.8, 1.3),
            rests_on=look.rests_on,
        )
    text = look.chunk_tokens.scaled(_CHARACTERS_A_TOKEN * 0.5, _CHARACTERS_A_TOKEN * 1.2)
    if standing.to_do("chunk"):
        quotes["chunk"] = StageQuote(
            {"chunks": look.chunks, "tokens": look.chunk_tokens},
            seconds=look.chunk_seconds,
            disk_bytes=text,
            rests_on=look.rests_on,
        )
    if standing.to_do("index"):
        quotes["index"] = _index(standing, look, text)
    return quotes


def _index(standing: Standing, look: Look, text: Range) -> StageQuote:
    speed = typical.EMBED_CHUNKS_A_SECOND
    known = seconds_before(standing.road, "index", "passages")
    seconds = (
        look.chunks.scaled(0.8 * known, 1.3 * known)
        if known
        else Range(look.chunks.low / speed.high, look.chunks.high / speed.low) + typical.START_SECONDS
    )
    return StageQuote(
        {"passages": look.chunks},
        seconds=seconds,
        disk_bytes=look.chunks.scaled(2 * _VECTOR_BYTES) + text.scaled(0.8, _INDEX_SHARE),
        rests_on="an earlier run" if known else "typical speed of an embedder on a CPU",
    )
