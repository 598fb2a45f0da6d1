"""Takes samples, leaves train, dev, test, test_seen and what was rejected."""

from __future__ import annotations

from glossator.curation.assignment import Assignment, section_key, unit_key
from glossator.curation.curate import Curated, curate
from glossator.curation.fractions import split_by_fractions
from glossator.curation.ledger import Ledger, check_yield
from glossator.curation.seen import hold_out_seen
from glossator.curation.splits import assign_splits

__all__ = [
    "Assignment",
    "Curated",
    "Ledger",
    "assign_splits",
    "check_yield",
    "curate",
    "hold_out_seen",
    "section_key",
    "split_by_fractions",
    "unit_key",
]
