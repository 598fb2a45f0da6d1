"""One file says how answers sound."""

import pytest

from glossator.errors import ModelError
from glossator.llm.answer_styles import answer_style_names, load_answer_style


def test_every_packaged_style_can_be_loaded_and_says_something():
    assert "brief" in answer_style_names()
    for name in answer_style_names():
        style = load_answer_style(name)
        assert style.name == name
        assert style.text == style.text.strip() != ""


def test_the_hash_follows_the_words_of_a_users_own_file(tmp_path):
    first, second = tmp_path / "mine.md", tmp_path / "other.md"
    first.write_text("Answer in rhyme.\n")
    second.write_text("\nAnswer in rhyme.")
    assert load_answer_style(str(first)).hash == load_answer_style(str(second)).hash
    second.write_text("Answer in prose.")
    assert load_answer_style(str(first)).hash != load_answer_style(str(second)).hash


def test_unknown_missing_and_empty_styles_are_told_apart(tmp_path):
    with pytest.raises(ModelError, match="'verbose' is unknown; use one of brief"):
        load_answer_style("verbose")
    with pytest.raises(ModelError, match="does not exist"):
        load_answer_style(str(tmp_path / "none.md"))
    (tmp_path / "empty.md").write_text(" \n")
    with pytest.raises(ModelError, match="is empty"):
        load_answer_style(str(tmp_path / "empty.md"))
