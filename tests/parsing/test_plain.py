import pytest

from glossator.parsing.plain import parse_text

MARKDOWN = """---
title: hidden
---
# Title #

A paragraph with *emphasis*, a [link](https://a.org/x_(y)) and
an exam-
ple. ![plot](plot.png)

Second
------

- first item
  goes on
2. second item

| a | b |
|---|---|
| 1 | 2 |

```python
# not a heading

x = 1
```

Figure 2: A caption.

***

## References

Smith, J. (2020). A book.

## Appendix

After all.
"""


def test_markdown_becomes_blocks_in_order():
    blocks = parse_text(MARKDOWN, "d", markdown=True).blocks
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        ("heading", 1, "Title"),
        ("paragraph", 0, "A paragraph with emphasis, a link and an example."),
        ("heading", 2, "Second"),
        ("list_item", 0, "first item goes on"),
        ("list_item", 0, "second item"),
        ("table", 0, "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("code", 0, "# not a heading\n\nx = 1"),
        ("caption", 0, "Figure 2: A caption."),
        ("heading", 2, "References"),
        ("reference", 0, "Smith, J. (2020). A book."),
        ("heading", 2, "Appendix"),
        ("paragraph", 0, "After all."),
    ]


def test_credits_image_tags_and_dot_leaders_of_converted_pages_leave_no_text():
    text = "# Report\n\n<!-- image -->\n\nPhoto: Jane Doe / Agency\n\nMethods ......... 12\n\nThe text."
    blocks = parse_text(text, "d", markdown=True).blocks
    assert [(b.kind, b.text) for b in blocks] == [
        ("heading", "Report"),
        ("paragraph", "Methods"),
        ("paragraph", "The text."),
    ]


def test_plain_text_is_paragraphs_only():
    blocks = parse_text("# no heading\n- no item\n\nNext.\r\n\r\nLast.", "d", markdown=False).blocks
    assert [(b.kind, b.text) for b in blocks] == [
        ("paragraph", "# no heading - no item"),
        ("paragraph", "Next."),
        ("paragraph", "Last."),
    ]


def test_blank_text_and_bare_images_are_empty_with_a_reason():
    assert parse_text(" \n ", "d", markdown=False).outcome == "empty"
    only_images = parse_text("![a](b.png)\n\n---\n", "d", markdown=True)
    assert only_images.outcome == "empty"
    assert only_images.reason
    assert only_images.blocks == ()


def test_an_unclosed_fence_runs_to_the_end():
    blocks = parse_text("```\ncode\n\n# still code", "d", markdown=True).blocks
    assert [(b.kind, b.text) for b in blocks] == [("code", "code\n\n# still code")]


@pytest.mark.parametrize("piece", ["[", "![", "*a ", "<img ", "[a](", "# "])
def test_a_long_line_of_one_piece_is_read_in_linear_time(piece: str):
    parse_text(piece * (300_000 // len(piece)), "d", markdown=True)
