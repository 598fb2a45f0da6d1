import pytest
from tests.parsing.chunking.building import chunk, heading, paragraph, parsed, prose

from glossator.parsing.chunking.figures import mentioned_numbers
from glossator.parsing.figure_spots import label_of
from glossator.records import Block, Figure


def figure(number, description="", page=1, label=None):
    label = f"Figure {number}" if label is None else label
    return Figure(f"id{number}", "d", 0, page, label, f"{label}: {prose(6)}", 9, 9, (), description)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("As Figure 3 shows, and fig. 4.", ["3", "4"]),
        ("See Fig. 3a.", ["3a"]),
        ("See Fig. 3(b) and Fig.~S2.", ["3b", "S2"]),
        ("Figs. 2 and 3 differ", ["2", "3"]),
        ("Figures 2, 3, and 5", ["2", "3", "5"]),
        ("(Figs. 2–4)", ["2", "3", "4"]),
        ("Figures 1a,b and 2 show", ["1a", "1b", "2"]),
        ("Figure 4.1 of chapter 4", ["4.1"]),
        ("FIGURE 12", ["12"]),
        ("Figure S.2", ["S2"]),
        ("Figure 2 or Figure 7", ["2", "7"]),
        ("In Figure 2, 10 samples", ["2"]),
        ("In Figure 9-3", ["9"]),
        ("Figure 2-2000", ["2"]),
        ("figures of speech, configure 3, a figure 100", ["100"]),
        ("Table 3 and Section 4", []),
        ("Scheme 3 and plate 2a", ["Scheme 3", "Plate 2a"]),
        ("Schemes 2–4, Chart 5 and Figure 6", ["Scheme 2", "Scheme 3", "Scheme 4", "Chart 5", "6"]),
        ("Scheme 1 and Fig. 2, Figure 3 and Scheme 4", ["Scheme 1", "2", "3", "Scheme 4"]),
        ("Figure IV and Figs. II and V", ["IV", "II", "V"]),
        ("Figure 2 and I saw it", ["2"]),
        ("Figures in Figure Via", []),
    ],
)
def test_figures_are_named_in_many_ways(text, numbers):
    assert mentioned_numbers(text) == numbers


def test_a_chunk_holds_the_figures_that_it_mentions():
    figures = [figure(1), figure(2), figure(3), figure("2b")]
    text = "As Figures 3 and 1c show, it works here, see also Fig. 2b and figure 99."
    (only,), _ = chunk(parsed(paragraph(text), figures=figures))
    assert only.figures == ("id1", "id3", "id2b")


@pytest.mark.parametrize(
    "caption", ["Scheme 3. A road.", "Plate 2: A moth.", "Chart S1 – Growth", "Figure IV. Tides", "FIG. 7a: Waves"]
)
def test_every_label_that_a_caption_gives_is_found_by_its_mention(caption):
    label = label_of(caption)
    (only,), _ = chunk(parsed(paragraph(f"As {label} shows, it works well here."), figures=[figure(1, label=label)]))
    assert only.figures == ("id1",)


def test_a_chunk_holds_the_figures_that_stand_within_it():
    def document(*order):
        return parsed(*order, figures=[figure(1, label=""), figure(2, label="")])

    first, second = (Block("figure", f"id{n}", 1) for n in (1, 2))
    within, _ = chunk(document(paragraph(prose(9)), first, paragraph(prose(8)), second))
    assert [c.figures for c in within] == [("id1",)]
    apart, _ = chunk(document(heading("A", 1), paragraph(prose(9)), first, heading("B", 1), paragraph(prose(8))))
    assert [c.figures for c in apart] == [(), ()]


def test_of_two_figures_with_one_number_both_are_meant():
    twins = [figure(1), Figure("other", "d", 1, 2, "Fig. 1", "", 9, 9)]
    (only,), _ = chunk(parsed(paragraph("Both parts of Figure 1 show it works."), figures=twins))
    assert only.figures == ("id1", "other")


@pytest.mark.parametrize("kind", ["section", "token", "recursive"])
def test_a_described_figure_is_a_chunk_of_its_own_where_it_stands(kind):
    described = figure(1, "A bar chart of growing yields over nine years.", page=4)
    document = parsed(
        heading("Title", 1),
        heading("One", 2),
        paragraph(prose(9)),
        heading("Two", 2),
        paragraph(prose(40)),
        Block("figure", "id1", 4),
        Block("caption", described.caption, 4),
        paragraph(prose(40, "Another one")),
        figures=[described, figure(2)],
    )
    chunks, rejects = chunk(document, chunk_by=kind)
    assert [c.index for c in chunks] == [0, 1, 2, 3]
    of_figure = chunks[2]
    assert of_figure.text == f"{described.caption}\n\n{described.description}"
    assert (of_figure.heading_path, of_figure.page_first, of_figure.page_last) == (("Two",), 4, 4)
    assert of_figure.figures == ("id1",)
    assert all(described.caption not in c.text for c in chunks if c is not of_figure)
    assert rejects == []


def test_a_long_description_is_divided_and_every_part_names_the_figure():
    described = figure(1, " ".join(prose(20, f"Part{i}") for i in range(6)))
    chunks, _ = chunk(parsed(Block("figure", "id1", 2), figures=[described]))
    assert len(chunks) == 3
    assert {c.figures for c in chunks} == {("id1",)}
    assert max(c.tokens for c in chunks) <= 50


def test_a_described_figure_without_a_place_comes_last_and_one_in_the_back_matter_is_left_out():
    document = parsed(
        heading("One", 1),
        paragraph(prose(9)),
        heading("Funding", 1),
        Block("figure", "id2", 1),
        figures=[figure(1, prose(9, "A chart")), figure(2, prose(9, "A logo"))],
    )
    chunks, rejects = chunk(document)
    assert [c.figures for c in chunks] == [(), ("id1",)]
    assert [r.reason for r in rejects] == ["back_matter"]
