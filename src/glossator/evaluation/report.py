"""Takes one `ReportData`, leaves `report.json`, `report.md` and `report.html`.

All text that came from documents and models is data: escaped in HTML and in Markdown, rid of control characters, and
never a link. The page loads nothing from anywhere. The same data gives the same bytes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glossator.errors import EvaluationError, MissingExtraError
from glossator.evaluation.charts import scores_chart, training_chart
from glossator.evaluation.metrics import metric_label
from glossator.evaluation.report_data import ReportData
from glossator.evaluation.verdict import format_change, format_score, looks_sentence
from glossator.records import JsonValue, from_dict, to_dict

_FORMAT = 1
"""Version of report.json."""

_TEMPLATES = Path(__file__).parent / "templates"

# Control characters, and the marks that turn the direction of what follows them, beyond the text they stand in.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")

_MARKDOWN = re.compile(r"[\\`*_{}\[\]|~$#]")
_LIST_MARKER = re.compile(r"^\s*(?:([-+=])|(\d+)([.)]))")
_LINK = re.compile(r"(?i)(?:(?<=\bhttp)|(?<=\bhttps)|(?<=\bftp)|(?<=\bmailto)):|(?<=\bwww)\.|@")


def write_report(data: ReportData, directory: Path) -> dict[str, Path]:
    """Write the report of one run into a directory, made if need be; gives the three paths by `json`, `md`, `html`.

    Raises:
        MissingExtraError: jinja2 is not installed.
        OSError: a file cannot be written.
    """
    plain = _clean({"format": _FORMAT, **to_dict(data)})
    shown = from_dict(ReportData, {key: value for key, value in plain.items() if key != "format"})
    contents = {
        "json": json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        "md": _render("report.md.jinja", shown),
        "html": _render("report.html.jinja", shown),
    }
    directory.mkdir(parents=True, exist_ok=True)
    paths = {}
    for kind, content in contents.items():
        paths[kind] = directory / f"report.{kind}"
        paths[kind].write_text(content, encoding="utf-8", newline="\n")
    return paths


def read_report(path: Path) -> ReportData:
    """Take the path of a `report.json`, give the data it was written from.

    Raises:
        EvaluationError: the file is missing, is no report, or was written by another version's format.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain.pop("format") != _FORMAT:
            raise EvaluationError(f"{path} has another report format than {_FORMAT}; evaluate the run again")
        return from_dict(ReportData, plain)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise EvaluationError(f"{path} cannot be read as a report ({error}); evaluate the run again") from error


def _clean(value: JsonValue) -> JsonValue:
    """Replace what no file can hold: control characters, halves of surrogate pairs, numbers that are not finite."""
    if isinstance(value, str):
        return _CONTROL.sub("\ufffd", value.replace("\r\n", "\n")).encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _render(template: str, data: ReportData) -> str:
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError("jinja2", "evaluate") from error
    # Markdown is escaped by its own filters; HTML entities on top would show in the text.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=template.endswith(".html.jinja"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        score=lambda value, places=3: format_score(value, places),
        change=lambda value: format_change(value, 3),
        count=lambda value: f"{value:,}",
        duration=_duration,
        metric=metric_label,
        setting=lambda value: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
        md=escape_markdown,
        quote=_quote_markdown,
    )
    return environment.get_template(template).render(_context(data))


def _context(data: ReportData) -> dict[str, Any]:
    comparison = data.comparison
    titles = {
        "test": f"Unseen {comparison.unit}s (test)",
        "test_seen": f"New questions about known {comparison.unit}s (test_seen)",
    }
    places = {"test": f"unseen {comparison.unit}s", "test_seen": f"known {comparison.unit}s"}
    splits = list(dict.fromkeys(score.split for score in comparison.scores))
    compared = {s: sum(score.paired.questions for score in comparison.scores if score.split == s) for s in splits}
    per_metric = len({score.metric for score in comparison.scores}) or 1
    return {
        "data": data,
        "titles": titles,
        "places": places,
        "looks": looks_sentence(data.test_looks, comparison.unit),
        "splits": splits,
        "compared": sum(compared.values()) // per_metric,
        "primary": {split: comparison.find(split, comparison.primary_metric) for split in splits},
        "metrics": list(dict.fromkeys(score.metric for score in comparison.scores)),
        "groups": _group_table(data),
        "scores_chart": scores_chart(comparison.scores, titles),
        "training_chart": training_chart(data.loss, data.dev_loss, data.checkpoints),
        "chosen": next((checkpoint for checkpoint in data.checkpoints if checkpoint.chosen), None),
        "style": (_TEMPLATES / "style.css").read_text(encoding="utf-8"),
    }


def _group_table(data: ReportData) -> dict[str, dict[str, dict[str, Any]]]:
    """Arrange group scores by split, group and metric; a split with a single group has nothing to compare."""
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for row in data.comparison.groups:
        table.setdefault(row.split, {}).setdefault(row.group, {})[row.metric] = row
    return {split: groups for split, groups in table.items() if len(groups) > 1}


def escape_markdown(text: object) -> str:
    """Take any text, give one line of Markdown that shows it as it is: no markup, HTML, link or end of a table cell."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _MARKDOWN.sub(lambda match: "\\" + match.group(), line)
    line = _LINK.sub(lambda match: "\\" + match.group(), line)
    return _LIST_MARKER.sub(lambda m: f"\\{m.group(1)}" if m.group(1) else f"{m.group(2)}\\{m.group(3)}", line)


def _quote_markdown(text: str) -> str:
    """Escape a text of several lines for a block quote: each line on its own, blank ones kept as paragraph breaks."""
    lines = [escape_markdown(line) for line in text.strip().splitlines()] or [""]
    return "\n".join(f"> {line}  " if line else ">" for line in lines)


def _duration(seconds: float) -> str:
    """Write seconds for a reader: 0.4 s, 12 s, 3 min 5 s, 2 h 7 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
