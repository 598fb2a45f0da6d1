"""Takes what was exported, leaves its card: what it is, how many, from which documents, under which licences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import yaml

from glossator.curation.exports.lineage_columns import Files, Written
from glossator.records import Document, Sample

_MARKUP = re.compile(r"[\\`*_{}\[\]#|~$!<>]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_SHOWN = 50
_READERS = {
    "chat_jsonl": 'datasets.load_dataset("json", data_files={…})',
    "sharegpt": 'datasets.load_dataset("json", data_files={…})',
    "alpaca": 'datasets.load_dataset("json", data_files={…})',
    "dpo_jsonl": 'datasets.load_dataset("json", data_files={…})',
    "csv": 'datasets.load_dataset("csv", data_files={…})',
    "hf_dataset": 'datasets.load_from_disk("FOLDER")',
    "mlx": "mlx_lm.lora --data FOLDER",
}


def write_card(
    name: str, kind: str, samples: Written, files: Files, *, documents: Mapping[str, Document], settings: str
) -> str:
    """Take an export, leave its card as Markdown, with the head that the hub's dataset viewer reads.

    Args:
        name: the recipe's.
        kind: the format.
        samples: what was written, by split.
        files: where each split lies.
        documents: by id; of those that the samples are about title and licence are told.
        settings: how the samples came to be, in one line.
    """
    own = [sample for split in samples.values() for sample in split]
    lines = [
        _head(kind, files),
        f"# {_escape(name)}",
        "",
        f"Questions and answers, format `{kind}`. {_escape(settings)}",
    ]
    lines += ["", f"Read it with `{_READERS[kind]}`.", "", "| split | samples | file |", "|---|--:|---|"]
    lines += [f"| {split} | {len(samples[split]):,} | `{file}` |" for split, file in files.items()]
    lines += [
        "",
        "## How it was made",
        "",
        *_made(own),
        "",
        "## Documents and their licences",
        "",
        *_licences(own, documents),
    ]
    lines += ["", "The licences are those that the sources tell. Answers quote and restate these documents: who passes"]
    lines += ["them on has to keep to the licences.", ""]
    return "\n".join(lines)


def _head(kind: str, files: Files) -> str:
    head: dict[str, object] = {"tags": ["question-answering", "glossator"]}
    if kind != "hf_dataset":
        data = [{"split": split, "path": file} for split, file in files.items()]
        head["configs"] = [{"config_name": "default", "data_files": data}]
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n"


def _made(samples: list[Sample]) -> list[str]:
    counts = Counter((sample.task, sample.origin.teacher, sample.origin.prompt_hash) for sample in samples)
    rows = [
        f"| {_escape(task)} | {_escape(teacher)} | `{_escape(prompt)}` | {count:,} |"
        for (task, teacher, prompt), count in sorted(counts.items())
    ]
    return ["| task | teacher | prompt | samples |", "|---|---|---|--:|", *rows]


def _licences(samples: list[Sample], documents: Mapping[str, Document]) -> list[str]:
    counts = Counter(name for sample in samples for name in dict.fromkeys(sample.document_ids))
    by_licence = Counter(documents[name].license or "unknown" if name in documents else "unknown" for name in counts)
    lines = ["| licence | documents |", "|---|--:|"]
    lines += [f"| {_escape(licence)} | {count:,} |" for licence, count in by_licence.most_common()]
    lines += ["", "| document | licence | samples |", "|---|---|--:|"]
    for name, count in counts.most_common(_SHOWN):
        document = documents.get(name)
        title, licence = (document.title, document.license or "unknown") if document else (name, "unknown")
        lines.append(f"| {_escape(title)} | {_escape(licence)} | {count:,} |")
    return [*lines, f"| and {len(counts) - _SHOWN:,} more | | |"] if len(counts) > _SHOWN else lines


def _escape(text: str) -> str:
    """Make text from documents and recipes stand in Markdown as the text it is."""
    plain = _CONTROL.sub(" ", text.encode("utf-8", "replace").decode("utf-8"))
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", plain)
