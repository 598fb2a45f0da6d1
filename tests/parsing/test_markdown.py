"""A parsed document is written as Markdown that others can read."""

from glossator.parsing.markdown import to_markdown
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


def test_a_figure_is_an_image_in_the_folder_that_is_named():
    figure = Figure("f1", "d", 0, 1, "Figure 3", "Figure 3: A plot.", 10, 10)
    text = to_markdown(
        parsed(("figure", "f1"), ("caption", "Figure 3: A plot."), figures=(figure,)), figures="../images"
    )
    assert text == "![Figure 3](../images/f1.png)\n\nFigure 3: A plot.\n"


def test_a_document_without_blocks_is_empty():
    assert to_markdown(ParsedDocument("d", "unreadable", "broken", 0, (), "none")) == ""
