"""Takes the passages of a run, leaves pairs of which it is known whether they are good, to test a judge with.

Half of them are good: a sentence of the passage as the answer to a plain question. The other half is bad in one known
way each, and in nothing else; see `PlantedKind`. In form they are like any other case, so a judge cannot tell them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from glossator.curation.judging.alterations import change_number, deny
from glossator.curation.judging.cases import Aspect, Case
from glossator.curation.judging.claims import claims_of
from glossator.curation.judging.plain_questions import PlainPair, plain_pairs
from glossator.curation.judging.style_rules import rules_of
from glossator.text.sentences import sentences

PlantedKind = Literal["good", "other_passage", "number_changed", "denied", "unanswerable", "style_break"]
BAD_KINDS: tuple[PlantedKind, ...] = ("other_passage", "number_changed", "denied", "unanswerable", "style_break")
SAYS_SO: Mapping[PlantedKind, Aspect] = {
    "other_passage": "support",
    "number_changed": "support",
    "denied": "support",
    "unanswerable": "answerable",
    "style_break": "style",
}
"""Which part of a verdict must be false for each kind of bad pair."""

_SHARED = 0.34
"""Largest share of a sentence's words that stands in a passage which is said not to tell it."""
_TRIED_PARTNERS = 20
_CANDIDATES = 5
"""Plain pairs looked for, in multiples of the good ones wanted, so that each kind of bad one finds what it needs."""
_PREAMBLES = ("Great question! ", "Sure, I can help with that. ", "Certainly! Here is the answer: ")
_SHORT = re.compile(r"\b(?:short|brief|concise|terse|plain|direct|only)\b", re.IGNORECASE)
_LOOKED_THROUGH = 100
"""Passages that are looked through for them, in the same multiples; other languages than English give none."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A case with what is known of it."""

    case: Case
    kind: PlantedKind


@dataclass(frozen=True, slots=True)
class PlantedPassage:
    """A passage that pairs may be made of."""

    text: str
    document_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The form of the run's own cases, which the planted ones share."""

    context: Literal["none", "chunk", "retrieved"]
    style: str | None


def plant(passages: Sequence[PlantedPassage], forms: Sequence[Asked], *, count: int, seed: int) -> list[Planted]:
    """Turn passages into up to `count` good and as many bad planted cases, in an order drawn by the seed.

    Where passages hold too few plain sentences there are fewer, of both sides alike. The kinds of bad pairs take turns,
    as far as each can be made: numbers need a number, denials a verb, a broken style a style.

    Args:
        passages: of the run; only as many are read as it takes.
        forms: those of the run's cases; each planted case has one of them.
        count: good ones, and bad ones.
        seed: decides all draws.
    """
    rng = random.Random(seed)
    if not forms or not passages or count < 1:
        return []
    alone = any(form.context == "none" for form in forms)
    found = plain_pairs([one.text for one in passages], rng, alone=alone, most=_LOOKED_THROUGH * count)
    pairs = list(islice(found, _CANDIDATES * count))
    planter = _Planter(passages, pairs, rng)
    sound = [(pair, case) for pair in pairs if (case := planter.good(pair, rng.choice(forms))) is not None]
    bad = planter.spoil(sound, min(count, len(sound) // 2))
    spoilt = {place for place, _ in bad}
    good = [Planted(case, "good") for place, (_, case) in enumerate(sound) if place not in spoilt]
    planted = [*(made for _, made in bad), *good[: len(bad)]]
    rng.shuffle(planted)
    return planted


class _Planter:
    """Makes cases of plain pairs."""

    def __init__(self, passages: Sequence[PlantedPassage], candidates: Sequence[PlainPair], rng: random.Random) -> None:
        self._passages, self._candidates, self._rng = passages, candidates, rng
        self._makers: Mapping[PlantedKind, Callable[[PlainPair, Case], Case | None]] = {
            "other_passage": self._other_passage,
            "number_changed": self._number_changed,
            "denied": self._denied,
            "unanswerable": self._unanswerable,
            "style_break": self._style_break,
        }

    def good(self, pair: PlainPair, form: Asked) -> Case | None:
        """Make the good case of a pair; None where the sentence itself would break the style."""
        if form.style and any(rules_of(form.style).breaches(pair.question, pair.sentence)):
            return None
        passage = self._passages[pair.place]
        return Case(
            question=pair.question,
            answer=pair.sentence,
            passages=(passage.text,),
            context=form.context,
            style=form.style,
            document_ids=(passage.document_id,),
        )

    def spoil(self, sound: Sequence[tuple[PlainPair, Case]], count: int) -> list[tuple[int, Planted]]:
        """Make up to `count` bad cases of good ones, each with the place of that; kinds take turns while they can."""
        left = {kind: iter(range(len(sound))) for kind in BAD_KINDS}
        spoilt: dict[int, Planted] = {}
        while left and len(spoilt) < count:
            for kind in tuple(left):
                found = self._spoil_next(kind, sound, left[kind], spoilt)
                if not found:
                    del left[kind]
                if len(spoilt) >= count:
                    break
        return list(spoilt.items())

    def _spoil_next(
        self,
        kind: PlantedKind,
        sound: Sequence[tuple[PlainPair, Case]],
        places: Iterator[int],
        spoilt: dict[int, Planted],
    ) -> bool:
        for place in places:
            if place not in spoilt and (made := self._makers[kind](*sound[place])) is not None:
                spoilt[place] = Planted(made, kind)
                return True
        return False

    def _other_passage(self, pair: PlainPair, case: Case) -> Case | None:
        other = self._foreign(pair)
        return replace(case, answer=other.sentence) if other else None

    def _unanswerable(self, pair: PlainPair, case: Case) -> Case | None:
        other = self._foreign(pair)
        return replace(case, question=other.question) if other else None

    def _number_changed(self, pair: PlainPair, case: Case) -> Case | None:
        changed = change_number(pair.sentence, f"{case.question} {case.passages[0]}", self._rng)
        return replace(case, answer=changed) if changed else None

    def _denied(self, pair: PlainPair, case: Case) -> Case | None:
        denied = deny(pair.sentence)
        return replace(case, answer=denied) if denied else None

    def _style_break(self, pair: PlainPair, case: Case) -> Case | None:
        if case.style is None:
            return None
        rules = rules_of(case.style)
        others = [text for text in sentences(case.passages[0]) if text != pair.sentence]
        breaks: list[str] = []
        if rules.max_sentences is not None or _SHORT.search(case.style):
            breaks.append(self._rng.choice(_PREAMBLES) + pair.sentence)
        if not rules.lists and len(others) > 1:
            breaks.append("\n".join(f"- {text}" for text in (pair.sentence, *others[:3])))
        if rules.max_sentences is not None and len(others) > rules.max_sentences:
            breaks.append(" ".join([pair.sentence, *others[: rules.max_sentences + 1]]))
        return replace(case, answer=self._rng.choice(breaks)) if breaks else None

    def _foreign(self, pair: PlainPair) -> PlainPair | None:
        """A pair of another passage, of another document if possible, whose words this one's passage hardly holds."""
        own = self._passages[pair.place]
        here = claims_of(own.text)
        pool = self._candidates
        tried = [pool[place] for place in self._rng.sample(range(len(pool)), min(len(pool), _TRIED_PARTNERS))]
        tried.sort(key=lambda other: self._passages[other.place].document_id == own.document_id)  # others first
        for other in tried:
            if other.place == pair.place:
                continue
            asked, told = claims_of(other.question).words - {"known"}, claims_of(other.sentence).words
            if not asked & here.words and len(told & here.words) <= _SHARED * len(told):
                return other
        return None
