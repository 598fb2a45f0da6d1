"""A teacher without a model: finds sentences that answer a question, and asks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glossator.errors import SynthesisError
from glossator.records import Chunk, Evidence, Reject, content_id
from glossator.synthesis.schemas import PAIRS
from glossator.synthesis.tasks import Task
from glossator.synthesis.teachers.back_matter import is_back_matter
from glossator.synthesis.teachers.drafts import Draft
from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.screening import (
    Sentence,
    defines,
    names_in,
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

_DOT_LEADER = re.compile(r"[.!?…]{101}")
_STAGE = "extractive"
_MAX_CHUNK_CHARACTERS = 50_000
_MAX_SENTENCE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class ExtractiveTeacher:
    """Writes question–answer pairs whose answers are quotes of the chunk.

    Rules find sentences that define, compare, count, or name a purpose, method, cause, result or content, and turn
    each into a question. A pair is made only if the question is clear without the passage at hand and no other
    sentence of the chunk answers it. The same chunk and seed give the same pairs.

    Args:
        seed: chooses among equally good wordings of a question.
        max_pairs: most pairs a chunk gives.
    """

    seed: int = 0
    max_pairs: int = 3

    @property
    def name(self) -> str:
        """Kind and version, fit for lineage."""
        return "extractive/1"

    def write(
        self,
        chunks: Iterable[Chunk],
        task: Task,
        *,
        titles: Mapping[str, str] | None = None,  # noqa: ARG002  the protocol's argument; rules read no titles
    ) -> Iterator[list[Draft | Reject]]:
        """Turn chunks into drafts, one list for each, as they are asked for; rules do not read the task's text.

        Raises:
            SynthesisError: the task asks for something else than pairs.
        """
        if task.schema != PAIRS:
            raise SynthesisError(
                f"task {task.name!r} asks for schema {task.schema}, and the extractive teacher writes pairs only; "
                "use a teacher of kind chat"
            )
        return map(self.write_pairs, chunks)

    def write_pairs(self, chunk: Chunk) -> list[Draft | Reject]:
        """Turn a chunk into drafts, in order of the text, followed by the sentences that fitted a pattern in vain."""
        if len(chunk.text) > _MAX_CHUNK_CHARACTERS:
            detail = f"{len(chunk.text)} characters; chunk it to at most {_MAX_CHUNK_CHARACTERS}"
            return [Reject(chunk.id, _STAGE, "chunk_too_long", detail)]
        if _DOT_LEADER.search(chunk.text):
            return [Reject(chunk.id, _STAGE, "debris", "a run of more than 100 punctuation marks")]
        if is_back_matter(chunk):
            return []
        spans = split_sentences(chunk.text)
        names = names_in(chunk.text)
        sentences = [
            read_sentence(chunk.text, start, end, names)
            for start, end in spans
            if end - start <= _MAX_SENTENCE_CHARACTERS
        ]
        drafts: list[Draft] = []
        rejects: list[Reject] = []
        for sentence in sentences:
            written = self._ask(chunk, sentence, sentences)
            if isinstance(written, Reject) and (shorter := shorten(sentence)) is not None:
                second = self._ask(chunk, shorter, [shorter if other is sentence else other for other in sentences])
                written = second if isinstance(second, Draft) else written
            if isinstance(written, Draft):
                drafts.append(written)
            elif written is not None:
                rejects.append(written)
        chosen, spare = _choose(drafts, self.max_pairs)
        rejects += [Reject(chunk.id, _STAGE, "chunk_has_enough", f"{draft.question} {draft.answer}") for draft in spare]
        return [*chosen, *rejects]

    def _ask(self, chunk: Chunk, sentence: Sentence, sentences: Sequence[Sentence]) -> Draft | Reject | None:
        """Ask the first question that passes; else tell why the first candidate failed."""
        clause = parse_clause(sentence.text, sentence.names)
        failed: Reject | None = None
        for find in _PATTERNS:
            for candidate in find(sentence, clause):
                question = self._wording(chunk, sentence, candidate)
                reason = _why_not(candidate, question, sentence, sentences)
                if reason is None:
                    return _draft(chunk, sentence, candidate, question)
                failed = failed or Reject(chunk.id, _STAGE, reason, f"{question} {sentence.raw}")
        return failed

    def _wording(self, chunk: Chunk, sentence: Sentence, candidate: Candidate) -> str:
        draw = int(content_id(str(self.seed), chunk.id, str(sentence.start)), 16)
        return candidate.questions[draw % len(candidate.questions)]


def _why_not(candidate: Candidate, question: str, sentence: Sentence, sentences: Sequence[Sentence]) -> str | None:
    others = [other.text for other in sentences if other is not sentence]
    reason = why_not_answer(candidate.answer, sentence, least_words=candidate.least_words)
    reason = reason or why_not_question(question, others)
    if reason is None and _said_twice(sentence, sentences):
        return "not_unique"
    if reason is None and candidate.topic:
        at = next((i for i, other in enumerate(sentences) if other.start == sentence.start), 0)
        goes_on = any(
            re.match(r"(?:It is|They are) (?:also )?(?:an?|the)\b", s.text) for s in sentences[at + 1 : at + 2]
        )
        if re.fullmatch(r"\S+\d", candidate.topic) and any(
            candidate.topic[:-1] in re.split(r"[\s,.;:()]", o) for o in others
        ):
            return "debris"  # a footnote's number that clings to a name
        if goes_on or any(defines(other, candidate.topic) for other in others):
            return "not_unique"
    return reason


def _said_twice(sentence: Sentence, sentences: Sequence[Sentence]) -> bool:
    """Whether another sentence says the same verb of the same subject."""
    clause = parse_clause(sentence.text, sentence.names)
    if clause is None or not clause.verb:
        return False
    told = (clause.subject.casefold(), stem(clause.verb))
    others = (parse_clause(s.text, s.names) for s in sentences if s.start != sentence.start)
    return any(other is not None and (other.subject.casefold(), stem(other.verb)) == told for other in others)


def _draft(chunk: Chunk, sentence: Sentence, candidate: Candidate, question: str) -> Draft:
    start, end = sentence.start, sentence.end
    if candidate.answer != sentence.text:
        # Only an answer that stands in the chunk letter by letter, but for its first, narrows the evidence.
        at = chunk.text.find(candidate.answer[1:], start + 1, end)
        if at > 0:
            start, end = at - 1, at - 1 + len(candidate.answer)
    evidence = Evidence(chunk.id, start, end, chunk.text[start:end])
    return Draft(question, f"{candidate.answer}.", evidence, candidate.kind)


def _choose(drafts: Sequence[Draft], limit: int) -> tuple[list[Draft], list[Draft]]:
    """Choose up to `limit` drafts, one of each kind first; both lists in order of the text."""
    ordered: list[Draft] = []
    seen: dict[str, int] = {}
    questions: set[str] = set()
    for draft in drafts:
        if draft.question.casefold() not in questions:
            questions.add(draft.question.casefold())
            ordered.append(draft)
    rank: dict[int, int] = {}
    for i, draft in enumerate(ordered):
        rank[i] = seen.get(draft.kind, 0)
        seen[draft.kind] = rank[i] + 1
    chosen = set(sorted(range(len(ordered)), key=lambda i: (rank[i], i))[:limit])
    kept = [draft for i, draft in enumerate(ordered) if i in chosen]
    return kept, [draft for draft in drafts if draft not in kept]
