"""Shortens a text of any length to one line, so that a detail stays one."""

from __future__ import annotations

_EXCERPT = 200


def excerpt(text: str) -> str:
    """Turn a text of any length into its first 200 characters on one line."""
    line = " ".join(text[: 2 * _EXCERPT].split())
    return line if len(line) <= _EXCERPT and len(text) <= 2 * _EXCERPT else f"{line[: _EXCERPT - 1]}…"
