"""Are copies of held-out samples found in train, and are clean samples left alone? Planted copies among real samples.

    python benchmarks/leaks.py [--data ../shared/data] [--sweep] [--without-vectors] [--missed 5]
    python benchmarks/leaks.py --size 100000

Four sets: medical questions (split per group, and by fractions, by clusters), encyclopedia questions with their
paragraph (by article), research questions with their abstract (by cluster), and what the extractive teacher asks about
journal papers (by paper, with test_seen). In train of each, 100 copies of samples of dev and test are planted, ten of
each kind. Thresholds are chosen on the halves of the sets with an even hash; the other halves are reported.

`--sweep`: both halves for a range of thresholds, five kinds of copies at a time. `--size`: time and memory for so many
synthetic samples.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glossator.curation import Fractions, PerGroup, assign_splits, hold_out_seen
from glossator.curation.decontamination import COSINE, THRESHOLD, decontaminate
from glossator.llm.chat_format import student_messages
from glossator.records import Message, Sample, content_id

COPIES = 10
KINDS = (
    "verbatim",
    "case and punctuation",
    "5 % of the words replaced",
    "10 % of the words replaced",
    "15 % of the words replaced",
    "sentences moved",
    "question reworded, answer kept",
    "text shifted by half",
    "inside a longer text",
    "answer cut to half",
)
_SYNONYMS = {
    "what": "which thing", "which": "what", "is": "would be", "are": "would be", "how many": "what number of",
    "who": "which person", "when": "at what time", "where": "in which place", "why": "for what reason",
    "symptoms": "signs", "treatments": "therapies", "causes": "reasons", "people": "persons", "does": "will",
    "used": "employed", "main": "chief", "year": "date", "name": "title", "called": "named", "first": "earliest",
    "after": "following", "patients": "cases", "risk": "danger", "effect": "influence", "goal": "aim",
}  # fmt: skip


@dataclass(frozen=True)
class Set:
    name: str
    samples: list[Sample]
    cluster_of: dict[str, str]


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--without-vectors", action="store_true")
    parser.add_argument("--missed", type=int, default=0, help="missed copies and false alarms to print of each set")
    parser.add_argument("--size", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.size:
        _measure(arguments.size)
        return
    embed = None if arguments.without_vectors else _cached_embedder()
    halves = [_halve(one) for one in _sets(arguments.data)]
    if arguments.sweep:
        _sweep(halves, embed)
        return
    for half, name in ((0, "even half, on which the thresholds were chosen"), (1, "odd half")):
        print(f"\n{name}: threshold {THRESHOLD}, cosine {COSINE if embed else 'left out'}")
        for own in halves:
            _report(own[half], embed, arguments.missed)


def _report(one: Set, embed: Callable | None, shown: int) -> None:
    samples, kind_of = _plant(one)
    found, alarms, by_measure = _score(samples, kind_of, one, embed, THRESHOLD, COSINE)
    clean = sum(sample.split in ("train", "pool") for sample in one.samples)
    missed = [name for name in kind_of if name not in found]
    print(
        f"{one.name:<36}{len(found):>4} of {len(kind_of)} copies found, {len(alarms)} of {clean} clean ones removed"
        f" ({len(alarms) / max(1, clean):.2%}); by {dict(by_measure)}"
    )
    if missed:
        print("    missed:", dict(Counter(kind_of[name] for name in missed)))
    texts = {sample.id: sample for sample in samples}
    for name in missed[:shown]:
        print("   MISSED", kind_of[name], "|", texts[name].question[:150], "|", texts[name].answer[:100])
    for name, detail in list(alarms.items())[:shown]:
        other = next((sample for sample in samples if sample.id in detail.split()), None)
        print("   ALARM", detail, "|", texts[name].question[:120], "|", texts[name].answer[:120])
        if other:
            print("        ", other.question[:120], "|", other.answer[:120])


def _score(samples, kind_of, one, embed, threshold, cosine, at_a_time=1):
    """A few kinds at a time: a text with many copies in as many places would be a stock phrase."""
    given = {"cluster_of": one.cluster_of, "threshold": threshold, "cosine": cosine, "embed": embed}
    alarms = {reject.subject_id: reject.detail for reject in decontaminate(one.samples, **given).rejects}
    found, measures = set(), Counter()
    for first in range(0, len(KINDS), at_a_time):
        kinds = KINDS[first : first + at_a_time]
        planted = [sample for sample in samples if kind_of.get(sample.id, kinds[0]) in kinds]
        rejects = [reject for reject in decontaminate(planted, **given).rejects if reject.subject_id in kind_of]
        found.update(reject.subject_id for reject in rejects)
        measures.update(reject.detail.removeprefix("the ").split()[0] for reject in rejects)
    return found, alarms, measures


def _sweep(halves: Sequence[tuple[Set, Set]], embed: Callable | None) -> None:
    planted = [[(half, *_plant(half)) for half in own] for own in halves]
    for name, values in (("threshold", (0.2, 0.25, 0.3, 0.5)), ("cosine", (0.88, 0.92, 0.96))):
        if name == "cosine" and embed is None:
            continue
        for value in values:
            row = []
            for own in planted:
                for half, samples, kind_of in own:
                    threshold, cosine = (value, 1.0) if name == "threshold" else (THRESHOLD, value)
                    used = embed if name == "cosine" else None
                    found, alarms, _ = _score(samples, kind_of, half, used, threshold, cosine, at_a_time=5)
                    clean = sum(sample.split in ("train", "pool") for sample in half.samples)
                    row.append(f"{len(found)}/{len(kind_of)} {len(alarms) / max(1, clean):.2%}")
            print(f"{name} {value:<5} " + " | ".join(row), flush=True)


def _halve(one: Set) -> tuple[Set, Set]:
    """Part a set by the hash of its clusters."""
    halves: tuple[list[Sample], list[Sample]] = ([], [])
    for sample in one.samples:
        cluster = one.cluster_of.get(sample.id) or one.cluster_of.get(sample.document_ids[0]) or sample.id
        halves[int(content_id(cluster), 16) % 2].append(sample)
    return tuple(Set(one.name, own, one.cluster_of) for own in halves)


def _plant(one: Set) -> tuple[list[Sample], dict[str, str]]:
    rng = random.Random(5)
    held = [sample for sample in one.samples if sample.split in ("dev", "test")]
    taught = [sample for sample in one.samples if sample.split == "train"]
    vocabulary = [word for sample in taught[:500] for word in f"{sample.question} {sample.answer}".split()]
    planted, kind_of, times = [], {}, Counter()
    for kind in KINDS:
        chosen = [sample for sample in held if _fits(kind, sample)]
        rng.shuffle(chosen)
        for number in range(min(COPIES, len(chosen))):
            # A paragraph that many unlike sources copy would be a stock phrase.
            sample = chosen.pop(min(range(len(chosen)), key=lambda place: times[_passage(chosen[place])]))
            times[_passage(sample)] += 1
            copy = _copy(kind, sample, rng.choice(taught), rng, vocabulary)
            copy = replace(copy, id=f"{kind} {number}", split="train", document_ids=(f"copy {kind} {number}",))
            planted.append(copy)
            kind_of[copy.id] = kind
    return [*one.samples, *planted], kind_of


def _fits(kind: str, sample: Sample) -> bool:
    words = len(f"{sample.question} {sample.answer}".split())
    text = (_passage(sample) or sample.answer).split()
    return {"inside a longer text": words >= 10, "text shifted by half": len(text) >= 40}.get(kind, words >= 5)


def _copy(kind: str, held: Sample, other: Sample, rng: random.Random, vocabulary: list[str]) -> Sample:
    question, answer, passage = held.question, held.answer, _passage(held)
    if kind == "case and punctuation":
        change = _shout
    elif kind.endswith("replaced"):
        share = int(kind.split(maxsplit=1)[0]) / 100
        change = lambda text: _swap(text, share, rng, vocabulary)  # noqa: E731
    elif kind == "sentences moved":
        change = lambda text: _move(text, rng)  # noqa: E731
    elif kind == "question reworded, answer kept":
        return _build(other, _reword(question, rng), answer, "")
    elif kind == "text shifted by half":
        text = passage or answer
        words = text.split()
        filler = (_passage(other) or other.answer).split()
        shifted = " ".join([*words[len(words) // 2 :], *filler[: len(words) // 2]])
        return _build(other, other.question, other.answer if passage else shifted, shifted if passage else "")
    elif kind == "inside a longer text":
        text = (_passage(other) or other.answer).split()
        middle = len(text) // 2
        longer = " ".join([*text[:middle], question, answer, *text[middle:]])
        return _build(other, other.question, other.answer if passage else longer, longer if passage else "")
    elif kind == "answer cut to half":
        words = answer.split()
        return _build(other, question, " ".join(words[: max(1, len(words) // 2)]), "")
    else:
        change = str
    return _build(held, change(question) if kind != "sentences moved" else question, change(answer), change(passage))


def _build(like: Sample, question: str, answer: str, passage: str) -> Sample:
    messages = (*student_messages(question, context=passage or None), Message("assistant", answer))
    return replace(
        like, messages=messages, question=question, context="chunk" if passage else "none", evidence=(), chunk_ids=()
    )


def _passage(sample: Sample) -> str:
    if sample.context == "none":
        return ""
    return (
        sample.prompt[-1]
        .content.removesuffix(sample.question)
        .removesuffix("\n\nQuestion: ")
        .removeprefix("Context:\n")
    )


def _shout(text: str) -> str:
    return re.sub(r"[,;:.!?()\"'-]+", " ", text).upper().replace(" THE ", " The - ")


def _swap(text: str, share: float, rng: random.Random, vocabulary: list[str]) -> str:
    return " ".join(rng.choice(vocabulary) if rng.random() < share else word for word in text.split())


def _move(text: str, rng: random.Random) -> str:
    sentences = re.split(r"(?<=[.!?]) ", text)
    rng.shuffle(sentences)
    return " ".join(sentences)


def _reword(question: str, rng: random.Random) -> str:
    text = question.rstrip("?. ")
    for word, instead in _SYNONYMS.items():
        if rng.random() < 0.7:
            text = re.sub(rf"\b{word}\b", instead, text, flags=re.IGNORECASE)
    return f"{rng.choice(['Could you tell me:', 'Please say', 'A reader wants to know'])} {text}?"


def _sets(data: Path) -> list[Set]:
    medical = _read(data / "qa-medical")
    research = _read(data / "qa-pubmedqa")
    sets = [
        _assigned("medical, per group", medical, PerGroup()),
        _assigned("medical, fractions", medical, Fractions(0.7, 0.15, 0.15)),
        _by_article("encyclopedia, by article", _read(data / "qa-xquad")),
        _assigned("research, fractions", research, Fractions(0.7, 0.15, 0.15)),
    ]
    papers = _papers(sorted([*data.glob("papers-jose/*.pdf"), *data.glob("papers-juliacon/*.pdf")]))
    return [*sets, papers] if papers.samples else sets


def _read(path: Path) -> list[Sample]:
    from glossator.sources import collect

    return [item for item in collect("qa_files", path=path) if isinstance(item, Sample)]


def _assigned(name: str, samples: list[Sample], rule: Fractions | PerGroup) -> Set:
    assignment, _ = assign_splits([], [], samples=samples, rule=rule, seed=42)
    splits = [(sample, assignment.split_of_sample(sample)) for sample in samples]
    return Set(name, [replace(one, split=split) for one, split in splits if split], dict(assignment.cluster_of))


def _by_article(name: str, samples: list[Sample]) -> Set:
    articles = sorted({sample.group or "" for sample in samples}, key=content_id)
    share = len(articles) // 5
    split_of = {article: ("test", "dev", "train")[min(2, n // share)] for n, article in enumerate(articles)}
    return Set(
        name,
        [replace(sample, split=split_of[sample.group or ""]) for sample in samples],
        {sample.id: sample.group or "" for sample in samples},
    )


def _papers(paths: Sequence[Path]) -> Set:
    from tokenizers import Tokenizer

    from glossator.embedded import base_model_path
    from glossator.parsing import parse_file
    from glossator.parsing.chunking import chunk_document
    from glossator.records import Document
    from glossator.synthesis import Material, load_task, synthesize
    from glossator.synthesis.teachers import open_teacher

    encoder = Tokenizer.from_file(str(base_model_path() / "tokenizer.json"))
    documents, chunks = [], []
    for path in paths:
        name = content_id(path.read_bytes())
        parsed = parse_file(path, "application/pdf", name)
        own, _ = chunk_document(
            parsed,
            count_tokens=lambda texts: [len(one.ids) for one in encoder.encode_batch(list(texts))],
            min_tokens=20,
            max_tokens=180,
        )
        chunks += own
        documents.append(Document(name, path.name, (), path.stem, "application/pdf"))
    assignment, _ = assign_splits(documents, chunks, rule=Fractions(0.7, 0.15, 0.15), seed=42)
    placed = [(chunk, assignment.split_of_chunk(chunk)) for chunk in chunks]
    made = synthesize(
        [Material((chunk,), split) for chunk, split in placed if split and split != "pool"],
        teacher=open_teacher("extractive", seed=0),
        task=load_task("extractive_qa"),
        groups={},
        seed=0,
    )
    samples = [one for one in made if isinstance(one, Sample)]
    held = hold_out_seen(samples, share=0.1, seed=42)
    return Set("papers, extractive, test_seen", list(held), dict(assignment.cluster_of))


def _cached_embedder() -> Callable[[Sequence[str]], object]:
    import numpy as np

    from glossator.retrieval import open_embedder

    embedder, kept = open_embedder("minilm"), {}

    def embed(texts: Sequence[str]) -> object:
        new = [text for text in dict.fromkeys(texts) if text not in kept]
        if new:
            kept.update(zip(new, embedder.embed(new), strict=True))
        return np.array([kept[text] for text in texts])

    return embed


def _measure(size: int) -> None:
    """Time and memory for samples of 200-word passages with five questions each, a tenth held out."""
    import resource

    rng = random.Random(1)
    vocabulary = [
        f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("ar", "el", "ip", "os", "un") for c in ("an", "o", "it", "us")
    ]
    samples: list[Sample] = []
    while len(samples) < size:
        passage = " ".join(rng.choices(vocabulary, k=200))
        number = len(samples) // 5
        split = ("test", "dev")[number % 2] if number % 10 < 2 else "train"
        for _ in range(5):
            question, answer = (" ".join(rng.choices(vocabulary, k=k)) for k in (12, 25))
            messages = (*student_messages(question, context=passage), Message("assistant", answer))
            base = _template()
            samples.append(
                replace(
                    base,
                    id=str(len(samples)),
                    messages=messages,
                    question=question,
                    split=split,
                    document_ids=(str(number),),
                )
            )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    done = decontaminate(samples, cluster_of=None)
    seconds = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = (after - before) / 1024
    print(f"{size} samples: {seconds:.1f} CPU s, {memory:.0f} MB besides the samples, {len(done.rejects)} removed")


def _template() -> Sample:
    from glossator.records import Origin

    return Sample("", (), "", None, "train", "qa", "chunk", (), ("c",), (), Origin("t", "p"))


if __name__ == "__main__":
    main()
