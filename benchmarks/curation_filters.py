"""What do curation's filters find, and what do they refuse in vain?

    python benchmarks/curation_filters.py [--data ../shared/data] [--papers 12] [--embedder]

False alarms: real pairs that nothing is wrong with, about diseases, on abstracts, on encyclopedia articles, and quoted
from papers by the extractive teacher. Faults: answers in other languages (curation_foreign.json), paraphrases, and
pairs that differ from a real one in a name, number or denial only, which are no duplicates. The thresholds of
paraphrases were chosen on one half of the pairs about diseases; told is the other half.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glossator.curation.filters import (
    AnswerNotInQuestion,
    DistinctMeanings,
    DistinctPairs,
    DistinctQuestions,
    Filter,
    FittingLength,
    SameLanguage,
    SelfContained,
)
from glossator.llm.chat_format import student_messages
from glossator.records import Chunk, Message, Origin, Sample, content_id

REWORDED = (
    (r"What are the symptoms of (.+?) ?\?", ("Which symptoms does {} cause?", "What signs are seen in {}?")),
    (r"What causes (.+?) ?\?", ("What is the cause of {}?", "Why does {} occur?")),
    (r"What are the treatments for (.+?) ?\?", ("How is {} treated?", "How can {} be treated?")),
    (r"How many people are affected by (.+?) ?\?", ("How common is {}?", "What is the prevalence of {}?")),
    (r"Is (.+?) inherited ?\?", ("Is {} hereditary?",)),
    (r"How to diagnose (.+?) ?\?", ("How is {} diagnosed?", "Which tests diagnose {}?")),
    (r"What are the genetic changes related to (.+?) ?\?", ("Which genetic changes cause {}?",)),
    (r"How to prevent (.+?) ?\?", ("How can {} be prevented?",)),
    (r"What is \(are\) (.+?) ?\?", ("What is {}?", "What is meant by {}?")),
    (r"What is the outlook for (.+?) ?\?", ("What is the prognosis of {}?",)),
)
"""Questions about diseases as they come, and as others put them."""


def main() -> None:
    for variable in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"  # before the libraries load
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--papers", type=int, default=12, help="papers to quote from")
    parser.add_argument("--embedder", action="store_true", help="also paraphrases, by the packaged embedder")
    arguments = parser.parse_args()
    sets = _read(arguments.data)
    quoted, chunks = _quote(arguments.data, arguments.papers)
    sets["papers"] = quoted
    distinct = {name: DistinctQuestions()(own)[0] for name, own in sets.items()}
    _tell_alarms(distinct, chunks)
    _tell_foreign(sets["xquad"])
    _tell_paraphrases(distinct["medical"], distinct["xquad"], with_embedder=arguments.embedder)


def _tell_alarms(sets: Mapping[str, Sequence[Sample]], chunks: Mapping[str, Chunk]) -> None:
    filters: list[Filter] = [SameLanguage(chunks), SameLanguage(chunks, ["en"]), FittingLength(), SelfContained()]
    filters += [DistinctPairs(), AnswerNotInQuestion()]
    print("rejected of real pairs (µs each)")
    print(f"{'':<22}" + "".join(f"{f'{name} {len(own):,}':>22}" for name, own in sets.items()))
    for step in filters:
        cells = []
        for own in sets.values():
            start = time.process_time()
            gone = len(step(own)[1])
            cells.append(f"{gone} = {gone / len(own):.2%} ({(time.process_time() - start) / len(own) * 1e6:.0f})")
        name = f"{step.name} [en]" if isinstance(step, SameLanguage) and step.languages else step.name
        print(f"{name:<22}" + "".join(f"{cell:>22}" for cell in cells))


def _tell_foreign(pairs: Sequence[Sample]) -> None:
    foreign = json.loads((Path(__file__).parent / "curation_foreign.json").read_text("utf-8"))
    answers = [_answered(pairs[place * 5 + turn * 7], text) for turn in range(5) for place, text in enumerate(foreign)]
    asked = [_asked(pairs[place * 5], text) for place, text in enumerate(foreign)]
    print(f"\nforeign: found of {len(answers)} answers and {len(asked)} questions, by least confidence")
    for least in (0.5, 0.7, 0.8, 0.9, 0.99):
        step = SameLanguage({}, least_confidence=least)
        found = (len(step(answers)[1]) / len(answers), len(step(asked)[1]) / len(asked))
        print(f"{least:>6}{found[0]:>8.1%}{found[1]:>8.1%}")


def _tell_paraphrases(medical: Sequence[Sample], xquad: Sequence[Sample], *, with_embedder: bool) -> None:
    rng = random.Random(3)
    drawn = rng.sample(list(medical), len(medical))
    own = drawn[len(drawn) // 2 :]
    planted = [(sample, made) for sample in own if (made := _reword(sample, rng)) is not None]
    swaps = list(_swaps(own))
    print(f"\nparaphrases: {len(planted)} planted; {len(swaps)} pairs that differ in name, number or denial")
    steps: list[Filter] = [DistinctPairs()]
    if with_embedder:
        from glossator.retrieval import open_embedder

        steps.append(DistinctMeanings(_remember(open_embedder("minilm").embed)))
    for step in steps:
        start = time.process_time()
        alarms = {"medical": (step(own)[1], own), "xquad": (step(xquad)[1], xquad)}
        each = (time.process_time() - start) / (len(own) + len(xquad))
        found = _found(planted, step)
        told = ", ".join(f"{name} {len(gone)} of {len(of)}" for name, (gone, of) in alarms.items())
        print(f"{step.name}: found {found:.1%}; swaps taken {_found(swaps, step):.1%}; refused of real pairs: {told}")
        print(f"    {each * 1000:.2f} CPU seconds per 1,000")
    both = _found(planted, *steps)
    print(f"together: found {both:.1%}")


def _remember(embed: Callable[[Sequence[str]], Any]) -> Callable[[Sequence[str]], Any]:
    """An embedder that embeds a text once, since several sets share theirs."""
    import numpy as np

    known: dict[str, Any] = {}

    def look_up(texts: Sequence[str]) -> Any:
        new = [text for text in texts if text not in known]
        known.update(zip(new, embed(new), strict=True) if new else ())
        return np.stack([known[text] for text in texts])

    return look_up


def _found(pairs: Sequence[tuple[Sample, Sample]], *steps: Callable[[Sequence[Sample]], Any]) -> float:
    """Share of pairs of which one is rejected when all stand in one set."""
    kept = list({sample.id: sample for pair in pairs for sample in pair}.values())
    for step in steps:
        kept, _ = step(kept)
    left = {sample.id for sample in kept}
    return sum(one.id not in left or other.id not in left for one, other in pairs) / max(1, len(pairs))


def _reword(sample: Sample, rng: random.Random) -> Sample | None:
    for pattern, forms in REWORDED:
        found = re.fullmatch(pattern, sample.question.strip())
        if found:
            return _pair(rng.choice(forms).format(found[1]), _blurred(sample.answer, rng))
    return None


def _blurred(answer: str, rng: random.Random) -> str:
    """The answer as it is, or without a word in twelve, or with its first sentence left out."""
    draw = rng.random()
    if draw < 0.4 or len(answer.split()) < 20:
        return answer
    if draw < 0.7:
        return " ".join(word for word in answer.split() if rng.random() > 1 / 12)
    parts = re.split(r"(?<=[.!?])\s+", answer)
    rest = " ".join(parts[1:])
    return rest if len(rest) > 0.6 * len(answer) else answer


def _swaps(samples: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    """Each pair beside one about another disease with the same words otherwise, one with a number, one denied."""
    names = [
        found[1] for sample in samples if (found := re.fullmatch(r"What causes (.+?) ?\?", sample.question.strip()))
    ]
    for place, name in enumerate(names):
        other = names[place - 1]
        one = _pair(f"What causes {name}?", f"{name} is caused by a change in a gene that is passed on in families.")
        yield one, _pair(one.question.replace(name, other), one.answer.replace(name, other))
        yield one, _pair(one.question.replace("causes", "does not cause"), one.answer)
        yield one, _pair(f"What causes type 2 of {name}?", one.answer)


def _pair(question: str, answer: str, passage: str | None = None) -> Sample:
    messages = (*student_messages(question, context=passage), Message("assistant", answer))
    name = content_id("qa", *(message.content for message in messages))
    context: Any = "chunk" if passage else "none"
    return Sample(name, messages, question, None, "train", "qa", context, ("file",), (), (), Origin("qa_files/1", "p"))


def _answered(sample: Sample, text: str) -> Sample:
    return replace(sample, id=content_id(sample.id, text), messages=(*sample.prompt, Message("assistant", text)))


def _asked(sample: Sample, text: str) -> Sample:
    return replace(
        sample,
        id=content_id(sample.id, text),
        question=text,
        messages=(Message("user", sample.prompt[-1].content.replace(sample.question, text)), sample.messages[-1]),
    )


def _read(data: Path) -> dict[str, list[Sample]]:
    medical = [
        _pair(question, answer)
        for path in sorted((data / "qa-medical").glob("*.json"))
        for question, answer in json.loads(path.read_text("utf-8")).items()
    ]
    articles = json.loads((data / "qa-xquad/xquad.en.json").read_text("utf-8"))["data"]
    xquad = [
        _pair(row["question"], row["answers"][0]["text"], paragraph["context"])
        for article in articles
        for paragraph in article["paragraphs"]
        for row in paragraph["qas"]
    ]
    labelled = json.loads((data / "qa-pubmedqa/pubmedqa_labelled.json").read_text("utf-8")).values()
    abstracts = [_pair(row["QUESTION"], row["LONG_ANSWER"], "\n".join(row["CONTEXTS"])) for row in labelled]
    return {"medical": medical, "abstracts": abstracts, "xquad": xquad}


def _quote(data: Path, papers: int) -> tuple[list[Sample], dict[str, Chunk]]:
    from glossator.embedded import base_model_path
    from glossator.parsing import parse_file
    from glossator.parsing.chunking import chunk_document
    from glossator.synthesis import Material, load_task, synthesize
    from glossator.synthesis.teachers import open_teacher
    from glossator.text.tokens import TokenCounter

    counter = TokenCounter(base_model_path() / "tokenizer.json")
    chunks: dict[str, Chunk] = {}
    for path in sorted((data / "papers-jose").glob("*.pdf"))[:papers]:
        parsed = parse_file(path, "application/pdf", content_id(path.read_bytes()))
        for chunk in chunk_document(parsed, count_tokens=counter, min_tokens=20, max_tokens=450)[0]:
            chunks[chunk.id] = chunk
    written = synthesize(
        [Material((chunk,), "train") for chunk in chunks.values()],
        teacher=open_teacher("extractive", seed=0),
        task=load_task("extractive_qa"),
        groups={},
        seed=0,
    )
    return [made for made in written if isinstance(made, Sample)], chunks


if __name__ == "__main__":
    main()
