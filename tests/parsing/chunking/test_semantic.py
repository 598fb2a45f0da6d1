import pytest
from tests.parsing.chunking.building import chunk, embed_by_subject, heading, paragraph, parsed, prose

from glossator.errors import ParsingError
from glossator.parsing.chunking import semantic


def about(*subjects, sentences=6, words=6):
    return parsed(paragraph(" ".join(prose(words, f"{s.title()}{i}") for s in subjects for i in range(sentences))))


def test_chunks_end_where_the_subject_changes():
    chunks, rejects = chunk(
        about("apples", "birds", "cats"), chunk_by="semantic", embed=embed_by_subject, max_tokens=60
    )
    assert [{word[0] for word in c.text.split() if word[0].isupper()} for c in chunks] == [{"A"}, {"B"}, {"C"}]
    assert rejects == []


def test_a_segment_that_is_too_long_is_cut_into_parts_that_are_no_scraps():
    chunks, _ = chunk(about("apples", sentences=40), chunk_by="semantic", embed=embed_by_subject)
    assert len(chunks) > 4
    assert all(20 <= c.tokens <= 50 for c in chunks[:-1])


def test_a_segment_that_is_too_short_joins_a_neighbour():
    document = about("apples", sentences=6)
    short = parsed(paragraph(document.blocks[0].text + " " + prose(4, "Birds") + " " + about("cats").blocks[0].text))
    chunks, rejects = chunk(short, chunk_by="semantic", embed=embed_by_subject, max_tokens=60)
    assert rejects == []
    assert sum("Birds" in c.text for c in chunks) == 1


def test_a_sentence_longer_than_the_maximum_is_divided():
    text = " ".join(f"word{i}" for i in range(120)) + "."
    chunks, _ = chunk(parsed(paragraph(text)), chunk_by="semantic", embed=embed_by_subject)
    assert " ".join(c.text for c in chunks) == text


def test_chunks_do_not_cross_a_top_level_section_though_the_subject_goes_on():
    text = prose(9, "Apples")
    document = parsed(heading("One", 1), paragraph(text), heading("Two", 1), paragraph(text))
    chunks, _ = chunk(document, chunk_by="semantic", embed=embed_by_subject)
    assert [c.heading_path for c in chunks] == [("One",), ("Two",)]


def test_sentences_are_embedded_in_batches_once_each(monkeypatch):
    monkeypatch.setattr(semantic, "_BATCH", 4)
    seen = []

    def embed(texts):
        seen.append(list(texts))
        return embed_by_subject(texts)

    document = about("apples", "birds", "cats")
    chunks, _ = chunk(document, chunk_by="semantic", embed=embed)
    assert max(map(len, seen)) == 4
    assert " ".join(text for batch in seen for text in batch) == document.blocks[0].text
    monkeypatch.undo()
    assert chunk(document, chunk_by="semantic", embed=embed_by_subject)[0] == chunks


def test_without_an_embedder_it_says_so():
    with pytest.raises(ParsingError, match="give an embedder"):
        chunk(parsed(), chunk_by="semantic")


def test_the_packaged_embedder_finds_where_one_text_ends_and_another_begins(counters):
    from tests.conftest import CORPUS

    from glossator.retrieval import open_embedder

    def body(path):
        return " ".join(line for line in path.read_text().splitlines() if line and line[0] not in "#-|`")

    texts = [body(path) for path in sorted(CORPUS.glob("*.md"))[:4]]
    document = parsed(paragraph(" ".join(texts)))
    options = {"count_tokens": counters["byte-level"], "chunk_by": "semantic", "min_tokens": 20, "max_tokens": 500}
    chunks, _ = chunk(document, embed=open_embedder("minilm").embed, **options)
    ends = {c.text[-30:] for c in chunks}
    found = sum(any(text.endswith(end) for end in ends) for text in texts)
    assert found == len(texts)
