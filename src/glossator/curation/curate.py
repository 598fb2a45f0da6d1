"""The filters in their order, then `test_seen`: samples in, what may be learned and examined out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from glossator.curation.filters import (
    AnswerNotInQuestion,
    CountTokens,
    DistinctQuestions,
    EvidenceFound,
    Filter,
    NotEmpty,
    OneSplitPerChunk,
    TokenBudget,
    by_priority,
    is_ready,
)
from glossator.curation.ledger import Ledger
from glossator.curation.seen import hold_out_seen
from glossator.errors import CurationError
from glossator.records import Chunk, Reject, Sample, Split

CHECKS = ("evidence", "answer_in_question")
"""The filters that run only for tasks that name them."""
ALWAYS = ("empty", "straddles", "over_budget", "duplicate_question")
"""The filters that run for every task; a task may name them too."""


@dataclass(frozen=True, slots=True)
class Curated:
    """What curation leaves."""

    samples: tuple[Sample, ...]
    """Sorted by split (test, dev, test_seen, train, pool), then by id; each carries the verdicts of its filters."""
    rejects: tuple[Reject, ...]
    """In the order of the filters; each holds the whole sample."""
    ledger: Ledger

    @property
    def counts(self) -> dict[Split, int]:
        """Split → samples, for every split."""
        found = Counter(sample.split for sample in self.samples)
        return {split: found[split] for split in ("train", "dev", "test", "test_seen", "pool")}


def curate(
    samples: Sequence[Sample],
    chunks_by_id: Mapping[str, Chunk],
    *,
    checks: Mapping[str, Collection[str]],
    max_tokens: int,
    count_tokens: CountTokens,
    test_seen_share: float,
    seed: int,
) -> Curated:
    """Take samples with their splits, leave those that pass the filters, a part of train held out as `test_seen`.

    Ready samples pass through the same filters, but are not asked for evidence, never straddle a chunk, and are not
    drawn for `test_seen`. Samples of the pool stay in it.

    The order of the samples does not matter. Whether enough is left is for `ledger.check_yield` to say, so that a
    poor yield can be looked at before it stops a run.

    Args:
        samples: of splits train, dev, test and pool (or test_seen, which stays so).
        chunks_by_id: every chunk that evidence may point to.
        checks: task → names of its checks, among `CHECKS` and `ALWAYS`. A task that is not listed has none of its own.
        max_tokens: longest conversation, in tokens of the student.
        count_tokens: takes samples, leaves the length of each conversation in those tokens.
        test_seen_share: share of the questions about train documents to hold out.
        seed: decides which of them.

    Raises:
        CurationError: a task names a check that does not exist.
    """
    _refuse_unknown(checks)
    tasks_with = {name: {task for task, named in checks.items() if name in named} for name in CHECKS}
    filters: list[Filter] = [
        NotEmpty(),
        AnswerNotInQuestion(tasks=tasks_with["answer_in_question"]),
        EvidenceFound(chunks_by_id, tasks=tasks_with["evidence"]),
        OneSplitPerChunk(),
        TokenBudget(max_tokens, count_tokens),
        DistinctQuestions(),
    ]
    ledger, rejects = Ledger(), list[Reject]()
    kept = sorted(samples, key=by_priority)
    for step in filters:
        taken_in = len(kept)
        kept, refused = step(kept)
        ledger.enter(step.name, taken_in=taken_in, passed=len(kept), rejects=refused)
        rejects += refused
    kept = hold_out_seen(kept, share=test_seen_share, seed=seed)
    passed = [_with_verdicts(sample, checks.get(sample.task, ())) for sample in sorted(kept, key=by_priority)]
    return Curated(samples=tuple(passed), rejects=tuple(rejects), ledger=ledger)


def _with_verdicts(sample: Sample, named: Collection[str]) -> Sample:
    looked = [name for name in CHECKS if name in named and not (name == "evidence" and is_ready(sample))]
    passed = dict.fromkeys((*ALWAYS, *looked), "passed")
    return replace(sample, origin=replace(sample.origin, verdicts={**sample.origin.verdicts, **passed}))


def _refuse_unknown(checks: Mapping[str, Collection[str]]) -> None:
    known = {*CHECKS, *ALWAYS}
    for task, named in checks.items():
        unknown = sorted(set(named) - known)
        if unknown:
            raise CurationError(
                f"task {task} names the check {', '.join(unknown)}, which does not exist; "
                f"there are {', '.join(sorted(known))}"
            )
