"""The held-out side stays as it was: assignments, or samples, of two runs or rounds in, an error out if it changed.

`assign_splits` keeps the split of whatever was assigned, and a saved assignment is refused if it was altered. Two ways
are left in which what examines could change unseen: a unit of dev or test may be set aside for a run, because its text
changed or a document of another split came back that is like it; and a rule, a filter or a hand may move one.

`check_holdout` is for every run. `holdout_hash` and `check_round` are for rounds that are compared with each other; the
pipeline has no rounds yet and does not call them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from glossator.curation.assignment import HOLDOUT, Assignment
from glossator.errors import CurationError
from glossator.records import Sample, Split, content_id

_SHOWN = 3
_REMEDY = (
    "put the documents back as they were, or delete splits.json to split anew (scores are then not comparable with "
    "earlier runs)"
)


def check_holdout(previous: Assignment, new: Assignment, present: Collection[str]) -> None:
    """Take the assignments of an earlier run and of this one, leave nothing if the held-out side is the same.

    Units that the earlier run did not know may be added to any side. Units that are not present do not count: a
    document that is gone examines nobody, and finds its split when it comes back.

    Args:
        previous: what was kept.
        new: what is about to be used.
        present: keys of the units that there is something of in this run.

    Raises:
        CurationError: a present unit would leave dev or test, change between them, or come to them from train or pool.
    """
    moved, dropped, added = list[str](), list[str](), list[str]()
    for key in sorted(present):
        before, now = previous.split_of_unit(key), new.split_of_unit(key)
        if before is None or before == now:
            continue
        if before in HOLDOUT:
            (dropped if now is None else moved).append(key)
        elif now in HOLDOUT:
            added.append(key)
    problems = [
        f"{len(keys)} {new.unit}{'s' * (len(keys) != 1)} would {what} ({_shown(keys)})"
        for what, keys in (
            ("change between dev, test and what teaches", moved),
            ("be left out of dev or test", dropped),
            ("come to dev or test from train or pool", added),
        )
        if keys
    ]
    if problems:
        raise CurationError(f"the held-out side is frozen, but {' and '.join(problems)}; {_REMEDY}")


def holdout_hash(samples: Iterable[Sample], splits: Collection[Split] = HOLDOUT) -> str:
    """Take samples, leave a hash of those in dev and test: it changes exactly when one comes, goes, moves or changes.

    The order of the samples does not matter.

    Args:
        samples: of any split.
        splits: which count as held out.
    """
    held = sorted((sample.split, sample.id, *sample.chunk_ids) for sample in samples if sample.split in splits)
    return content_id(*(content_id(*parts) for parts in held))


def check_round(kept: str, samples: Iterable[Sample]) -> None:
    """Take the `holdout_hash` of an earlier round and the samples of this one, leave nothing if it is the same.

    Raises:
        CurationError: other questions would be asked than in the earlier round.
    """
    found = holdout_hash(samples)
    if found != kept:
        raise CurationError(
            f"the questions of dev and test are not those of the earlier round (hash {found[:8]}, kept {kept[:8]}), so "
            "the rounds cannot be compared; run this round with the teacher, tasks and filters of the first one"
        )


def _shown(keys: list[str]) -> str:
    return ", ".join(keys[:_SHOWN]) + (", …" if len(keys) > _SHOWN else "")
