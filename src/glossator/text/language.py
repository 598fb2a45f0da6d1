"""Takes a text, leaves the language it is written in and how sure that is.

The model is py3langid's: naive Bayes over byte n-grams for 139 languages, which travels inside its wheel (Lui and
Baldwin, "Cross-domain Feature Selection for Language Identification", 2011). Its confidence is a probability whose
sharpness grows with the length of the text, so that a short text is not called certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from glossator.errors import MissingExtraError

UNKNOWN = "und"
"""The code of ISO 639 for a language that was not determined."""
FEWEST_LETTERS = 24
"""A text with fewer letters is not guessed at; a character of an East Asian script counts as three."""
LEAST_CONFIDENCE = 0.5
"""A guess that is less sure is none: of snippets of 24 letters in 36 languages, one in fifty above it was wrong."""

_READ = 4000
"""Characters that are looked at; more change nothing, and the model walks them one by one."""
_NOT_A_LANGUAGE = "zxx"  # what the model answers to numbers and markup


@dataclass(frozen=True, slots=True)
class Language:
    """What language a text seems to be written in."""

    code: str
    """ISO 639-1 where there is one, such as `en`, else 639-3; `und` where it cannot be told."""
    confidence: float
    """Probability, 0 to 1, of the code; of `und`, that of the best guess, and 0 where none was made."""


def identify(text: str) -> Language:
    """Take a text, leave its language; `und` where it is too short, no language, or between several.

    Languages that are hardly told apart in writing (Bosnian, Croatian and Serbian; Indonesian and Malay) are told
    with the confidence of a guess among them. Only the first 4,000 characters are read.

    Raises:
        MissingExtraError: py3langid is not installed.
    """
    model = _model()
    head = text[:_READ]
    weights = (3 if character >= "\u2e80" else 1 for character in head if character.isalpha())
    if sum(islice(weights, FEWEST_LETTERS)) < FEWEST_LETTERS:
        return Language(UNKNOWN, 0.0)
    # Line ends and indents of a PDF are no part of any language.
    code, confidence = model.classify(" ".join(head.split()))
    probability = round(float(confidence), 4)
    known = probability >= LEAST_CONFIDENCE and code != _NOT_A_LANGUAGE
    return Language(str(code) if known else UNKNOWN, probability)


@lru_cache(maxsize=1)
def _model() -> Any:
    """The model, loaded once: 0.8 s, 40 MB."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise MissingExtraError("py3langid", "documents") from error
    # One of its own: the module's shared one gives log-likelihoods, and others may restrict its languages.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
