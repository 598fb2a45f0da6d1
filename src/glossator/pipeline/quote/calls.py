"""What calls to a chat model will take: how many, how long, how much, and for how long."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glossator.artifacts import canonical_json
from glossator.llm.prices import Price, price_of
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.asking import Recorder, endpoint_without_key, mean_of, reply_characters
from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.pipeline.quote.replies import Kept
from glossator.recipe import EndpointSection
from glossator.text.tokens import TokenCounter

FEWEST_KEPT = 5
"""Replies of the journal from which their mean is believed."""
_NEAR = Range(0.97, 1.03)
_THINKS = re.compile(r"(?:^|/)(?:gpt-5|o[134](?:-|$)|gemini-(?:2\.5|3)|magistral|deepseek-r|qwq)", re.IGNORECASE)
"""Models that think before they answer unless told otherwise; their thoughts are paid for as replies."""


@dataclass(frozen=True, slots=True)
class CallQuote:
    """What one model will be asked."""

    calls: Range = NOTHING
    from_journal: Range = NOTHING
    tokens_in: Range = NOTHING
    tokens_out: Range = NOTHING
    usd: Range | None = NOTHING
    """None where the price is unknown."""
    seconds: Range = NOTHING
    notes: tuple[str, ...] = ()

    def __add__(self, other: CallQuote) -> CallQuote:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return CallQuote(
            self.calls + other.calls,
            self.from_journal + other.from_journal,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            usd,
            self.seconds + other.seconds,
            tuple(dict.fromkeys([*self.notes, *other.notes])),
        )


NO_CALLS = CallQuote()


@dataclass(frozen=True, slots=True)
class Typical:
    """What a reply is like where none was seen."""

    pairs: int = 1
    tokens_out: Range | None = None
    """Of one reply, where an earlier run tells; else the schema does."""
    extra_tokens_in: Range = NOTHING
    """Of one prompt, besides its words: images."""


@dataclass(slots=True)
class Meter:
    """Turns conversations that were written down into what they will take.

    Args:
        section: the model and how hard it may be asked.
        counter: counts tokens, with the student's tokenizer.
        prices: a table of the user's own.
        place: where the section stands in the recipe, for remedies.
    """

    section: EndpointSection
    counter: TokenCounter
    prices: Path | None = None
    place: str = "synthesis.teacher"
    label: str = field(init=False)
    price: Price | None = field(init=False)

    def __post_init__(self) -> None:
        self.label = endpoint_without_key(self.section).label
        told = self.section.price
        given = Price(told.usd_in, told.usd_out) if told else None
        self.price = price_of(self.label, self.section.model, given=given, table=self.prices)

    def recorder(self, seed: int) -> Recorder:
        """A stand-in for the model."""
        return Recorder(self.label, self.section.model, seed)

    def quote(self, recorder: Recorder, asked: Range, kept: Mapping[str, Kept], like: Typical) -> CallQuote:
        """Quote `asked` conversations of which some were written down, given the replies that lie in the journal."""
        known = [key for key in dict.fromkeys(recorder.keys) if key in kept]
        found = float(len(known))
        different = len(set(recorder.keys))
        if asked.known and asked.low == len(recorder.keys):
            from_journal, conversations = Range.of(asked.low - (different - found)), Range.of(different - found)
        else:
            share = found / different if different else 0.0
            from_journal = Range(min(found, asked.low), share * asked.high)
            conversations = Range(asked.low * (1 - share), max(0.0, asked.high - found)).rounded()
        keys, lengths = recorder.prompt_lengths(self.counter)
        tokens_in = self._tokens_in(keys, lengths, recorder, kept) + like.extra_tokens_in
        tokens_out, thinks = self._tokens_out(recorder, [kept[key] for key in known], like)
        calls = (conversations * typical.RETRIES).rounded()
        each = self._latency([kept[key] for key in known], tokens_out)
        all_in, all_out = conversations * tokens_in, conversations * tokens_out
        usd = Range(self.price.cost(all_in.low, all_out.low), self.price.cost(all_in.high, all_out.high)) if (
            self.price
        ) else None  # fmt: skip
        seconds = self._wall(calls, each, all_in + all_out)
        notes = self._notes(calls, thinks=thinks)
        return CallQuote(
            calls,
            from_journal.rounded(),
            all_in.rounded(),
            all_out.rounded(),
            usd if calls.high else NOTHING,
            seconds,
            notes,
        )

    def _tokens_in(
        self, keys: Sequence[str], lengths: Sequence[int], recorder: Recorder, kept: Mapping[str, Kept]
    ) -> Range:
        """Tokens of one prompt: as the server counted those that it answered, else as the student's tokenizer does."""
        mean = mean_of(lengths)
        paired = [
            (kept[key].tokens_in, length) for key, length in zip(keys, lengths, strict=True) if key in kept and length
        ]
        if len(paired) >= FEWEST_KEPT and all(told for told, _ in paired):
            rate = sum(told for told, _ in paired) / sum(length for _, length in paired)
            return Range.of(mean * rate).scaled(_NEAR.low, _NEAR.high)
        turns = mean_of([len(messages) for messages in recorder.asked[:100]])
        template = typical.TURN_TOKENS.scaled(turns)
        schema = self.counter.count([canonical_json(dict(recorder.schema))])[0] if recorder.schema and mean else 0
        # Whether the schema counts as part of the prompt is the server's own affair.
        return Range.of(mean).scaled(typical.TOKENIZERS.low, typical.TOKENIZERS.high) + template + Range(0, schema)

    def _tokens_out(self, recorder: Recorder, seen: Sequence[Kept], like: Typical) -> tuple[Range, bool]:
        """Tokens of one reply, and whether they hold thoughts that can only be guessed."""
        most = float(self.section.max_new_tokens)
        told = [one.tokens_out for one in seen if one.tokens_out]
        if len(told) >= FEWEST_KEPT:
            mean = mean_of(told)
            error = 0.03 + 0.5 / len(told) ** 0.5
            return Range(mean * (1 - error), mean * (1 + error)).at_most(most), False
        if like.tokens_out is not None:
            return like.tokens_out.at_most(most), False
        fields = {
            "question": _bounds(typical.QUESTION_CHARACTERS),
            "answer": _bounds(typical.ANSWER_CHARACTERS),
            "evidence": _bounds(typical.EVIDENCE_CHARACTERS),
            "items": _bounds(typical.PAIR_SHARE),
            "": _bounds(typical.FIELD_CHARACTERS),
        }
        low, high = reply_characters(recorder.schema, pairs=like.pairs, lengths=fields)
        words = [message.content for messages in recorder.asked[:50] for message in messages]
        counted = sum(self.counter.count(words))
        rate = counted / sum(map(len, words)) if counted else 0.25
        thinks = bool(_THINKS.search(self.section.model))
        return Range(low * rate, most if thinks else high * rate).at_most(most), thinks

    def _latency(self, seen: Sequence[Kept], tokens_out: Range) -> Range:
        if len(seen) >= FEWEST_KEPT:
            mean = mean_of([one.seconds for one in seen])
            return Range(mean * 0.8, mean * 1.3)
        speed = typical.TOKENS_A_SECOND
        return typical.LATENCY_SECONDS + tokens_out * Range(1 / speed.high, 1 / speed.low)

    def _wall(self, calls: Range, each: Range, tokens: Range) -> Range:
        """Seconds until all is answered, at the recipe's concurrency and within the limits it tells."""
        free = (calls * each).scaled(1 / max(1.0, min(calls.high, self.section.concurrency)))
        for limit, asked in ((self.section.requests_per_minute, calls), (self.section.tokens_per_minute, tokens)):
            if limit:
                held = asked.scaled(60 / limit)
                free = Range(max(free.low, held.low), max(free.high, held.high))
        return free

    def _notes(self, calls: Range, *, thinks: bool) -> tuple[str, ...]:
        notes = []
        if self.price is None and calls.high:
            notes.append(f"price of {self.section.model} at {self.label} unknown: give {self.place}.price")
        elif self.price is not None and self.price.as_of and calls.high:
            notes.append(f"prices of {self.section.model} as of {self.price.as_of}; {self.place}.price says otherwise")
        if thinks and calls.high:
            told = f"{self.section.model} may think before it answers, which is paid for: replies are taken as up to"
            notes.append(f"{told} {self.section.max_new_tokens} tokens ({self.place}.max_new_tokens)")
        return tuple(notes)


def _bounds(one: Range) -> tuple[float, float]:
    return one.low, one.high
