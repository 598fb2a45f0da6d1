"""Turns samples into the cases that a judge is shown."""

from __future__ import annotations

from collections.abc import Mapping

from glossator.curation.filters.prompt import read_passage
from glossator.curation.judging.cases import Case, JudgedAs
from glossator.records import Chunk, Sample


def case_of(sample: Sample, kind: JudgedAs, style: str | None, chunks_by_id: Mapping[str, Chunk]) -> Case | str:
    """Turn a sample into its case, or into why there is none: `no_passage`, or `unknown_chunk`.

    The passages are the chunks that its evidence is from; all of its chunks where it has no evidence; of a ready sample
    the text in its prompt.
    """
    chunk_ids = tuple(dict.fromkeys(evidence.chunk_id for evidence in sample.evidence)) or sample.chunk_ids
    if any(chunk_id not in chunks_by_id for chunk_id in chunk_ids):
        return "unknown_chunk"
    passages = tuple(chunks_by_id[chunk_id].text for chunk_id in chunk_ids)
    if not passages:
        passage = read_passage(sample)
        if passage is None or not passage.text.strip():
            return "no_passage"
        passages = (passage.text,)
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
    said = [message for message in sample.prompt if message.role != "system"][:-1]
    asked = [message.content for message in said[0::2]]
    passage = read_passage(sample) if said else None
    if passage is not None and asked:
        asked[0] = passage.question
    return tuple(zip(asked, (message.content for message in said[1::2]), strict=False))
