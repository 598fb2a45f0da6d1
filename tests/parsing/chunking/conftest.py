"""Tokenizers of the kinds that models have, each trained here on the fixtures, and a counter that keeps account."""

import pytest
from tests.conftest import CORPUS
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from glossator.embedded import base_model_path
from glossator.text.tokens import TokenCounter


class Account(TokenCounter):
    """A real counter that adds up the characters it is given."""

    characters = 0

    def count(self, texts):
        self.characters += sum(map(len, texts))
        return super().count(texts)

    def locate(self, texts):
        self.characters += sum(map(len, texts))
        return super().locate(texts)


@pytest.fixture
def account():
    return Account(base_model_path() / "tokenizer.json")


@pytest.fixture(scope="session")
def counters(tmp_path_factory):
    """By name: byte-level BPE that keeps words apart, and models that read spaces like letters or know few of them."""
    folder = tmp_path_factory.mktemp("tokenizers")
    texts = [path.read_text() for path in sorted(CORPUS.glob("*.md"))]
    metaspace = Tokenizer(models.Unigram())
    metaspace.pre_tokenizer = pre_tokenizers.Metaspace()
    metaspace.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=400, unk_token="?", special_tokens=["?"]))
    # As in Llama 2: no words at all, so that a merge may span a space.
    spanning = Tokenizer(models.BPE(unk_token="?"))
    spanning.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    spanning.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=600, special_tokens=["?"]))
    counters = {"byte-level": TokenCounter(base_model_path() / "tokenizer.json")}
    for name, tokenizer in (("metaspace", metaspace), ("spanning", spanning)):
        tokenizer.save(str(folder / f"{name}.json"))
        counters[name] = TokenCounter(folder / f"{name}.json")
    return counters
