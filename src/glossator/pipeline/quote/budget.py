"""Whether a budget will do, and how much remains unwritten if it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glossator.llm.purse_file import read_spent
from glossator.pipeline.quote.lines import range_text
from glossator.pipeline.quote.ranges import Range
from glossator.pipeline.quote.standing import Standing
from glossator.pipeline.quote.writing import Written
from glossator.pipeline.settings import spent_name
from glossator.records import JsonValue

_SECONDS = 60.0


def judge_budget(standing: Standing, written: Written) -> dict[str, JsonValue] | None:
    """Compare what writing will still take with what is left of the recipe's budget; None where the recipe has none.

    What earlier runs of the same work have spent counts: a budget that is raised goes on from there.

    Returns:
        `given`, `spent` of it, `suffices` (true, false, or null where it depends on which end of the range comes true,
        or on a price that is unknown), `passages_left` that would stay unwritten, and a sentence.

    Raises:
        ArtifactError: what was spent cannot be read.
    """
    section = standing.road.recipe.synthesis
    if section is None or section.budget is None:
        return None
    bounds, calls = section.budget, written.calls
    before = read_spent(spent_path(standing))
    told: dict[str, tuple[float | None, float, Range | None]] = {
        "usd": (bounds.usd, before.usd, calls.usd),
        "calls": (bounds.calls, before.calls, calls.calls),
        "minutes": (bounds.minutes, before.minutes, written.seconds.scaled(1 / _SECONDS)),
    }
    needed = {name: (bound, spent, need) for name, (bound, spent, need) in told.items() if bound is not None}
    given = {name: bound for name, (bound, _, _) in needed.items()}
    gone = {name: round(spent, 6) for name, (_, spent, _) in needed.items()}
    unknown = [name for name, (_, _, need) in needed.items() if need is None]
    shares = [_share(max(0.0, bound - spent), need) for bound, spent, need in needed.values() if need is not None]
    worst = Range(min((one.low for one in shares), default=1.0), min((one.high for one in shares), default=1.0))
    waiting = calls.calls if calls.calls.high else written.passages
    left = Range(waiting.low * (1 - worst.high), waiting.high * (1 - worst.low)).rounded()
    suffices = None if unknown else True if worst.low >= 1 else False if worst.high < 1 else None
    return {
        "given": given,
        "spent": gone,
        "suffices": suffices,
        "passages_left": left.plain(),
        "sentence": _sentence(given, gone, unknown, left, waiting, suffices=suffices),
    }


def spent_path(standing: Standing) -> Path:
    """Where a run under this recipe keeps what it spends of its budget."""
    name = spent_name(standing.road, standing.inputs_of("synthesize"))
    return standing.road.spent / f"{name}.jsonl"


def _share(bound: float, need: Range) -> Range:
    """Which part of what is needed a bound covers, at the dear end and at the cheap one."""
    return Range(*(1.0 if need_ <= bound else bound / need_ for need_ in (need.high, need.low)))


def _sentence(
    given: Mapping[str, float],
    gone: Mapping[str, float],
    unknown: list[str],
    left: Range,
    waiting: Range,
    *,
    suffices: bool | None,
) -> str:
    told = _listed(given)
    if any(gone.values()):
        told = f"{told}, of which {_listed(gone)} are spent,"
    if unknown:
        return f"the budget of {told} cannot be compared: the price is unknown; give synthesis.teacher.price"
    if suffices:
        return f"the budget of {told} suffices"
    verb = "may not suffice" if suffices is None else "does not suffice"
    return (
        f"the budget of {told} {verb}: {range_text(left)} of {range_text(waiting)} passages would stay unwritten;"
        " the first ones cover every document and section as far as they go"
    )


def _listed(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:g} {'USD' if name == 'usd' else name}" for name, amount in amounts.items())
