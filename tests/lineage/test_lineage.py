"""Links lead from a sample back to the place its document came from."""

from dataclasses import replace

from glossator.lineage import Link, links_of, trace
from glossator.records import Chunk, Document, Evidence, Message, Origin, Sample

DOCUMENT = Document(
    "doc", "a.pdf", ("local_files:a.pdf", "local_files:b.pdf"), "A", "application/pdf", license="CC BY 4.0"
)
CHUNK = Chunk("chunk", "doc", 0, ("Methods", "Data"), 2, 3, "Some text.", 3)


def sample(id_: str) -> Sample:
    return Sample(
        id=id_,
        messages=(Message("user", "Q?"), Message("assistant", "Some text.")),
        question="Q?",
        group=None,
        split="train",
        task="extractive_qa",
        context="chunk",
        document_ids=("doc",),
        chunk_ids=("chunk",),
        evidence=(Evidence("chunk", 0, 10, "Some text."),),
        origin=Origin("extractive/1", "prompt-hash"),
    )


def test_a_sample_is_traced_to_span_page_section_file_licence_teacher_and_prompt():
    links = list(links_of([sample("s")], [CHUNK], [DOCUMENT]))
    chain = trace("s", links)
    assert Link("s", "chunk", "evidence", "characters 0–10") in chain
    assert Link("chunk", "doc", "document", "page 2–3 › Methods › Data") in chain
    assert Link("doc", "local_files:b.pdf", "origin", "CC BY 4.0") in chain
    assert {link.kind for link in chain} >= {"teacher", "prompt"}


def test_every_span_of_every_passage_is_a_link_of_its_own():
    spans = (Evidence("c1", 0, 4, "Some"), Evidence("c1", 5, 9, "text"), Evidence("c2", 0, 4, "More"))
    both = replace(sample("s"), chunk_ids=("c1", "c2", "c3"), evidence=spans)
    links = [link for link in links_of([both], [], []) if link.kind in ("evidence", "chunk")]
    assert [(link.parent, link.kind, link.detail) for link in links] == [
        ("c1", "evidence", "characters 0–4"),
        ("c1", "evidence", "characters 5–9"),
        ("c2", "evidence", "characters 0–4"),
        ("c3", "chunk", ""),
    ]


def test_links_shared_by_many_samples_are_written_once():
    links = list(links_of([sample("s"), sample("t")], [CHUNK], [DOCUMENT]))
    assert len(links) == len(set(links))
    assert sum(link.child == "chunk" for link in links) == 1


def test_documents_that_no_chunk_needs_are_left_out():
    assert not [link for link in links_of([], [], [DOCUMENT]) if link.child == "doc"]


def test_a_circle_is_walked_once():
    circle = [Link("a", "b", "chunk"), Link("b", "a", "chunk")]
    assert trace("a", circle) == circle


def test_what_has_no_links_has_no_chain():
    assert trace("unknown", []) == []
