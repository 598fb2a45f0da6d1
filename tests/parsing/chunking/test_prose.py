import dataclasses

import pytest
from tests.parsing.chunking.building import chunk, heading, paragraph, parsed, prose

from glossator.parsing.chunking.prose import common_path, select_prose
from glossator.records import Block


def test_only_prose_enters_chunks():
    document = parsed(
        heading("Title", 1),
        paragraph("Jane Doe, University of Nowhere, John Roe, Institute of Things"),
        heading("Body", 2),
        paragraph(prose(12)),
        Block("caption", "Figure 1: " + prose(12), 1),
        Block("table", "1 | 2", 1),
        Block("code", "x = 1", 1),
        Block("figure", "f1", 1),
        paragraph("Axis label"),
        heading("References", 2),
        Block("reference", "Doe, J. (2020). " + prose(12), 2),
        heading("Acknowledgements", 2),
        paragraph(prose(12, "We thank Jane"), 2),
    )
    chunks, rejects = chunk(document)
    assert [c.text for c in chunks] == [prose(12)]
    assert [r.reason for r in rejects] == ["front_matter", "fragment", "back_matter"]


def test_an_abstract_before_the_first_section_is_prose():
    abstract = "We show that " + prose(30, "this simple method")
    document = parsed(heading("Title", 1), paragraph(abstract), heading("Body", 2), paragraph(prose(9)))
    chunks, _ = chunk(document)
    assert [(c.heading_path, c.text) for c in chunks] == [((), abstract), (("Body",), prose(9))]


def test_a_paragraph_in_a_script_without_spaces_is_no_fragment():
    text = "小さな猫が大きな犬と一緒に公園で遊んでいます"
    assert [run.text for run in select_prose(parsed(paragraph(text))).runs] == [text]
    assert [r.reason for r in select_prose(parsed(paragraph("図一 小さな猫"))).rejects] == ["fragment"]


def test_a_block_of_white_space_is_no_prose():
    assert chunk(parsed(Block("list_item", " \n", 1), paragraph("  "))) == ([], [])


def test_a_run_knows_which_blocks_a_part_of_it_is_from():
    blocks = [heading("One", 1), paragraph("First one here.", 1), paragraph("Then the second.", 2)]
    (run,) = select_prose(parsed(*blocks)).runs
    assert run.text == "First one here.\n\nThen the second."
    middle = run.text.index("\n")
    assert [place.page for place in run.places_of((0, middle))] == [1]
    assert [place.page for place in run.places_of((middle + 2, len(run.text)))] == [2]
    assert [place.position for place in run.places_of((3, middle + 3))] == [1, 2]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([("a", "b"), ("a", "c")], ("a",)),
        ([("a",), ("a", "c"), ("a", "b", "c")], ("a",)),
        ([("a", "b"), ("a", "b")], ("a", "b")),
        ([("a",), ("b",)], ()),
        ([(), ("b",)], ()),
    ],
)
def test_the_common_path_is_what_all_share(paths, expected):
    assert common_path(paths) == expected


def test_headings_of_any_depth_and_length_make_paths_of_bounded_size():
    blocks = [heading("x" * 5_000, level) for level in range(1, 3_000)]
    chunks, _ = chunk(parsed(heading("One", 1), *blocks, paragraph(prose(12))))
    assert len(chunks[0].heading_path) <= 12
    assert max(map(len, chunks[0].heading_path)) <= 300


OPENING = [heading("Title", 1), paragraph("A short intro."), Block("list_item", "one thing", 1), heading("Body", 2)]


@pytest.mark.parametrize("parser", ["html/1", "plain/3", "none"])
def test_only_a_pdf_has_front_matter(parser):
    document = dataclasses.replace(parsed(*OPENING, paragraph(prose(9))), parser=parser)
    assert [run.text for run in select_prose(document).runs] == ["A short intro.\n\none thing", prose(9)]


@pytest.mark.parametrize("parser", ["fast/2", "fast/2+ocr/1", "ocr/1", "pymupdf/1", "docling/1"])
def test_names_between_title_and_first_section_of_a_pdf_are_front_matter(parser):
    document = dataclasses.replace(parsed(*OPENING, paragraph(prose(9))), parser=parser)
    assert [reject.reason for reject in select_prose(document).rejects] == ["front_matter", "front_matter"]


@pytest.mark.parametrize(
    "abstract",
    [
        "小さな猫が大きな犬と一緒に公園で遊んでいます。その様子を三年の間、毎日観察しました。",
        "تصف هذه الورقة طريقة جديدة " * 6 + "وتبين أنها تعمل.",
    ],
    ids=["unspaced", "caseless"],
)
def test_an_abstract_in_a_script_without_case_is_prose_and_names_in_it_are_not(abstract):
    names = "山田太郎、鈴木花子、佐藤次郎、高橋三郎、田中四郎、東京大学情報理工学系研究科"
    document = parsed(heading("Title", 1), paragraph(names), paragraph(abstract), heading("Body", 2))
    prose_found = select_prose(document)
    assert [run.text for run in prose_found.runs] == [abstract]
    assert [reject.reason for reject in prose_found.rejects] == ["front_matter"]
