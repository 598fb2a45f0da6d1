"""Short hashes that say whether work would come out the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from glossator.records import JsonValue

FINGERPRINT_DIGITS = 16


def canonical_json(value: JsonValue) -> str:
    """Write plain data as JSON in the one form that equal data share: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(stage: str, version: str, settings: JsonValue, inputs: Mapping[str, str]) -> str:
    """Hash all that decides a stage's output to 16 hexadecimal digits.

    Args:
        stage: the stage's name.
        version: raised by hand when the stage's code changes what comes out.
        settings: the recipe's values and whatever else decides the output (tokenizer, prompt and parser versions).
        inputs: the fingerprint of each input artifact, by its stage's name.
    """
    text = canonical_json({"stage": stage, "version": version, "settings": settings, "inputs": dict(inputs)})
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:FINGERPRINT_DIGITS]
