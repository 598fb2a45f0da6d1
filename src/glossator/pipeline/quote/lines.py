"""A stage's quote, as data and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glossator.pipeline.quote.calls import NO_CALLS, CallQuote
from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.pipeline.quote.training import TrainingQuote
from glossator.records import JsonValue


@dataclass(frozen=True, slots=True)
class StageQuote:
    """What one stage will count, take and leave."""

    counts: Mapping[str, Range] = field(default_factory=dict)
    calls: CallQuote = NO_CALLS
    seconds: Range = NOTHING
    disk_bytes: Range = NOTHING
    memory_bytes: Range | None = None
    rests_on: str = ""

    def plain(self) -> dict[str, JsonValue]:
        """As JSON; figures that are not known are `{"low", "high"}`."""
        calls = self.calls
        asked: dict[str, JsonValue] = {}
        if calls.calls.high or calls.from_journal.high:
            asked = {
                "calls": calls.calls.plain(),
                "from_journal": calls.from_journal.plain(),
                "tokens_in": calls.tokens_in.plain(),
                "tokens_out": calls.tokens_out.plain(),
                "usd": calls.usd.plain(4) if calls.usd is not None else None,
            }
        memory = {"memory_bytes": self.memory_bytes.plain()} if self.memory_bytes else {}
        return {
            "counts": {name: count.plain() for name, count in self.counts.items()},
            **asked,
            "seconds": self.seconds.plain(1),
            "disk_bytes": self.disk_bytes.plain(),
            **memory,
            "rests_on": self.rests_on,
        }


def plan_sentence(
    collected: Mapping[str, int],
    rows: Sequence[Mapping[str, JsonValue]],
    quotes: Mapping[str, StageQuote],
    trained: TrainingQuote | None,
) -> str:
    """What a plan comes to: `12 documents, 11 of 12 stages to do: about 1,240 calls, …; then 35 min of training …`."""
    to_do = [row for row in rows if row["status"] == "to_do"]
    entered = sum(row["status"] in ("done", "to_do") for row in rows)
    work = f"{len(to_do)} of {entered} stages to do" if to_do else "everything is done"
    told = [f"{collected.get('documents', 0):,} documents"]
    if fetched := collected.get("to_fetch_at_most"):
        told.append(f"at most {fetched:,} to fetch")
    if ready := collected.get("ready_questions"):
        told.append(f"{ready:,} ready questions")
    parts = [part for part in (_asking(quotes), _finetuning(quotes, trained)) if part]
    head = ", ".join([*told, work])
    return f"{head}: {'; then '.join(parts)}" if parts else head


def _asking(quotes: Mapping[str, StageQuote]) -> str:
    calls = NO_CALLS
    for quoted in quotes.values():
        calls = calls + quoted.calls
    seconds = NOTHING
    for name in ("collect", "parse", "chunk", "index", "split", "synthesize", "curate"):
        seconds = seconds + (quotes[name].seconds if name in quotes else NOTHING)
    if not calls.calls.high:
        kept = f", {range_text(calls.from_journal)} replies are in the journal" if calls.from_journal.high else ""
        return f"no calls{kept}, {time_text(seconds)}" if seconds.high else ""
    money = "price unknown" if calls.usd is None else f"{money_text(calls.usd)} USD"
    tokens = range_text(calls.tokens_in + calls.tokens_out)
    return f"about {range_text(calls.calls)} calls, {tokens} tokens, {money}, {time_text(seconds)}"


def _finetuning(quotes: Mapping[str, StageQuote], trained: TrainingQuote | None) -> str:
    if trained is None or "train" not in quotes:
        return ""
    rest = NOTHING
    for name in ("baseline", "select", "evaluate"):
        rest = rest + (quotes[name].seconds if name in quotes else NOTHING)
    steps = range_text(quotes["train"].counts["steps"])
    memory = size_text(trained.memory_bytes)
    answering = f" and {time_text(rest)} of answering" if rest.high else ""
    return f"{time_text(quotes['train'].seconds)} of training ({steps} steps) in {memory}{answering}"


def range_text(one: Range) -> str:
    """A count as a reader says it: `1,240`, `1,100–1,400`, `1.9–2.4 M`."""
    if one.high >= 1_000_000:
        low, high = f"{one.low / 1e6:.1f}", f"{one.high / 1e6:.1f}"
        return f"{low} M" if low == high else f"{low}–{high} M"
    low, high = f"{round(one.low):,}", f"{round(one.high):,}"
    return low if low == high else f"{low}–{high}"


def money_text(one: Range) -> str:
    """US dollars as a reader says them."""
    digits = 2 if one.high >= 0.1 else 4
    low, high = f"{one.low:,.{digits}f}", f"{one.high:,.{digits}f}"
    return "0" if not one.high else low if low == high else f"{low}–{high}"


def time_text(one: Range) -> str:
    """A stretch of time as a reader says it, in the unit that suits its end."""
    for unit, seconds in (("h", 3600.0), ("min", 60.0)):
        if one.high >= 2 * seconds:
            digits = 1 if one.low < 10 * seconds else 0
            low, high = f"{one.low / seconds:.{digits}f}", f"{one.high / seconds:.{digits}f}"
            return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"
    low, high = f"{one.low:.0f}", f"{one.high:.0f}"
    return f"{low} s" if low == high else f"{low}–{high} s"


def size_text(one: Range) -> str:
    """Bytes as a reader says them."""
    for unit, size in (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10)):
        if one.high >= size:
            low, high = f"{one.low / size:.1f}", f"{one.high / size:.1f}"
            return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"
    return f"{one.high:.0f} bytes"
