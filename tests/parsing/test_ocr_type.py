from dataclasses import replace

from glossator.parsing.layout import Span, build_lines
from glossator.parsing.ocr_page import OcrLine, OcrPage
from glossator.parsing.ocr_type import settle_type

TEXT = "words of the text that run over the whole width of the page"


def line(text, size, stroke=0.9, *, y=700.0):
    return OcrLine(Span(text, 72, 500, y, size, bold=False, italic=False, mono=False), stroke)


def settled(lines, known=()):
    (page,) = settle_type([OcrPage(1, 842, tuple(lines))], known)
    return [(span.size, span.bold) for span in page.spans]


def test_sizes_measured_a_little_apart_become_one():
    body = [line(TEXT, size) for size in (9.71, 9.84, 9.9, 9.68, 10.1)]
    heading = line("Summary", 13.1, 1.6)
    sizes = [size for size, _ in settled([*body, heading])]
    assert set(sizes[:5]) == {9.8}
    assert sizes[5] == 13.1


def test_what_lies_near_the_type_of_the_other_pages_takes_it():
    told = [line(TEXT, 10.0), line("Another heading", 13.4), line("A title of the paper", 17.0)]
    spans = [replace(each.span, bold=each.span.size == 13.4) for each in told]
    known = build_lines(spans[:1], 1) + build_lines(spans[1:2], 1) + build_lines(spans[2:], 1)
    measured = [line(TEXT, 9.2), line("A heading", 12.8), line("A larger one", 19.0)]
    assert settled(measured, known) == [(10.0, False), (13.4, True), (19.0, False)]


def test_bold_lines_are_told_by_their_stroke():
    lines = [line(TEXT, 10.0, 0.9), line(TEXT, 10.0, 0.95), line("A bold line", 10.0, 1.35), line("Summary", 14.0, 1.9)]
    assert [bold for _, bold in settled(lines)] == [False, False, True, True]


def test_larger_type_of_ordinary_weight_is_not_bold():
    assert settled([line(TEXT, 10.0, 0.9), line("A title in light type", 16.0, 1.3)])[1] == (16.0, False)


def test_a_heading_whose_letters_stand_evenly_is_no_listing():
    lines = [line(TEXT, 10.0), line("x = 1", 10.0), line("Notes on design", 14.0)]
    even = [replace(each, span=replace(each.span, mono=each.span.text != TEXT)) for each in lines]
    (page,) = settle_type([OcrPage(1, 842, tuple(even))])
    assert [span.mono for span in page.spans] == [False, True, False]


def test_pages_without_lines_stay_empty():
    assert settle_type([OcrPage(3, 842, ())])[0].spans == ()
