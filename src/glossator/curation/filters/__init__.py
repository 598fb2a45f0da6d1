"""What may not become a sample, one filter a file: takes samples, leaves samples and rejects.

The filters that a task's nature can rule out (an analogy has no literal evidence) look only at samples of the tasks
that name them; the others look at all. `glossator.curation.curate` has them in their order.
"""

from __future__ import annotations

from glossator.curation.filters.answer_in_question import AnswerNotInQuestion
from glossator.curation.filters.duplicate_question import DistinctQuestions
from glossator.curation.filters.empty import NotEmpty
from glossator.curation.filters.evidence import EvidenceFound
from glossator.curation.filters.filter import (
    HELD_OUT,
    PRIORITY,
    CountTokens,
    Filter,
    Outcome,
    by_priority,
    is_ready,
    reject_sample,
)
from glossator.curation.filters.language import SameLanguage
from glossator.curation.filters.length import FittingLength
from glossator.curation.filters.near_duplicate import DistinctPairs
from glossator.curation.filters.over_budget import Fit, TokenBudget
from glossator.curation.filters.same_meaning import DistinctMeanings
from glossator.curation.filters.self_referential import SelfContained
from glossator.curation.filters.straddles import OneSplitPerChunk

__all__ = [
    "HELD_OUT",
    "PRIORITY",
    "AnswerNotInQuestion",
    "CountTokens",
    "DistinctMeanings",
    "DistinctPairs",
    "DistinctQuestions",
    "EvidenceFound",
    "Filter",
    "Fit",
    "FittingLength",
    "NotEmpty",
    "OneSplitPerChunk",
    "Outcome",
    "SameLanguage",
    "SelfContained",
    "TokenBudget",
    "by_priority",
    "is_ready",
    "reject_sample",
]
