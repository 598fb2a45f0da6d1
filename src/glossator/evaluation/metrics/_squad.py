"""Answer normalisation of SQuAD v1.1, shared by the metrics that compare words."""

from __future__ import annotations

import re
import string

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower-case, drop ASCII punctuation and English articles, and squeeze white space, in that order.

    Punctuation is dropped, not replaced by a space, so `state-of-the-art` becomes one word.

    Source: Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", with the evaluation
    script v1.1.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())
