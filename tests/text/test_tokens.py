import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from glossator.embedded import base_model_path
from glossator.errors import ModelError
from glossator.text import tokens
from glossator.text.tokens import TokenCounter, WordLengths, locate_tokens


@pytest.fixture
def tokenizer_json(tmp_path):
    tokenizer = Tokenizer(models.WordLevel({"<s>": 0, "<unk>": 1, "one": 2, "two": 3}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=8)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_counts_leave_out_special_tokens_padding_and_truncation(tokenizer_json):
    assert TokenCounter(tokenizer_json).count(["one two two", "", "nine"]) == [3, 0, 1]


def test_no_texts_give_no_counts(tokenizer_json):
    assert TokenCounter(tokenizer_json)([]) == []


def test_the_id_follows_the_content_of_the_tokenizer(tokenizer_json, tmp_path):
    copy = tmp_path / "copy.json"
    copy.write_bytes(tokenizer_json.read_bytes())
    changed = tmp_path / "changed.json"
    changed.write_text(tokenizer_json.read_text().replace("two", "zwei"))
    assert TokenCounter(copy).id == TokenCounter(tokenizer_json).id != TokenCounter(changed).id


def test_a_missing_tokenizer_and_a_file_that_is_none_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.json"):
        TokenCounter(tmp_path / "absent.json")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ModelError, match=r"bad\.json"):
        TokenCounter(tmp_path / "bad.json")


@pytest.fixture
def counter():
    return TokenCounter(base_model_path() / "tokenizer.json")


TEXT = "Bees fly from flower to flower.\n\nThey gather nectar — a lot of it — in spring, 漢字 included."


def test_tokens_are_located_where_they_stand(counter):
    (found,) = counter.locate([TEXT])
    assert found.count(0, len(TEXT)) == counter.count([TEXT])[0] == len(found.starts) == len(found.ends)
    first = TEXT.index("\n")
    assert found.count(0, first) == counter.count([TEXT[:first]])[0]
    assert found.count(first + 2, len(TEXT)) == counter.count([TEXT[first + 2 :]])[0]


def test_as_many_tokens_as_asked_for_lie_within_reach(counter):
    (found,) = counter.locate([TEXT])
    for size in (1, 5, 12):
        end = found.reach(5, size, len(TEXT))
        assert found.count(5, end) <= size < found.count(5, end + 1)
        start = found.reach_back(40, size)
        assert found.count(start, 40) <= size
        assert start == 0 or found.count(start - 1, 40) > size
    assert found.reach(5, 10_000, len(TEXT)) == len(TEXT)
    assert found.reach_back(40, 10_000) == 0


def test_long_texts_are_located_slice_by_slice_as_in_one_piece(counter, monkeypatch):
    text = " ".join([TEXT] * 40)
    (whole,) = counter.locate([text])
    monkeypatch.setattr(tokens, "_SLICE", 300)
    monkeypatch.setattr(tokens, "_BATCH", 1_000)
    assert counter.locate(["", text, TEXT])[1:] == [whole, *counter.locate([TEXT])]


def test_a_text_without_spaces_is_located_too(counter, monkeypatch):
    monkeypatch.setattr(tokens, "_SLICE", 100)
    text = "abcdefghij" * 100
    (found,) = counter.locate([text])
    assert (found.starts[0], found.ends[-1]) == (0, len(text))
    assert list(found.starts[1:]) == list(found.ends[:-1])


def test_counts_of_many_texts_come_in_order_whatever_the_batch(counter, monkeypatch):
    texts = ["one two"] * 3 + ["", "three four five six"] * 3
    expected = counter.count(texts)
    monkeypatch.setattr(tokens, "_BATCH", 5)
    assert counter.count(texts) == expected


def test_a_lone_surrogate_counts_as_one_sign_and_moves_nothing(counter):
    broken, whole = "one \ud800 two", "one ? two"
    assert counter.count([broken]) == counter.count([whole])
    assert counter.locate([broken]) == counter.locate([whole])


def test_lengths_by_words_count_each_word_once(counter):
    asked = []

    def count(texts):
        asked.extend(texts)
        return counter.count(texts)

    lengths = WordLengths(count)
    text = "one two three one two three"
    assert lengths.length(text) == counter.count([text])[0]
    assert lengths.length("two three") == counter.count(["two three"])[0]
    assert len(asked) == len(set(asked)) == 5


def test_a_plain_function_is_located_word_by_word():
    (found,) = locate_tokens(["one two  three"], lambda texts: [2 * len(text.split()) for text in texts])
    assert [found.count(0, end) for end in (3, 7, 14)] == [2, 4, 6]
    assert found.reach(0, 4, 14) == 7
