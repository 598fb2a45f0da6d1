"""The filter that has a judge look at samples, and that looks at the judge: planted pairs stand among the real ones."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from glossator.curation.filters.filter import Outcome, reject_sample
from glossator.curation.filters.prompt import read_passage
from glossator.curation.judging.agreement import FEWEST, Agreement
from glossator.curation.judging.cases import Case, Judge, JudgedAs, Unjudged, Verdict, aspects_of
from glossator.curation.judging.planting import Asked, Planted, PlantedPassage, plant
from glossator.curation.judging.sample_cases import case_of
from glossator.errors import CurationError, EndpointError
from glossator.llm.faults import TEMPORARY
from glossator.records import Chunk, JsonValue, Reject, Sample

MOST_UNJUDGED = 0.05
"""Share of the cases that may go without a verdict; with more, the run stops."""
SPREAD = 5
"""Planted pairs stand among the first cases, this many times as many, so that a poor judge is found out early."""

_FAULTS = {"support": "unsupported", "answerable": "unanswerable", "style": "style"}
_PRAISE = {"support": "supported", "answerable": "answerable", "style": "in style"}


class Judged:
    """Rejects what its judge does not bear out: `unsupported`, `unanswerable`, `answerable`, `style`, `unjudged`.

    `answerable` is the fault of an unanswerable question that its passage answers. Samples of tasks that are not
    listed, those without a passage, and those of a kind that the judge cannot judge are let through and counted.

    Args:
        judge: from `open_judge`.
        chunks_by_id: every chunk that a sample may be about; planted pairs are made of them.
        tasks: task → what its samples are.
        styles: task → the words of its answer style, for the tasks that have one.
        planted: good pairs, and bad ones, that the judge is tested with; 0 for none.
        minimum_accuracy: on those; below it the run stops. Fewer than ten of them stop nothing.
        seed: decides which pairs are planted, and where.
        on_progress: called with the number of samples judged since the last call.
    """

    name = "judge"

    def __init__(
        self,
        judge: Judge,
        chunks_by_id: Mapping[str, Chunk],
        *,
        tasks: Mapping[str, JudgedAs],
        styles: Mapping[str, str] | None = None,
        planted: int = 20,
        minimum_accuracy: float = 0.8,
        seed: int = 0,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self._judge, self._chunks, self._tasks, self._styles = judge, chunks_by_id, tasks, styles or {}
        self._planted, self._minimum, self._seed = planted, minimum_accuracy, seed
        self._tell = on_progress or (lambda _: None)
        self._report: dict[str, JsonValue] = {}

    @property
    def report(self) -> dict[str, JsonValue]:
        """Plain data about the last run, also about one that stopped: counts and agreement; empty before."""
        return self._report

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those that the judge bears out, with its verdict, and rejects with its reasons.

        Raises:
            CurationError: the judge is wrong about too many planted pairs, or too many of its replies are no verdict.
            EndpointError: the judge's model cannot answer at all, or left too many cases without a reply.
        """
        passed_over = Counter[str]()
        places = [place for place, sample in enumerate(samples) if self._is_judged(sample, passed_over)]
        planted = self._plant([samples[place] for place in places])
        verdicts: dict[int, Verdict | Unjudged] = {}
        said: list[tuple[Planted, Verdict | Unjudged]] = []
        # Closed at once when the judge fails its test, so that no further call is paid for.
        with closing(self._judge_all(samples, _mix(places, planted, self._seed))) as judged:
            for subject, verdict in judged:
                if isinstance(subject, int):
                    verdicts[subject] = verdict
                    self._tell(1)
                    continue
                said.append((subject, verdict))
                if len(said) == len(planted):
                    self._report = self._summary(verdicts, {}, said, passed_over)
                    self._require_agreement(Agreement(said))
        faults = {
            place: fault for place, verdict in verdicts.items() if (fault := self._fault(samples[place], verdict))
        }
        self._report = self._summary(verdicts, faults, said, passed_over)
        self._require_verdicts([*verdicts.values(), *(verdict for _, verdict in said)])
        kept: list[Sample] = []
        rejects: list[Reject] = []
        for place, sample in enumerate(samples):
            if place in faults:
                reason, detail = faults[place]
                rejects.append(reject_sample(sample, stage=self.name, reason=reason, detail=detail))
            else:
                kept.append(self._with_verdict(sample) if place in verdicts else sample)
        return kept, rejects

    def _is_judged(self, sample: Sample, passed_over: Counter[str]) -> bool:
        """Whether a sample is shown to the judge; if not, why is counted."""
        kind = self._tasks.get(sample.task)
        why = ""
        if kind is None:
            why = "task"
        elif kind not in self._judge.judges:
            why = f"kind_{kind}"
        elif not sample.chunk_ids and not sample.evidence and read_passage(sample) is None:
            why = "no_passage"
        passed_over.update([why] if why else [])
        return not why

    def _case(self, sample: Sample) -> Case | str:
        return case_of(sample, self._tasks[sample.task], self._styles.get(sample.task), self._chunks)

    def _plant(self, samples: Sequence[Sample]) -> list[Planted]:
        """Make planted pairs of the run's passages, in the forms of its pairs."""
        forms = {
            Asked(sample.context, self._styles.get(sample.task)): None
            for sample in samples
            if self._tasks[sample.task] == "pair"
        }
        if not samples:
            return []
        passages = [PlantedPassage(chunk.text, chunk.document_id) for chunk in self._chunks.values()]
        if not passages:
            texts = {found.text: sample for sample in samples if (found := read_passage(sample)) is not None}
            passages = [PlantedPassage(text, next(iter(sample.document_ids), "")) for text, sample in texts.items()]
        return plant(passages, list(forms) or [Asked("chunk", None)], count=self._planted, seed=self._seed)

    def _judge_all(
        self, samples: Sequence[Sample], subjects: Sequence[int | Planted]
    ) -> Generator[tuple[int | Planted, Verdict | Unjudged], None, None]:
        """Have all subjects judged in a stream; those that cannot be shown are unjudged at once."""
        # A judge may read cases in another thread; a deque takes from one and gives to the other.
        waiting: deque[tuple[int | Planted, Unjudged | None]] = deque()

        def cases() -> Iterator[Case]:
            for subject in subjects:
                case = self._case(samples[subject]) if isinstance(subject, int) else subject.case
                waiting.append((subject, Unjudged(case) if isinstance(case, str) else None))
                if not isinstance(case, str):
                    yield case

        for verdict in self._judge.judge(cases()):
            while waiting:
                subject, unshown = waiting.popleft()
                yield subject, unshown or verdict
                if unshown is None:
                    break
            else:
                raise CurationError(f"judge {self._judge.name} gave more verdicts than it was asked for; use another")
        for subject, unshown in waiting:
            if unshown is None:
                raise CurationError(f"judge {self._judge.name} left a pair without a word; run again")
            yield subject, unshown

    def _fault(self, sample: Sample, verdict: Verdict | Unjudged) -> tuple[str, str] | None:
        """Turn a verdict into reason and detail of a reject; None for a sample that may stay."""
        if isinstance(verdict, Unjudged):
            return "unjudged", f"{verdict.failure}: {verdict.detail}" if verdict.detail else verdict.failure
        if self._tasks[sample.task] == "unanswerable":
            return ("answerable", verdict.reason) if verdict.answerable else None
        aspects = self._aspects(sample)
        wrong = next((aspect for aspect in aspects if not getattr(verdict, aspect)), None)
        return (_FAULTS[wrong], verdict.reason) if wrong else None

    def _with_verdict(self, sample: Sample) -> Sample:
        if self._tasks[sample.task] == "unanswerable":
            text = "not answerable"
        else:
            text = ", ".join(_PRAISE[aspect] for aspect in self._aspects(sample))
        verdicts = {**sample.origin.verdicts, self.name: text}
        return replace(sample, origin=replace(sample.origin, verdicts=verdicts))

    def _aspects(self, sample: Sample) -> Sequence[str]:
        style = self._styles.get(sample.task)
        return aspects_of(Case("", "", (), kind=self._tasks[sample.task], style=style))

    def _summary(
        self,
        verdicts: Mapping[int, Verdict | Unjudged],
        faults: Mapping[int, tuple[str, str]],
        said: Sequence[tuple[Planted, Verdict | Unjudged]],
        passed_over: Counter[str],
    ) -> dict[str, JsonValue]:
        failures = Counter(verdict.failure for verdict in verdicts.values() if isinstance(verdict, Unjudged))
        return {
            "judge": self._judge.name,
            "seed": self._seed,
            "judged": len(verdicts),
            "passed": len(verdicts) - len(faults),
            "rejected": dict(sorted(Counter(reason for reason, _ in faults.values()).items())),
            "unjudged": dict(sorted(failures.items())),
            "passed_over": dict(sorted(passed_over.items())),
            "minimum_accuracy": self._minimum,
            "planted": {"wanted": 2 * self._planted, "made": len(said), **Agreement(said).to_dict()},
        }

    def _require_agreement(self, agreement: Agreement) -> None:
        accuracy = agreement.accuracy
        if accuracy is not None and agreement.judged >= FEWEST and accuracy < self._minimum:
            raise CurationError(
                f"judge {self._judge.name.split()[0]} is {agreement.sentence()}, and minimum_accuracy asks for "
                f"{self._minimum:.0%}; use another judge or a better model, or lower curation.judge.minimum_accuracy"
            )

    def _require_verdicts(self, verdicts: Sequence[Verdict | Unjudged]) -> None:
        """Stop where a busy server or an unreadable model left many cases unjudged; a few are let be."""
        failures = Counter(verdict.failure for verdict in verdicts if isinstance(verdict, Unjudged))
        if failures.total() <= max(1, MOST_UNJUDGED * len(verdicts)):
            return
        told = f"{failures.total()} of {len(verdicts)} pairs have no verdict"
        listed = ", ".join(f"{failure} {count}" for failure, count in failures.most_common())
        if sum(failures[word] for word in TEMPORARY) * 2 > failures.total():
            raise EndpointError(f"{told} ({listed}); run again later: what was answered is kept and not asked again")
        raise CurationError(
            f"{told} ({listed}); use another model as judge, raise curation.judge.max_new_tokens if truncated, "
            "or ask anew with another seed (--set seed=N), since what it said is kept"
        )


def _mix(places: Sequence[int], planted: Sequence[Planted], seed: int) -> list[int | Planted]:
    """Put the planted among the first of the real ones, in their own order, at places drawn by the seed."""
    among = min(len(places) + len(planted), SPREAD * len(planted))
    taken = set(random.Random(seed).sample(range(among), len(planted)))
    real, false = iter(places), iter(planted)
    head: list[int | Planted] = [next(false) if place in taken else next(real) for place in range(among)]
    return [*head, *real]
