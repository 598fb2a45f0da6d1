"""Asks about the sentences of one chunk: the first pattern that fits, unless the question or its answer leans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from glossator.records import Chunk, Evidence, content_id
from glossator.synthesis.teachers.drafts import Draft, Refused
from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.names import names_in
from glossator.synthesis.teachers.grammar.screening import (
    Sentence,
    defines,
    read_sentence,
    shorten,
    why_not_answer,
    why_not_question,
)
from glossator.synthesis.teachers.grammar.words import stem
from glossator.synthesis.teachers.patterns import (
    acronym,
    action,
    agent,
    authors,
    cause,
    comparison,
    content,
    definition,
    listing,
    method,
    purpose,
    quantity,
    result,
)
from glossator.synthesis.teachers.patterns.candidate import Candidate
from glossator.text.sentences import split_sentences

_PATTERNS: tuple[Callable[[Sentence, Clause | None], list[Candidate]], ...] = (
    definition.find,
    cause.find,
    comparison.find,
    listing.find,
    quantity.find,
    action.find,
    purpose.find,
    method.find,
    result.find,
    content.find,
    authors.find,
    agent.find,
    acronym.find,
)
"""In order of preference: the first pattern that fits a sentence asks about it."""
_LEANING = frozenset({"depends_on_context", "unresolved_reference", "first_person"})
_MAX_SENTENCE_CHARACTERS = 500


def ask_about(chunk: Chunk, seed: int) -> Iterator[Draft | Refused]:
    """Turn a chunk into drafts, in order of the text, with those that failed between them.

    Args:
        chunk: bounded in length by the caller.
        seed: chooses among equally good wordings of a question.
    """
    names = names_in(chunk.text)
    lists = list(listing.find_lists(chunk.text, names))
    yield from (_list_draft(chunk, found) for found in lists)
    read = [
        read_sentence(chunk.text, start, end, names)
        for start, end in split_sentences(chunk.text)
        if end - start <= _MAX_SENTENCE_CHARACTERS
    ]
    passage = _Passage(chunk, seed, read)
    for at, sentence in enumerate(read):
        if not any(found.start < sentence.end and sentence.start < found.end for found in lists):
            made = passage.ask(at)
            if made is not None:
                yield made


@dataclass(frozen=True, slots=True)
class _Passage:
    """The sentences of one chunk, each taken apart once."""

    chunk: Chunk
    seed: int
    sentences: Sequence[Sentence]
    _told: list[tuple[str, str] | None] = field(default_factory=list)

    def ask(self, at: int) -> Draft | Refused | None:
        """Ask about one sentence; where it fails, ask once more without its side remark."""
        sentence = self.sentences[at]
        made = self._ask(at, sentence)
        if isinstance(made, Refused) and (shorter := shorten(sentence)) is not None:
            second = self._ask(at, shorter)
            return second if isinstance(second, Draft) else made
        return made

    def _ask(self, at: int, sentence: Sentence) -> Draft | Refused | None:
        """Ask the first question that passes; else tell why the first candidate failed."""
        clause = parse_clause(sentence.text, sentence.names)
        failed: Refused | None = None
        for find in _PATTERNS:
            for candidate in find(sentence, clause):
                question = self._wording(sentence, candidate)
                draft = _draft(self.chunk, sentence, candidate, question)
                reason = self._why_not(at, candidate, question, sentence)
                if reason is None:
                    return draft
                stage = "self_referential" if reason in _LEANING else "wording"
                failed = failed or Refused(draft, stage, reason, f"{question} {sentence.raw}")
        return failed

    def _wording(self, sentence: Sentence, candidate: Candidate) -> str:
        draw = int(content_id(str(self.seed), self.chunk.id, str(sentence.start)), 16)
        return candidate.questions[draw % len(candidate.questions)]

    def _why_not(self, at: int, candidate: Candidate, question: str, sentence: Sentence) -> str | None:
        others = [other.text for i, other in enumerate(self.sentences) if i != at]
        reason = why_not_answer(candidate.answer, sentence, least_words=candidate.least_words)
        reason = reason or why_not_question(question, others)
        if reason is None and self._said_twice(at):
            return "not_unique"
        return reason or (self._why_not_topic(at, candidate.topic, others) if candidate.topic else None)

    def _why_not_topic(self, at: int, topic: str, others: Sequence[str]) -> str | None:
        """Say why a definition may be no whole or no clean one."""
        following = self.sentences[at + 1].text if at + 1 < len(self.sentences) else ""
        if re.fullmatch(r"\S+\d", topic) and any(topic[:-1] in re.split(r"[\s,.;:()]", other) for other in others):
            return "debris"  # a footnote's number that clings to a name
        goes_on = re.match(r"(?:It is|They are) (?:also )?(?:an?|the)\b", following)
        return "not_unique" if goes_on or any(defines(other, topic) for other in others) else None

    def _said_twice(self, at: int) -> bool:
        """Whether another sentence says the same verb of the same subject."""
        if not self._told:
            self._told.extend(_told(sentence) for sentence in self.sentences)
        said = self._told[at]
        return said is not None and bool(said[1]) and self._told.count(said) > 1


def _told(sentence: Sentence) -> tuple[str, str] | None:
    clause = parse_clause(sentence.text, sentence.names)
    return (clause.subject.casefold(), stem(clause.verb)) if clause is not None else None


def _draft(chunk: Chunk, sentence: Sentence, candidate: Candidate, question: str) -> Draft:
    start, end = sentence.start, sentence.end
    if candidate.answer != sentence.text:
        # Only an answer that stands in the chunk letter by letter, but for its first, narrows the evidence.
        at = chunk.text.find(candidate.answer[1:], start + 1, end)
        if at > 0:
            start, end = at - 1, at - 1 + len(candidate.answer)
    evidence = Evidence(chunk.id, start, end, chunk.text[start:end])
    return Draft(question, f"{candidate.answer}.", (evidence,), candidate.kind, chunk.id)


def _list_draft(chunk: Chunk, found: listing.Listed) -> Draft:
    evidence = Evidence(chunk.id, found.start, found.end, chunk.text[found.start : found.end])
    return Draft(found.question, found.answer, (evidence,), "list", chunk.id)
