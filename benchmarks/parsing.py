"""Parses papers whose text is known with this program and with other parsers, and prints one table.

python benchmarks/parsing.py FOLDER [FOLDER …] [--parsers fast,kreuzberg,…] [--repeats 3] [--json]

A FOLDER holds PDF files; where it holds `truth/NAME.md` too, that is the text of NAME.pdf and quality is measured on
these files. Files without a truth count for speed only; `--truths-only` leaves them out. Each parser runs in a process
of its own, on one file first, so that loading it is not measured, then on all files. Parsers that are not installed
are listed as absent. The figures:

word recall        words of the truth found in the same order (longest common subsequence) over words of the truth;
                   words are runs of letters and digits in lower case, ligatures dissolved; mean of the papers
heading recall     headings of the truth found in the same order over headings of the truth; a heading is compared
                   without its number, case, spaces and punctuation; all papers together
heading precision  the same matches over all headings that were found, `References` left out, since no truth holds it
pages/CPU-s        pages over seconds of processor time, all threads and child processes included, median of repeats
pages/s            pages over seconds of the clock, of the same repeat
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Parser = Callable[[Sequence[Path]], list[str]]
"""Takes files, leaves the Markdown or text of each."""


def main() -> None:
    """Read the command line, measure each parser in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="where PDF files, and perhaps truth/*.md, lie")
    parser.add_argument("--parsers", default=",".join(PARSERS), help="names, separated by commas")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--truths-only", action="store_true", help="only files whose text is known")
    parser.add_argument("--json", action="store_true", help="one JSON value instead of the table")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    truths = {
        path: path.parent / "truth" / f"{path.stem}.md" for f in options.folders for path in sorted(f.glob("*.pdf"))
    }
    paths = [path for path, truth in truths.items() if truth.exists() or not options.truths_only]
    if not paths:
        parser.error(f"no PDF files in {', '.join(map(str, options.folders))}")
    if options.measure:
        print(json.dumps(measure(options.measure, paths, truths, options.repeats)))
        return
    names = options.parsers.split(",")
    unknown = [name for name in names if name not in PARSERS]
    if unknown:
        parser.error(f"no parser {', '.join(unknown)}; use some of {', '.join(PARSERS)}")
    rows = {name: measure_apart(name) for name in names}
    print(
        json.dumps(rows, indent=2)
        if options.json
        else table(rows, len(paths), sum(t.exists() for t in truths.values()))
    )


def measure_apart(name: str) -> dict[str, Any]:
    """Run this script again for one parser; its figures, or why it is absent."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *sys.argv, "--measure", name]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        return {"absent": (done.stderr.strip().splitlines() or ["it gave no reason"])[-1][:200]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def measure(name: str, paths: Sequence[Path], truths: dict[Path, Path], repeats: int) -> dict[str, Any]:
    """Run one parser in this process; its speed and, where the text is known, its quality."""
    import pypdfium2

    pages = 0
    for path in paths:
        document = pypdfium2.PdfDocument(path)
        pages += len(document)
        document.close()
    PARSERS[name](paths[:1])
    times, texts = [], []
    for _ in range(repeats):
        cpu, wall = cpu_seconds(), time.perf_counter()
        texts = PARSERS[name](paths)
        times.append((cpu_seconds() - cpu, time.perf_counter() - wall))
    cpu, wall = statistics.median(t for t, _ in times), statistics.median(t for _, t in times)
    figures: dict[str, Any] = {"pages": pages, "pages_per_cpu_second": pages / cpu, "pages_per_second": pages / wall}
    known = [
        (truths[path].read_text("utf-8"), text)
        for path, text in zip(paths, texts, strict=True)
        if truths[path].exists()
    ]
    return figures | quality(known)


def cpu_seconds() -> float:
    """Processor time of this process, its threads and the children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def quality(known: Sequence[tuple[str, str]]) -> dict[str, float | None]:
    """Compare (truth, found) texts: word recall, heading recall and heading precision."""
    if not known:
        return {}
    from rapidfuzz.distance import LCSseq

    recalls, matched, expected, found = [], 0, 0, 0
    for truth, text in known:
        words = words_of(truth)
        recalls.append(LCSseq.similarity(words, words_of(text)) / len(words))
        right, given = headings_of(truth), headings_of(text)
        matched += LCSseq.similarity(right, given)
        expected, found = expected + len(right), found + len(given)
    return {
        "word_recall": statistics.mean(recalls),
        "heading_recall": matched / expected if found else None,
        "heading_precision": matched / found if found else None,
    }


def words_of(text: str) -> list[str]:
    """The words of a text, without the marks of Markdown."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower())


def headings_of(markdown: str) -> list[str]:
    """The headings of a Markdown text without numbers, case and punctuation; `References` is left out."""
    outside = re.sub(r"^(```+|~~~+).*?^\1\s*$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    found = []
    for line in re.findall(r"^#{1,6}\s+(.+)$", outside, flags=re.MULTILINE):
        bare = re.sub(r"^[\W_]*(?:\d+(?:\.\d+)*|[A-Z])\.?[\W_]+(?=\S)", "", line)
        key = "".join(words_of(bare))
        if key and key != "references":
            found.append(key)
    return found


def table(rows: dict[str, dict[str, Any]], files: int, known: int) -> str:
    """Write the figures as a Markdown table, the absent parsers below it."""
    lines = [f"{files} files, the text of {known} known", ""]
    lines += [
        "| parser | word recall | heading recall | heading precision | pages/CPU-s | pages/s |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        if "absent" not in row:
            shares = [row.get(key) for key in ("word_recall", "heading_recall", "heading_precision")]
            cells = [f"{share:.3f}" if share is not None else "–" for share in shares]
            cells += [f"{row[key]:.3g}" for key in ("pages_per_cpu_second", "pages_per_second")]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    absent = [f"absent: {name}: {row['absent']}" for name, row in rows.items() if "absent" in row]
    return "\n".join([*lines, "", *absent]).rstrip()


def read_with_glossator(module: str) -> Parser:
    """This program's parser of that name."""

    def read(paths: Sequence[Path]) -> list[str]:
        from importlib import import_module

        from glossator.parsing import to_markdown
        from glossator.parsing.options import ParseOptions

        parse = import_module(f"glossator.parsing.{module}").parse
        return [to_markdown(parse(path, path.name, ParseOptions(parser=module))) for path in paths]

    return read


def read_with_pdf_oxide(paths: Sequence[Path]) -> list[str]:
    """pdf_oxide's own Markdown."""
    import pdf_oxide

    pdf_oxide.disable_logging()
    return [pdf_oxide.PdfDocument(str(path)).to_markdown_all() for path in paths]


def read_with_kreuzberg(paths: Sequence[Path]) -> list[str]:
    """kreuzberg's Markdown."""
    from kreuzberg import ExtractionConfig, extract_file_sync

    config = ExtractionConfig(output_format="markdown", use_cache=False)
    return [extract_file_sync(str(path), config=config).content for path in paths]


def read_with_pypdfium2(paths: Sequence[Path]) -> list[str]:
    """Plain text of each page."""
    import pypdfium2

    return ["\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)) for path in paths]


def read_with_pymupdf(paths: Sequence[Path]) -> list[str]:
    """Plain text of each page."""
    import pymupdf

    return ["\n".join(page.get_text() for page in pymupdf.open(path)) for path in paths]


def read_with_pymupdf4llm(*, layout: bool) -> Parser:
    """pymupdf4llm's Markdown, with its layout model or without."""

    def read(paths: Sequence[Path]) -> list[str]:
        import pymupdf4llm

        pymupdf4llm.use_layout(layout)
        return [pymupdf4llm.to_markdown(str(path), show_progress=False) for path in paths]

    return read


def read_with_opendataloader(paths: Sequence[Path]) -> list[str]:
    """opendataloader-pdf's Markdown; one Java machine reads all files."""
    import opendataloader_pdf

    with tempfile.TemporaryDirectory() as folder:
        names = [str(path) for path in paths]
        opendataloader_pdf.convert(input_path=names, output_dir=folder, format="markdown", quiet=True)
        return [(Path(folder) / f"{path.stem}.md").read_text("utf-8") for path in paths]


def read_with_docling(paths: Sequence[Path]) -> list[str]:
    """docling's Markdown with its default models."""
    from docling.document_converter import DocumentConverter

    converter = DocumentConverter()
    return [converter.convert(path).document.export_to_markdown() for path in paths]


PARSERS: dict[str, Parser] = {
    "fast": read_with_glossator("fast"),
    "auto": read_with_glossator("auto"),
    "pdf_oxide": read_with_pdf_oxide,
    "kreuzberg": read_with_kreuzberg,
    "pypdfium2": read_with_pypdfium2,
    "pymupdf": read_with_pymupdf,
    "pymupdf4llm": read_with_pymupdf4llm(layout=False),
    "pymupdf4llm-layout": read_with_pymupdf4llm(layout=True),
    "opendataloader": read_with_opendataloader,
    "docling": read_with_docling,
}

if __name__ == "__main__":
    main()
