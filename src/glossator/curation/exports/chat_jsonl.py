"""Kind `chat_jsonl`: `{"messages": [{"role", "content"}, …]}` a line, as TRL, Axolotl and most services read it."""

from __future__ import annotations

from pathlib import Path

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.lines import messages_of, write_lines


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write `<split>.jsonl` for each; leave the files by split."""
    for split, own in samples.items():
        rows = ({"messages": messages_of(sample), **lineage(sample)} for sample in own)
        write_lines(folder / f"{split}.jsonl", rows)
    return {split: f"{split}.jsonl" for split in samples}
