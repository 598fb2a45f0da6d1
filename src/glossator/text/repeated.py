"""Takes passages and the document of each, leaves how much of each passage stands in other documents as well.

A licence, a journal's footer or a form's instructions stand in many documents. Seldom are they a passage of their own,
so that comparing whole passages would not tell. Counted are therefore the three-word shingles of a passage that several
documents hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from glossator.text.shingles import hash_shingles

DOCUMENTS = 3
"""A shingle in fewer documents than these is a coincidence, a quotation or a second version."""


def repeated(
    texts: Mapping[str, str], document_of: Mapping[str, str], *, documents: int = DOCUMENTS
) -> dict[str, float]:
    """Take passages by id and the document of each, leave the share of each passage's shingles that repeat.

    Ordinary turns of phrase repeat as well: a tenth of a passage of prose is nothing, nine tenths are boilerplate. The
    order of the mappings does not matter.

    Args:
        texts: id → passage.
        document_of: id → the document that it stands in.
        documents: a shingle repeats if passages of at least so many different documents hold it; at least 2.

    Raises:
        MissingExtraError: numpy is not installed.
        ValueError: `documents` is less than 2.
    """
    if documents < 2:
        raise ValueError(f"documents is {documents}; one document repeats nothing, it must be 2 or more")
    hashed = hash_shingles(list(texts.values()))
    import numpy as np

    place_of = {document: place for place, document in enumerate(dict.fromkeys(document_of[name] for name in texts))}
    owners = np.array([place_of[document_of[name]] for name in texts], dtype=np.uint64)
    low = np.uint64(len(place_of).bit_length())
    hashes = hashed.numbers >> low
    held = np.unique(hashes << low | np.repeat(owners, hashed.sizes())) >> low
    # In order: a hash that is the same so many places further on is held by that many documents.
    common = np.unique(held[: max(0, len(held) - documents + 1)][held[documents - 1 :] == held[: 1 - documents]])
    if not len(common):
        return dict.fromkeys(texts, 0.0)
    there = common[np.minimum(np.searchsorted(common, hashes), len(common) - 1)] == hashes
    counts = np.append(0, np.cumsum(there))
    shared = counts[hashed.starts[1:]] - counts[hashed.starts[:-1]]
    return dict(zip(texts, (shared / np.maximum(1, hashed.sizes())).tolist(), strict=True))
