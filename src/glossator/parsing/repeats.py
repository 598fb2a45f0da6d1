"""Takes the chunks of all documents, leaves those that say something of their own: no boilerplate, no second copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from glossator.records import Chunk, Reject, to_dict
from glossator.text.near_duplicates import cluster
from glossator.text.repeated import DOCUMENTS, repeated
from glossator.text.shingles import hash_shingles, similarity


def drop_repeats(
    chunks: Sequence[Chunk], *, duplicate_threshold: float | None = None, max_repeated_share: float = 1.0
) -> tuple[list[Chunk], list[Reject]]:
    """Leave out chunks that repeat others; those that stay keep their order and their positions.

    Args:
        chunks: of all documents, in order.
        duplicate_threshold: Jaccard similarity of three-word shingles, above 0 and at most 1, from which a chunk is a
            copy of an earlier one that is kept and becomes a reject `near_duplicate`; None keeps them all. What a
            longer chunk contains is no copy of it.
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
        own = {chunk_id: text for chunk_id, text in texts.items() if chunk_id not in reasons}
        for chunk_id, kept_id in _find_copies(own, duplicate_threshold).items():
            reasons[chunk_id] = ("near_duplicate", f"like chunk {kept_id}, which is kept")
    rejects = [Reject(chunk.id, "chunk", *reasons[chunk.id], to_dict(chunk)) for chunk in chunks if chunk.id in reasons]
    return [chunk for chunk in chunks if chunk.id not in reasons], rejects


def _find_copies(texts: Mapping[str, str], threshold: float) -> dict[str, str]:
    """Take texts in order, leave for each that is a copy the one that it is a copy of and that is kept.

    A cluster may be a chain whose ends have little in common, so each text is held against those kept of its cluster.
    """
    clusters: defaultdict[str, list[str]] = defaultdict(list)
    joined = cluster(texts, threshold=threshold, contained=None)
    for text_id in texts:
        clusters[joined[text_id]].append(text_id)
    copies: dict[str, str] = {}
    for members in clusters.values():
        if len(members) == 1:
            continue
        hashed = hash_shingles([texts[text_id] for text_id in members])
        kept: list[int] = []
        for place in range(len(members)):
            like = next((one for one in kept if similarity(hashed.of(one), hashed.of(place)) >= threshold), None)
            if like is None:
                kept.append(place)
            else:
                copies[members[place]] = members[like]
    return copies
