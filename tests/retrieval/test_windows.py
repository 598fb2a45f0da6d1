"""Long texts are read whole, in pieces of whole words."""

import pytest

from glossator.retrieval import Embedder


def test_a_short_text_is_one_piece_and_nothing_is_changed(embedder: Embedder):
    assert embedder.windows(["One  short\ntext.", "", "\0"]) == [["One  short\ntext."], [""], ["\0"]]


def test_pieces_make_up_the_text_and_begin_with_words(embedder: Embedder):
    text = " ".join(f"Antidisestablishmentarianism number {n} is unpronounceable." for n in range(60))
    (pieces,) = embedder.windows([text])
    assert len(pieces) > 5
    assert "".join(pieces) == text
    words = {*text.split(), *(word.rstrip(".") for word in text.split()), "."}
    assert {word for piece in pieces for word in piece.split()} <= words


def test_pieces_are_of_nearly_one_length_and_none_is_too_long(embedder: Embedder):
    (pieces,) = embedder.windows(["moon " * 127])
    assert sorted(len(piece.split()) for piece in pieces) == [63, 64]
    (pieces,) = embedder.windows(["moon " * 1000])
    assert max(len(piece.split()) for piece in pieces) <= 126


def test_a_single_endless_word_is_cut_within(embedder: Embedder):
    (pieces,) = embedder.windows(["1.2" * 400])
    assert "".join(pieces) == "1.2" * 400
    assert len(pieces) > 1


def test_the_context_is_read_with_every_piece_and_cut_if_it_is_long(embedder: Embedder):
    (pieces,) = embedder.windows(["moon " * 200], ["Tides"])
    assert [piece.split("\n")[0] for piece in pieces] == ["Tides", "Tides"]
    (piece,), (bare,) = embedder.windows(["moon", "moon"], ["harbour " * 500, ""])
    assert 10 < piece.count("harbour") <= 64
    assert bare == "moon"


@pytest.mark.parametrize("count", [126, 127, 252, 253])
def test_there_are_as_few_pieces_as_hold_the_text(embedder: Embedder, count: int):
    (pieces,) = embedder.windows(["moon " * count])
    assert len(pieces) == -(-count // 126)
