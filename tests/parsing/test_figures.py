"""Figures of real papers and of pages made for the purpose: where they stand, what is cut out, and what it costs."""

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image as Picture
from PIL import ImageDraw

from glossator.errors import ParsingError
from glossator.parsing import fast, figures
from glossator.parsing.figure_spots import label_of
from glossator.parsing.options import ParseOptions
from glossator.records import Block

PAPERS = Path(__file__).parents[2].parent / "shared/data"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "papers"
HOSTILE = PAPERS / "bad-pdfs"


def content_page(*pieces):
    """A content stream: `("text", x, y, words)` or raw operators."""
    lines = []
    for piece in pieces:
        if isinstance(piece, tuple):
            x, y, text = piece
            lines.append(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET")
        else:
            lines.append(piece)
    return "\n".join(lines).encode()


def write_pdf(path, *contents, images=()):
    """Write a PDF of one page for each content stream; `/Im0` and so on are the images."""
    names = " ".join(f"/Im{n} {4 + n} 0 R" for n in range(len(images)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for picture in images:
        head = (
            f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} /ColorSpace /DeviceRGB"
        )
        data = picture.tobytes()
        objects.append(f"{head} /BitsPerComponent 8 /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")
    kids = []
    for content in contents:
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
        resources = f"<< /Font << /F1 3 0 R >> /XObject << {names} >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R"
            f" /Resources {resources} >>".encode()
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out, offsets = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, data in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + data + b"\nendobj\n")
    start = out.tell()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode())
    path.write_bytes(out.getvalue())
    return path


PROSE = "The sea rises and falls twice on every day of the year because the moon pulls it towards itself"
CHART = "1 0 0 RG 2 w 150 450 300 200 re S 0 0 1 rg 200 470 40 120 re f"
CAPTION = "Figure 1: The height of the tide."


def paragraph(top):
    return [(60, top - 12 * line, f"{PROSE} and so on {line}") for line in range(4)]


def blocks_of(top=760):
    text = " ".join(words for _, _, words in paragraph(top))
    return [Block("paragraph", text + ".", 1), Block("caption", CAPTION, 1)]


def extract(path, blocks, folder, **more):
    return figures.extract(path, "doc", blocks, ParseOptions(figures_folder=str(folder), **more))


@pytest.fixture
def charted(tmp_path):
    page = content_page(*paragraph(760), CHART, (290, 435, "time"), (220, 420, CAPTION), *paragraph(380))
    return write_pdf(tmp_path / "chart.pdf", page)


def test_a_drawing_above_its_caption_is_cut_out_with_its_labels_and_no_text(charted, tmp_path):
    placed, (figure,) = extract(charted, blocks_of(), tmp_path / "figures")
    assert (figure.label, figure.caption, figure.page, figure.index) == ("Figure 1", CAPTION, 1, 0)
    left, bottom, right, top = figure.box
    assert left == pytest.approx(149, abs=2)
    assert right == pytest.approx(451, abs=2)
    assert top == pytest.approx(651, abs=2)
    assert 430 <= bottom <= 436, "the name of the axis belongs to it, the caption does not"
    assert [block.kind for block in placed] == ["paragraph", "figure", "caption"]
    assert placed[1].text == figure.id
    with Picture.open(tmp_path / "figures" / f"{figure.id}.png") as image:
        assert image.size == (figure.width, figure.height)
        assert image.width == pytest.approx(302 * 150 / 72, abs=6)
        assert image.getpixel((image.width // 4, image.height // 2)) == (0, 0, 255)


def test_a_second_run_writes_the_same_and_touches_nothing(charted, tmp_path):
    _, (first,) = extract(charted, blocks_of(), tmp_path / "figures")
    path = tmp_path / "figures" / f"{first.id}.png"
    before = path.stat()
    assert extract(charted, blocks_of(), tmp_path / "figures")[1] == (first,)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_figures_are_written_to_an_address_as_well(charted):
    import fsspec

    _, (figure,) = extract(charted, blocks_of(), "memory://glossator-figures")
    files = fsspec.filesystem("memory")
    assert [Path(name).name for name in files.ls("/glossator-figures", detail=False)] == [f"{figure.id}.png"]


def test_a_figure_below_its_caption_is_found(tmp_path):
    page = content_page(*paragraph(760), (220, 690, CAPTION), CHART, *paragraph(400))
    _, (figure,) = extract(write_pdf(tmp_path / "below.pdf", page), blocks_of(), tmp_path)
    assert figure.box[1] == pytest.approx(449, abs=2)
    assert figure.box[3] == pytest.approx(651, abs=2)


def test_a_tables_caption_and_a_mention_make_no_figure(charted, tmp_path):
    blocks = [blocks_of()[0], Block("caption", "Table 1: The height of the tide.", 1)]
    assert extract(charted, blocks, tmp_path) == (tuple(blocks), ())
    mention = [Block("paragraph", "Figure 1 shows how the tide rises.", 1)]
    assert extract(charted, mention, tmp_path)[1] == ()


def test_without_a_folder_or_with_a_broken_file_the_blocks_stay_as_they_are(charted, tmp_path):
    blocks = blocks_of()
    assert figures.extract(charted, "doc", blocks, ParseOptions()) == (tuple(blocks), ())
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no PDF")
    for path in (broken, tmp_path / "missing.pdf"):
        assert extract(path, blocks, tmp_path) == (tuple(blocks), ())


def test_a_folder_that_cannot_be_written_to_is_told(charted, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ParsingError, match="figures cannot be written"):
        extract(charted, blocks_of(), tmp_path / "file")


def picture():
    made = Picture.new("RGB", (60, 40), "white")
    ImageDraw.Draw(made).ellipse((5, 5, 50, 35), fill="red")
    return made


def place(width, height, left, bottom):
    return f"q {width} 0 0 {height} {left} {bottom} cm /Im0 Do Q"


def test_a_large_picture_without_caption_is_a_figure_behind_the_text_above_it(tmp_path):
    page = content_page(*paragraph(760), place(300, 200, 150, 450), *paragraph(400))
    path = write_pdf(tmp_path / "loose.pdf", page, images=[picture()])
    blocks = [blocks_of()[0], Block("heading", "Something else", 1, 2)]
    placed, (figure,) = extract(path, blocks, tmp_path)
    assert (figure.label, figure.caption) == ("", "")
    assert [block.kind for block in placed] == ["paragraph", "figure", "heading"]


def test_logos_scans_and_what_page_after_page_repeats_are_no_figures(tmp_path):
    logo = content_page(*paragraph(700), place(40, 40, 60, 740))
    assert extract(write_pdf(tmp_path / "logo.pdf", logo, images=[picture()]), [], tmp_path)[1] == ()
    scan = content_page(place(600, 800, 0, 0))
    assert extract(write_pdf(tmp_path / "scan.pdf", scan, images=[picture()]), [], tmp_path)[1] == ()
    banner = content_page(*paragraph(500), place(400, 120, 100, 600))
    path = write_pdf(tmp_path / "banner.pdf", *[banner] * 6, images=[picture()])
    assert extract(path, [], tmp_path)[1] == ()


def test_a_turned_page_is_cut_as_it_is_shown(charted, tmp_path):
    turned = tmp_path / "turned.pdf"
    with pypdfium2.PdfDocument(charted) as pdf:
        pdf[0].set_rotation(180)
        pdf.save(turned)
    with pypdfium2.PdfDocument(turned) as pdf:
        from glossator.parsing.page_objects import read_objects

        objects = read_objects(pdf[0])
    frame = max((placed.box for placed in objects.objects), key=lambda box: box.area)
    assert (frame.left, frame.bottom) == (pytest.approx(149, abs=2), pytest.approx(149, abs=2))


@pytest.mark.parametrize(
    ("caption", "label"),
    [
        ("Fig. 3. A wave.", "Figure 3"),
        ("Figure 12: Two waves.", "Figure 12"),
        ("FIGURE S4 | More.", "Figure S4"),
        ("Scheme 2. A reaction.", "Scheme 2"),
        ("Table 1: None.", ""),
        ("Configuration 3", ""),
    ],
)
def test_a_label_is_what_the_text_refers_to(caption, label):
    assert label_of(caption) == label


@pytest.mark.skipif(not PAPERS.is_dir(), reason="the shared papers are not here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Page and rectangle in points, read off the page by eye: a plot, code as a figure, tall and two columns wide.
        ("papers-juliacon/jcon.00122.pdf", {"Figure 1": (1, 317, 459, 556, 618), "Figure 2": (2, 359, 638, 513, 774)}),
        ("papers-juliacon/jcon.00038.pdf", {"Figure 1": (5, 54, 653, 293, 774), "Figure 5": (5, 317, 377, 556, 550)}),
        ("papers-jose/jose.00075.pdf", {"Figure 1": (1, 167, 165, 553, 360)}),
    ],
)
def test_figures_of_real_papers_lie_where_they_are_seen(name, expected, tmp_path):
    path = PAPERS / name
    _, found = extract(path, fast.parse(path, "doc").blocks, tmp_path)
    for label, (page, *box) in expected.items():
        figure = next(figure for figure in found if figure.label == label)
        assert figure.page == page
        assert all(abs(one - other) < 25 for one, other in zip(figure.box, box, strict=True)), (label, figure.box)


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the shared hostile files are not here")
def test_hostile_files_never_raise(tmp_path):
    caption = [Block("caption", "Figure 1: None.", 1)]
    for path in sorted(HOSTILE.glob("bad-qpdf*.pdf"))[:60]:
        placed, _ = extract(path, caption, tmp_path)
        assert caption[0] in placed
