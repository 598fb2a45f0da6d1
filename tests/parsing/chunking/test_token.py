import itertools

import pytest
from tests.parsing.chunking.building import chunk, heading, paragraph, parsed, prose

from glossator.errors import ParsingError
from glossator.text.sentences import sentences


def document_of(count, words=9):
    return parsed(*[paragraph(" ".join(prose(words, f"Method{i}x{j}") for j in range(3)), i + 1) for i in range(count)])


def test_windows_end_with_sentences_and_cross_paragraphs():
    chunks, rejects = chunk(document_of(6), chunk_by="token")
    assert "\n\n".join(c.text for c in chunks).split() == " ".join(b.text for b in document_of(6).blocks).split()
    assert all(c.text.endswith("well.") for c in chunks)
    assert [c.tokens for c in chunks[:-1]] == [45, 45, 45]
    assert (chunks[0].page_first, chunks[0].page_last, chunks[1].page_first) == (1, 2, 2)
    assert rejects == []


def test_neighbours_share_whole_sentences_of_at_most_the_overlap():
    chunks, _ = chunk(document_of(6), chunk_by="token", overlap=20)
    for one, other in itertools.pairwise(chunks):
        shared = [s for s in sentences(other.text) if s in sentences(one.text)]
        assert len(shared) == 2
        assert one.text.endswith(shared[-1])
        assert other.text.startswith(shared[0])


def test_where_no_sentence_fits_the_overlap_neighbours_share_words():
    text = " ".join(f"word{i}" for i in range(200)) + "."
    chunks, _ = chunk(parsed(paragraph(text)), chunk_by="token", overlap=10)
    for one, other in itertools.pairwise(chunks):
        shared = set(one.text.split()) & set(other.text.split())
        assert len(shared) == 10
    assert {word for c in chunks for word in c.text.split()} == set(text.split())


def test_without_overlap_nothing_is_shared():
    text = " ".join(f"word{i}" for i in range(200)) + "."
    chunks, _ = chunk(parsed(paragraph(text)), chunk_by="token", min_tokens=0)
    assert " ".join(c.text for c in chunks) == text


def test_an_overlap_gives_way_to_a_sentence_that_would_not_fit_beside_it():
    blocks = [paragraph(f"{prose(20, f'Short{i}')} {prose(45, f'Long{i}')}") for i in range(3)]
    chunks, _ = chunk(parsed(*blocks), chunk_by="token", overlap=25)
    assert [c.tokens for c in chunks[:2]] == [20, 45]
    assert all(prose(45, f"Long{i}") in [c.text for c in chunks] for i in range(3))


def test_windows_do_not_cross_a_top_level_section():
    document = parsed(heading("One", 1), paragraph(prose(9, "First")), heading("Two", 1), paragraph(prose(9, "Second")))
    chunks, _ = chunk(document, chunk_by="token", overlap=5)
    assert [c.heading_path for c in chunks] == [("One",), ("Two",)]


def test_an_overlap_is_refused_where_it_cannot_be_kept():
    with pytest.raises(ParsingError, match="half of max_tokens 50"):
        chunk(parsed(), chunk_by="token", overlap=26)
    with pytest.raises(ParsingError, match="half of max_tokens 50"):
        chunk(parsed(), chunk_by="token", overlap=-1)
    with pytest.raises(ParsingError, match="'section' has no overlap, but 5 is asked for; use token or recursive"):
        chunk(parsed(), overlap=5)
