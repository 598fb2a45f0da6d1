"""Ready questions with answers in, clusters of those out that must stand in one split.

Two pairs belong together when

- question and answer together are near-duplicates, and so are the answers alone. The question by itself never joins:
  "What are the symptoms of …?" is asked of a thousand diseases. Nor does a long question with a short answer: "What is
  the capital of Norway? Oslo." shares three of seven shingles with its like of Peru, though not the answer; or
- both are asked about a passage, and the passages are near-duplicates.

The thresholds are those of `glossator.text.near_duplicates`; docs/curation.md has what they do to 2,428 pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from glossator.curation.per_group import Traits
from glossator.curation.turns import turns_of
from glossator.records import Sample
from glossator.text import near_duplicates
from glossator.text.forest import Forest


def cluster_pairs(samples: Iterable[Sample]) -> dict[str, str]:
    """Take ready samples, leave the cluster of each by its id: the smallest id among the members.

    Raises:
        MissingExtraError: rensa is not installed.
    """
    by_id = {sample.id: sample for sample in sorted(samples, key=lambda sample: sample.id)}
    whole = near_duplicates.cluster({key: f"{sample.question}\n{sample.answer}" for key, sample in by_id.items()})
    answers = near_duplicates.cluster({key: sample.answer for key, sample in by_id.items()})
    texts = {key: "\n".join(turn.passage for turn in turns_of(one)).strip() for key, one in by_id.items()}
    passages = near_duplicates.cluster({key: text for key, text in texts.items() if text})
    forest: Forest[str] = Forest()
    first_with: dict[tuple[str, ...], str] = {}
    for key in by_id:
        forest.join(first_with.setdefault((whole[key], answers[key]), key), key)
        if key in passages:
            forest.join(first_with.setdefault((passages[key],), key), key)
    members: dict[str, list[str]] = defaultdict(list)
    for key in by_id:
        members[forest.root(key)].append(key)
    return {key: own[0] for own in members.values() for key in own}


def cluster_some_pairs(samples: Mapping[str, Sample], keys: Sequence[str]) -> dict[str, str]:
    """Take ready samples by id and some of the ids, leave the clusters that those form alone."""
    return cluster_pairs(samples[key] for key in keys)


def traits_of(sample: Sample) -> Traits:
    """Take a ready sample, leave its group and the length of its question."""
    return Traits(sample.group or "", len(sample.question))
