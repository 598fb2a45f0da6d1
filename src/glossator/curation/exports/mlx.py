"""Kind `mlx`: the folder that `mlx_lm.lora --data` reads, `train.jsonl`, `valid.jsonl` and `test.jsonl` of messages."""

from __future__ import annotations

from pathlib import Path

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.lines import messages_of, write_lines


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write `<split>.jsonl` for each, dev under the name `valid`; leave the files by split."""
    files: Files = {split: f"{'valid' if split == 'dev' else split}.jsonl" for split in samples}
    for split, own in samples.items():
        write_lines(folder / files[split], ({"messages": messages_of(sample), **lineage(sample)} for sample in own))
    return files
