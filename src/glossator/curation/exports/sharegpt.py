"""Kind `sharegpt`: `{"conversations": [{"from": "human", "value": …}, {"from": "gpt", …}]}` a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.lines import write_lines
from glossator.records import Message, Role

_NAMES: Mapping[Role, str] = {"system": "system", "user": "human", "assistant": "gpt"}


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write `<split>.jsonl` for each; leave the files by split."""
    for split, own in samples.items():
        rows = ({"conversations": [_turn(one) for one in sample.messages], **lineage(sample)} for sample in own)
        write_lines(folder / f"{split}.jsonl", rows)
    return {split: f"{split}.jsonl" for split in samples}


def _turn(message: Message) -> dict[str, str]:
    return {"from": _NAMES[message.role], "value": message.content}
