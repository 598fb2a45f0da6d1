"""What the tests of chunking share: documents made of plain words, and counters whose counts are known."""

from glossator.parsing.chunking import chunk_document
from glossator.records import Block, ParsedDocument


def count_words(texts):
    return [len(text.split()) for text in texts]


def prose(count, subject="The method"):
    """One sentence of `count` words."""
    return " ".join([*subject.split(), *["works"] * (count - 2 - len(subject.split())), "very", "well."])


def parsed(*blocks, figures=()):
    return ParsedDocument("d", "ok", "", 9, tuple(blocks), "fast/1", tuple(figures))


def heading(text, level):
    return Block("heading", text, 1, level)


def paragraph(text, page=1):
    return Block("paragraph", text, page)


def chunk(document, **options):
    return chunk_document(document, **{"count_tokens": count_words, "min_tokens": 5, "max_tokens": 50, **options})


def embed_by_subject(texts):
    """A unit vector for the first word of each text that names a subject: the same word, the same direction."""
    import numpy as np

    rows = np.zeros((len(texts), 27), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        letter = next((ord(c.lower()) - 96 for c in text if c.isalpha() and c.isascii()), 0)
        row[letter] = 1.0
    return rows
