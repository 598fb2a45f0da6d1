"""Reads scanned papers whose text is known with this program and with tesseract, and prints one table.

python benchmarks/scans.py FOLDER --truths FOLDER [--limit 3] [--readers glossator,tesseract] [--dpi 200] [--json]

FOLDER holds image-only PDF files named NAME.pdf or NAME_ANYTHING.pdf, the other folder `NAME.md` for each. Both readers
get the same pages, rendered by pypdfium2 at the same resolution, and one core; nothing is kept between runs. The
figures are those of `benchmarks/parsing.py`:

word recall        words of the truth found in the same order (longest common subsequence) over words of the truth
heading recall     headings of the truth found in the same order over headings of the truth; all files together
heading precision  the same matches over all headings that were found
pages/CPU-min      pages over minutes of processor time, child processes included; loading the models is not counted

tesseract reads with its English model and automatic page segmentation (mode 1); it leaves plain text, so no headings.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz.distance import LCSseq

from parsing import cpu_seconds, headings_of, words_of

Reader = Callable[[Path, int], str]
"""Takes a PDF and a resolution, leaves Markdown or text."""


def main() -> None:
    """Read the command line, measure each reader, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the scanned PDF files lie")
    parser.add_argument("--truths", type=Path, required=True, help="where their texts lie, as NAME.md")
    parser.add_argument("--limit", type=int, help="at most so many files")
    parser.add_argument("--readers", default=",".join(READERS), help="names, separated by commas")
    parser.add_argument("--dpi", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="one JSON value instead of the table")
    options = parser.parse_args()
    truths = {path: options.truths / f"{path.stem.split('_')[0]}.md" for path in sorted(options.folder.glob("*.pdf"))}
    known = [(path, truth) for path, truth in truths.items() if truth.exists()][: options.limit]
    if not known:
        parser.error(f"{options.folder} holds no PDF file whose text is in {options.truths}")
    rows = {name: measure(READERS[name], known, options.dpi) for name in options.readers.split(",")}
    print(json.dumps(rows, indent=2) if options.json else table(rows, [path for path, _ in known]))


def measure(reader: Reader, known: Sequence[tuple[Path, Path]], dpi: int) -> dict[str, Any]:
    """Read all files with one reader; its speed and, for each file and for all, its quality."""
    recalls: dict[str, float] = {}
    matched = expected = found = pages = 0
    seconds = 0.0
    try:
        reader(known[0][0], 30)  # loads the models
    except FileNotFoundError as error:
        return {"absent": str(error)}
    for path, truth in known:
        began = cpu_seconds()
        text = reader(path, dpi)
        seconds += cpu_seconds() - began
        right, words = truth.read_text("utf-8"), words_of(truth.read_text("utf-8"))
        recalls[path.name] = LCSseq.similarity(words, words_of(text)) / len(words)
        pages += page_count(path)
        print(f"{path.name}: {recalls[path.name]:.4f}", file=sys.stderr, flush=True)
        headings, given = headings_of(right), headings_of(text)
        matched += LCSseq.similarity(headings, given)
        expected, found = expected + len(headings), found + len(given)
    return {
        "word_recall": statistics.mean(recalls.values()),
        "heading_recall": matched / expected if found else None,
        "heading_precision": matched / found if found else None,
        "pages_per_cpu_minute": 60 * pages / seconds,
        "files": recalls,
    }


def page_count(path: Path) -> int:
    """Pages of a PDF."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return len(document)
    finally:
        document.close()


def table(rows: dict[str, dict[str, Any]], paths: Sequence[Path]) -> str:
    """Write the figures as two Markdown tables: all files together, and word recall of each."""
    there = {name: row for name, row in rows.items() if "absent" not in row}
    lines = ["| reader | word recall | heading recall | heading precision | pages/CPU-min |", "|---|---|---|---|---|"]
    for name, row in there.items():
        shares = [row[key] for key in ("word_recall", "heading_recall", "heading_precision")]
        cells = [f"{share:.3f}" if share is not None else "–" for share in shares]
        lines.append(f"| {name} | {' | '.join(cells)} | {row['pages_per_cpu_minute']:.1f} |")
    lines += ["", f"| word recall | {' | '.join(there)} |", f"|---|{'---|' * len(there)}"]
    for path in paths:
        cells = [f"{row['files'][path.name]:.3f}" for row in there.values()]
        lines.append(f"| {path.stem} | {' | '.join(cells)} |")
    absent = [f"absent: {name}: {row['absent']}" for name, row in rows.items() if "absent" in row]
    return "\n".join([*lines, "", *absent]).rstrip()


def read_with_glossator(path: Path, dpi: int) -> str:
    """This program's parser `ocr`."""
    from glossator.parsing import ocr, to_markdown
    from glossator.parsing.options import ParseOptions

    return to_markdown(ocr.parse(path, path.name, ParseOptions(parser="ocr", dpi=dpi)))


def read_with_tesseract(path: Path, dpi: int) -> str:
    """tesseract's plain text of each page."""
    import os

    import pypdfium2

    texts = []
    document = pypdfium2.PdfDocument(path)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "page.png"
        for page in document:
            page.render(scale=dpi / 72, grayscale=True).to_pil().save(image, compress_level=1)
            command = ["tesseract", str(image), "-", "-l", "eng", "--psm", "1", "--dpi", str(dpi)]
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
            texts.append(done.stdout)
    document.close()
    return "\n".join(texts)


READERS: dict[str, Reader] = {"glossator": read_with_glossator, "tesseract": read_with_tesseract}


if __name__ == "__main__":
    main()
