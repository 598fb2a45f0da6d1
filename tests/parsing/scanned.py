"""Makes scans of the papers in `tests/fixtures`: their pages as pictures, straight or askew, in any colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
from PIL import Image

PAPERS = Path(__file__).parents[1] / "fixtures" / "papers"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
SCANS, BAD_PDFS = DATA / "scans-jose", DATA / "bad-pdfs"


def picture(name: str, page: int, *, dpi: int = 150, turn: float = 0.0, mode: str = "L") -> Image.Image:
    """Render a page of a paper, turned by degrees against the clock, in a colour mode of pillow."""
    document = pypdfium2.PdfDocument(PAPERS / name)
    drawn = document[page - 1].render(scale=dpi / 72).to_pil().convert("L")
    document.close()
    turned = drawn.rotate(turn, fillcolor=255, expand=turn % 90 == 0, resample=Image.Resampling.BICUBIC)
    return turned.convert(mode)


def write_scan(path: Path, pictures: Sequence[Image.Image], *, dpi: int = 150) -> Path:
    """Write pictures as the pages of a PDF without any text."""
    pictures[0].save(path, "PDF", resolution=dpi, save_all=True, append_images=pictures[1:])
    return path


def write_joined(path: Path, parts: Sequence[Path], pages: Sequence[int]) -> Path:
    """Write a PDF of one page of each of several files."""
    joined = pypdfium2.PdfDocument.new()
    for part, page in zip(parts, pages, strict=True):
        source = pypdfium2.PdfDocument(part)
        joined.import_pages(source, [page - 1])
        source.close()
    joined.save(path)
    joined.close()
    return path


def write_lines(path: Path, lines: Sequence[str], *, shift: int = 0) -> Path:
    """Write a PDF of one page of Helvetica whose letters are drawn right and, with a shift, told wrong.

    Its table of letters names for each glyph the letter that comes `shift` places earlier.
    """
    drawn = "\n".join(f"1 0 0 1 72 {760 - 18 * i} Tm ({line}) Tj" for i, line in enumerate(lines))
    told = "\n".join(f"<{code:02x}> <{code - shift:04x}>" for code in range(65, 123))
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Wrong def /CMapType 2 def\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"58 beginbfchar\n{told}\nendbfchar endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    reference = "/ToUnicode 6 0 R" if shift else ""
    stream = f"BT /F 12 Tf\n{drawn}\nET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding {reference} >>",
        f"<< /Length {len(table)} >>\nstream\n{table}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    entries = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(body)
    body += f"xref\n0 7\n0000000000 65535 f \n{entries}trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    path.write_bytes(body.encode("latin-1"))
    return path


def write_searchable(path: Path, name: str, page: int) -> Path:
    """Write a page as a scanner's program does that has read it: its text invisible, its picture over all of it."""
    import pypdfium2.raw as pdfium

    source, made = pypdfium2.PdfDocument(PAPERS / name), pypdfium2.PdfDocument.new()
    made.import_pages(source, [page - 1])
    sheet = made[0]
    for item in sheet.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        pdfium.FPDFTextObj_SetTextRenderMode(item, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
    image = pypdfium2.PdfImage.new(made)
    image.set_bitmap(source[page - 1].render(scale=1))
    image.set_matrix(pypdfium2.PdfMatrix().scale(*sheet.get_size()))
    sheet.insert_obj(image)
    sheet.gen_content()
    made.save(path)
    made.close()
    source.close()
    return path


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return re.findall(r"\w+", text.lower())
