"""Kind `csv`: a table a split with the columns question, context and answer, safe to open in a spreadsheet.

A spreadsheet runs a cell that begins with `=` and the like as a formula, and text from documents may begin with
anything. Such a cell gets an apostrophe before it, which spreadsheets take for "this is text".
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.single_turn import single_turn
from glossator.records import JsonValue

_BEGIN_FORMULAS = tuple("=+-@\t\r\n＝＋－＠")


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write `<split>.csv` for each; leave the files by split."""
    for split, own in samples.items():
        with (folder / f"{split}.csv").open("w", encoding="utf-8", errors="replace", newline="") as file:
            table = csv.writer(file)
            table.writerow(["question", "context", "answer", *lineage(own[0])])
            for sample in own:
                turn = single_turn(sample)
                cells = [turn.question, turn.before, sample.answer, *lineage(sample).values()]
                table.writerow([safe_cell(cell) for cell in cells])
    return {split: f"{split}.csv" for split in samples}


def safe_cell(value: JsonValue) -> str:
    """Take a value, leave a cell's text that no spreadsheet runs; lists are JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    # Some programs drop white space before they look for a formula.
    return f"'{text}" if text.startswith(_BEGIN_FORMULAS) or text.lstrip().startswith(_BEGIN_FORMULAS) else text
