"""Each text is embedded once, a bounded number at a time, and becomes a row of unit length."""

import numpy as np

from glossator.curation.vectors import AT_ONCE, embed_all


def test_equal_texts_are_embedded_once_and_rows_come_in_the_order_of_the_texts():
    given = []

    def embed(texts):
        given.append(list(texts))
        return [[3.0 * len(text), 4.0 * len(text)] if text else [0.0, 0.0] for text in texts]

    rows = embed_all(["b", "aa", "b", ""], embed)
    assert given == [["b", "aa", ""]]
    assert np.allclose(rows, [[0.6, 0.8], [0.6, 0.8], [0.6, 0.8], [0.0, 0.0]])


def test_no_embedder_is_given_more_than_so_many_at_a_time_or_nothing():
    sizes = []

    def embed(texts):
        sizes.append(len(texts))
        return np.array([[float(text), 1.0] for text in texts])

    rows = embed_all([str(n) for n in range(2 * AT_ONCE + 1)], embed)
    assert sizes == [AT_ONCE, AT_ONCE, 1]
    assert np.allclose(rows[-1][0] / rows[-1][1], 2 * AT_ONCE)
    assert embed_all([], embed).shape == (0, 1)
    assert len(sizes) == 3
