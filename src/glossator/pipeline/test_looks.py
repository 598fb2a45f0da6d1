"""How often a test set was looked at: each model that was scored on it, kept for good beside the splits."""

from __future__ import annotations

import json

from glossator.artifacts import write_json
from glossator.pipeline.context import Context
from glossator.pipeline.samples import read_samples
from glossator.records import content_id


def count_look(context: Context) -> int:
    """Note that this stage is about to score its test set; returns how many different evaluations have done so.

    It is noted before the first answer, so that an evaluation that dies half way counts; going on with it does not
    count again.
    """
    holdout = content_id(*sorted(sample.id for sample in read_samples(context, "test")))
    path = context.road.test_looks_file
    looks = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    seen = looks.setdefault(holdout, [])
    if context.fingerprint not in seen:
        seen.append(context.fingerprint)
        write_json(path, looks)
    return len(seen)
