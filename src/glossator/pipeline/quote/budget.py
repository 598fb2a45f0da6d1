"""Whether a budget will do, and how much remains unwritten if it does not."""

from __future__ import annotations

from glossator.pipeline.quote.lines import range_text
from glossator.pipeline.quote.ranges import Range
from glossator.pipeline.quote.writing import Written
from glossator.recipe import Recipe
from glossator.records import JsonValue

_SECONDS = 60.0


def judge_budget(recipe: Recipe, written: Written) -> dict[str, JsonValue] | None:
    """Compare what writing will take with the recipe's budget; None where the recipe has none.

    Returns:
        `suffices` (true, false, or null where it depends on which end of the range comes true, or on a price that is
        unknown), `passages_left` that would stay unwritten, and a sentence.
    """
    section = recipe.synthesis
    if section is None or section.budget is None:
        return None
    budget, calls = section.budget, written.calls
    needed: dict[str, tuple[float, Range | None]] = {}
    if budget.usd is not None:
        needed["usd"] = (budget.usd, calls.usd)
    if budget.calls is not None:
        needed["calls"] = (float(budget.calls), calls.calls)
    if budget.minutes is not None:
        needed["minutes"] = (budget.minutes, written.seconds.scaled(1 / _SECONDS))
    given = {name: bound for name, (bound, _) in needed.items()}
    unknown = [name for name, (_, need) in needed.items() if need is None]
    shares = [_share(bound, need) for bound, need in needed.values() if need is not None]
    worst = Range(min((one.low for one in shares), default=1.0), min((one.high for one in shares), default=1.0))
    waiting = calls.calls if calls.calls.high else written.passages
    left = Range(waiting.low * (1 - worst.high), waiting.high * (1 - worst.low)).rounded()
    suffices = None if unknown else True if worst.low >= 1 else False if worst.high < 1 else None
    return {
        "given": given,
        "suffices": suffices,
        "passages_left": left.plain(),
        "sentence": _sentence(given, unknown, left, waiting, suffices=suffices),
    }


def _share(bound: float, need: Range) -> Range:
    """Which part of what is needed a bound covers, at the dear end and at the cheap one."""
    return Range(*(1.0 if need_ <= bound else bound / need_ for need_ in (need.high, need.low)))


def _sentence(
    given: dict[str, float], unknown: list[str], left: Range, waiting: Range, *, suffices: bool | None
) -> str:
    told = ", ".join(f"{bound:g} {name.upper() if name == 'usd' else name}" for name, bound in given.items())
    if unknown:
        return f"the budget of {told} cannot be compared: the price is unknown; give synthesis.teacher.price"
    if suffices:
        return f"the budget of {told} suffices"
    verb = "may not suffice" if suffices is None else "does not suffice"
    return (
        f"the budget of {told} {verb}: {range_text(left)} of {range_text(waiting)} passages would stay unwritten;"
        " the first ones cover every document and section as far as they go"
    )
