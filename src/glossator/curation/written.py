"""What was rejected before curation, by who wrote the samples: rejects in, the first rows of the ledger out.

A passage that was asked about gives a reply, a reply gives parts, and a part that passes every check is a sample. A
part that failed a check which curation makes too (evidence, language, pointing words) is counted in that filter's row,
so that a row tells all that its check refused, wherever it was made.

A passage may be of several chunks, and some of them left out of it: it was asked about nevertheless. Such chunks have a
row of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from glossator.curation.ledger import Ledger
from glossator.records import Reject

PASSAGES, REPLIES, PARTS = "teacher", "malformed", "schema"
"""The stages of synthesis that come before a sample is there."""
WORDING = "wording"
"""A check of synthesis alone."""
LEFT_OUT = "left_out"
"""The row of chunks that were left out of a passage, which was asked about without them."""
OF_A_CHUNK = frozenset({"back_matter", "chunk_blank", "chunk_too_long", "debris"})
"""Reasons that a teacher gives of one chunk; the others of its stage are of a whole passage."""


@dataclass(slots=True)
class Written:
    """The rejects of synthesis by stage."""

    by_stage: dict[str, list[Reject]] = field(default_factory=lambda: defaultdict(list))
    pending: int = 0
    """Parts that are not yet accounted for in the ledger: a later row tells of them."""

    @classmethod
    def sort(
        cls,
        rejects: Iterable[Reject],
        filters: Collection[str],
        admitted: Collection[str],
        groups: Mapping[str, Collection[str]],
    ) -> Written:
        """Take rejects, leave them by stage.

        Args:
            rejects: of synthesis.
            filters: the names of curation's filters.
            admitted: ids of rejects that a person brought back, each once, which therefore count as written.
            groups: passage id → its chunks, for passages of more than one.
        """
        own, still_out = cls(), set(admitted)
        for reject in rejects:
            if reject.record is not None and reject.subject_id in still_out:
                still_out.discard(reject.subject_id)
            else:
                own.by_stage[reject.stage].append(reject)
        passages, left_out = _part(own.take(PASSAGES), groups)
        own.by_stage |= {PASSAGES: passages, LEFT_OUT: left_out}
        own.pending = sum(len(own.by_stage[stage]) for stage in {WORDING, *filters} if stage in own.by_stage)
        return own

    def enter(self, ledger: Ledger, *, filters: Collection[str], passages_asked: int, written: int) -> None:
        """Write the rows of what came before samples, in the order passages, replies, parts.

        A stage that only its teacher knows, such as sentences that an extractive teacher tried in vain, gets a row of
        its own: so many attempts, none of which became a sample.

        Args:
            ledger: gets the rows.
            filters: the names of curation's filters; rejects of these wait for their row.
            passages_asked: passages times tasks; 0 where it is not known.
            written: samples that the teachers wrote.
        """
        unasked, left_out, malformed = self.take(PASSAGES), self.take(LEFT_OUT), self.take(REPLIES)
        asked = max(passages_asked, len(unasked))
        if asked:
            ledger.enter(PASSAGES, taken_in=asked, passed=asked - len(unasked), rejects=unasked, unit="passages")
        if left_out:
            ledger.enter(LEFT_OUT, taken_in=len(left_out), passed=0, rejects=left_out, unit="chunks")
        if asked or malformed:
            # Of one reply several pieces may be unreadable; each counts.
            replies = max(asked - len(unasked), len(malformed))
            left = replies - len(malformed)
            ledger.enter(REPLIES, taken_in=replies, passed=left, rejects=malformed, unit="replies")
        own = {PARTS, WORDING, *filters}
        for stage in sorted(stage for stage, rejects in self.by_stage.items() if stage not in own and rejects):
            vain = self.take(stage)
            ledger.enter(stage, taken_in=len(vain), passed=0, rejects=vain, unit="attempts")
        for stage in (PARTS, WORDING):
            refused = self.take(stage)
            self.pending -= len(refused) if stage == WORDING else 0
            left = written + self.pending
            if refused or asked:
                ledger.enter(stage, taken_in=left + len(refused), passed=left, rejects=refused)

    def take(self, stage: str) -> Sequence[Reject]:
        """Take out the rejects of a stage."""
        return self.by_stage.pop(stage, [])

    def take_pending(self, stage: str) -> Sequence[Reject]:
        """Take out the rejects of a stage that has a filter's row."""
        refused = self.take(stage)
        self.pending -= len(refused)
        return refused


def _part(rejects: Iterable[Reject], groups: Mapping[str, Collection[str]]) -> tuple[list[Reject], list[Reject]]:
    """Part what a teacher did not ask about into passages, and chunks that were only left out of one.

    A passage of several chunks was not asked about where all of them are left out. What is left out of passages of two
    tasks is told apart by how often it is: a chunk that is alone in a passage of one task and with others in one of
    another task counts with the others.
    """
    rejects = list(rejects)
    often = Counter(reject.subject_id for reject in rejects if reject.reason in OF_A_CHUNK)
    in_a_group = {chunk_id for group in groups.values() for chunk_id in group}
    whole = Counter({name: min(often[chunk_id] for chunk_id in own) for name, own in groups.items() if own})
    passages, left_out = list[Reject](), list[Reject]()
    for reject in rejects:
        if reject.reason not in OF_A_CHUNK or reject.subject_id not in in_a_group:
            passages.append(reject)
        elif whole[reject.subject_id] > 0:
            whole[reject.subject_id] -= 1
            passages.append(reject)
        else:
            left_out.append(reject)
    return passages, left_out
