"""A parsed document is written as Markdown that others can read."""

import pytest

from glossator.parsing.markdown import to_markdown
from glossator.parsing.plain import parse_text
from glossator.records import Block, BlockKind, Figure, ParsedDocument


def parsed(*blocks: tuple[BlockKind, str], figures: tuple[Figure, ...] = ()) -> ParsedDocument:
    rows = tuple(Block(kind, text, 1, 2 if kind == "heading" else 0) for kind, text in blocks)
    return ParsedDocument("d", "ok", "", 1, rows, "fast/2", figures)


def test_headings_and_items_have_their_marks():
    text = to_markdown(parsed(("heading", "Methods\nand data"), ("list_item", "one"), ("paragraph", "Then.")))
    assert text == "## Methods and data\n\n- one\n\nThen.\n"


def test_a_table_with_a_grid_stays_a_markdown_table_and_one_without_is_fenced():
    text = to_markdown(parsed(("table", "| a | b |\n| --- | --- |\n| 1 | 2 |"), ("table", "a | b\n1 | 2")))
    assert text == "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\na | b\n1 | 2\n```\n"


def test_code_that_holds_a_fence_gets_a_longer_one():
    assert to_markdown(parsed(("code", "```\nx\n```"))) == "~~~~\n```\nx\n```\n~~~~\n"
    assert to_markdown(parsed(("code", "~~~~\n`````\n```"))) == "~~~~~\n~~~~\n`````\n```\n~~~~~\n"


@pytest.mark.parametrize(
    "text",
    [
        "# of users",
        "- 5 degrees were measured",
        "+ 5",
        "* as before",
        "1. x",
        "2019) was the year",
        "> 5 % of all",
        "```",
        "~~~ about",
        "| a | b |",
        "---",
        "* * *",
    ],
)
@pytest.mark.parametrize("kind", ["paragraph", "list_item"])
def test_a_text_that_opens_like_something_else_reads_back_as_what_it_is(kind, text):
    document = parsed(("paragraph", "Before."), (kind, text), ("paragraph", "After."))
    read = parse_text(to_markdown(document), "d", markdown=True)
    assert [(b.kind, b.text) for b in read.blocks] == [(b.kind, b.text) for b in document.blocks]


def test_a_text_that_opens_like_nothing_else_is_written_as_it_is():
    for text in ("#5 of users", "-5 degrees", "1.5 m", "*Aloe* grows", "in `x`", "2019 was"):
        assert to_markdown(parsed(("paragraph", text))) == f"{text}\n"


def test_a_figure_is_an_image_in_the_folder_that_is_named():
    figure = Figure("f1", "d", 0, 1, "Figure 3", "Figure 3: A plot.", 10, 10)
    text = to_markdown(
        parsed(("figure", "f1"), ("caption", "Figure 3: A plot."), figures=(figure,)), figures="../images"
    )
    assert text == "![Figure 3](../images/f1.png)\n\nFigure 3: A plot.\n"


def test_a_document_without_blocks_is_empty():
    assert to_markdown(ParsedDocument("d", "unreadable", "broken", 0, (), "none")) == ""
