"""A teacher without a model: finds sentences that answer a question, and asks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glossator.errors import SynthesisError
from glossator.records import Chunk, Reject
from glossator.synthesis.materials import Material
from glossator.synthesis.schemas import PAIRS
from glossator.synthesis.tasks import Task
from glossator.synthesis.teachers.back_matter import is_back_matter
from glossator.synthesis.teachers.drafts import Draft, Refused
from glossator.synthesis.teachers.patterns.asking import ask_about
from glossator.synthesis.teachers.patterns.preferring import with_worse

Made = Draft | Refused | Reject

SCHEMAS = (PAIRS, "preference")
"""What this teacher can write, by the name of the reply's form."""
_DOT_LEADER = re.compile(r"[.!?…]{101}")
_STAGE = "teacher"
_MAX_CHUNK_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class ExtractiveTeacher:
    """Writes question–answer pairs whose answers are quotes of the chunk.

    Rules find sentences that define, compare, count, list, or name a purpose, method, cause, result or content, and
    turn each into a question. A pair is made only if the question is clear without the passage at hand and no other
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
        return "extractive/2"

    def write(
        self,
        materials: Iterable[Material],
        task: Task,
        *,
        titles: Mapping[str, str] | None = None,  # noqa: ARG002  the protocol's argument; rules read no titles
    ) -> Iterator[list[Made]]:
        """Turn materials into drafts, one list for each, as they are asked for; rules do not read the task's text.

        Raises:
            SynthesisError: the task asks for something that rules cannot write.
        """
        if task.schema not in SCHEMAS or task.shows == "figure":
            asked = "shows figures" if task.shows == "figure" else f"asks for schema {task.schema}"
            raise SynthesisError(
                f"task {task.name!r} {asked}, and the extractive teacher writes {' and '.join(SCHEMAS)} "
                "about texts only; use a teacher of kind chat"
            )
        limited = replace(self, max_pairs=min(self.max_pairs, task.pairs or self.max_pairs))
        return ([made for chunk in material.chunks for made in limited._write(chunk, task)] for material in materials)

    def _write(self, chunk: Chunk, task: Task) -> list[Made]:
        made = self.write_pairs(chunk)
        if task.schema == PAIRS:
            return made
        drafts = [draft for draft in made if isinstance(draft, Draft)]
        return [*with_worse(chunk, drafts), *(draft for draft in made if not isinstance(draft, Draft))]

    def write_pairs(self, chunk: Chunk) -> list[Made]:
        """Turn a chunk into drafts, in order of the text, followed by the sentences that fitted a pattern in vain."""
        if len(chunk.text) > _MAX_CHUNK_CHARACTERS:
            detail = f"{len(chunk.text)} characters; chunk it to at most {_MAX_CHUNK_CHARACTERS}"
            return [Reject(chunk.id, _STAGE, "chunk_too_long", detail)]
        if _DOT_LEADER.search(chunk.text):
            return [Reject(chunk.id, _STAGE, "debris", "a run of more than 100 punctuation marks")]
        if is_back_matter(chunk):
            return [Reject(chunk.id, _STAGE, "back_matter", chunk.heading_path[-1])]
        made = list(ask_about(chunk, self.seed))
        chosen, spare = _choose([one for one in made if isinstance(one, Draft)], self.max_pairs)
        refused = [one for one in made if isinstance(one, Refused)]
        return [*chosen, *refused, *(Refused(draft, "schema", "too_many", draft.question) for draft in spare)]


def _choose(drafts: Sequence[Draft], limit: int) -> tuple[list[Draft], list[Draft]]:
    """Choose up to `limit` drafts, one of each kind first; both lists in order of the text."""
    seen: dict[str, int] = {}
    questions: set[str] = set()
    ranked: list[tuple[int, int]] = []
    for place, draft in enumerate(drafts):
        if draft.question.casefold() not in questions:
            questions.add(draft.question.casefold())
            ranked.append((seen.get(draft.kind, 0), place))
            seen[draft.kind] = seen.get(draft.kind, 0) + 1
    chosen = {place for _, place in sorted(ranked)[:limit]}
    kept = [draft for place, draft in enumerate(drafts) if place in chosen]
    return kept, [draft for place, draft in enumerate(drafts) if place not in chosen]
