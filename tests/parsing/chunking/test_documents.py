import inspect
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsing.chunking.building import chunk, count_words, embed_by_subject, heading, paragraph, parsed, prose

from glossator.errors import ParsingError
from glossator.parsing import fast
from glossator.parsing.chunking import KINDS, chunk_document, chunk_documents, documents
from glossator.records import Block, ParsedDocument, from_dict, to_dict

PAPERS = Path(__file__).parents[2] / "fixtures" / "papers"
NAMES = ["jose.00100.pdf", "jcon.00091.pdf", "jose.00260.pdf"]
COUNTERS = ["byte-level", "metaspace", "spanning"]


def test_a_chunk_never_crosses_a_top_level_section():
    document = parsed(heading("One", 1), paragraph(prose(3)), heading("Two", 1), paragraph(prose(9), 2))
    chunks, rejects = chunk(document)
    assert [c.heading_path for c in chunks] == [("Two",)]
    assert [r.reason for r in rejects] == ["too_short"]
    assert rejects[0].record["text"] == prose(3)


def test_a_repeated_passage_is_kept_once():
    document = parsed(heading("One", 1), *[paragraph(prose(40), page) for page in (1, 2)])
    chunks, rejects = chunk(document)
    assert len(chunks) == 1
    assert [r.reason for r in rejects] == ["repeated"]


def test_what_the_check_names_becomes_a_reject_and_the_rest_is_numbered_without_it():
    document = parsed(*[block for n in "ABC" for block in (heading(n, 1), paragraph(prose(9, f"About{n}")))])
    chunks, rejects = chunk(document, check=lambda text: "other_language" if "AboutB" in text else "")
    assert [(c.index, c.heading_path) for c in chunks] == [(0, ("A",)), (1, ("C",))]
    assert [(r.reason, r.record["text"]) for r in rejects] == [("other_language", prose(9, "AboutB"))]


def test_a_document_without_blocks_gives_nothing():
    assert chunk(ParsedDocument("d", "empty", "no text", 0, (), "fast/1")) == ([], [])


def test_unknown_kinds_and_impossible_bounds_are_refused():
    with pytest.raises(ParsingError, match="'magic' is unknown; use 'section', 'token', 'recursive', 'semantic'"):
        chunk(parsed(), chunk_by="magic")
    with pytest.raises(ParsingError, match="leave no room"):
        chunk(parsed(), min_tokens=60)


def test_every_kind_is_the_module_of_its_name():
    folder = Path(inspect.getfile(documents)).parent
    assert all((folder / f"{kind}.py").is_file() for kind in KINDS)
    assert tuple(documents._CUTS) == KINDS


@pytest.mark.parametrize("name", NAMES)
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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("counter", COUNTERS)
def test_lengths_are_those_of_the_tokenizer_and_within_bounds(counters, counter, kind):
    document = fast.parse(PAPERS / NAMES[1], "d")
    options = {"count_tokens": counters[counter], "chunk_by": kind, "embed": embed_by_subject}
    chunks, _ = chunk(document, min_tokens=20, max_tokens=120, **options)
    assert [c.tokens for c in chunks] == counters[counter].count([c.text for c in chunks])
    assert all(20 <= c.tokens <= 120 for c in chunks)
    assert len(chunks) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_each_character_is_tokenized_at_most_twice(account, kind):
    many = [fast.parse(PAPERS / name, name) for name in NAMES]
    for max_tokens in (60, 500):
        account.characters = 0
        results = list(
            chunk_documents(many, count_tokens=account, chunk_by=kind, embed=embed_by_subject, max_tokens=max_tokens)
        )
        kept = [c.text for chunks, _ in results for c in chunks]
        short = [r.record["text"] for _, rejects in results for r in rejects if r.reason in ("too_short", "repeated")]
        # One chunk in a hundred may turn out too long by itself, and is counted again in halves.
        assert account.characters <= 2.01 * sum(map(len, [*kept, *short])) + 2 * len(kept)


def test_time_and_calls_grow_with_the_text_and_not_faster(account):
    def characters(sentences):
        account.characters = 0
        text = " ".join(prose(9 + i % 7, f"Method{i}") for i in range(sentences))
        chunk(parsed(paragraph(text)), count_tokens=account, max_tokens=500)
        return account.characters / len(text)

    assert characters(3_000) <= 2.02
    assert characters(50) <= 2.02


def test_many_documents_together_give_what_each_gives_alone(counters, monkeypatch):
    many = [fast.parse(PAPERS / name, name) for name in NAMES]
    options = {"count_tokens": counters["byte-level"], "max_tokens": 200}
    alone = [chunk_document(document, **options) for document in many]
    assert list(chunk_documents(iter(many), **options)) == alone
    monkeypatch.setattr(documents, "_BATCH", 1)
    assert list(chunk_documents(iter(many), **options)) == alone


def test_documents_are_read_no_further_than_one_batch_ahead(monkeypatch):
    monkeypatch.setattr(documents, "_BATCH", 4_000)
    read = []

    def endless():
        while True:
            read.append(len(read))
            yield ParsedDocument(str(len(read)), "ok", "", 1, (paragraph(prose(40)),), "x")

    results = chunk_documents(endless(), count_tokens=count_words)
    assert [chunks[0].document_id for (chunks, _), _ in zip(results, range(8), strict=False)] == list("12345678")
    assert len(read) < 16


def test_a_single_character_of_too_many_tokens_is_a_reject():
    chunks, rejects = chunk(parsed(paragraph("x.")), count_tokens=lambda texts: [9 for _ in texts], max_tokens=5)
    assert chunks == []
    assert {r.reason for r in rejects} == {"too_long"}
    assert "".join(r.record["text"] for r in rejects) == "x."


def test_lone_surrogates_are_counted_and_kept(counters):
    text = "A broken \ud800 sign in a sentence of quite a few words."
    (only,), _ = chunk(parsed(paragraph(text)), count_tokens=counters["byte-level"])
    assert only.text == text


def test_chunks_and_rejects_are_plain_data_and_back():
    chunks, rejects = chunk(parsed(heading("One", 1), paragraph(prose(9)), heading("Two", 1), paragraph(prose(3))))
    for record in [*chunks, *rejects]:
        assert from_dict(type(record), to_dict(record)) == record


BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(["heading", "paragraph", "list_item", "caption"]),
        st.integers(1, 4),
        st.lists(st.integers(3, 90), min_size=1, max_size=4),
    ),
    max_size=12,
)


def build(plan):
    """A document in which no word stands twice."""
    blocks = []
    for i, (kind, level, lengths) in enumerate(plan):
        text = " ".join(
            f"Part{i}x{j} " + " ".join(f"w{i}x{j}x{k}" for k in range(n - 1)) + "." for j, n in enumerate(lengths)
        )
        blocks.append(Block(kind, text, 1 + i // 2, level if kind == "heading" else 0))
    return parsed(*blocks)


def words_of(texts):
    return [word for text in texts for word in text.split()]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(BLOCKS, st.integers(0, 20), st.sampled_from(["words", *COUNTERS]))
def test_no_prose_is_lost_and_no_chunk_is_too_long(counters, kind, plan, min_tokens, counter):
    document = build(plan)
    count = {"words": count_words, **counters}[counter]
    options = {"count_tokens": count, "chunk_by": kind, "embed": embed_by_subject, "min_tokens": min_tokens}
    chunks, rejects = chunk(document, max_tokens=40, **options)
    assert all(min_tokens <= c.tokens <= 40 for c in chunks)
    kept = [c.text for c in chunks] + [r.record["text"] for r in rejects]
    expected = words_of(block.text for block in document.blocks if block.kind in ("paragraph", "list_item"))
    assert sorted(words_of(kept)) == sorted(expected)
    assert chunk(document, max_tokens=40, **options) == (chunks, rejects)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(BLOCKS, st.integers(0, 20))
def test_chunks_keep_the_order_the_pages_and_the_headings_of_the_document(kind, plan, overlap):
    document = build(plan)
    overlap = overlap if kind in ("token", "recursive") else 0
    chunks, _ = chunk(document, chunk_by=kind, embed=embed_by_subject, min_tokens=0, max_tokens=40, overlap=overlap)
    whole = " ".join(words_of(b.text for b in document.blocks if b.kind in ("paragraph", "list_item")))
    starts = [whole.index(" ".join(c.text.split())) for c in chunks]
    assert starts == sorted(starts)
    assert [c.index for c in chunks] == list(range(len(chunks)))
    pages = [(c.page_first, c.page_last) for c in chunks]
    assert pages == sorted(pages)
    owner = {word: block for block in document.blocks for word in block.text.split() if word.startswith("Part")}
    for c in chunks:
        blocks = [owner[word] for word in c.text.split() if word.startswith("Part")]
        assert all(c.page_first <= block.page <= c.page_last for block in blocks)
        assert len({id(block) for block in blocks}) <= 1 or c.page_last == blocks[-1].page


@pytest.mark.parametrize("kind", ["token", "recursive"])
@settings(max_examples=40)
@given(BLOCKS, st.integers(1, 20), st.sampled_from(["words", *COUNTERS]))
def test_with_an_overlap_nothing_is_lost_either_and_no_chunk_lies_within_another(
    counters, kind, plan, overlap, counter
):
    document = build(plan)
    count = {"words": count_words, **counters}[counter]
    chunks, rejects = chunk(document, count_tokens=count, chunk_by=kind, overlap=overlap, min_tokens=0, max_tokens=40)
    assert all(c.tokens <= 40 for c in chunks)
    texts = [c.text for c in chunks]
    kept = words_of([*texts, *(r.record["text"] for r in rejects)])
    assert set(kept) == set(words_of(b.text for b in document.blocks if b.kind in ("paragraph", "list_item")))
    assert len(kept) - len(set(kept)) <= overlap * len(texts)
    assert not any(one in other for one, other in itertools.pairwise(texts))


def test_a_document_that_is_one_chunk_is_tokenized_once(account):
    text = prose(30, "A short abstract")
    (only,), _ = chunk(parsed(paragraph(text)), count_tokens=account)
    assert account.characters == len(text)
    assert only.tokens == account.count([text])[0]
