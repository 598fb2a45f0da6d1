"""What a vision model will take that says what each figure shows."""

from __future__ import annotations

from dataclasses import replace

from glossator.pipeline.context import Road
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.calls import NO_CALLS, CallQuote, Meter, Typical
from glossator.pipeline.quote.ranges import Range
from glossator.text.tokens import TokenCounter


def quote_describing(road: Road, figures: Range, counter: TokenCounter) -> CallQuote:
    """Quote the vision model of a recipe for so many figures."""
    section = road.recipe.parsing.figures
    if section is None or section.describe is None or not figures.high:
        return NO_CALLS
    teaching = road.recipe.synthesis
    prices = road.resolve(teaching.prices) if teaching and teaching.prices else None
    meter = Meter(section.describe, counter, prices, place="parsing.figures.describe")
    like = Typical(tokens_out=typical.DESCRIPTION_TOKENS, extra_tokens_in=typical.IMAGE_TOKENS + Range(200, 500))
    quoted = meter.quote(meter.recorder(road.recipe.seed), figures.rounded(), {}, like)
    return replace(quoted, notes=(*quoted.notes, "an image is taken as 250 to 1,600 tokens"))
