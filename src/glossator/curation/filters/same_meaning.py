"""Pairs that say the same in other words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import HELD_OUT, Outcome, by_priority, is_held_out, reject_sample
from glossator.curation.filters.neighbours import find_neighbours
from glossator.curation.filters.prompt import is_conversation
from glossator.curation.filters.wording import denials, numbers, stems
from glossator.curation.normalize import normalize
from glossator.curation.vectors import Embed, embed_all
from glossator.records import Sample

QUESTION_COSINE = 0.85
ANSWER_COSINE = 0.85
_NAME = re.compile(r"(?<=[^.?!:\s]\s)(?=\S*[A-Z])[\w-]+|\b\w*[a-z\d][A-Z]\w*")
"""A word with a capital that does not open the sentence."""


@dataclass(frozen=True, slots=True)
class DistinctMeanings:
    """Rejects the later of two samples whose questions and whose answers mean the same (`same_meaning`).

    An embedder says what means the same: cosines of at least `question_cosine` between the questions and of
    `answer_cosine` between the answers. To it "the symptoms of gout" and "the symptoms of lupus" are near; so two
    samples are told apart (`differ_in_substance`) where one has a name, a number or a denial that the other lacks.
    Test comes first, pool last; of one that examines, in another split, the reason is `held_out_question`. Questions in
    the same words are for the filters before.
    """

    embed: Embed
    """Takes texts, leaves a row of numbers for each; called with at most 1,024 at once."""
    question_cosine: float = QUESTION_COSINE
    answer_cosine: float = ANSWER_COSINE
    name: str = "same_meaning"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave one of each group that means the same."""
        order = sorted(range(len(samples)), key=lambda place: by_priority(samples[place]))
        earlier = self._find(samples, order)
        kept = [sample for place, sample in enumerate(samples) if place not in earlier]
        rejects = []
        for place, (before, asked, answered) in sorted(earlier.items()):
            other = samples[before]
            detail = f"question {asked:.2f}, answer {answered:.2f} like {other.id} in {other.split}"
            reason = HELD_OUT if is_held_out(other, samples[place]) else self.name
            rejects.append(reject_sample(samples[place], stage=self.name, reason=reason, detail=detail))
        return kept, rejects

    def _find(self, samples: Sequence[Sample], order: Sequence[int]) -> dict[int, tuple[int, float, float]]:
        """Of each place that has an earlier one that means the same: that place, and both cosines."""
        places = [place for place in order if not is_conversation(samples[place])]
        vectors = embed_all([samples[place].question for place in places], self.embed)
        pairs = [
            (places[later], places[sooner], cosine)
            for later, sooner, cosine in find_neighbours(vectors, self.question_cosine)
            if _comparable(samples[places[later]], samples[places[sooner]])
        ]
        asked_of = sorted({place for later, sooner, _ in pairs for place in (later, sooner)})
        row_of = {place: row for row, place in enumerate(asked_of)}
        answers = embed_all([samples[place].answer for place in asked_of], self.embed)
        found: dict[int, tuple[int, float, float]] = {}
        rank = {place: position for position, place in enumerate(order)}
        # In this order the first that is found for a sample stands in the most guarded split.
        for later, sooner, cosine in sorted(pairs, key=lambda pair: (rank[pair[0]], rank[pair[1]])):
            answered = float(answers[row_of[later]] @ answers[row_of[sooner]])
            if later not in found and sooner not in found and answered >= self.answer_cosine:
                found[later] = (sooner, cosine, answered)
        return found


def differ_in_substance(one: Sample, other: Sample) -> bool:
    """Whether a name, number or denial tells two samples apart, however near they are in meaning to an embedder."""
    asked = one.question, other.question
    if numbers(asked[0]) != numbers(asked[1]) or denials(asked[0]) != denials(asked[1]):
        return True
    told = set(numbers(one.answer)), set(numbers(other.answer))
    if not (told[0] <= told[1] or told[1] <= told[0]) or bool(denials(one.answer)) != bool(denials(other.answer)):
        return True
    return any(_names_another(*pair) for pair in ((one, other), (other, one)))


def _names_another(own: Sample, other: Sample) -> bool:
    """Whether the first asks about something that the second neither asks about nor speaks of in its answer."""
    alone = stems(own.question) - stems(other.question)
    if not alone:
        return False
    if alone & stems(" ".join(_NAME.findall(own.question))):
        return True
    return bool(alone & stems(own.answer) - stems(other.answer))


def _comparable(one: Sample, other: Sample) -> bool:
    same_kind = one.group == other.group and bool(one.rejected) == bool(other.rejected)
    if not same_kind or normalize(one.question) == normalize(other.question):
        return False
    return not differ_in_substance(one, other)
