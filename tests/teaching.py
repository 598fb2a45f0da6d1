"""A teacher's replies made from the passage it was shown, for walks that go through a real server on loopback."""

import json
import re
from pathlib import Path

import yaml
from tests.conftest import write_corpus, write_recipe

from glossator.llm import Conversation
from glossator.text.sentences import split_sentences

_PASSAGE = re.compile(r"<<<PASSAGE (\w+)>>>\n(.*?)\n<<<END \1>>>", re.DOTALL)
_PERSONAS = (("analogy", "explanation"), ("first_principles", "mechanism"), ("use", "cost", "value"))


def write_reply(conversation: Conversation) -> str:
    """Answer as a good teacher would: in the form that the system turn asks for, with quotes from the passage."""
    told, asked = conversation[0].content, conversation[-1].content
    passages = [found[2].split("\n\n", 1)[-1] for found in _PASSAGE.finditer(asked)]
    assert passages, asked
    sentences = [text[start:end] for text in passages for start, end in split_sentences(text)]
    for fields in _PERSONAS:
        if f'"{fields[0]}"' in told:
            said = [" ".join(sentences[place::3])[:300] or sentences[0] for place in range(len(fields))]
            return json.dumps(dict(zip(fields, said, strict=True)))
    chosen = [sentence for sentence in sentences if len(sentence.split()) >= 8]
    if '"conversations"' in told:
        turns = [_pair(sentence, kind=False) for sentence in chosen[:3]]
        return json.dumps({"conversations": [{"turns": turns}] if len(turns) > 1 else []})
    if '"nearest"' in told:
        return json.dumps({"questions": [_gap(sentence) for sentence in chosen[:1]]})
    if '"flaw"' in told:
        return json.dumps({"pairs": [_preference(sentence) for sentence in chosen[:2]]})
    if len(passages) > 1:
        return json.dumps({"pairs": _hops(passages)})
    return json.dumps({"pairs": [_pair(sentence) for sentence in chosen[:2]]})


def _words(sentence: str) -> list[str]:
    return re.findall(r"[A-Za-z]{4,}", sentence)


def _pair(sentence: str, *, kind: bool = True) -> dict[str, str]:
    question = f"What is known about {', '.join(_words(sentence)[:4]).lower()}?"
    pair = {"question": question, "answer": sentence, "evidence": sentence}
    return pair | {"kind": "what"} if kind else pair


def _gap(sentence: str) -> dict[str, str]:
    subject = max(_words(sentence), key=len).lower()
    question = f"Which company first sold {subject} abroad, and at what yearly profit?"
    return {"question": question, "nearest": sentence, "kind": "other"}


def _preference(sentence: str) -> dict[str, str]:
    worse = f"Nobody has ever claimed so: {' '.join(reversed(_words(sentence)))}."
    return _pair(sentence) | {"rejected": worse, "flaw": "mixed_up"}


def _hops(passages: list[str]) -> list[dict[str, object]]:
    quotes = [text[start:end] for text in passages for start, end in split_sentences(text)[:1]]
    subjects = " and ".join(max(_words(quote), key=len).lower() for quote in quotes)
    told = {"question": f"How do {subjects} go together?", "answer": " ".join(quotes), "kind": "compare"}
    return [told | {"evidence": quotes}]


def teacher_recipe(folder: Path, base_url: str, **teacher: object) -> Path:
    """Write a recipe over the small corpus whose questions a chat teacher writes."""
    path = write_recipe(folder, write_corpus(folder / "corpus"))
    section = {"kind": "chat", "base_url": base_url, "model": "scripted", "concurrency": 4, **teacher}
    change(path, synthesis={"teacher": section, "tasks": [{"prompt": "grounded_qa"}]})
    return path


def change(recipe: Path, **sections: object) -> Path:
    """Put keys into sections of a recipe's file; a section that is no mapping is replaced, None takes it out."""
    values = yaml.safe_load(recipe.read_text())
    for name, keys in sections.items():
        if keys is None:
            values.pop(name, None)
        else:
            values[name] = {**values.get(name, {}), **keys} if isinstance(keys, dict) else keys
    recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    return recipe
