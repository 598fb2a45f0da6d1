from langchain_text_splitters import RecursiveCharacterTextSplitter
from tests.parsing.chunking.building import chunk, count_words, heading, paragraph, parsed, prose


def paragraphs(count):
    return [paragraph(" ".join(prose(9, f"Method{i}x{j}") for j in range(3 + i % 3)), i + 1) for i in range(count)]


def test_chunks_are_what_the_splitter_makes_of_the_text():
    blocks = paragraphs(9)
    chunks, _ = chunk(parsed(*blocks), chunk_by="recursive", overlap=12, min_tokens=0)
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=50, chunk_overlap=12, length_function=lambda text: count_words([text])[0]
    )
    assert [c.text for c in chunks] == splitter.split_text("\n\n".join(block.text for block in blocks))


def test_with_a_real_tokenizer_too(counters):
    blocks = paragraphs(9)
    counter = counters["byte-level"]
    chunks, _ = chunk(parsed(*blocks), count_tokens=counter, chunk_by="recursive", min_tokens=0, max_tokens=90)
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=90, chunk_overlap=0, length_function=lambda text: counter.count([text])[0]
    )
    assert [c.text for c in chunks] == splitter.split_text("\n\n".join(block.text for block in blocks))


def test_pages_follow_the_pieces_also_where_the_text_repeats_itself():
    blocks = [paragraph("Again and again it says the very same. " * 5, page) for page in range(1, 9)]
    chunks, rejects = chunk(parsed(*blocks), chunk_by="recursive", min_tokens=0, max_tokens=20)
    texts = [c.text for c in chunks] + [r.record["text"] for r in rejects]
    assert sum(len(text.split()) for text in texts) == 8 * 5 * 8
    assert chunks[0].page_first == 1


def test_pieces_do_not_cross_a_top_level_section():
    document = parsed(heading("One", 1), paragraph(prose(9, "First")), heading("Two", 1), paragraph(prose(9, "Second")))
    assert [c.heading_path for c in chunk(document, chunk_by="recursive")[0]] == [("One",), ("Two",)]


def test_a_tokenizer_that_makes_more_of_a_whole_than_of_its_words_still_keeps_the_bound():
    def count_pairs(texts):
        return [len(text) + len(text) // 3 for text in texts]

    text = " ".join(prose(9, f"Method{i}") for i in range(9))
    chunks, _ = chunk(parsed(paragraph(text)), count_tokens=count_pairs, chunk_by="recursive", max_tokens=80)
    assert max(c.tokens for c in chunks) <= 80
    assert " ".join(c.text for c in chunks).split() == text.split()
