import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from glossator.errors import ModelError
from glossator.text.tokens import TokenCounter


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
