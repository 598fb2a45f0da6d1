"""Questions that point at a text are found; questions about texts, tables and studies as subjects are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glossator.text.self_reference import points_outside

XQUAD = Path(__file__).parents[2].parent / "shared/data/qa-xquad/xquad.en.json"

AT_A_PASSAGE = [
    "What does the passage say about stress?",
    "According to the text, why is glass annealed?",
    "Why is glass annealed in this passage?",
    "Which of the following removes stress?",
    "What is annealing in the given context?",
    "What is the temperature mentioned above?",
    "How is the oven described below used?",
    "What is stated in the excerpt?",
    "As above, why is glass cooled slowly?",
    "Which oven is shown here?",
    "What is the text's main idea?",
    "Which terms does the passage define?",
]
AT_A_WORK = [
    "What does this paper propose?",
    "What is the main result of the study?",
    "How many ovens did the authors build?",
    "What do these authors conclude?",
    "What is shown in Figure 3?",
    "What does Table A list?",
    "What follows from Eq. (4)?",
    "How long does the proposed method take?",
    "What did we propose for glass?",
    "How good is our model on glass?",
    "What does the article describe?",
    "What is the subject of Section 2.1?",
    "How does this algorithm cool glass?",
    "What is plotted in the figure?",
    "What is the aim of the present study?",
    "How long is a cycle (see the appendix)?",
    "How does the paper define entropy?",
    "Which dataset does the paper use?",
    "Which dataset did the study use to measure heat?",
    "Which risks has the report identified?",
    "What is the method the paper used?",
    "What does the paper aim to solve?",
    "What does the article focus on?",
    "What is the paper's main contribution?",
    "What is the paper’s main contribution?",
    "Who are the paper's authors?",
    "What is the table's first column?",
    "What did these studies find?",
    "What do our theses have in common?",
    "What does Section 16 describe?",
    "What is proven in Section 12?",
    "What follows from Sections 10 and 11?",
    "How does Section 4 treat glass?",
    *(
        f"What does the study {verb}?"
        for verb in (
            *(
                "address",
                "measure",
                "compare",
                "evaluate",
                "examine",
                "investigate",
                "analyse",
                "identify",
                "highlight",
            ),
            *("demonstrate", "consider", "note", "refer to", "contribute", "call annealing", "attempt", "seek"),
        )
    ),
]
AT_NOTHING = [
    "Why is glass annealed above 500 degrees?",
    "What is the study of plants called?",
    "What is the document object model?",
    "Who are the authors of the Federalist Papers?",
    "What does Section 230 of the Communications Decency Act protect?",
    "What does a text encoder do in Stable Diffusion?",
    "How does paper chromatography part inks?",
    "What is a context window of a language model?",
    "In a table of primes, which number comes first?",
    "What is a figure skater's edge?",
    "Which statement about lime in glass is true?",
    "How do we know that the earth is round?",
    "What is the above-ground part of a plant called?",
    "What does the Table Mountain consist of?",
    "What is cancer of the appendix?",
    "Which passage joins the Atlantic and the Pacific?",
    "What does Section 230 protect?",
    "What does Section 508 require?",
    "What does Section 28 forbid?",
    "Who relies on Section 230?",
    "What is the algorithm used by Git to compare files called?",
    "What is the text used by Luther?",
    "What was the book used in schools of the time?",
    "Why is the book considered a classic?",
    "How is the page address translated to a frame?",
    "What is the document use case of a vector database?",
    "Which number of comparisons of quicksort does the algorithm use?",
]


@pytest.mark.parametrize("question", AT_A_PASSAGE)
@pytest.mark.parametrize("context", ["none", "chunk"])
def test_words_about_the_passage_are_found_whatever_the_reader_has(question: str, context: str) -> None:
    assert points_outside(question, context)  # type: ignore[arg-type]


@pytest.mark.parametrize("question", AT_A_WORK)
def test_words_about_the_work_are_found_where_the_reader_has_none(question: str) -> None:
    found = points_outside(question, "none")
    assert found
    assert found in question
    assert points_outside(question, "chunk") is None


@pytest.mark.parametrize("question", AT_NOTHING)
@pytest.mark.parametrize("context", ["none", "chunk"])
def test_the_same_words_as_a_subject_are_left_alone(question: str, context: str) -> None:
    assert points_outside(question, context) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer", ["It is one of the following: heat, time. Both matter.", "Heat. As mentioned above, heat."]
)
def test_an_answer_of_several_sentences_may_point_at_itself(answer: str) -> None:
    assert points_outside(answer, "none")
    assert points_outside(answer, "none", part="answer") is None


@pytest.mark.parametrize(
    "answer", ["See the table above", "It lasts. The authors say so.", "Heat. This paper shows it."]
)
def test_an_answer_may_not_point_at_the_work_it_came_from(answer: str) -> None:
    assert points_outside(answer, "none", part="answer")


@pytest.mark.skipif(not XQUAD.is_file(), reason="needs shared/data beside the repository")
def test_real_questions_of_an_encyclopedia_are_left_alone() -> None:
    questions = [
        row["question"]
        for article in json.loads(XQUAD.read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for row in paragraph["qas"]
    ]
    refused = {question for question in questions if points_outside(question, "none")}
    assert len(questions) > 400
    assert refused == {"In the article's title, what did the machine hope to end?"}


def test_several_works_that_an_answer_has_named_may_be_pointed_at_in_it():
    answer = "Two trials tested the diet in 1997 and 2001. These studies found lower pressure."
    assert points_outside(answer, "none", part="answer") is None
    assert points_outside(answer, "none") == "These studies"
    assert points_outside("These studies found lower pressure. So did others.", "none", part="answer")
