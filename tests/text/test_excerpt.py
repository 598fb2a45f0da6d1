"""A text of any length becomes one bounded line."""

from __future__ import annotations

import pytest

from glossator.text.excerpt import excerpt


def test_a_short_text_is_kept_on_one_line() -> None:
    assert excerpt("a\n\nb\tc  d") == "a b c d"
    assert excerpt("x" * 200) == "x" * 200


@pytest.mark.parametrize("text", ["word " * 1_000, "x" * 201, "  \n" * 500 + "late"])
def test_a_long_text_ends_with_a_mark_that_something_is_missing(text: str) -> None:
    assert excerpt(text).endswith("…")
    assert len(excerpt(text)) <= 200
