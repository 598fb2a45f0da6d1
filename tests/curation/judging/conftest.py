"""Passages on unlike subjects, each with plain sentences that a question can be made of."""

import json
import re
from collections.abc import Callable

import pytest

from glossator.curation.judging import Case, Verdict, open_judge
from glossator.llm import Conversation
from glossator.records import Chunk

SUBJECTS = {
    "Tidal pools": ("rocky shore", "barnacle", "salt"),
    "Suspension bridges": ("steel cable", "pylon", "load"),
    "Sourdough loaves": ("wheat flour", "yeast", "crust"),
    "Pendulum clocks": ("brass wheel", "escapement", "hour"),
    "Alpine meadows": ("mountain slope", "gentian", "snow"),
    "Paper mills": ("wood pulp", "roller", "sheet"),
    "Honey bees": ("wax comb", "nectar", "swarm"),
    "Weather balloons": ("thin envelope", "helium", "altitude"),
    "Railway signals": ("painted arm", "lever", "track"),
    "Glass furnaces": ("quartz sand", "flame", "melt"),
    "River deltas": ("fine silt", "channel", "flood"),
    "Oil paintings": ("linen canvas", "pigment", "varnish"),
}


def passage_about(subject: str) -> str:
    made_of, part, third = SUBJECTS[subject]
    kind = subject.rsplit(maxsplit=1)[-1].lower()
    number = 20 + 3 * list(SUBJECTS).index(subject)
    return (
        f"{subject} are a familiar sight where people have {made_of} and patience. "
        f"{subject} can hold up to {number} pieces of {part} in a good year, which surprises most visitors. "
        f"Old {kind} were mended with {made_of} long before anyone measured the {third}. "
        f"Every {part} has a {third} of its own. "
        f"Many {kind} are visited by schools in spring."
    )


@pytest.fixture(scope="session")
def passages() -> dict[str, str]:
    return {subject: passage_about(subject) for subject in SUBJECTS}


@pytest.fixture
def chunks(make_chunk: Callable[..., Chunk], passages: dict[str, str]) -> dict[str, Chunk]:
    made = [make_chunk(subject, 0, text) for subject, text in passages.items()]
    return {chunk.id: chunk for chunk in made}


def fenced(conversation: Conversation, name: str) -> list[str]:
    """What stands between the fences of a name in the user turn, as a model would have to read it."""
    return re.findall(rf"<<<{name} (\w+)>>>\n(.*?)\n<<<END \1>>>", conversation[-1].content, re.DOTALL)


def read_and_judge(conversation: Conversation) -> str:
    """Reply as a careful model would: by comparing what stands in the fences, and by nothing else."""
    passage, question, answer = (fenced(conversation, name)[0][1] for name in ("PASSAGE", "QUESTION", "ANSWER"))
    style = conversation[0].content.partition("The answer style:\n")[2] or None
    verdict = next(open_judge("lexical").judge([Case(question, answer, (passage,), style=style)]))
    assert isinstance(verdict, Verdict)
    values = {"support": verdict.support, "answerable": verdict.answerable, "style": verdict.style}
    return json.dumps({"reason": verdict.reason or "nothing is wrong", **values})


@pytest.fixture(scope="session")
def careful() -> Callable[[Conversation], str]:
    return read_and_judge
