"""Turns samples into the cases that a judge is shown."""

from __future__ import annotations

from collections.abc import Mapping

from glossator.curation.filters.prompt import read_passage
from glossator.curation.judging.cases import Case, JudgedAs
from glossator.curation.turns import turns_of
from glossator.records import Chunk, Sample


def case_of(sample: Sample, kind: JudgedAs, style: str | None, chunks_by_id: Mapping[str, Chunk]) -> Case | str:
    """Turn a sample into its case, or into why there is none: `no_passage`, or `unknown_chunk`.

    The passages are the chunks that its evidence is from. Without evidence, and where a figure is asked about, it is
    the text in the prompt, which is what the student reads: a chunk that was cut, or a figure's description. All of its
    chunks where the prompt holds none.
    """
    chunk_ids = tuple(dict.fromkeys(evidence.chunk_id for evidence in sample.evidence))
    passage = read_passage(sample) if not chunk_ids or "figure" in sample.metadata else None
    if passage is not None and passage.text.strip():
        passages: tuple[str, ...] = (passage.text,)
    else:
        chunk_ids = chunk_ids or sample.chunk_ids
        if any(chunk_id not in chunks_by_id for chunk_id in chunk_ids):
            return "unknown_chunk"
        passages = tuple(chunks_by_id[chunk_id].text for chunk_id in chunk_ids)
    if not passages:
        return "no_passage"
    return Case(
        question=sample.question,
        answer=sample.answer,
        passages=passages,
        kind=kind,
        context=sample.context,
        style=style,
        turns=_turns(sample),
        document_ids=sample.document_ids,
    )


def _turns(sample: Sample) -> tuple[tuple[str, str], ...]:
    """What was asked and answered before the question; the passage in the first turn is left out."""
    earlier = [turn.said for turn in turns_of(sample)[:-2]]
    return tuple(zip(earlier[0::2], earlier[1::2], strict=False))
