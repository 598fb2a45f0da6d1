"""Takes the chunks of all documents, leaves those that say something of their own: no boilerplate, no second copies."""

from __future__ import annotations

from collections.abc import Sequence

from glossator.records import Chunk, Reject, to_dict
from glossator.text.near_duplicates import cluster
from glossator.text.repeated import DOCUMENTS, repeated


def drop_repeats(
    chunks: Sequence[Chunk], *, duplicate_threshold: float | None = None, max_repeated_share: float = 1.0
) -> tuple[list[Chunk], list[Reject]]:
    """Leave out chunks that repeat others; those that stay keep their order and their positions.

    Args:
        chunks: of all documents, in order.
        duplicate_threshold: Jaccard similarity of three-word shingles, above 0 and at most 1, from which a chunk is a
            copy of an earlier one and becomes a reject `near_duplicate`; None keeps them all.
        max_repeated_share: a chunk of which a larger share stands in three documents or more becomes a reject
            `boilerplate`; 1 keeps them all.

    Raises:
        MissingExtraError: rensa or numpy is not installed.
    """
    texts = {chunk.id: chunk.text for chunk in chunks}
    reasons: dict[str, tuple[str, str]] = {}
    if max_repeated_share < 1:
        shares = repeated(texts, {chunk.id: chunk.document_id for chunk in chunks})
        for chunk in chunks:
            if shares[chunk.id] > max_repeated_share:
                told = f"{shares[chunk.id]:.0%} of it stands in at least {DOCUMENTS} documents"
                reasons[chunk.id] = ("boilerplate", told)
    if duplicate_threshold is not None:
        clusters = cluster(texts, threshold=duplicate_threshold, contained=1.0)
        first: dict[str, str] = {}
        for chunk in chunks:
            if chunk.id not in reasons and first.setdefault(clusters[chunk.id], chunk.id) != chunk.id:
                reasons[chunk.id] = ("near_duplicate", f"like chunk {first[clusters[chunk.id]]}, which is kept")
    rejects = [Reject(chunk.id, "chunk", *reasons[chunk.id], to_dict(chunk)) for chunk in chunks if chunk.id in reasons]
    return [chunk for chunk in chunks if chunk.id not in reasons], rejects
