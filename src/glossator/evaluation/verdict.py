"""Takes a comparison, leaves one plain sentence: did tuning help?"""

from __future__ import annotations

from dataclasses import dataclass

from glossator.evaluation.compare import Comparison, Unit
from glossator.evaluation.intervals import FEW_CLUSTERS, Interval
from glossator.evaluation.metrics import metric_label


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether tuning helped."""

    helped: bool | None
    """True: the interval of the difference lies above 0. False: below 0, tuning hurt. None: it cannot be told."""
    sentence: str
    """The same in words, with the figures."""


def judge(comparison: Comparison, *, split: str = "test") -> Verdict:
    """Take a comparison, give the verdict by its primary metric on the questions about what training never saw.

    Tuning helped if the whole interval of the mean difference lies above 0 and hurt if it lies below; otherwise, and
    where there are fewer than two documents, it cannot be told. With fewer than `intervals.FEW_CLUSTERS` documents the
    sentence warns that the interval may be too narrow, whatever the outcome (see `intervals`).
    """
    label = metric_label(comparison.primary_metric)
    found = comparison.find(split, comparison.primary_metric)
    if found is None:
        return Verdict(None, f"It cannot be told whether tuning helped: there are no {split} questions.")
    interval = found.paired
    places = _places(interval)
    counted = f"{label} on {_scope(interval, comparison.unit, unseen=split == 'test')}"
    if interval.low is None or interval.high is None:
        return Verdict(
            None,
            f"It cannot be told whether tuning helped: {counted} {_movement(interval, places)}, "
            f"but one {comparison.unit} cannot show how it would go on another.",
        )
    low, high = format_change(interval.low, places), format_change(interval.high, places)
    spread = f"{_percent(interval.confidence)} interval {low} to {high}"
    if interval.low > 0:
        helped, opening, remark = True, "Tuning helped", ""
    elif interval.high < 0:
        helped, opening, remark = False, "Tuning hurt", ""
    else:
        helped, opening, remark = None, "It cannot be told whether tuning helped", ", which does not rule out no change"
    change = format_change(interval.difference, places)
    sentence = f"{opening}: {counted} {_movement(interval, places)} ({change}, {spread}{remark})"
    return Verdict(helped, f"{sentence}{_caution(interval.documents, comparison.unit)}.")


def looks_sentence(looks: int, unit: Unit = "document") -> str:
    """Take how many different tuned models were scored on the test documents, give the sentence on it."""
    if looks < 1:
        return f"The test {unit}s have not been scored under this recipe."
    if looks == 1:
        return f"The test {unit}s were scored once under this recipe."
    return f"The test {unit}s were scored for {looks:,} different tuned models under this recipe."


def format_score(value: float, places: int = 2) -> str:
    """Write a score without its leading zero: .31, 1.00."""
    text = f"{abs(value):.{places}f}"
    text = text[1:] if text.startswith("0.") else text
    return f"−{text}" if value < 0 and float(text) != 0 else text


def format_change(value: float, places: int = 2) -> str:
    """Write a difference with its sign: +.21, −.05; 0 has none."""
    text = format_score(value, places)
    return f"+{text}" if value > 0 and float(text) != 0 else text


def _places(interval: Interval) -> int:
    """Give as many places as it takes that no end and no change looks like 0 unless it is: from two to four."""
    shown = [abs(value) for value in (interval.difference, interval.low, interval.high) if value]
    return next((places for places in (2, 3) if all(value >= 0.5 * 10**-places for value in shown)), 4)


def _movement(interval: Interval, places: int) -> str:
    before, after = format_score(interval.mean_base, places), format_score(interval.mean_tuned, places)
    if before == after:
        return f"stayed at {after}"
    return f"{'rose' if interval.difference > 0 else 'fell'} from {before} to {after}"


def _scope(interval: Interval, unit: Unit, *, unseen: bool) -> str:
    known = "unseen" if unseen else "known"
    if unit != "pair":
        return f"{_count(interval.questions, 'question')} about {_count(interval.documents, f'{known} {unit}')}"
    alike = "" if interval.questions == interval.documents else f" ({interval.documents:,} unlike each other)"
    return f"{_count(interval.questions, f'{known} question')}{alike}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{share * 100:g} %"


def _caution(documents: int, unit: Unit) -> str:
    if documents >= FEW_CLUSTERS:
        return ""
    reason = f"with only {documents} {unit}s such an interval may be too narrow if they differ much in size"
    return f"; take it with caution, since {reason}"
