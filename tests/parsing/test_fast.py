import functools
import re
from pathlib import Path

import pytest

from glossator.parsing import fast

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"


@functools.cache
def parsed(name):
    return fast.parse(PAPERS / name, name)


def texts(name, *kinds):
    return [block.text for block in parsed(name).blocks if block.kind in kinds]


def words(text):
    return re.findall(r"\w+", text.lower())


def recall_in_order(truth, found):
    """Share of the truth's words found in the same order, scanning forward within a window."""
    hits, position = 0, 0
    for word in truth:
        window = found[position : position + 400]
        if word in window:
            hits, position = hits + 1, position + window.index(word) + 1
    return hits / len(truth)


def test_nearly_all_words_and_all_headings_of_a_paper_come_in_order():
    truth = (PAPERS / "jose.00260.truth.md").read_text()
    blocks = parsed("jose.00260.pdf").blocks
    assert recall_in_order(words(truth), words(" ".join(b.text for b in blocks))) > 0.95
    expected = [match[1].strip() for match in re.finditer(r"^#+ (.*)$", truth, re.MULTILINE)]
    found = [b.text for b in blocks if b.kind == "heading"]
    assert [h for h in found if h in expected] == expected
    assert set(found) - set(expected) <= {"References"}


def test_title_and_sections_have_levels():
    headings = [(b.level, b.text) for b in parsed("jcon.00091.pdf").blocks if b.kind == "heading"]
    assert headings[0] == (1, "ReactiveMP.jl: A Julia Package for Reactive Message Passing-based Bayesian Inference")
    assert (2, "2. Message Passing") in headings
    assert all(level == 2 for level, _ in headings[1:])


NODES = (
    "In this framework, relationships between model variables are represented by a graph of sparsely connected nodes, "
    "and inference proceeds efficiently by a sequence of nodes sending probabilistic messages to neighboring nodes."
)
PAIRS = (
    "Applications include recommender systems, molecular network inference, and ecological interaction prediction. "
    "Kronecker-based learning systems provide a simple yet elegant method to learn from such pairs."
)


@pytest.mark.parametrize(("name", "passage"), [("jcon.00091.pdf", NODES), ("jcon.00015.pdf", PAIRS)])
def test_columns_are_read_one_after_the_other(name, passage):
    assert passage in " ".join(texts(name, "paragraph"))


def test_margin_heads_feet_and_page_numbers_leave_no_text():
    for name in ("jose.00021.pdf", "jose.00260.pdf", "jcon.00091.pdf"):
        everything = "\n".join(b.text for b in parsed(name).blocks)
        for furniture in (
            "Authors of papers retain",
            "Submitted:",
            "Journal of Open Source Education, ",
            "Proceedings of JuliaCon",
        ):
            assert furniture not in everything, (name, furniture)
        assert not [b.text for b in parsed(name).blocks if b.text.isdigit()]


def test_a_paragraph_goes_on_over_a_page_break():
    name = "jose.00140.pdf"
    (over,) = [b for b in parsed(name).blocks if b.text.startswith("In my teaching, I have used bin packing")]
    assert over.page == 1
    assert (
        "is to illustrate concepts of collective intelligence, or swarm intelligence, where intelligent behavior"
        in (over.text)
    )
    assert not [b for b in parsed(name).blocks if b.kind == "paragraph" and b.text[0].islower()]


def test_what_follows_the_references_heading_is_a_reference():
    blocks = parsed("jcon.00091.pdf").blocks
    at = next(i for i, b in enumerate(blocks) if b.text == "6. References")
    assert {b.kind for b in blocks[at + 1 :]} == {"reference"}
    assert not any(text.startswith("[1] ") for text in texts("jcon.00091.pdf", "paragraph"))


def test_pages_never_run_backwards_and_stay_within_the_document():
    for path in sorted(PAPERS.glob("*.pdf")):
        pages = [block.page for block in parsed(path.name).blocks]
        assert pages[0] == 1
        assert max(pages) <= parsed(path.name).pages
        assert parsed(path.name).outcome == "ok"


def test_parsing_twice_gives_the_same_blocks():
    assert fast.parse(PAPERS / "jose.00021.pdf", "jose.00021.pdf") == parsed("jose.00021.pdf")
