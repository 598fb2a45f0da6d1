"""Which split each document, section or ready sample belongs to: decided once and kept in `splits.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from glossator import records
from glossator.errors import CurationError
from glossator.records import Chunk, JsonValue, Reject, Sample, Split, content_id

DocumentUnit = Literal["document", "section"]
"""What chunks are split by."""
Unit = Literal["document", "section", "pair"]
UnitReason = Literal["enough_documents", "few_documents", "kept", "only_pairs"]

HOLDOUT: tuple[Split, ...] = ("dev", "test")
"""The splits that choose and examine: what is in them is never trained on."""

BOUNDARY = "boundary"
"""Reason of a chunk that is left out because it stands next to a chunk of another split."""

NEAR_TWO_SPLITS = "near_two_splits"
"""Reason of a unit that is left out because units of another split are near-duplicates of it."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The split of every unit, and what was set aside.

    Remembers units of earlier runs as well, whether or not they are still among the documents, so that a document
    that goes and comes back finds its old split.
    """

    unit: Unit
    """`document`; `section` where there are too few documents: "unseen" then means unseen sections; `pair` where there
    are none but ready samples. Beside documents or sections, ready samples are units as well."""
    split_of: Mapping[str, Split]
    """Unit key → split: train, dev, test or pool. The key is a document's id, what `section_key` makes, or a ready
    sample's id; keys of other units are remembered too, for a folder that comes back."""
    cluster_of: Mapping[str, str]
    """Unit key → id of its cluster of near-duplicates, for the units of the latest run."""
    set_aside: tuple[Reject, ...] = ()
    """Units and chunks that belong to no split in the latest run, with the reason."""
    unit_reason: UnitReason = "enough_documents"
    """Why this unit: as there are enough documents, or too few, or ready samples only; `kept` where the documents'
    number asks for the other one, but some of the units were assigned in an earlier run and must not move."""
    _without_split: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        left_out = frozenset(reject.subject_id for reject in self.set_aside)
        object.__setattr__(self, "_without_split", left_out)

    @property
    def holdout_hash(self) -> str:
        """A hash of the units in dev and test: it changes exactly when the held-out side does."""
        held = sorted((split, key) for key, split in self.split_of.items() if split in HOLDOUT)
        return content_id(self.unit, *(part for pair in held for part in pair))

    def split_of_chunk(self, chunk: Chunk) -> Split | None:
        """Take a chunk, leave its split; None for a chunk that was set aside or whose unit has no split."""
        return None if chunk.id in self._without_split else self.split_of_unit(unit_key(chunk, self.unit))

    def split_of_sample(self, sample: Sample) -> Split | None:
        """Take a ready sample, leave its split; None for one that was set aside or never assigned.

        A sample that was written about a chunk has the split of its chunk, which it carries.
        """
        return self.split_of_unit(sample.id)

    def split_of_unit(self, key: str) -> Split | None:
        """Take a unit's key, leave its split; None for a unit that was set aside, for this run or for good."""
        return None if key in self._without_split else self.split_of.get(key)

    def to_dict(self) -> dict[str, JsonValue]:
        """Leave plain data for `splits.json`, keys sorted."""
        return {
            "unit": self.unit,
            "unit_reason": self.unit_reason,
            "holdout_hash": self.holdout_hash,
            "split_of": dict(sorted(self.split_of.items())),
            "cluster_of": dict(sorted(self.cluster_of.items())),
            "set_aside": [records.to_dict(reject) for reject in self.set_aside],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, JsonValue]) -> Assignment:
        """Take what `to_dict` made, leave the assignment.

        Raises:
            CurationError: the data is not an assignment, or its dev and test units are not those it was saved with.
        """
        try:
            unit, unit_reason, stored_hash = data["unit"], data["unit_reason"], data["holdout_hash"]
            split_of = dict(data["split_of"])
            cluster_of = {str(key): str(value) for key, value in dict(data["cluster_of"]).items()}
            set_aside = tuple(records.from_dict(Reject, reject) for reject in data["set_aside"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CurationError(f"the saved splits cannot be read ({error!r}); {_REMEDY}") from error
        if unit not in get_args(Unit):
            raise CurationError(
                f"the saved splits have the unit {unit!r}, none of {', '.join(get_args(Unit))}; {_REMEDY}"
            )
        if unit_reason not in get_args(UnitReason):
            raise CurationError(f"the saved splits have the reason {unit_reason!r} for their unit; {_REMEDY}")
        for key, split in split_of.items():
            if split not in get_args(Split):
                raise CurationError(f"the saved splits put {key} in {split!r}, which is no split; {_REMEDY}")
        assignment = cls(unit, split_of, cluster_of, set_aside=set_aside, unit_reason=unit_reason)
        if assignment.holdout_hash != stored_hash:
            raise CurationError(f"dev or test of the saved splits were altered since they were saved; {_REMEDY}")
        return assignment


_REMEDY = "restore splits.json, or delete it to split anew (scores are then not comparable with earlier runs)"


def unit_key(chunk: Chunk, unit: Unit) -> str:
    """Take a chunk, leave the key of the document or section that it belongs to.

    Where ready samples are the unit, no chunk was assigned; one then belongs to its document.
    """
    return section_key(chunk) if unit == "section" else chunk.document_id


def section_key(chunk: Chunk) -> str:
    """Take a chunk, leave the key of its top-level section: document id, `#`, outermost heading.

    Text above the first heading is a section with an empty heading. Sections of one document under equal headings
    ("Exercises" after each chapter) are one unit.
    """
    return f"{chunk.document_id}#{chunk.heading_path[0] if chunk.heading_path else ''}"
