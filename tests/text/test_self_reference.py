"""Questions that point at a text are found; questions about texts, tables and studies as subjects are not."""

from __future__ import annotations

import pytest

from glossator.text.self_reference import points_outside

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
