"""Takes a sentence, leaves it altered in one known way, so that it is known to be wrong; or nothing where it cannot be.

Written for English: where an auxiliary verb is not found, no denial is added.
"""

from __future__ import annotations

import random
import re

from glossator.curation.judging.claims import numbers_of

_PLAIN_NUMBER = re.compile(r"(?<![^\W_])(?<![.,:/–-])\d{1,4}(?:\.\d{1,3})?(?![\w:/–-]|[.,]\d)")
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has been|have been|can|could|may|might|will|would|should|must)\b"
    r"(?! (?:only|just|always|all|both)\b)"
)
_DO = re.compile(r"\b(?P<verb>provides?|allows?|contains?|includes?|requires?|enables?|consists?|depends?|produces?)\b")
_DENIES = re.compile(r"\b(?:not|no|never|none|neither|nor|without|cannot|nothing)\b|n[’']t\b", re.IGNORECASE)
_TRIES = 20


def change_number(sentence: str, passage: str, rng: random.Random) -> str | None:
    """Change one number of a sentence to one that its passage does not hold; None where there is none to change."""
    places = list(_PLAIN_NUMBER.finditer(sentence))
    if not places:
        return None
    place = rng.choice(places)
    known = numbers_of(passage)
    for _ in range(_TRIES):
        other = _other_number(place[0], rng)
        if other not in known:
            return f"{sentence[: place.start()]}{other}{sentence[place.end() :]}"
    return None


def _other_number(number: str, rng: random.Random) -> str:
    """A number of the same form and about the same size."""
    whole, point, decimals = number.partition(".")
    value = int(whole)
    low, high = max(2, value // 2), max(12, value * 2)
    if len(whole) == 4 and not point:  # a year stays a year
        low, high = value - 90, value + 90
    return f"{rng.randint(low, high)}{point}{decimals}"


def deny(sentence: str) -> str | None:
    """Deny what a sentence says; None where it denies something already or has no verb that this knows."""
    if _DENIES.search(sentence):
        return None
    found = _AUXILIARY.search(sentence)
    if found:
        verb, end = found[0], found.end()
        if verb in ("has been", "have been"):
            end = found.start() + len(verb.split()[0])
        told = "cannot" if verb == "can" else f"{sentence[found.start() : end]} not"
        return f"{sentence[: found.start()]}{told}{sentence[end:]}"
    found = _DO.search(sentence)
    if found is None:
        return None
    verb = found["verb"]
    plain = verb.removesuffix("s")
    do = "does" if verb != plain else "do"
    return f"{sentence[: found.start()]}{do} not {plain}{sentence[found.end() :]}"
