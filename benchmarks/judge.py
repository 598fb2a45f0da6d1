"""How often is the lexical judge right, and what do judging and the round trip cost?

    python benchmarks/judge.py [--data ../shared/data] [--half held-out] [--without-papers] [--without-embedder]
    python benchmarks/judge.py --planted 5 [--show 20]

Good pairs are real ones: XQuAD's questions with their answers, and with the sentences that these stand in; PubMedQA's
questions with the authors' conclusions, which are worded anew and often go beyond the abstract; quotes of papers by the
extractive teacher. Bad ones are made of them: the answer of another document, or of another passage of the same one; a
number changed; a denial added; a foreign sentence added; the question of another document, or of another passage of the
same one. Documents are halved by a hash of their names: thresholds were chosen on the half `chosen`, and figures are
those of the half `held-out`. Of a case only the part of the verdict counts that it is about.

`--planted SEEDS`: instead, the accuracy on planted pairs of the same passages, as a run has them, over so many seeds.
CPU seconds are those of all threads; threads are held to one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glossator.curation.judging import Case, Judge, Verdict, open_judge
from glossator.curation.judging.agreement import Agreement, is_right, wilson
from glossator.curation.judging.alterations import change_number, deny
from glossator.curation.judging.conversation import conversation_about
from glossator.curation.judging.planting import Asked, PlantedPassage, plant
from glossator.curation.round_trip import RoundTrip
from glossator.embedded import base_model_path
from glossator.llm.answer_styles import load_answer_style
from glossator.records import Message, Origin, Sample, content_id
from glossator.text.sentences import split_sentences

EXPECTED = {
    "answer": ("support", True),
    "its sentence": ("support", True),
    "other document's": ("support", False),
    "other passage's": ("support", False),
    "number changed": ("support", False),
    "denied": ("support", False),
    "sentence added": ("support", False),
    "own question": ("answerable", True),
    "other document's question": ("answerable", False),
    "other passage's question": ("answerable", False),
}


@dataclass(frozen=True)
class Pair:
    """A real question with its answer."""

    unit: str
    question: str
    answer: str
    sentence: str
    passage: str


def main() -> None:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[variable] = "1"  # before the libraries load
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--half", choices=("chosen", "held-out"), default="held-out")
    parser.add_argument("--without-papers", action="store_true", help="leave the papers out, which must be parsed")
    parser.add_argument("--without-embedder", action="store_true", help="judge by words alone")
    parser.add_argument("--planted", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--show", type=int, default=0, help="wrong verdicts to print")
    options = parser.parse_args()
    sets = {"XQuAD": read_xquad(options.data), "PubMedQA": read_pubmedqa(options.data)}
    if not options.without_papers:
        sets["papers"] = read_papers(options.data)
    if options.planted:
        measure_planted(sets, options.planted, options.show)
        return
    sets = {name: [one for one in pairs if half_of(one.unit) == options.half] for name, pairs in sets.items()}
    cases = {name: list(make_cases(pairs)) for name, pairs in sets.items()}
    judges = {"by words": open_judge("lexical")}
    if not options.without_embedder:
        judges["with minilm"] = open_judge("lexical", embedder=embedder())
    for told, judge in judges.items():
        measure(told, judge, cases, options.show)
    count_tokens({name: pairs[:200] for name, pairs in sets.items()})
    if not options.without_embedder:
        measure_round_trip(sets)


def half_of(unit: str) -> str:
    return "chosen" if int(content_id(unit), 16) % 2 else "held-out"


def measure(told: str, judge: Judge, cases: dict[str, list[tuple[str, Case]]], show: int) -> None:
    """Print the share of right verdicts of each set and kind, and what a thousand cost."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    start, count = time.process_time(), 0
    for name, own in cases.items():
        for (kind, case), verdict in zip(own, judge.judge(case for _, case in own), strict=True):
            assert isinstance(verdict, Verdict)
            aspect, expected = EXPECTED[kind]
            right[kind][name].append(getattr(verdict, aspect) == expected)
            count += 1
            if not right[kind][name][-1] and show > 0:
                show -= 1
                print(f"  {kind}: {case.question} | {case.answer[:200]} | {verdict.reason} {dict(verdict.scores)}")
    seconds = time.process_time() - start
    print(f"\nlexical judge {told}: {seconds / count * 1000:.2f} CPU seconds per 1,000 cases ({count} cases)")
    print(f"{'':<26}" + "".join(f"{name:>26}" for name in cases))
    for kind in EXPECTED:
        print(f"{kind:<26}" + "".join(f"{_share(right[kind][name]):>26}" for name in cases))
    for aspect in ("support", "answerable"):
        sides = {name: _balanced(right, aspect, name) for name in cases}
        print(f"{aspect + ', balanced':<26}" + "".join(f"{sides[name]:>26.3f}" for name in cases))


def _share(known: Sequence[bool]) -> str:
    if not known:
        return "-"
    low, high = wilson(sum(known), len(known))
    return f"{sum(known) / len(known):.3f} ({low:.2f}-{high:.2f}, {len(known)})"


def _balanced(right: dict[str, dict[str, list[bool]]], aspect: str, name: str) -> float:
    """The mean of good and bad, each the mean of its kinds, so that no kind counts for more than another."""
    sides = []
    for side in (True, False):
        kinds = [right[kind][name] for kind, expected in EXPECTED.items() if expected == (aspect, side)]
        shares = [sum(known) / len(known) for known in kinds if known]
        sides.append(sum(shares) / len(shares))
    return sum(sides) / 2


def measure_planted(sets: dict[str, list[Pair]], seeds: int, show: int) -> None:
    """Print how right the lexical judge is on planted pairs, with and without an answer style."""
    judge = open_judge("lexical")
    forms = {"with the passage": Asked("chunk", None), "alone, brief": Asked("none", load_answer_style("brief").text)}
    for name, pairs in sets.items():
        passages = [PlantedPassage(text, unit) for text, unit in {one.passage: one.unit for one in pairs}.items()]
        for told, form in forms.items():
            planted = [one for seed in range(seeds) for one in plant(passages, [form], count=20, seed=seed)]
            verdicts = list(judge.judge(one.case for one in planted))
            said = list(zip(planted, verdicts, strict=True))
            print(f"{name}, {told}: {Agreement(said).sentence()}")
            for one, verdict in said:
                if isinstance(verdict, Verdict) and not is_right(one, verdict) and show > 0:
                    show -= 1
                    print(f"  {one.kind}: {one.case.question} | {one.case.answer[:200]} | {verdict.reason}")


def count_tokens(sets: dict[str, list[Pair]]) -> None:
    """Print how long a chat judge's conversations are, in tokens of the embedded model."""
    from glossator.text.tokens import TokenCounter

    counter = TokenCounter(base_model_path() / "tokenizer.json")
    style = load_answer_style("brief").text
    reply = '{"reason": "The passage gives 1943.", "support": false, "answerable": true, "style": true}'
    print(f"\nchat judge: a call a pair; such a reply has {counter.count([reply])[0]} tokens: {reply}")
    for name, pairs in sets.items():
        cases = [Case(one.question, one.answer, (one.passage,), style=style) for one in pairs]
        turns = [[turn.content for turn in conversation_about(case)] for case in cases]
        system = counter.count([turns[0][0]])[0]
        user = counter.count([turn[1] for turn in turns])
        mean = sum(user) / len(user)
        told = f"{1000 * (system + mean):,.0f} tokens in per 1,000 pairs"
        print(f"  {name}: {told}, {system * 1000:,} of them the same prefix")


def measure_round_trip(sets: dict[str, list[Pair]]) -> None:
    """Print how many questions find their passage among those of their set, and what a thousand cost."""
    from glossator.retrieval import Passage, build_index, open_index

    model = embedder()
    print()
    for name, pairs in sets.items():
        texts = {content_id(one.passage): one for one in pairs}
        passages = [Passage(key, one.unit, one.unit, "", (), 1, 1, one.passage) for key, one in texts.items()]
        samples = [_sample(one) for one in pairs]
        with tempfile.TemporaryDirectory() as folder:
            build_index(passages, Path(folder), embedder=model)
            index = open_index(Path(folder), embedder=model)
            trip = RoundTrip(index.search)
            start = time.process_time()
            trip(samples)
            seconds = time.process_time() - start
        told = f"{trip.report['found']} of {trip.report['asked']} found in 10, {trip.report['first']} first"
        cost = f"{seconds / len(samples) * 1000:.1f} CPU seconds per 1,000"
        print(f"round trip, {name}: {told}, among {len(passages)} passages; {cost}")


def _sample(pair: Pair) -> Sample:
    chunk = content_id(pair.passage)
    messages = (Message("user", pair.question), Message("assistant", pair.answer))
    origin = Origin("benchmark", "")
    return Sample(
        content_id(pair.question, chunk),
        messages,
        pair.question,
        None,
        "train",
        "qa",
        "none",
        (pair.unit,),
        (chunk,),
        (),
        origin,
    )


def embedder():
    from glossator.retrieval import open_embedder

    return open_embedder("minilm")


def make_cases(pairs: Sequence[Pair]) -> Iterator[tuple[str, Case]]:
    """Turn real pairs into cases of each kind, drawn by a fixed seed."""
    rng = random.Random(0)
    by_unit: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_unit[pair.unit].append(pair)
    for own in pairs:
        far = _draw(rng, pairs, lambda one, own=own: one.unit != own.unit and one.answer not in own.passage)
        near = _draw(
            rng, by_unit[own.unit], lambda one, own=own: one.passage != own.passage and one.answer not in own.passage
        )
        told = own.sentence or own.answer
        yield "answer", _case(own, own.answer)
        yield "own question", _case(own, own.answer)
        if own.sentence and own.sentence != own.answer:
            yield "its sentence", _case(own, own.sentence)
        if (changed := change_number(told, f"{own.question} {own.passage}", rng)) is not None:
            yield "number changed", _case(own, changed)
        if (denied := deny(told)) is not None:
            yield "denied", _case(own, denied)
        if far is not None:
            yield "other document's", _case(own, far.answer)
            added = far.sentence or far.answer
            yield "sentence added", _case(own, f"{told.rstrip('.')}. {added[:1].upper()}{added[1:]}")
            yield "other document's question", _case(own, own.answer, far.question)
        if near is not None:
            yield "other passage's", _case(own, near.sentence or near.answer)
            yield "other passage's question", _case(own, own.answer, near.question)


def _draw(rng: random.Random, pairs: Sequence[Pair], fits: Callable[[Pair], bool]) -> Pair | None:
    drawn = (rng.choice(pairs) for _ in range(100))
    return next((one for one in drawn if fits(one)), None)


def _case(pair: Pair, answer: str, question: str = "") -> Case:
    return Case(question or pair.question, answer, (pair.passage,))


def read_xquad(data: Path) -> list[Pair]:
    pairs = []
    for number, article in enumerate(json.loads((data / "qa-xquad/xquad.en.json").read_text("utf-8"))["data"]):
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            spans = split_sentences(text)
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                start = answer["answer_start"]
                sentence = next(text[first:last] for first, last in spans if first <= start < last)
                pairs.append(Pair(f"xquad-{number}", asked["question"].strip(), answer["text"], sentence, text))
    return pairs


def read_pubmedqa(data: Path) -> list[Pair]:
    rows = json.loads((data / "qa-pubmedqa/pubmedqa_labelled.json").read_text("utf-8"))
    return [
        Pair(f"pubmedqa-{key}", row["QUESTION"], row["LONG_ANSWER"], "", " ".join(row["CONTEXTS"]))
        for key, row in rows.items()
    ]


def read_papers(data: Path) -> list[Pair]:
    from extractive_sample import write_pairs

    paths = [path for folder in ("papers-jose", "papers-juliacon") for path in (data / folder).glob("*.pdf")]
    written, _ = write_pairs(paths, base_model_path() / "tokenizer.json", 180)
    pairs = []
    for path, chunk, draft in written:
        quote = draft.evidence[0].text
        # A quote that is only a part of a sentence is no sentence to alter.
        sentence = quote if quote.endswith(".") else ""
        pairs.append(Pair(path.stem, draft.question, draft.answer, sentence, chunk.text))
    return pairs


if __name__ == "__main__":
    main()
