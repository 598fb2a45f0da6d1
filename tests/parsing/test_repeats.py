"""Chunks that repeat others are left out, with the reason and the record."""

from glossator.parsing.repeats import drop_repeats
from glossator.records import Chunk, content_id, from_dict

LICENCE = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated "
    "documentation files, to deal in it without restriction, subject to the conditions that follow below."
)
TIDES = (
    "The tides follow the moon because its pull is stronger on the near side of the earth than on the far one, and "
    "the water between them is drawn into two bulges that stay in place while the earth turns beneath them."
)
BEES = (
    "A hive keeps its brood at thirty-five degrees in every season: in winter the bees shiver with the muscles of "
    "their wings, in summer they fan the air and carry drops of water to the cells where it evaporates."
)


def chunk(document: str, index: int, text: str) -> Chunk:
    return Chunk(content_id(document, str(index), text), document, index, (), 1, 1, text, 40)


def test_boilerplate_of_three_documents_is_left_out_and_two_may_quote_each_other():
    chunks = [chunk(name, 0, LICENCE) for name in "abc"] + [chunk("a", 1, TIDES), chunk("b", 1, TIDES)]
    kept, rejects = drop_repeats(chunks, max_repeated_share=0.5)
    assert [(item.document_id, item.text) for item in kept] == [("a", TIDES), ("b", TIDES)]
    assert {reject.reason for reject in rejects} == {"boilerplate"}
    assert [from_dict(Chunk, dict(reject.record or {})) for reject in rejects] == chunks[:3]


def test_of_near_duplicates_the_first_is_kept():
    again = TIDES.replace("stronger", "greater").replace("beneath", "below")
    chunks = [chunk("a", 0, TIDES), chunk("b", 0, BEES), chunk("c", 0, again)]
    kept, rejects = drop_repeats(chunks, duplicate_threshold=0.5)
    assert kept == chunks[:2]
    assert [(reject.subject_id, reject.reason) for reject in rejects] == [(chunks[2].id, "near_duplicate")]
    assert chunks[0].id in rejects[0].detail


def test_a_copy_of_boilerplate_does_not_stand_in_for_it():
    chunks = [chunk(name, 0, LICENCE) for name in "abcd"] + [chunk("a", 1, BEES)]
    kept, rejects = drop_repeats(chunks, duplicate_threshold=0.5, max_repeated_share=0.5)
    assert kept == chunks[4:]
    assert len(rejects) == 4


def test_nothing_is_left_out_unasked():
    chunks = [chunk(name, 0, LICENCE) for name in "abcd"]
    assert drop_repeats(chunks) == (chunks, [])


def test_a_chunk_within_a_longer_one_is_no_copy_of_it_nor_the_longer_one_of_it():
    longer = " ".join([LICENCE, TIDES, BEES, LICENCE.upper()[::-1], TIDES[::-1], BEES[::-1]])
    for chunks in ([chunk("a", 0, TIDES), chunk("b", 0, longer)], [chunk("b", 0, longer), chunk("a", 0, TIDES)]):
        assert drop_repeats(chunks, duplicate_threshold=0.5) == (chunks, [])


def test_a_chain_of_ever_less_like_chunks_keeps_those_that_are_unlike_the_kept():
    words = [f"w{number}" for number in range(100)]
    texts = [" ".join(words[start : start + 60]) for start in (0, 15, 30)]
    chunks = [chunk(name, 0, text) for name, text in zip("abc", texts, strict=True)]
    kept, rejects = drop_repeats(chunks, duplicate_threshold=0.5)
    assert kept == [chunks[0], chunks[2]]
    assert [reject.subject_id for reject in rejects] == [chunks[1].id]
    assert chunks[0].id in rejects[0].detail
