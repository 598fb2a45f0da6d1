"""Samples in, a folder in a format out: whole or not at all, and never over something else."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from glossator.artifacts import write_json, write_text
from glossator.artifacts.atomic import sync_directory
from glossator.curation.exports import alpaca, chat_jsonl, csv, dpo_jsonl, hf_dataset, mlx, sharegpt
from glossator.curation.exports.card import write_card
from glossator.curation.exports.lineage_columns import Lineage, Writer, Written, no_columns
from glossator.errors import CurationError
from glossator.records import Document, Sample, Split, content_id

_WRITERS: Mapping[str, Writer] = {
    "chat_jsonl": chat_jsonl.write,
    "alpaca": alpaca.write,
    "sharegpt": sharegpt.write,
    "hf_dataset": hf_dataset.write,
    "csv": csv.write,
    "mlx": mlx.write,
    "dpo_jsonl": dpo_jsonl.write,
}
KINDS = tuple(_WRITERS)
"""The formats, by the names of their files."""
DEFAULT_SPLITS: tuple[Split, ...] = ("train", "dev", "test", "test_seen")
"""What is exported where nothing is named: all but the pool, which is not opened yet."""
MARK = ".glossator-export.json"
"""Lies in every export and lists its files: what it does not list was not made here."""
_WITHOUT_GROUP = "without_group"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    counts: Mapping[str, Mapping[Split, int]]
    """Group → split → samples; one empty group where they are not parted."""
    left_out: int
    """Samples of the splits that the format has no place for."""


def export_samples(
    samples: Sequence[Sample],
    folder: Path,
    *,
    kind: str,
    name: str,
    splits: Collection[str] = DEFAULT_SPLITS,
    by_group: bool = False,
    lineage: Lineage = no_columns,
    documents: Mapping[str, Document] | None = None,
    settings: str = "",
) -> Exported:
    """Take curated samples, write those of some splits into a folder, which appears whole or not at all.

    An earlier export at that place is replaced, but nothing else.

    Args:
        samples: with their splits.
        folder: where to; its parents are made.
        kind: the format, one of `KINDS`.
        name: of the recipe, for the card.
        splits: which splits; the pool only if it is named.
        by_group: a folder for each group below the folder.
        lineage: columns to add to each row.
        documents: by id, for titles and licences in the card.
        settings: how the samples came to be, in one line of the card.

    Raises:
        CurationError: the format or a split does not exist, there is nothing to write, or something else lies there.
        MissingExtraError: a library of the format is not installed.
    """
    _refuse_unknown(kind, splits)
    _refuse_foreign(folder)
    wanted = [sample for sample in samples if sample.split in splits]
    fitting = [sample for sample in wanted if kind != "dpo_jsonl" or dpo_jsonl.fits(sample)]
    if not fitting:
        why = "none has a rejected answer; ask for preference pairs" if wanted else "name other splits"
        raise CurationError(f"nothing to export as {kind} from {', '.join(splits)}: {len(wanted)} samples there, {why}")
    counts: dict[str, dict[Split, int]] = {}
    with _whole(folder) as draft:
        for part, own in (_by_folder(fitting) if by_group else {"": fitting}).items():
            group, by_split = (own[0].group or "") if by_group else "", _by_split(own)
            (draft / part).mkdir(exist_ok=True)
            files = _WRITERS[kind](by_split, draft / part, lineage)
            title = f"{name}: {group or _WITHOUT_GROUP}" if by_group else name
            card = write_card(title, kind, by_split, files, documents=documents or {}, settings=settings)
            write_text(draft / part / "README.md", card)
            counts[group] = {split: len(rows) for split, rows in by_split.items()}
    return Exported(folder, counts, len(wanted) - len(fitting))


def _refuse_unknown(kind: str, splits: Collection[str]) -> None:
    if kind not in _WRITERS:
        raise CurationError(f"there is no format {kind!r}; there are {', '.join(KINDS)}")
    unknown = [split for split in splits if split not in get_args(Split)]
    if unknown or not splits:
        raise CurationError(
            f"there is no split {', '.join(map(repr, unknown)) or 'named'}; name some of {', '.join(get_args(Split))}"
        )


def _refuse_foreign(folder: Path) -> None:
    """Stop where something lies that no export made."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CurationError(f"{folder} is there and no folder; give another with --output")
    if not folder.exists() or not any(folder.iterdir()):
        return
    listed: Collection[str] = ()
    with suppress(OSError, ValueError, KeyError, TypeError):
        listed = json.loads((folder / MARK).read_text("utf-8"))["files"]
    there = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir())
    foreign = next((path for path in there if path != MARK and path not in listed), None)
    if foreign is not None:
        raise CurationError(f"{folder} holds {foreign}, which no export made; give another folder with --output")


def _by_split(samples: Sequence[Sample]) -> Written:
    order: tuple[Split, ...] = get_args(Split)
    return {split: own for split in order if (own := tuple(sample for sample in samples if sample.split == split))}


def _by_folder(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    """Part samples by group, under names that are safe as folders; two groups never share one."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.group or ""].append(sample)
    parts: dict[str, list[Sample]] = {}
    for group, own in sorted(groups.items()):
        plain = re.sub(r"[^\w-]+", "_", group, flags=re.ASCII).strip("_")[:60] or _WITHOUT_GROUP
        known = {part.casefold() for part in parts}
        altered = plain != group and bool(group)
        parts[f"{plain}-{content_id(group)[:6]}" if altered or plain.casefold() in known else plain] = own
    return parts


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside the place; it takes the place when the block ends well, else it vanishes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        draft = beside / "new"
        draft.mkdir()
        yield draft
        files = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
        write_json(draft / MARK, {"files": files})
        if folder.exists():  # an earlier export, or an empty folder
            folder.rename(beside / "old")
        try:
            draft.rename(folder)
        except OSError:
            with suppress(FileNotFoundError):
                (beside / "old").rename(folder)
            raise
        sync_directory(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
