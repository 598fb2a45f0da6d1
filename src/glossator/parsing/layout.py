"""Takes the text spans of a PDF page, leaves its lines in reading order, without margins, heads and feet."""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from glossator.parsing.cleaning import collapse_whitespace, expand_ligatures, is_page_number

_MARKER = re.compile(r"[\d\s,∗*†‡§¶‖a-e]{1,8}")
_BEFORE_MARKER = re.compile(r"(?:[^\W\d_]{3}|\.[a-z]{2}|[.,;:!?)\]”’\"'])$")
_BEFORE_NUMBER = re.compile(r"[^\W\d_]{2}-$")
"""What a footnote mark may follow: words, not the variables of a formula; a divided word only if it is a number."""
_MARKED = 8
"""Characters before a mark by which it is told; more than either pattern takes."""
_ENUMERATOR = re.compile(r"[•‣◦▪–-]|\(?[\da-zivx]{1,3}[.)]|\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one font; coordinates in points from the lower left corner of the page."""

    text: str
    x0: float
    x1: float
    y: float
    """Baseline."""
    size: float
    bold: bool
    italic: bool
    mono: bool


@dataclass(frozen=True, slots=True)
class PageSpans:
    """The text of one page as its reader left it, in drawing order."""

    number: int
    """From 1, counted in the whole document."""
    height: float
    """Of the page, in points."""
    spans: Sequence[Span] = ()
    problem: str = ""
    """Why the page, or a part of it, could not be read as it should; empty otherwise."""


@dataclass(slots=True)
class Line:
    """Spans that stand beside each other on one baseline."""

    page: int
    spans: list[Span] = field(default_factory=list)
    text: str = ""
    column: int = 0
    """0 for the left or only column, 1 for the right one, -1 where the line crosses the gutter."""
    in_row: bool = False
    """Whether another line of the same column stands on the same baseline, as in a table."""
    footnote: bool = False
    _measured: int = 0
    """How many of the spans the following tell about; spans are only ever added, and a line may have thousands."""
    _right: float = 0.0
    _longest: Span | None = None
    _prose: Span | None = None
    """The longest that is not in fixed-width type."""

    @property
    def x0(self) -> float:
        """Left edge, in points."""
        return self.spans[0].x0

    @property
    def x1(self) -> float:
        """Right edge, in points."""
        self._measure()
        return self._right

    @property
    def main(self) -> Span:
        """The span that holds the most text: it decides size and baseline.

        A name in fixed-width type within a sentence does not: such type is often a little larger or smaller.
        """
        self._measure()
        if self._longest is None:
            raise ValueError("a line without spans has none that is the longest")
        if self._longest.mono and self._prose is not None and len(self._prose.text) > 3:
            return self._prose
        return self._longest

    def _measure(self) -> None:
        """Take into account the spans that were added since the last time; of equals the first is the longest."""
        for span in self.spans[self._measured :] if self._measured < len(self.spans) else ():
            self._right = max(self._right, span.x1) if self._measured else span.x1
            if self._longest is None or len(span.text) > len(self._longest.text):
                self._longest = span
            if not span.mono and (self._prose is None or len(span.text) > len(self._prose.text)):
                self._prose = span
            self._measured += 1

    @property
    def y(self) -> float:
        """Baseline of the main span, in points."""
        return self.main.y

    @property
    def size(self) -> float:
        """Font size of the main span, in points, to one tenth."""
        return round(self.main.size, 1)

    def share(self, trait: str) -> float:
        """The share of the line's characters that are `bold`, `italic` or `mono`; spaces do not count.

        Names in fixed-width type do not count for `bold` and `italic`, unless the line holds nothing else.
        """
        spans = self.spans
        if trait != "mono" and len(spans) > 1:
            spans = [span for span in spans if not span.mono and span.text.strip()] or spans
        lengths = [(len(span.text.strip()), getattr(span, trait)) for span in spans]
        total = sum(length for length, _ in lengths)
        return sum(length for length, is_so in lengths if is_so) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """The left and right edge of a column of body text, in points."""

    left: float
    right: float

    @property
    def width(self) -> float:
        """Width, in points."""
        return max(1.0, self.right - self.left)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its lines in reading order and where its body text stands."""

    number: int
    """From 1."""
    height: float
    lines: list[Line]
    columns: tuple[Column, ...]

    def column_of(self, line: Line) -> Column:
        """The column a line stands in; the whole text area for a line across both."""
        if 0 <= line.column < len(self.columns):
            return self.columns[line.column]
        return Column(self.columns[0].left, self.columns[-1].right)


def build_lines(spans: Iterable[Span], page: int) -> list[Line]:
    """Join spans, in the order they were drawn, to lines; a wide gap on a baseline starts a new line."""
    lines: list[Line] = []
    for span in spans:
        if len(lines) > 1 and not _adjoins(lines[-1], span) and _is_interlude(lines[-2], lines[-1], span):
            for fragment in lines.pop().spans:
                _append(lines[-1], fragment)
        if lines and _adjoins(lines[-1], span):
            _append(lines[-1], span)
        elif span.text.strip():
            lines.append(Line(page, [span], span.text))
    for line in lines:
        line.text = collapse_whitespace(expand_ligatures(line.text))
    return [line for line in lines if line.text]


def _adjoins(line: Line, span: Span) -> bool:
    size = max(line.main.size, span.size)
    if abs(span.y - line.main.y) > 0.55 * size:
        return False
    # Indices may be drawn after the letters they stand between, so a step back within the line is no new line.
    reach = 3.5 if _ENUMERATOR.fullmatch(line.text.strip()) else 1.9
    return span.x0 > line.x0 - 0.3 * size and span.x0 - line.x1 < reach * size


def _is_interlude(line: Line, fragment: Line, span: Span) -> bool:
    """Whether a fragment, such as an integral sign, stands off the baseline of a line that goes on behind it."""
    size = line.main.size
    if len(fragment.text.strip()) > 4 or abs(fragment.y - line.y) > 1.3 * size:
        return False
    near = line.x0 - size < fragment.x0 < line.x1 + 1.9 * size
    return near and abs(span.y - line.y) < 0.2 * size and 0 < span.x0 - line.x1 < 3 * size


def _append(line: Line, span: Span) -> None:
    right, main = line.x1, line.main
    raised = span.size <= 0.85 * main.size and span.y > main.y - 0.03 * main.size
    before = line.text.rstrip()[-_MARKED:]
    follows = _BEFORE_MARKER.search(before) or (span.text.isdigit() and _BEFORE_NUMBER.search(before))
    if raised and follows and _MARKER.fullmatch(span.text):
        # A footnote mark: it takes its place on the line but leaves no text in the sentence.
        line.spans.append(Span("", span.x0, span.x1, span.y, span.size, bold=False, italic=False, mono=False))
        return
    gap = span.x0 - right
    if gap > 0.16 * min(span.size, main.size) and not line.text.endswith(" ") and not span.text.startswith(" "):
        line.text += " "
    line.text += span.text
    line.spans.append(span)


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """The font size, in points, that most of the document's text is set in; 10 when there is none."""
    weights: Counter[float] = Counter()
    for line in (line for lines in pages for line in lines):
        weights[round(line.size * 2) / 2] += len(line.text)
    return weights.most_common(1)[0][0] if weights else 10.0


def find_columns(lines: Sequence[Line], size: float) -> tuple[Column, ...]:
    """Find the one or two columns of body text on a page; none if the page has no body text."""
    body = [line for line in lines if abs(line.size - size) <= 0.6 and len(line.text) >= 25]
    if not body:
        return ()
    left, right = min(line.x0 for line in body), max(line.x1 for line in body)
    middle = (left + right) / 2
    crossing = sum(line.x0 < middle - 5 and line.x1 > middle + 5 for line in body)
    halves = [[line for line in body if line.x1 <= middle + 5], [line for line in body if line.x0 >= middle - 5]]
    if crossing > 0.4 * len(body) or not all(len(half) >= 3 for half in halves):
        return (_edges(body),)
    return tuple(_edges(half) for half in halves)


def _edges(lines: Sequence[Line]) -> Column:
    lefts, rights = sorted(line.x0 for line in lines), sorted(line.x1 for line in lines)
    common = Counter(round(x) for x in lefts).most_common(1)[0][0]
    return Column(min(common, statistics.median(lefts)), rights[int(0.9 * (len(rights) - 1))])


def drop_margin(lines: Sequence[Line], columns: Sequence[Column], size: float) -> list[Line]:
    """Drop what stands beside the text area in smaller type: marginal notes, line numbers, a journal's sidebar."""
    if not columns:
        return list(lines)
    left, right = columns[0].left, columns[-1].right

    def beside(line: Line) -> bool:
        outside = line.x1 <= left + 2 or line.x0 >= right + 2
        return outside and (line.size <= size - 0.4 or is_page_number(line.text))

    return [line for line in lines if not beside(line)]


def order_lines(lines: list[Line], columns: Sequence[Column]) -> list[Line]:
    """Assign columns and put lines in reading order.

    The order in which a page is drawn is nearly always the reading order and is kept, unless too many lines climb
    back up within a column: then lines are sorted from top to bottom, column by column, band by band between lines
    that cross the gutter.
    """
    middle = (columns[0].right + columns[1].left) / 2 if len(columns) == 2 else None
    for line in lines:
        line.column = 0 if middle is None or line.x1 <= middle + 6 else 1 if line.x0 >= middle - 6 else -1
    climbs = sum(
        after.column == before.column and after.y > before.y + 1.5 * before.size for before, after in pairwise(lines)
    )
    if climbs > max(3, 0.12 * len(lines)):
        lines = _sort_by_place(lines)
    _mark_rows(lines)
    return lines


def _sort_by_place(lines: Sequence[Line]) -> list[Line]:
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (-round(line.y / 2), line.x0)):
        if line.column == -1:
            ordered += sorted(band, key=lambda line: line.column)
            band = []
            ordered.append(line)
        else:
            band.append(line)
    return ordered + sorted(band, key=lambda line: line.column)


def _mark_rows(lines: Sequence[Line]) -> None:
    rows: defaultdict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        rows[line.column, round(line.y / 2)].append(line)
    across = {place for column, place in rows if column == -1}
    for place in across:
        # A table across both columns: its cells stand left, right and over the gutter.
        rows[-1, place] = [line for column in (-1, 0, 1) for line in rows.pop((column, place), ())]
    for row in rows.values():
        if len(row) > 1 and (_are_cells(row) or all(line.share("bold") > 0.7 for line in row)):
            for line in row:
                line.in_row = True
    for before, after in pairwise(lines):
        # The head of a table is often set closer than its rows. Prose may be spread as wide, but not above a table.
        if after.in_row and before.column == after.column and before.y - after.y < 2.5 * after.size:
            before.in_row = before.in_row or _is_spaced(before)
    _mark_cells(lines)


def _is_spaced(line: Line) -> bool:
    """Whether a line is itself a row: at least two gaps in it are wider than any between words."""
    spans = [span for span in line.spans if span.text != " "]
    if len(spans) < 3 or len(line.text) > 120 or any(span.mono for span in spans):
        return False
    wide = sum(after.x0 - before.x1 > 0.85 * line.size for before, after in pairwise(spans))
    return wide > 1 and wide >= 0.5 * (len(line.text.split()) - 1)


def _are_cells(row: Sequence[Line]) -> bool:
    return max(len(line.text.split()) for line in row) < 7


def _mark_cells(lines: Sequence[Line]) -> None:
    """Mark the narrow lines between and just below the rows of a table: cells of more than one line."""
    for column in (-1, 0, 1):
        here = [line for line in lines if line.column == column]
        rows = sorted({line.y for line in here if line.in_row})
        width = max((line.x1 - line.x0 for line in here), default=0.0)
        for line in here:
            if rows and not line.in_row and line.x1 - line.x0 < 0.6 * width:
                next_above = bisect_left(rows, line.y)
                above = rows[next_above] - line.y if next_above < len(rows) else 1000.0
                below = line.y - rows[next_above - 1] if next_above else 1000.0
                line.in_row = above < 1.6 * line.size or above + below < 6 * line.size


def mark_footnotes(lines: Sequence[Line], size: float) -> None:
    """Mark lines in small type below the last line of body text of their column."""
    lowest: dict[int, float] = {}
    for line in lines:
        if line.size > size - 0.5 and len(line.text) > 3:
            lowest[line.column] = min(lowest.get(line.column, line.y), line.y)
    for line in lines:
        floor = lowest.get(line.column)
        line.footnote = floor is not None and line.size <= size - 0.7 and line.y < floor
