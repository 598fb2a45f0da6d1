"""The picture shows every chunk by shape and colour, and nothing of a document's text can act in it."""

from xml.etree import ElementTree as ET

import pytest

from glossator.curation.coverage import ChunkCoverage, Coverage, DocumentCoverage
from glossator.curation.coverage_picture import MOST_DOCUMENTS, coverage_picture

SVG = "{http://www.w3.org/2000/svg}"


def document(name, pairs, title=None, sections=None):
    chunks = tuple(
        ChunkCoverage(f"{name}{n}", (sections or {}).get(n, ""), "train", count, "" if count else "evidence")
        for n, count in enumerate(pairs)
    )
    return DocumentCoverage(name, title or name, chunks)


def draw(*documents):
    return ET.fromstring(coverage_picture(Coverage(documents, 1, 0)))


def shapes(tree, kind):
    groups = tree.findall(f"{SVG}g")
    return [node for group in groups for node in group if node.get("class") == kind]


def test_states_differ_in_shape_and_not_in_colour_alone():
    unasked = DocumentCoverage("u", "u", (ChunkCoverage("u0", "", "pool", 0, "pool"),))
    tree = draw(document("a", [2, 1, 0, 5]), unasked)
    assert [node.tag for node in shapes(tree, "many")] == [f"{SVG}rect"] * 2
    (half,) = shapes(tree, "one")
    assert float(half.get("height")) < float(shapes(tree, "many")[0].get("height"))
    assert [node.tag for node in shapes(tree, "vain")] == [f"{SVG}path"]
    assert [node.tag for node in shapes(tree, "unasked")] == [f"{SVG}circle"]


def test_a_new_section_stands_apart():
    tree = draw(document("a", [2, 2, 2], sections={0: "A", 1: "A", 2: "B"}))
    left = [float(node.get("x")) for node in shapes(tree, "many")]
    assert left[2] - left[1] > left[1] - left[0]


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", 'a & b "quoted"', "bell \x07 \ufffe", "x" * 500])
def test_titles_are_text_and_long_ones_are_cut(title):
    tree = draw(document("a", [1], title=title))
    assert not list(tree.iter(f"{SVG}script"))
    shown = [node.text for node in tree.find(f"{SVG}g").findall(f"{SVG}text")]
    assert shown[0][:8].rstrip() == "".join(c if c.isprintable() else " " for c in title)[:8].rstrip()
    assert len(shown[0]) <= 42


def test_only_the_first_documents_are_drawn_and_the_rest_counted():
    tree = draw(*(document(f"d{n:03}", [1]) for n in range(MOST_DOCUMENTS + 7)))
    assert len(tree.findall(f"{SVG}g")) == MOST_DOCUMENTS
    assert "and 7 more" in "".join(tree.itertext())


def test_a_book_is_drawn_in_some_lines_inside_the_picture_and_the_rest_counted():
    tree = draw(document("book", [2] * 1000))
    cells = shapes(tree, "many")
    width, height = (float(part) for part in tree.get("viewBox").split()[2:])
    assert all(float(node.get("x")) < width and float(node.get("y")) < height for node in cells)
    assert len({node.get("y") for node in cells}) == 4
    assert f"{1000 - len(cells)} more chunks are not drawn" in "".join(tree.itertext())


def test_nothing_to_draw_is_a_picture_too():
    assert "two pairs or more" in "".join(draw().itertext())
