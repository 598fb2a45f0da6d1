"""Kind `dpo_jsonl`: `{"prompt": [messages], "chosen": [message], "rejected": [message]}` a line, for preferences.

These are the conversational keys that TRL's `DPOTrainer` reads. Samples without a worse answer are left out.
"""

from __future__ import annotations

from pathlib import Path

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.lines import messages_of, write_lines
from glossator.records import JsonValue, Sample


def fits(sample: Sample) -> bool:
    """Whether a sample has a worse answer to be held against the better one."""
    return bool(sample.rejected.strip())


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write `<split>.jsonl` for each; leave the files by split."""
    for split, own in samples.items():
        write_lines(folder / f"{split}.jsonl", ({**_row(sample), **lineage(sample)} for sample in own))
    return {split: f"{split}.jsonl" for split in samples}


def _row(sample: Sample) -> dict[str, JsonValue]:
    *prompt, chosen = messages_of(sample)
    return {"prompt": prompt, "chosen": [chosen], "rejected": [{"role": "assistant", "content": sample.rejected}]}
