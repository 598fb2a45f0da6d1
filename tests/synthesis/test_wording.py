"""Refusals, echoes, copies, placeholders and other scripts are known by their words."""

from __future__ import annotations

import pytest
from tests.synthesis.conftest import TEXT

from glossator.synthesis.wording import Prompted, copies, other_script, refuses, says_nothing

PROMPT = "Write questions about the passage, each with its answer and with the sentence that proves it."


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m very sorry, this passage is unsafe.",
        "Sorry, I have no access to the text.",
        "I cannot write questions about this.",
        "I can’t answer.",
        "Unfortunately, I am not able to read it.",
        "I am unable to comply.",
        "As an AI language model, I have no opinion.",
        "Well: as a large language model I must decline.",
        "  **I apologize**, no.",
    ],
)
def test_a_refusal_is_known(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Slow cooling takes the stress out of glass.",
        "Sorry is a board game of 1929.",
        "I-beams cannot bend in two directions at once.",
        "It cannot be annealed.",
        "Aims of an AI laboratory differ.",
        "The model can't help it.",
    ],
)
def test_an_answer_is_no_refusal(text: str) -> None:
    assert not refuses(text)


@pytest.mark.parametrize(
    ("text", "nothing"), [("…", True), ("", True), ("?!", True), ("a", False), ("7", False), ("是", False)]
)
def test_a_placeholder_says_nothing(text: str, nothing: bool) -> None:
    assert says_nothing(text) is nothing


def test_eight_words_in_a_row_of_the_prompt_are_an_echo() -> None:
    prompted = Prompted(PROMPT)
    assert prompted.echoed_in("Sure. Write QUESTIONS about the passage - each with its answer, please.")
    assert not prompted.echoed_in("Write questions about the passage, each with one answer.")
    assert not prompted.echoed_in("")


def test_words_that_the_passage_says_itself_are_no_echo() -> None:
    assert not Prompted(PROMPT).echoed_in(f"It reads: {PROMPT}", passage=f"Tell them this. {PROMPT}")


def test_a_long_text_that_stands_in_the_passage_is_a_copy() -> None:
    assert copies(TEXT[:120].upper(), TEXT)
    assert not copies("Annealing is slow cooling", TEXT)
    assert not copies(
        "Glass that was cooled in haste keeps a grudge, and one day, without a word, it lets go of it.", TEXT
    )


@pytest.mark.parametrize(
    ("text", "passage", "script"),
    [
        ("Медленное охлаждение снимает напряжение.", TEXT, "CYRILLIC"),
        ("缓慢冷却", TEXT, "CJK"),
        ("ガラスのひずみを取る", TEXT, "CJK"),
        ("Slow cooling removes stress.", "Медленное охлаждение снимает напряжение стекла.", "LATIN"),
        ("Slow cooling removes stress.", TEXT, None),
        ("Le refroidissement lent, où l’été finit.", TEXT, None),
        ("The angle α is Ω·β in the 缓慢 oven.", TEXT, None),
        ("αβγδ", TEXT + " The angle α is small.", None),
        ("αβγδεζηθικ", TEXT + " The angle α is small.", "GREEK"),
        ("ガラスは固体です", "硝子はガラスとも言う固体で、冷ますと固まります。", None),
        ("24", TEXT, None),
        ("ＧＬＡＳＳ 𝐜𝐨𝐨𝐥𝐬", TEXT, None),
        ("Glass", "24 + 7", None),
    ],
)
def test_a_script_that_the_passage_hardly_uses_is_told(text: str, passage: str, script: str | None) -> None:
    assert other_script(text, passage) == script
