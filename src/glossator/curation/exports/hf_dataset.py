"""Kind `hf_dataset`: a `datasets.DatasetDict` on disk, for `datasets.load_from_disk`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glossator.curation.exports.lineage_columns import Files, Lineage, Written
from glossator.curation.exports.lines import messages_of
from glossator.errors import MissingExtraError
from glossator.records import JsonValue


def write(samples: Written, folder: Path, lineage: Lineage) -> Files:
    """Take samples by split, write them as Arrow files with the column `messages`; leave the folders by split.

    Raises:
        MissingExtraError: datasets is not installed.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("datasets", "train") from error
    tables = {}
    for split, own in samples.items():
        rows = [{"messages": messages_of(sample), **lineage(sample)} for sample in own]
        # Told, not guessed: a split in which a list is always empty would get a column of another type.
        features = datasets.Features({name: _feature(name, value) for name, value in rows[0].items()})
        tables[split] = datasets.Dataset.from_list([_encodable(row) for row in rows], features=features)
    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        datasets.DatasetDict(tables).save_to_disk(str(folder))
    finally:
        if shown:
            datasets.enable_progress_bars()
    return {split: str(split) for split in samples}


def _feature(name: str, value: JsonValue) -> Any:
    """The type of a column: turns, texts or one text."""
    import datasets

    if name == "messages":
        return datasets.List({"role": datasets.Value("string"), "content": datasets.Value("string")})
    return datasets.List(datasets.Value("string")) if isinstance(value, list) else datasets.Value("string")


def _encodable(value: object) -> object:
    """The value without lone surrogates, which Arrow does not take."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value
