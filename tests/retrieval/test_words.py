"""Text of any language and any kind becomes words that can be looked up."""

from hypothesis import given
from hypothesis import strategies as st

from glossator.retrieval.words import LONGEST_WORD, STOP_WORDS, index_words


def test_endings_and_function_words_do_not_matter():
    assert index_words("What are the heated models of aircraft?") == index_words("Heating a model, aircraft")


def test_case_accents_width_and_ligatures_do_not_matter():
    assert index_words("Über naïve efﬁcient ＡＢＣ Straße") == index_words("UBER NAIVE EFFICIENT abc STRASSE")
    assert index_words("Ｘ１") == ["x1"]


def test_scripts_without_spaces_become_pairs_of_characters():
    assert index_words("東京都 カ") == ["東京", "京都", "カ"]
    assert set(index_words("東京")) < set(index_words("私は東京都に住む"))


def test_scripts_with_signs_that_are_no_letters_keep_their_words_whole():
    assert index_words("हिन्दी भाषा।") == ["हिन्दी", "भाषा"]
    assert index_words("한국어 문서") == ["한국어", "문서"]
    assert index_words("العَرَبِيَّة") == index_words("العربية")


def test_single_letters_digits_and_parts_of_names_are_words():
    assert index_words("vitamin C, read_csv, GPT-4") == ["vitamin", "c", "read", "csv", "gpt", "4"]


def test_what_stands_after_an_apostrophe_is_left_out():
    assert index_words("It doesn't the moon's") == ["moon"]


def test_long_runs_of_characters_are_cut():
    assert index_words("9" * 10_000) == ["9" * LONGEST_WORD]


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_gives_words_and_equal_texts_give_equal_words(text: str):
    words = index_words(text)
    assert words == index_words(text)
    assert all(word and word not in STOP_WORDS | {"\0"} for word in words if len(word) > 3)
    assert index_words(f"{text} bridges")[-1] == "bridg"
