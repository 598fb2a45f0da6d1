"""Checks what a chat model wrote about a material: a part of its reply in; a draft out, or one with its fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from glossator.records import Evidence
from glossator.synthesis.conversation import told_around
from glossator.synthesis.evidence import Found, locate
from glossator.synthesis.forms import Form
from glossator.synthesis.injection import Orders
from glossator.synthesis.materials import Material
from glossator.synthesis.open_questions import told_by_one, why_not_open
from glossator.synthesis.schemas import UNANSWERABLE
from glossator.synthesis.task import Task
from glossator.synthesis.teachers.claims import Claim, claim_of
from glossator.synthesis.teachers.drafts import Draft, Refused
from glossator.synthesis.wording import Prompted, copies, other_script, refuses, same_words, says_nothing
from glossator.text.excerpt import excerpt
from glossator.text.self_reference import points_outside

_Told = tuple[str, str, str]
"""Stage, reason, detail."""


class Checker:
    """Checks the parts of one reply.

    Args:
        material: what the teacher was shown.
        task: its checks say whether evidence must be found.
        prompted: what the teacher was told besides the passage.
        titles: the title of each document, by document id, where the teacher was shown it.
    """

    def __init__(
        self, material: Material, task: Task, prompted: Prompted, titles: Mapping[str, str] | None = None
    ) -> None:
        self._material, self._task, self._prompted = material, task, prompted
        self._passage = material.text
        known = titles or {}
        self._orders = {
            chunk.id: Orders(
                self._passage if material.figure else chunk.text,
                told_around(chunk, known.get(chunk.document_id, "")),
            )
            for chunk in material.chunks
        }

    def check(self, part: Form) -> Draft | Refused:
        """Turn a part of the reply into a draft; the first thing that is wrong with it goes along with it."""
        claim = claim_of(part, self._task)
        found = [self._find(quote) for quote in claim.quotes]
        draft = self._draft(claim, [one for one in found if one])
        told = next(self._faults(claim, found), None)
        return Refused(draft, *told) if told else draft

    def _draft(self, claim: Claim, found: list[_Quoted]) -> Draft:
        """Put together what would become a sample; evidence is what stands in a chunk."""
        gap = self._task.schema == UNANSWERABLE
        spans = [one.evidence for one in found if one.evidence and not gap]
        nearest = {"nearest": found[0].text} if gap and found else {}
        quote = {"quote": ", ".join(dict.fromkeys(one.how for one in found))} if found else {}
        chunk_id = next((one.evidence.chunk_id for one in found if one.evidence), self._material.chunks[0].id)
        return Draft(
            claim.question,
            claim.answer,
            tuple(dict.fromkeys(spans)),
            claim.kind,
            self._material.chunks[0].id if self._task.shows == "related_chunks" else chunk_id,
            verdicts=quote,
            turns=claim.turns,
            rejected=claim.rejected,
            metadata={**claim.metadata, **nearest},
        )

    def _find(self, quote: str) -> _Quoted | None:
        """Look a quote up in what was shown; the best way it is found in any chunk counts."""
        figure, chunks = self._material.figure, self._material.chunks
        if figure is None:
            best: Found | None = None
            for chunk in chunks:
                one = locate(quote, chunk) if best is None or best.how != "exact" else None
                best = min(filter(None, (best, one)), key=_how, default=None)
            return _Quoted(best.evidence.text, best.how, best.evidence) if best else None
        told = locate(quote, replace(chunks[0], text=self._passage))
        if told is None:
            return None
        span = told.evidence.text
        at = chunks[0].text.find(span)
        held = Evidence(chunks[0].id, at, at + len(span), span) if at >= 0 else None
        return _Quoted(span, told.how, held)

    def _faults(self, claim: Claim, found: list[_Quoted | None]) -> Iterator[_Told]:
        for key, text in (*claim.asked, *claim.said):
            yield from self._about_words(key, text)
        for key, text in (*claim.asked, *(claim.said if self._task.context == "none" else ())):
            part: Literal["question", "answer"] = "question" if (key, text) in claim.asked else "answer"
            pointing = points_outside(text, self._task.context, part=part)
            if pointing is not None and self._task.question is None:
                yield "self_referential", "not_self_contained", f"{key}: {pointing!r}: {excerpt(text)}"
        yield from self._about_orders(claim, found)
        yield from self._about_quotes(claim, found)
        yield from self._about_the_rest(claim)

    def _about_words(self, key: str, text: str) -> Iterator[_Told]:
        """What is wrong with the words of any text a teacher writes."""
        wrong: Mapping[str, bool] = {
            "empty": says_nothing(text),
            "refused": not key.startswith("question") and refuses(text),
            "echo": self._prompted.echoed_in(text, self._passage),
        }
        script = other_script(text, self._passage)
        if script is not None:
            yield "language", "other_script", f"{key} in {script}: {excerpt(text)}"
        yield from (("wording", reason, f"{key}: {excerpt(text)}") for reason, is_so in wrong.items() if is_so)

    def _about_orders(self, claim: Claim, found: list[_Quoted | None]) -> Iterator[_Told]:
        """Whether the document's orders to its reader were obeyed: quoted as knowledge, or repeated."""
        for key, text in (*claim.asked, *claim.said):
            if any(orders.repeated_in(text) for orders in self._orders.values()):
                yield "wording", "injected", f"{key} repeats an order of the document: {excerpt(text)}"
        for one in filter(None, found):
            if one.evidence is None or self._material.figure:
                start = self._passage.find(one.text)
                span, orders = (start, start + len(one.text)), next(iter(self._orders.values()))
            else:
                span, orders = (one.evidence.start, one.evidence.end), self._orders[one.evidence.chunk_id]
            if orders.touch(*span):
                yield "wording", "injected", f"evidence is an order of the document: {excerpt(one.text)}"

    def _about_quotes(self, claim: Claim, found: list[_Quoted | None]) -> Iterator[_Told]:
        told = excerpt(f"{claim.question} {claim.answer}")
        wanted = "evidence" in self._task.checks or self._material.figure or self._task.schema == UNANSWERABLE
        if wanted and not found:
            yield "evidence", "evidence_not_found", f"{told} evidence: none"
        for quote, one in zip(claim.quotes, found, strict=True):
            if wanted and one is None:
                yield "evidence", "evidence_not_found", f"{told} evidence: {excerpt(quote)}"
        if self._task.shows == "related_chunks":
            quoted = {one.evidence.chunk_id for one in found if one and one.evidence}
            if len(quoted) < len(self._material.chunks):
                yield "evidence", "one_passage_quoted", told
            if told_by_one(f"{claim.question} {claim.answer}", [chunk.text for chunk in self._material.chunks]):
                yield "evidence", "one_passage_enough", told

    def _about_the_rest(self, claim: Claim) -> Iterator[_Told]:
        """What only some tasks ask for."""
        if self._task.question is not None:
            for key, text in claim.said:
                if copies(text, self._passage):
                    yield "wording", "echo", f"{key} copies the passage: {excerpt(text)}"
        if self._task.schema == UNANSWERABLE:
            why = why_not_open(claim.question, self._passage)
            if why is not None:
                yield "evidence", why, excerpt(claim.question)
        if claim.rejected and same_words(claim.rejected, claim.answer):
            yield "wording", "same_answer", excerpt(claim.rejected)
        supported = self._find(claim.rejected) if claim.rejected else None
        if supported is not None and supported.how != "fuzzy":
            yield "evidence", "rejected_supported", excerpt(claim.rejected)


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A quote that was found."""

    text: str
    how: str
    evidence: Evidence | None
    """Where it stands in a chunk; None where only the words about a figure have it."""


def _how(found: Found) -> int:
    return ("exact", "normalised", "fuzzy").index(found.how)
