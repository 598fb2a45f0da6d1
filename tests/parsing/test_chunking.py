from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.errors import ParsingError
from glossator.parsing import fast
from glossator.parsing.chunking import chunk_document
from glossator.records import Block, ParsedDocument
from glossator.text.sentences import sentences

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"


def count_words(texts):
    return [len(text.split()) for text in texts]


def prose(count, subject="The method"):
    return " ".join([*subject.split(), *["works"] * (count - 2 - len(subject.split())), "very", "well."])


def parsed(*blocks):
    return ParsedDocument("d", "ok", "", 9, tuple(blocks), "fast/1")


def heading(text, level):
    return Block("heading", text, 1, level)


def chunk(document, **options):
    return chunk_document(document, count_tokens=count_words, **{"min_tokens": 5, "max_tokens": 50, **options})


def test_paragraphs_of_a_section_share_a_chunk_with_their_pages_and_headings():
    document = parsed(
        heading("The Title", 1),
        heading("Methods", 2),
        heading("Data", 3),
        Block("paragraph", prose(10), 3),
        Block("list_item", prose(5, "An item"), 4),
        Block("list_item", prose(5, "Another"), 4),
    )
    (only,), rejects = chunk(document)
    assert only.heading_path == ("Methods", "Data")
    assert (only.page_first, only.page_last, only.tokens, only.index) == (3, 4, 20, 0)
    assert only.text == f"{prose(10)}\n\n{prose(5, 'An item')}\n{prose(5, 'Another')}"
    assert rejects == []


def test_a_chunk_never_crosses_a_top_level_section():
    document = parsed(
        heading("One", 1), Block("paragraph", prose(3), 1), heading("Two", 1), Block("paragraph", prose(9), 2)
    )
    chunks, rejects = chunk(document)
    assert [c.heading_path for c in chunks] == [("Two",)]
    assert [r.reason for r in rejects] == ["too_short"]
    assert rejects[0].record["text"] == prose(3)


def test_a_short_subsection_joins_its_neighbour_under_the_shared_heading():
    document = parsed(
        heading("One", 1),
        heading("Two", 1),
        heading("A", 2),
        Block("paragraph", prose(4), 1),
        heading("B", 2),
        Block("paragraph", prose(30), 1),
    )
    (only,), _ = chunk(document)
    assert only.heading_path == ("Two",)
    assert only.tokens == 34


def test_a_long_paragraph_is_divided_at_sentence_ends():
    text = " ".join(prose(9, f"Method{i} e.g. this") for i in range(20))
    chunks, _ = chunk(parsed(Block("paragraph", text, 1)))
    assert len(chunks) == 4
    assert " ".join(c.text for c in chunks) == text
    assert all(c.text.endswith("well.") and c.tokens <= 50 for c in chunks)


def test_a_sentence_longer_than_the_maximum_is_divided_at_spaces():
    text = " ".join(["word"] * 120) + "."
    chunks, rejects = chunk(parsed(Block("paragraph", text, 1)), min_tokens=1)
    assert sum(c.tokens for c in chunks) + sum(len(r.record["text"].split()) for r in rejects) == 120
    assert all(c.tokens <= 50 for c in chunks)


def test_only_prose_enters_chunks():
    document = parsed(
        heading("Title", 1),
        Block("paragraph", "Jane Doe, University of Nowhere, John Roe, Institute of Things", 1),
        heading("Body", 2),
        Block("paragraph", prose(12), 1),
        Block("caption", "Figure 1: " + prose(12), 1),
        Block("table", "1 | 2", 1),
        Block("code", "x = 1", 1),
        Block("paragraph", "Axis label", 1),
        heading("References", 2),
        Block("reference", "Doe, J. (2020). " + prose(12), 2),
        heading("Acknowledgements", 2),
        Block("paragraph", prose(12, "We thank Jane"), 2),
    )
    chunks, rejects = chunk(document)
    assert [c.text for c in chunks] == [prose(12)]
    assert [r.reason for r in rejects] == ["front_matter", "fragment", "back_matter"]


def test_an_abstract_before_the_first_section_is_prose():
    abstract = "We show that " + prose(30, "this simple method")
    document = parsed(
        heading("Title", 1), Block("paragraph", abstract, 1), heading("Body", 2), Block("paragraph", prose(9), 1)
    )
    chunks, _ = chunk(document)
    assert [(c.heading_path, c.text) for c in chunks] == [((), abstract), (("Body",), prose(9))]


def test_a_repeated_passage_is_kept_once():
    document = parsed(heading("One", 1), *[Block("paragraph", prose(40), page) for page in (1, 2)])
    chunks, rejects = chunk(document)
    assert len(chunks) == 1
    assert [r.reason for r in rejects] == ["repeated"]


def test_a_document_without_blocks_gives_nothing():
    assert chunk(ParsedDocument("d", "empty", "no text", 0, (), "fast/1")) == ([], [])


def test_unknown_kinds_and_impossible_bounds_are_refused():
    with pytest.raises(ParsingError, match="use 'section'"):
        chunk(parsed(), chunk_by="magic")
    with pytest.raises(ParsingError, match="leave no room"):
        chunk(parsed(), min_tokens=60)


@pytest.mark.parametrize("name", ["jose.00100.pdf", "jcon.00091.pdf", "jose.00260.pdf"])
def test_chunks_of_real_papers_are_whole_sentences_within_bounds(name):
    document = fast.parse(PAPERS / name, name)
    chunks, _ = chunk(document, min_tokens=20, max_tokens=300)
    assert len(chunks) >= 4
    assert all(20 <= c.tokens <= 300 and c.heading_path for c in chunks)
    assert [c.index for c in chunks] == list(range(len(chunks)))
    assert len({c.id for c in chunks}) == len(chunks)
    whole = sum(c.text[-1] in ".:!?)”" and not c.text[0].islower() for c in chunks)
    assert whole >= 0.9 * len(chunks)
    assert chunk(document, min_tokens=20, max_tokens=300)[0] == chunks


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["heading", "paragraph", "list_item"]), st.integers(1, 3), st.integers(3, 90)),
        max_size=12,
    ),
    st.integers(0, 20),
)
def test_no_prose_is_lost_and_no_chunk_is_too_long(plan, min_tokens):
    blocks = [
        Block(kind, prose(n, f"Part{i}"), 1, level if kind == "heading" else 0)
        for i, (kind, level, n) in enumerate(plan)
    ]
    chunks, rejects = chunk(parsed(*blocks), min_tokens=min_tokens, max_tokens=40)
    assert all(min_tokens <= c.tokens <= 40 for c in chunks)
    kept = [c.text for c in chunks] + [r.record["text"] for r in rejects]
    expected = [word for block in blocks if block.kind != "heading" for word in block.text.split()]
    assert sorted(word for text in kept for word in text.split()) == sorted(expected)
    assert all(sentences(c.text) for c in chunks)
