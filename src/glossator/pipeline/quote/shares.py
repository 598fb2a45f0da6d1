"""How samples, documents and passages will be shared among the splits, before any is assigned."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.recipe import PerGroupSection, Recipe
from glossator.records import Sample

SPLITS = ("train", "dev", "test", "pool")
_UNEVEN = 0.6
"""Documents differ in what they hold: a split of n of them is off by about this, over the root of n, as a share."""


def shares_of(recipe: Recipe, documents: float, groups: int = 1) -> dict[str, Range]:
    """Which part of what is written falls to each split, for so many documents."""
    splits = recipe.curation.splits
    if isinstance(splits, PerGroupSection):
        parts = _quotas(recipe, [max(1, round(documents / max(1, groups)))] * max(1, groups))
        total = sum(parts.values()) or 1
        middle = {name: parts[name] / total for name in SPLITS}
    else:
        middle = {name: float(getattr(splits, name)) for name in SPLITS}
    return {name: _around(share, documents) for name, share in middle.items()}


def _around(share: float, documents: float) -> Range:
    error = _UNEVEN / math.sqrt(max(1.0, share * documents)) if 0 < share < 1 else 0.0
    return Range(max(0.0, share * (1 - error)), min(1.0, share * (1 + error)))


def ready_by_split(recipe: Recipe, ready: Sequence[Sample]) -> dict[str, Range]:
    """How many ready questions each split will have; equal ones count as one when they are split, here they do not."""
    if not ready:
        return dict.fromkeys(SPLITS, NOTHING)
    if isinstance(recipe.curation.splits, PerGroupSection):
        parts = _quotas(recipe, list(Counter(sample.group for sample in ready).values()))
        return {name: Range(parts[name] * 0.95, parts[name] * 1.05).rounded() for name in SPLITS}
    shares = {name: float(getattr(recipe.curation.splits, name)) for name in SPLITS}
    return {name: Range.of(share * len(ready)).scaled(0.95, 1.05).rounded() for name, share in shares.items()}


def _quotas(recipe: Recipe, sizes: Sequence[int]) -> Mapping[str, int]:
    from glossator.curation.per_group import count_quotas
    from glossator.pipeline.settings import split_rule

    rule = split_rule(recipe)
    total: Counter[str] = Counter()
    for size in sizes:
        total.update(dict(count_quotas(size, rule)))  # type: ignore[arg-type]  # the rule of this section's kind
    return total
