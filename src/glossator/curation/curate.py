"""The filters in their order, then `test_seen`: samples in, what may be learned and examined out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glossator import records
from glossator.curation.filters import (
    HELD_OUT,
    AnswerNotInQuestion,
    CountTokens,
    DistinctMeanings,
    DistinctPairs,
    DistinctQuestions,
    EvidenceFound,
    Filter,
    Fit,
    FittingLength,
    NotEmpty,
    OneSplitPerChunk,
    SameLanguage,
    SelfContained,
    TokenBudget,
    by_priority,
    is_ready,
)
from glossator.curation.ledger import Ledger
from glossator.curation.seen import hold_out_seen
from glossator.curation.written import Written
from glossator.errors import CurationError
from glossator.records import Chunk, JsonValue, Reject, Sample, Split
from glossator.text.language import identify

if TYPE_CHECKING:
    from glossator.curation.filters.language import Identify
    from glossator.curation.vectors import Embed

CHECKS = ("evidence", "answer_in_question")
"""The filters that run only for tasks that name them."""
ALWAYS = (
    "empty",
    "straddles",
    "language",
    "length",
    "self_referential",
    "duplicate_question",
    "near_duplicate",
    "same_meaning",
    "over_budget",
)
"""The filters that run for every task (`same_meaning` where there is an embedder); a task may name them too."""
BINDING = ("straddles", "over_budget")
"""The filters that no person can overrule: they guard the held-out side and the student's memory. Nor can one
overrule the reason `HELD_OUT`, whichever filter gives it."""
DECONTAMINATION = "decontamination"
REVIEW = "review"
"""The verdict of a person."""

Marks = Callable[[Sequence[Sample]], list[Sample]]
"""Takes samples, leaves all of them in their order, with a verdict more."""
Decontaminates = Callable[[Sequence[Sample]], tuple[list[Sample], list[Reject], Mapping[str, JsonValue]]]
"""Takes samples with their splits, leaves those that do not leak, the others, and its report."""


@dataclass(frozen=True, slots=True)
class Curated:
    """What curation leaves."""

    samples: tuple[Sample, ...]
    """Sorted by split (test, dev, test_seen, train, pool), then by id; each carries the verdicts of its filters."""
    rejects: tuple[Reject, ...]
    """In the order of the filters; each holds the whole sample. Those of synthesis, and what a person dropped, are not
    among them."""
    ledger: Ledger
    leaks: Mapping[str, JsonValue] = field(default_factory=dict)
    """The report of decontamination; empty where there was none."""

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
    fit: Fit = "reject",
    lengths: FittingLength | None = None,
    languages: Collection[str] | None = None,
    identify: Identify = identify,
    embed: Embed | None = None,
    judge: Filter | None = None,
    further: Sequence[Filter] = (),
    round_trip: Marks | None = None,
    decontaminate: Decontaminates | None = None,
    admitted: Collection[str] = (),
    admitted_rejects: Collection[str] | None = None,
    dropped: Sequence[Reject] = (),
    written_rejects: Sequence[Reject] = (),
    passages_asked: int = 0,
    passages_of_several: Mapping[str, Collection[str]] | None = None,
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
        fit: what becomes of longer samples: `reject`, or `trim`: the passage in their prompt is cut.
        lengths: how long questions and answers may be; None for the defaults.
        languages: codes such as `en`, one of which questions and answers must be in; None: the language of their
            passage; empty: any.
        identify: tells a text's language.
        embed: turns texts into unit vectors, to find what is asked twice in other words; None leaves that out.
        judge: the filter that looks at each sample beside its passage; None leaves it out.
        further: filters that run last, such as a round trip that rejects.
        round_trip: marks samples whose question does not find its own passage; None leaves it out.
        decontaminate: takes out of train what leaks from what is held out; runs last. None leaves it out.
        admitted: ids of samples that a person brought back; only what is `BINDING` or leaks goes nevertheless.
        admitted_rejects: ids that those of them had which synthesis rejected: an edit gives a new one. None: the same.
        dropped: what a person took out, for the ledger.
        written_rejects: what synthesis rejected, for the ledger.
        passages_asked: how often a teacher was to be shown a passage, for the ledger; 0 where it is not known.
        passages_of_several: passage id → its chunks, for passages of more than one.

    Raises:
        CurationError: a task names a check that does not exist.
    """
    _refuse_unknown(checks)
    tasks_with = {name: {task for task, named in checks.items() if name in named} for name in CHECKS}
    steps: list[Filter] = [
        NotEmpty(),
        OneSplitPerChunk(),
        EvidenceFound(chunks_by_id, tasks_with["evidence"]),
        SameLanguage(chunks_by_id, languages, identify),
        lengths or FittingLength(),
        SelfContained(),
        DistinctQuestions(),
        DistinctPairs(),
        *([DistinctMeanings(embed)] if embed else []),
        AnswerNotInQuestion(tasks_with["answer_in_question"]),
        TokenBudget(max_tokens, count_tokens, fit, chunks_by_id),
        *([judge] if judge else []),
        *further,
    ]
    names = [step.name for step in steps]
    kept = sorted((_admit(sample, admitted) for sample in samples), key=by_priority)
    brought_back = admitted if admitted_rejects is None else admitted_rejects
    account = _Account(Written.sort(written_rejects, names, brought_back, passages_of_several or {}))
    account.open(names, passages_asked, kept, dropped)
    for step in steps:
        kept = account.enter(step.name, kept, *step(kept))
    if round_trip is not None:
        kept = round_trip(kept)
    kept = hold_out_seen(kept, share=test_seen_share, seed=seed)
    leaks: Mapping[str, JsonValue] = {}
    if decontaminate is not None:
        taken_in = kept
        kept, leaking, leaks = decontaminate(taken_in)
        kept = account.enter(DECONTAMINATION, taken_in, kept, leaking, binding=True)
        names.append(DECONTAMINATION)
    passed = [_with_verdicts(sample, names, checks.get(sample.task, ())) for sample in sorted(kept, key=by_priority)]
    return Curated(tuple(passed), tuple(account.rejects), account.ledger, leaks)


@dataclass(slots=True)
class _Account:
    """Keeps the ledger, and brings back what a person admitted."""

    written: Written
    ledger: Ledger = field(default_factory=Ledger)
    rejects: list[Reject] = field(default_factory=list)

    def open(
        self, filters: Sequence[str], passages_asked: int, kept: Sequence[Sample], dropped: Sequence[Reject]
    ) -> None:
        """Begin with what synthesis rejected, then what a person dropped."""
        written = sum(not is_ready(sample) for sample in kept) + sum(map(_was_written, dropped))
        self.written.enter(self.ledger, passages_asked=passages_asked, filters=filters, written=written)
        if dropped:
            left = len(kept) + self.written.pending
            self.ledger.enter(REVIEW, taken_in=left + len(dropped), passed=left, rejects=dropped)

    def enter(
        self, name: str, taken_in: Sequence[Sample], kept: list[Sample], refused: list[Reject], *, binding: bool = False
    ) -> list[Sample]:
        """Write the row of a filter, which also tells what synthesis refused for the same; leave what stays."""
        if not binding and name not in BINDING:
            vouched = [reject for reject in refused if _may_return(reject)]
            if vouched:
                refused = [reject for reject in refused if not _may_return(reject)]
                kept = sorted([*kept, *map(_bring_back, vouched)], key=by_priority)
        before = self.written.pending
        earlier = self.written.take_pending(name)
        self.ledger.enter(
            name,
            taken_in=len(taken_in) + before,
            passed=len(kept) + self.written.pending,
            rejects=[*refused, *earlier],
        )
        self.rejects += refused
        return kept


def _admit(sample: Sample, admitted: Collection[str]) -> Sample:
    if sample.id not in admitted or REVIEW in sample.origin.verdicts:
        return sample
    return _with_verdict(sample, REVIEW, "admitted")


def _may_return(reject: Reject) -> bool:
    """Whether a person vouched for a sample, and nothing held out speaks against it."""
    vouched = reject.record is not None and REVIEW in reject.record["origin"]["verdicts"]
    return vouched and reject.reason != HELD_OUT


def _was_written(reject: Reject) -> bool:
    return reject.record is not None and not is_ready(records.from_dict(Sample, reject.record))


def _bring_back(reject: Reject) -> Sample:
    assert reject.record is not None
    sample = records.from_dict(Sample, reject.record)
    return _with_verdict(sample, reject.stage, f"overruled: {reject.reason}")


def _with_verdict(sample: Sample, name: str, verdict: str) -> Sample:
    return replace(sample, origin=replace(sample.origin, verdicts={**sample.origin.verdicts, name: verdict}))


def _with_verdicts(sample: Sample, ran: Sequence[str], named: Collection[str]) -> Sample:
    passed_over = {name for name in CHECKS if name not in named}
    passed_over |= {"evidence"} if is_ready(sample) else set()
    passed = {name: "passed" for name in ran if name not in passed_over}
    # What a filter itself said of the sample tells more.
    return replace(sample, origin=replace(sample.origin, verdicts={**passed, **sample.origin.verdicts}))


def _refuse_unknown(checks: Mapping[str, Collection[str]]) -> None:
    known = {*CHECKS, *ALWAYS}
    for task, named in checks.items():
        unknown = sorted(set(named) - known)
        if unknown:
            raise CurationError(
                f"task {task} names the check {', '.join(unknown)}, which does not exist; "
                f"there are {', '.join(sorted(known))}"
            )
