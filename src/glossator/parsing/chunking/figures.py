"""Takes a document's figures, leaves which of them a passage mentions, and texts of those that were described."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase

from glossator.parsing.chunking.prose import Path, Place, Prose, Run, is_back_matter, reject
from glossator.records import Figure, ParsedDocument

_ROMAN = r"(?-i:[IVX]{1,6}|[ivx]{2,6})(?![A-Za-z\d])"
_NUMBER = rf"(?:(?:[A-Z]\.?)?\d{{1,4}}(?:\.\d{{1,4}}){{0,3}}|{_ROMAN})"
_PANEL = r"(?:\s?\([a-z](?:\s?[-–,]\s?[a-z]){0,4}\)|[a-z](?:[-–,][a-z]){0,4}(?![A-Za-z]))?"
_ITEM = rf"(?P<number>{_NUMBER})(?P<panel>{_PANEL})"
_LETTER = re.compile(r"[a-z]")
_FIRST = re.compile(
    rf"\b(?:fig(?:ure)?|(?P<name>scheme|plate|chart))(?P<plural>s?)(?![a-z])\.?[\s~]{{0,3}}{_ITEM}", re.IGNORECASE
)
_NEXT = re.compile(
    rf"\s{{0,3}}(?P<joint>,\s?(?:and|or|&)|,|and|or|&|to|[-–—])\s{{0,3}}(?P<again>fig(?:ure)?s?\.?[\s~]{{0,3}})?{_ITEM}",
    re.IGNORECASE,
)
_RANGE = frozenset("-–—") | {"to"}
_LONGEST_RANGE = 30
"""Figures that one range may name; a longer one is a misprint or no range of figures."""


class FigureIndex:
    """Finds the figures that a passage refers to, or that stand within it.

    Args:
        parsed: the document.
        prose: where its figures stand.
    """

    def __init__(self, parsed: ParsedDocument, prose: Prose) -> None:
        self._by_number: dict[str, list[str]] = defaultdict(list)
        for figure in parsed.figures:
            for number in mentioned_numbers(figure.label):
                if figure.id not in self._by_number[number]:
                    self._by_number[number].append(figure.id)
        self._order = {figure.id: number for number, figure in enumerate(parsed.figures)}
        known = [(place, name) for name, (place, _) in prose.figure_places.items() if name in self._order]
        self._places = sorted(known)

    def find(self, text: str, first: int, last: int) -> tuple[str, ...]:
        """Take a passage and the positions of its first and last block, leave ids of figures in reading order."""
        if not self._order:
            return ()
        found = {name for number in mentioned_numbers(text) for name in self._of(number)}
        low, high = bisect_left(self._places, (first, "")), bisect_left(self._places, (last, ""))
        found.update(name for _, name in self._places[low:high])
        return tuple(sorted(found, key=self._order.__getitem__))

    def _of(self, number: str) -> Sequence[str]:
        """The figures of a number; of `3a` those of `3`, unless `3a` is a figure of its own."""
        known = self._by_number
        return known[number] if number in known else known.get(number.rstrip(ascii_lowercase), [])


def mentioned_numbers(text: str) -> list[str]:
    """Take a text, leave the numbers of the figures it names, such as `3`, `3a`, `S2`, `4.1`, in their order.

    Schemes, plates and charts have numbers of their own, such as `Scheme 3`; Roman numerals are capitals.
    `Figures 2 and 3`, `Figs. 2-4` and `Fig. 3a,b` name several, or several panels of one. In `Figure 2, 10 samples`
    the second number is none: a bare comma goes on only after the plural.
    """
    numbers: dict[str, None] = {}
    for match in _FIRST.finditer(text):
        item: re.Match[str] | None = match
        previous = ""
        name = f"{match['name'].capitalize()} " if match["name"] else ""
        while item is not None:
            number = _normal(item["number"])
            if item is not match:
                if item["joint"] == "," and not match["plural"] and not item["again"]:
                    break
                if (name and item["again"]) or number.isalpha() != previous.isalpha():
                    break
                if item["joint"].lower() in _RANGE:
                    between = _between(previous, number)
                    if not between:
                        break
                    numbers.update(dict.fromkeys(name + one for one in between))
            letters = _LETTER.findall(item["panel"].lower())
            numbers.update(dict.fromkeys(name + number + letter for letter in letters or [""]))
            previous = number
            item = _NEXT.match(text, item.end())
    return list(numbers)


def _normal(number: str) -> str:
    """`S.2` and `s2` are `S2`, `iv` is `IV`."""
    if number.isalpha():
        return number.upper()
    return number[0].upper() + number[1:].removeprefix(".") if number[0].isalpha() else number


def _between(first: str, last: str) -> list[str]:
    """The numbers of a range behind its first; none if it is no range of figures."""
    if not (first.isdigit() and last.isdigit()) or not 0 < int(last) - int(first) <= _LONGEST_RANGE:
        return []
    return [str(number) for number in range(int(first) + 1, int(last) + 1)]


def describe_runs(parsed: ParsedDocument, prose: Prose) -> Iterator[Run]:
    """Yield each described figure as a text of its own: its caption and what was seen in it, where it stands."""
    for figure in parsed.figures:
        description = figure.description.strip()
        if not description:
            continue
        position, path = _place_of(figure, prose.figure_places, len(parsed.blocks))
        text = f"{figure.caption.strip()}\n\n{description}".strip()
        if is_back_matter(path):
            prose.rejects.append(reject("back_matter", text[:80], parsed.document_id, path, text))
            continue
        yield Run(text, (Place(0, len(text), position, figure.page, path),), figures=(figure.id,))


def _place_of(figure: Figure, places: Mapping[str, tuple[int, Path]], behind: int) -> tuple[int, Path]:
    return places.get(figure.id, (behind, ()))
