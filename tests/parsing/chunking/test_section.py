import pytest
from tests.parsing.chunking.building import chunk, heading, paragraph, parsed, prose

from glossator.records import Block


def test_paragraphs_of_a_section_share_a_chunk_with_their_pages_and_headings():
    document = parsed(
        heading("The Title", 1),
        heading("Methods", 2),
        heading("Data", 3),
        paragraph(prose(10), 3),
        Block("list_item", prose(5, "An item"), 4),
        Block("list_item", prose(5, "Another"), 4),
    )
    (only,), rejects = chunk(document)
    assert only.heading_path == ("Methods", "Data")
    assert (only.page_first, only.page_last, only.tokens, only.index) == (3, 4, 20, 0)
    assert only.text == f"{prose(10)}\n\n{prose(5, 'An item')}\n{prose(5, 'Another')}"
    assert rejects == []


def test_a_short_subsection_joins_its_neighbour_under_the_shared_heading():
    document = parsed(
        heading("One", 1),
        heading("Two", 1),
        heading("A", 2),
        paragraph(prose(4)),
        heading("B", 2),
        paragraph(prose(30)),
    )
    (only,), _ = chunk(document)
    assert only.heading_path == ("Two",)
    assert only.tokens == 34


def test_subsections_that_are_long_enough_stay_apart():
    document = parsed(
        heading("One", 1),
        heading("Two", 1),
        *[block for name in "AB" for block in (heading(name, 2), paragraph(prose(9, name)))],
    )
    assert [c.heading_path for c in chunk(document)[0]] == [("Two", "A"), ("Two", "B")]


def test_a_long_paragraph_is_divided_at_sentence_ends():
    text = " ".join(prose(9, f"Method{i} e.g. this") for i in range(20))
    chunks, _ = chunk(parsed(paragraph(text)))
    assert len(chunks) == 4
    assert " ".join(c.text for c in chunks) == text
    assert all(c.text.endswith("well.") and c.tokens <= 50 for c in chunks)


def test_a_sentence_longer_than_the_maximum_is_divided_evenly_at_spaces():
    text = " ".join(f"word{i}" for i in range(120)) + "."
    chunks, rejects = chunk(parsed(paragraph(text)), min_tokens=1)
    assert " ".join(c.text for c in chunks) == text
    assert [39 <= c.tokens <= 41 for c in chunks] == [True] * 3
    assert rejects == []


@pytest.mark.parametrize("name", ["byte-level", "metaspace", "spanning"])
def test_a_word_without_spaces_is_divided_anywhere(counters, name):
    text = "abcdefghijklmnop" * 200 + "."
    chunks, rejects = chunk(parsed(paragraph(text)), count_tokens=counters[name], min_tokens=0, max_tokens=50)
    assert max(c.tokens for c in chunks) <= 50
    kept = {c.text for c in chunks} | {r.record["text"] for r in rejects}
    assert sum(len(c.text) for c in chunks) + sum(len(r.record["text"]) for r in rejects) == len(text)
    assert all(piece in text for piece in kept)


def test_text_in_a_script_without_spaces_is_divided_at_its_punctuation(counters):
    text = "".join(f"第{i}只小猫在公园里和大狗一起玩，它们都很高兴。" for i in range(60))
    chunks, rejects = chunk(parsed(paragraph(text)), count_tokens=counters["byte-level"], max_tokens=300)
    assert "".join(c.text for c in chunks) == text
    assert rejects == []
    assert all(c.text[-1] in "，。" for c in chunks)
