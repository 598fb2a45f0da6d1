"""Samples in, what a set is made of out: how many stand in which split, and how long they are, group by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from glossator.records import JsonValue, Sample, Split

SPLITS: tuple[Split, ...] = ("train", "dev", "test", "test_seen", "pool")
PERCENTILES = (10, 50, 90)


def dataset_stats(samples: Sequence[Sample]) -> dict[str, JsonValue]:
    """Take samples, leave plain data that `json` can write: counts and lengths of all of them and of each group.

    The order of the samples does not matter. Each part holds `samples`, `splits` (split → samples, for every split),
    `question_characters`, `question_words`, `answer_characters` and `answer_words` (mean, smallest, 10th, 50th and
    90th percentile by nearest rank, largest; all 0 without samples). Words are what white space parts.

    Returns:
        the part of all samples, and under `groups` that of each group by its name, sorted; samples without a group
        stand under the empty name.
    """
    by_group: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_group[sample.group or ""].append(sample)
    groups = {group: _describe(own) for group, own in sorted(by_group.items())}
    return {**_describe(samples), "groups": groups}


def _describe(samples: Sequence[Sample]) -> dict[str, JsonValue]:
    counts = Counter(sample.split for sample in samples)
    texts: Mapping[str, list[str]] = {
        "question": [sample.question for sample in samples],
        "answer": [sample.answer for sample in samples],
    }
    lengths: dict[str, JsonValue] = {}
    for name, own in texts.items():
        lengths[f"{name}_characters"] = _summarise([len(text) for text in own])
        lengths[f"{name}_words"] = _summarise([len(text.split()) for text in own])
    return {"samples": len(samples), "splits": {split: counts[split] for split in SPLITS}, **lengths}


def _summarise(numbers: Sequence[int]) -> dict[str, JsonValue]:
    order = sorted(numbers) or [0]
    ranked = {f"p{share}": order[max(0, -(-share * len(order) // 100) - 1)] for share in PERCENTILES}
    return {"mean": round(sum(order) / len(order), 2), "min": order[0], **ranked, "max": order[-1]}
