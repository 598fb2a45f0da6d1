"""Takes samples, both models' answers and their comparison, leaves a few examples to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glossator.evaluation.compare import Comparison
from glossator.records import Prediction, Sample, Score


@dataclass(frozen=True, slots=True)
class Example:
    """One question with what both models said."""

    sample_id: str
    split: str
    question: str
    reference: str
    base_answer: str
    tuned_answer: str
    base_scores: Mapping[str, float]
    """By metric."""
    tuned_scores: Mapping[str, float]
    document: str
    """Title of the document; empty when unknown."""
    page: int | None = None
    """First page of the passage, from 1; None when unknown."""


def choose_examples(
    comparison: Comparison,
    samples: Sequence[Sample],
    base: Sequence[Prediction],
    tuned: Sequence[Prediction],
    scores: Sequence[Score],
    *,
    titles: Mapping[str, str],
    pages: Mapping[str, int],
    count: int = 9,
    split: str = "test",
) -> tuple[Example, ...]:
    """Choose questions that show the range: a third improved most, a third worsened most, a third in between.

    Where one kind has too few, the others fill up. Only extremes would mislead, so the third kind is spread evenly over
    the questions in between, sorted by change.

    Args:
        comparison: tells the change of each question in the primary metric.
        samples: the compared samples.
        base: predictions of the base model.
        tuned: predictions of the tuned model.
        scores: of both models, told apart by `Score.model` being `base` or `tuned`.
        titles: document titles by document id.
        pages: first page by chunk id.
        count: how many to choose.
        split: from which split.
    """
    by_id = {sample.id: sample for sample in samples if sample.split == split}
    share = -(-count // 3)
    best = [flip.sample_id for flip in comparison.improved if flip.split == split]
    worst = [flip.sample_id for flip in comparison.worsened if flip.split == split]
    flat = sorted(set(by_id) - set(best) - set(worst))
    head, tail = best[:share], worst[:share]
    middle = best[share:] + flat + worst[share:][::-1]
    room = max(0, count - len(head) - len(tail))
    chosen = (head + _spread(middle, room) + tail[::-1])[:count] if room else (head + tail[::-1])[:count]
    said = {"base": _texts(base), "tuned": _texts(tuned)}
    values: dict[str, dict[str, dict[str, float]]] = {"base": {}, "tuned": {}}
    for score in scores:
        if score.model in values:
            values[score.model].setdefault(score.sample_id, {})[score.metric] = score.value
    return tuple(
        Example(
            sample_id=id_,
            split=split,
            question=by_id[id_].question,
            reference=by_id[id_].answer,
            base_answer=said["base"].get(id_, ""),
            tuned_answer=said["tuned"].get(id_, ""),
            base_scores=values["base"].get(id_, {}),
            tuned_scores=values["tuned"].get(id_, {}),
            document=next((titles[document] for document in by_id[id_].document_ids if document in titles), ""),
            page=next((pages[chunk] for chunk in by_id[id_].chunk_ids if chunk in pages), None),
        )
        for id_ in chosen
        if id_ in by_id
    )


def _texts(predictions: Sequence[Prediction]) -> dict[str, str]:
    return {prediction.sample_id: prediction.text for prediction in predictions}


def _spread(ids: Sequence[str], count: int) -> list[str]:
    """Pick `count` items at even distances."""
    if count >= len(ids):
        return list(ids)
    return [ids[(2 * index + 1) * len(ids) // (2 * count)] for index in range(count)]
