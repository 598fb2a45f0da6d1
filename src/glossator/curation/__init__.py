"""Takes samples, leaves train, dev, test, test_seen, the pool and what was rejected."""

from __future__ import annotations

from glossator.curation.assignment import Assignment, section_key, unit_key
from glossator.curation.curate import Curated, curate
from glossator.curation.fractions import Fractions, split_by_fractions
from glossator.curation.ledger import Ledger, check_yield
from glossator.curation.per_group import PerGroup, split_per_group
from glossator.curation.seen import hold_out_seen
from glossator.curation.splits import SplitRule, assign_splits
from glossator.curation.stats import dataset_stats

__all__ = [
    "Assignment",
    "Curated",
    "Fractions",
    "Ledger",
    "PerGroup",
    "SplitRule",
    "assign_splits",
    "check_yield",
    "curate",
    "dataset_stats",
    "hold_out_seen",
    "section_key",
    "split_by_fractions",
    "split_per_group",
    "unit_key",
]
