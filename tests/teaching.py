"""A teacher's replies made from the passage it was shown, for walks that go through a real server on loopback."""

import json
import re

from glossator.llm import Conversation
from glossator.text.sentences import split_sentences

_PASSAGE = re.compile(r"<<<PASSAGE \w+>>>\n(.*)\n<<<END", re.DOTALL)
_PERSONAS = (("analogy", "explanation"), ("first_principles", "mechanism"), ("use", "cost", "value"))


def write_reply(conversation: Conversation) -> str:
    """Answer as a good teacher would: in the form that the system turn asks for, with quotes from the passage."""
    told, asked = conversation[0].content, conversation[-1].content
    found = _PASSAGE.search(asked)
    assert found, asked
    text = found[1].split("\n\n", 1)[-1]
    sentences = [text[start:end] for start, end in split_sentences(text)]
    for fields in _PERSONAS:
        if f'"{fields[0]}"' in told:
            said = [" ".join(sentences[place::3])[:300] or sentences[0] for place in range(len(fields))]
            return json.dumps(dict(zip(fields, said, strict=True)))
    long_enough = [sentence for sentence in sentences if len(sentence.split()) >= 8][:2]
    return json.dumps({"pairs": [_pair(sentence) for sentence in long_enough]})


def _pair(sentence: str) -> dict[str, str]:
    words = re.findall(r"[A-Za-z]{4,}", sentence)
    question = f"What is known about {', '.join(words[:4]).lower()}?"
    return {"question": question, "answer": sentence, "evidence": sentence, "kind": "what"}
