"""Pairs that are put nearly in the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import HELD_OUT, Outcome, by_priority, is_held_out, reject_sample
from glossator.curation.filters.prompt import earlier_turns
from glossator.curation.filters.wording import denials, numbers, stems
from glossator.records import Sample
from glossator.text import near_duplicates
from glossator.text.shingles import hash_shingles, similarity

LIKENESS = 0.5
"""Jaccard similarity of the three-word shingles of question and answer together."""
_MOST_COMPARED = 64


@dataclass(frozen=True, slots=True)
class DistinctPairs:
    """Rejects the later of two samples whose question and answer are nearly the same words (`near_duplicate`).

    MinHash proposes the pairs (`glossator.text.near_duplicates`). "What are the symptoms of gout?" and "of lupus?" may
    be answered by the same stock phrases and are still two questions, so the questions must be made of the same words
    with a meaning (their stems), and both questions and answers hold the same numbers and deny as often. Test comes
    first, pool last; of one that examines, in another split, the reason is `held_out_question`. A preference repeats no
    sample without a worse answer, and groups keep their own.
    """

    likeness: float = LIKENESS
    name: str = "near_duplicate"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave one of each group that says the same in nearly the same words."""
        order = sorted(range(len(samples)), key=lambda place: by_priority(samples[place]))
        earlier = self._find(samples, order)
        kept = [sample for place, sample in enumerate(samples) if place not in earlier]
        rejects = []
        for place, (before, likeness) in sorted(earlier.items()):
            detail = f"{likeness:.2f} like {samples[before].id} in {samples[before].split}"
            reason = HELD_OUT if is_held_out(samples[before], samples[place]) else self.name
            rejects.append(reject_sample(samples[place], stage=self.name, reason=reason, detail=detail))
        return kept, rejects

    def _find(self, samples: Sequence[Sample], order: Sequence[int]) -> dict[int, tuple[int, float]]:
        """Of each place that has an earlier one like it: that place, and how like it is."""
        members: dict[Hashable, list[int]] = defaultdict(list)
        for place in order:
            members[_matter(samples[place])].append(place)
        alike = {place for own in members.values() if len(own) > 1 for place in own}
        texts = {str(place): _told(samples[place]) for place in alike}
        cluster_of = near_duplicates.cluster(texts, threshold=self.likeness, contained=None)
        blocks: dict[Hashable, list[int]] = defaultdict(list)
        for matter, own in members.items():
            for place in own if len(own) > 1 else ():
                blocks[matter, cluster_of[str(place)]].append(place)
        found: dict[int, tuple[int, float]] = {}
        for block in blocks.values():
            if len(block) > 1:
                found.update(self._compare(samples, block))
        return found

    def _compare(self, samples: Sequence[Sample], block: Sequence[int]) -> dict[int, tuple[int, float]]:
        """Hold each place against those before it that stay, the last 64 of them."""
        hashed = hash_shingles([_told(samples[place]) for place in block])
        staying: list[int] = []
        found: dict[int, tuple[int, float]] = {}
        for own in range(len(block)):
            likenesses = ((similarity(hashed.of(own), hashed.of(one)), one) for one in staying[-_MOST_COMPARED:])
            alike = [(is_held_out(samples[block[one]], samples[block[own]]), value, one) for value, one in likenesses]
            # One that is held out says more than the nearest: no person can overrule it.
            _, likeness, before = max((one for one in alike if one[1] >= self.likeness), default=(False, 0.0, -1))
            if before >= 0:
                found[block[own]] = (block[before], likeness)
            else:
                staying.append(own)
        return found


def _matter(sample: Sample) -> Hashable:
    """What must be the same: a question with another name, number or denial is another question."""
    question, answer = sample.question, sample.answer
    return hash(
        (
            stems(question),
            frozenset(numbers(question).items()),
            denials(question),
            frozenset(numbers(answer).items()),
            denials(answer),
            sample.group,
            bool(sample.rejected),
            earlier_turns(sample),
        )
    )


def _told(sample: Sample) -> str:
    return f"{sample.question}\n{sample.answer}"
