"""Counts tokens with the student's own tokenizer, many texts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glossator.errors import MissingExtraError, ModelError
from glossator.records import content_id


class TokenCounter:
    """Counts the tokens of texts, without special tokens.

    Args:
        tokenizer_json: the `tokenizer.json` of a model.

    Raises:
        MissingExtraError: the `tokenizers` library is not installed.
        ModelError: the file is missing or is no tokenizer.
    """

    def __init__(self, tokenizer_json: Path) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtraError("tokenizers", "train") from error
        try:
            data = tokenizer_json.read_bytes()
            self._tokenizer = Tokenizer.from_buffer(data)
        except OSError as error:
            raise ModelError(
                f"{tokenizer_json}: no tokenizer there ({error.strerror}); name a tokenizer.json"
            ) from error
        except Exception as error:
            raise ModelError(f"{tokenizer_json}: not a tokenizer ({error}); name a model's tokenizer.json") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._id = content_id(data)

    @property
    def id(self) -> str:
        """Hash of the tokenizer file: part of every fingerprint that depends on lengths."""
        return self._id

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, in input order; special tokens are not added."""
        if not texts:
            return []
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Count, as `count` does: a counter can be passed where a function is asked for."""
        return self.count(texts)
