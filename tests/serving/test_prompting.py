"""A prompt holds as much of its passages as fits, in the form that models are trained on."""

import pytest

from glossator.llm.answer_styles import load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.serving.prompting import fit_prompt
from glossator.serving.refusals import BadQuestion

STYLE = load_answer_style("brief")
TEXT = "Bees dance in the hive. A round dance means near flowers. A waggle dance means far ones."
QUESTION = "What does a round dance mean?"


def words(conversation):
    return sum(len(message.content.split()) for message in conversation)


def room_for(limit):
    return lambda conversation: limit - words(conversation)


def prompt_words(context):
    return words(student_messages(QUESTION, context=context, answer_style=STYLE))


def fit(passages, room, style=STYLE):
    return fit_prompt(QUESTION, passages, answer_style=style, room=room)


def test_a_prompt_is_what_the_student_is_trained_on_letter_by_letter():
    for style in (STYLE, None):
        fitted = fit([TEXT], lambda _: None, style)
        assert fitted.conversation == student_messages(QUESTION, context=TEXT, answer_style=style)
        assert (fitted.passages, fitted.trimmed) == (1, False)
        assert fit([], room_for(1000), style).conversation == student_messages(QUESTION, answer_style=style)


def test_the_last_passages_are_given_up_first():
    passages = ["one two three", "four five six", "seven eight nine"]
    fitted = fit(passages, room_for(prompt_words("one two three\n\nfour five six")))
    assert fitted.conversation[-1].content.startswith("Context:\none two three\n\nfour five six\n\nQuestion:")
    assert (fitted.passages, fitted.trimmed) == (2, True)


@pytest.mark.parametrize(
    ("room", "kept"),
    [
        (0, TEXT),
        (-1, "Bees dance in the hive. A round dance means near flowers."),
        (-7, "Bees dance in the hive."),
        (-13, "Bees dance in the"),
    ],
)
def test_a_passage_is_cut_at_the_last_end_of_a_sentence_that_fits_and_else_at_a_word(room, kept):
    fitted = fit([TEXT], room_for(prompt_words(TEXT) + room))
    assert fitted.conversation == student_messages(QUESTION, context=kept, answer_style=STYLE)
    assert (fitted.passages, fitted.trimmed) == (1, kept != TEXT)


def test_a_question_that_fills_the_window_is_asked_without_its_passage():
    fitted = fit([TEXT], room_for(prompt_words(None)))
    assert fitted.conversation == student_messages(QUESTION, answer_style=STYLE)
    assert (fitted.passages, fitted.trimmed) == (0, True)


def test_a_question_that_is_too_long_by_itself_is_refused_with_the_excess():
    with pytest.raises(BadQuestion, match="5 tokens too long"):
        fit([TEXT], room_for(prompt_words(None) - 5))


def test_passages_without_any_text_are_no_context():
    fitted = fit([" \n "], room_for(prompt_words(None)))
    assert fitted.conversation == student_messages(QUESTION, answer_style=STYLE)


@pytest.mark.parametrize("sentences", [1, 2, 3, 7, 8, 9, 31])
def test_whatever_the_window_not_one_sentence_more_would_have_fitted(sentences):
    parts = [f"Tide {number} came late." for number in range(sentences)]
    for kept in range(1, sentences + 1):
        room = room_for(prompt_words(" ".join(parts[:kept])) + 3)
        fitted = fit([" ".join(parts)], room)
        assert fitted.conversation == student_messages(QUESTION, context=" ".join(parts[:kept]), answer_style=STYLE)


def test_a_long_passage_is_measured_whole_once_and_then_only_in_parts_near_the_window():
    measured = []

    def room(conversation):
        measured.append(len(conversation[-1].content))
        return 200 - words(conversation)

    passage = " ".join(f"Tide {number} came late." for number in range(20_000))
    assert fit([passage], room).trimmed
    assert sorted(measured)[-2] < 10_000
    assert len(measured) < 20
