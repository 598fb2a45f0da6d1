"""A judge without a chat model: it compares the words of question and answer with those of the passage.

It knows whether an answer could have been taken from a passage, not whether it was understood. Each sentence of an
answer is laid beside the run of the passage's sentences that has most of its words. Where most are there, its numbers
must be there as well, and both must deny the same; where only some are there, it is taken for a rewording: its numbers
must stand in the passage, and with an embedder both must mean nearly the same. What that is worth, on pairs that the
thresholds were not chosen on: `docs/judging.md`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from glossator.curation.judging.cases import Case, JudgedAs, Unjudged, Verdict, aspects_of
from glossator.curation.judging.claims import NOTHING, Claims, claims_of, windows_of
from glossator.curation.judging.style_rules import rules_of
from glossator.errors import CurationError
from glossator.retrieval.words import index_words
from glossator.text.sentences import sentences

if TYPE_CHECKING:
    from glossator.retrieval import Embedder

VERSION = "1"
"""Raised when other verdicts come of the same cases."""
SUPPORT = 0.7
"""Share of a sentence's words (those of the question aside) from which it is held to be taken from the passage."""
NEARLY = 0.2
"""Share from which it is held to be a rewording."""
MEANING = 0.4
"""Least cosine of a rewording and its place in the passage, and of a persona's answer and the passage."""
ANSWERABLE = 0.5
"""Least share of a question's words that stand in the passage."""
EXPLAINED = 0.15
"""Least share of a persona's words that stand in the passage, without an embedder."""
WINDOW = 3
"""Sentences of the passage that one sentence of an answer may be drawn from."""
BATCH = 64
"""Cases read ahead; what has to be embedded of them is embedded at once."""

_LONGEST = 60_000
"""Characters of passages and answer that are looked at."""
_POINTS_FIRST = re.compile(r"^\W*(?:[a-z]+ ){0,3}?(?:it|they|this|these|those|he|she)\b", re.IGNORECASE)
_ASKING = frozenset(index_words("known know mean meant called described explain tell said happen name list give given"))
"""Words of questions that no passage need say."""
_FEWEST_WORDS = 3
"""Content words below which one sentence of several, such as `Yes, it does.`, is not looked for."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """One piece of an answer beside the place in the passage that is most like it."""

    piece: str
    place: str
    share: float
    """Of its words that are there."""
    fault: str
    """Why it is not supported even if the words are there; empty where nothing speaks against it."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the passages of a case say."""

    windows: Sequence[tuple[str, Claims]]
    whole: Claims


class LexicalJudge:
    """Judges by words, numbers and denials, and by meaning where it has an embedder.

    Args:
        embedder: from `glossator.retrieval.open_embedder`; None to judge by words alone.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        """Kind and version, with the embedder's name, fit for lineage."""
        return f"lexical/{VERSION}" + (f" {self._embedder.name}" if self._embedder else "")

    @property
    def judges(self) -> Collection[JudgedAs]:
        """Pairs and personas: words cannot tell a question that a passage just fails to answer."""
        return ("pair", "persona")

    def judge(self, cases: Iterable[Case]) -> Iterator[Verdict | Unjudged]:
        """Judge each case, in order, reading 64 ahead.

        Raises:
            CurationError: a case is of a kind that words cannot judge.
        """
        rows = iter(cases)
        while batch := list(islice(rows, BATCH)):
            yield from self._judge_batch(batch)

    def _judge_batch(self, batch: Sequence[Case]) -> Iterator[Verdict | Unjudged]:
        compared = [_compare(case) for case in batch]
        meanings = self._meanings([one for pieces in compared for one in pieces or () if _is_open(one)])
        for case, pieces in zip(batch, compared, strict=True):
            if pieces is None:
                yield Unjudged("case_too_long", f"{_length(case)} characters, {_LONGEST} are compared")
            else:
                yield _conclude(case, pieces, meanings)

    def _meanings(self, pieces: Sequence[_Compared]) -> dict[tuple[str, str], float]:
        """The cosine of each piece with its place; empty without an embedder."""
        if self._embedder is None or not pieces:
            return {}
        texts = list(dict.fromkeys(text for one in pieces for text in (one.piece, one.place)))
        vectors = dict(zip(texts, self._embedder.embed(texts), strict=True))
        return {(one.piece, one.place): float(vectors[one.piece] @ vectors[one.place]) for one in pieces}


def _length(case: Case) -> int:
    return sum(map(len, case.passages)) + len(case.answer) + len(case.question)


def _is_open(one: _Compared) -> bool:
    return not one.fault and one.share < SUPPORT


def _compare(case: Case) -> list[_Compared] | None:
    """Lay a case's answers beside its passages, piece by piece; None where it is too long for that."""
    if case.kind not in ("pair", "persona"):
        raise CurationError(f"judge 'lexical' cannot judge {case.kind} questions; use a judge of kind chat for them")
    if _length(case) > _LONGEST:
        return None
    if case.kind == "persona":
        return [_compare_whole(case)]
    told = _Told(
        [window for passage in case.passages for window in windows_of(passage, WINDOW)], _joined(case.passages)
    )
    pieces: list[_Compared] = []
    asked = NOTHING
    for question, answer in (*case.turns, (case.question, case.answer)):
        asked |= claims_of(question)
        pieces += _compare_answer(answer, asked, told)
    return pieces


def _compare_answer(answer: str, asked: Claims, told: _Told) -> Iterator[_Compared]:
    pieces = sentences(answer)
    for piece in pieces:
        claims = claims_of(piece)
        if len(pieces) > 1 and len(claims.words) < _FEWEST_WORDS and not claims.numbers:
            continue
        # What the question said already is no claim of the answer, unless it says nothing else.
        own = claims.words - asked.words
        if len(pieces) > 1 and len(own) < _FEWEST_WORDS - 1:
            own = claims.words
        yield _compare_piece(piece, replace(claims, numbers=claims.numbers - asked.numbers), own, told)


def _compare_piece(piece: str, claims: Claims, own: frozenset[str], told: _Told) -> _Compared:
    # Of equal windows the first, which is the shortest.
    place, there = max(told.windows, key=lambda one: _likeness(claims, own, one[1]), default=("", NOTHING))
    share = len(own & there.words) / len(own) if own else 1.0
    if share >= SUPPORT:
        foreign = claims.numbers - there.numbers
        disputed = ((claims.denied & there.words) - there.denied) | ((there.denied & claims.words) - claims.denied)
    else:
        # A rewording denies in other words: "failed to" for "did not".
        foreign, disputed = claims.numbers - told.whole.numbers, frozenset()
    return _Compared(piece, place, share, _fault(foreign, disputed))


def _likeness(claims: Claims, own: frozenset[str], there: Claims) -> tuple[int, int]:
    return len(own & there.words), len(claims.numbers & there.numbers)


def _compare_whole(case: Case) -> _Compared:
    """Lay a persona's answer beside the whole passage: an analogy has words of its own, but may not invent numbers."""
    claims, whole = claims_of(case.answer), _joined(case.passages)
    share = len(claims.words & whole.words) / len(claims.words) if claims.words else 0.0
    invented = {number for number in claims.numbers - whole.numbers if len(number) > 1}  # "two children" may be
    # Below SUPPORT in any case, so that its meaning is compared.
    share = min(share, SUPPORT / 2)
    return _Compared(case.answer, "\n".join(case.passages), share, _fault(frozenset(invented), frozenset()))


def _fault(foreign: frozenset[str], disputed: frozenset[str]) -> str:
    if foreign:
        return f"the passage has no number {', '.join(sorted(foreign)[:3])}"
    return f"one denies, the other affirms: {', '.join(sorted(disputed)[:3])}" if disputed else ""


def _joined(passages: Sequence[str]) -> Claims:
    whole = NOTHING
    for passage in passages:
        whole |= claims_of(passage)
    return whole


def _conclude(case: Case, pieces: Sequence[_Compared], meanings: dict[tuple[str, str], float]) -> Verdict:
    aspects = aspects_of(case)
    reasons: list[str] = []
    least = NEARLY if case.kind == "pair" else EXPLAINED
    for one in pieces:
        meaning = meanings.get((one.piece, one.place))
        if fault := one.fault or _too_far(one.share, meaning, least, explained=case.kind == "persona"):
            reasons.append(fault)
            break
    support = not reasons
    share = min((one.share for one in pieces), default=1.0)
    answerable, asked = True, 1.0
    if "answerable" in aspects:
        answerable, asked, fault = _answers(case)
        reasons += [fault] if fault else []
    breaches = list(rules_of(case.style).breaches(case.question, case.answer)) if case.style else []
    scores = {"share": round(share, 4), "asked": round(asked, 4)}
    if meanings:
        found = [meanings[key] for one in pieces if (key := (one.piece, one.place)) in meanings]
        scores |= {"meaning": round(min(found), 4)} if found else {}
    in_style = "style" not in aspects or not breaches
    return Verdict(support, answerable, in_style, "; ".join([*reasons, *breaches]), scores)


def _too_far(share: float, meaning: float | None, least: float, *, explained: bool) -> str:
    """Why a piece is too far from the passage; empty where it is near enough."""
    if share >= SUPPORT:
        return ""
    if meaning is not None and meaning < MEANING:
        return f"it means something else than the passage (cosine {meaning:.2f})"
    if explained and meaning is not None:
        return ""
    return "" if share >= least else f"only {share:.0%} of its words stand in the passage"


def _answers(case: Case) -> tuple[bool, float, str]:
    """Whether the passages answer the question, the share of its words that they hold, and why not."""
    words = claims_of(case.question).words
    words = words - _ASKING or words
    whole = _joined(case.passages)
    known = whole.words
    for question, answer in case.turns:
        known |= claims_of(question).words | claims_of(answer).words
    share = len(words & known) / len(words) if words else 1.0
    if case.context == "none" and not case.turns and _leans(case.question, words):
        return False, share, "the question points at something that its reader does not have"
    if share < ANSWERABLE:
        return False, share, f"only {share:.0%} of the question's words stand in the passage"
    return True, share, ""


def _leans(question: str, words: frozenset[str]) -> bool:
    """Whether a question says hardly more than `it`: "How does it work?", not "What is it called when …?"."""
    return len(words) < _FEWEST_WORDS and _POINTS_FIRST.search(question) is not None
