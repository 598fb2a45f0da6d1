"""Kind `alpaca`: `{"instruction", "input", "output"}` a line, and `system` where an answer style is said.

The format has one question. Of a conversation the earlier turns stand in `input`, behind the passage, so that nothing
of it is lost.
"""

from __future__ import annotations

from pathlib import Path

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.lines import write_lines
from glossator.curation.exports.single_turn import single_turn


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write `<split>.jsonl` for each; leave the files by split."""
    styled = any(message.role == "system" for own in samples.values() for one in own for message in one.messages)
    for split, own in samples.items():
        rows = []
        for sample in own:
            turn = single_turn(sample)
            row = {"instruction": turn.question, "input": turn.before, "output": sample.answer}
            rows.append({**row, **({"system": turn.system} if styled else {}), **lineage(sample)})
        write_lines(folder / f"{split}.jsonl", rows)
    return {split: f"{split}.jsonl" for split in samples}
