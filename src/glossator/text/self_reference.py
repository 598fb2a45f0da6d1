"""Finds the words by which a question points at a text that its reader does not have, or should not be sent to.

The lists are English; in other languages nothing is found. A noun counts only where it means the text at hand:
"the study of plants" and "the document object model" are subjects, "in the study?" and "the document says" are not.
"""

from __future__ import annotations

import re
from typing import Literal

_TEXT = r"(?:passage|text|excerpt|paragraph|snippet|context)"
_WORK = (
    r"(?:paper|article|study|work|document|section|chapter|abstract|summary|report|manuscript|thesis|survey|review|"
    r"publication|essay|book|page)"
)
_WORKS = r"(?:studies|surveys|theses|essays|summaries)"
_SHOWN = r"(?:figure|table|equation|diagram|chart|plot|listing|image|example|algorithm)"
_SAYS = (
    r"(?:says?|said|states?|stated|mentions?|mentioned|describes?|described|reports?|reported|proposes?|proposed|presents?|"
    r"presented|discuss(?:es|ed)?|introduces?|introduced|shows?|shown|claims?|claimed|argues?|argued|suggests?|suggested|"
    r"finds?|found|explains?|explained|gives?|given|provides?|provided|lists?|listed|concludes?|concluded|recommends?|"
    r"above|below|here)"
)
_DOES = (
    r"(?:aim(?:s|ed)?|(?<!page )address|addresses|defines?|uses?(?! cases?\b)|measures?|compares?|evaluates?|examines?"
    r"|investigates?|analy[sz]es?|identif(?:y|ies)|highlights?|focus(?:es)?|focuss?ed|demonstrates?|considers?|notes?"
    r"|refers?|contribute[sd]?|calls?|attempt(?:s|ed)?|seeks?|sought)"
)
"""What a work does, and a figure or an algorithm of which one speaks does as well."""
_DONE = (
    r"(?:addressed|defined|used|measured|compared|evaluated|examined|investigated|analy[sz]ed|identified|highlighted"
    r"|demonstrated|considered|noted)\b(?! (?:as|at|by|during|for|from|in|on|to|when|with)\b)"
)
"""What a work did, or what is done with a thing: "the text used by Luther" is a subject, "the study used" is not."""
_NOT_IS = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!['’]s )"
"""Not before "the book considered a classic" either."""
_POINTED = rf"(?=\s*(?:[?.,;:!)]|$|{_SAYS}\b))"
"""What follows a noun that means the text at hand."""
_ACTING = rf"(?=['’]s\b|\s+{_DOES}\b)"
"""What else follows the name of a text or a work."""
_NO_VERB = rf"(?:and|are|as|but|for|from|has|have|into|is|nor|on|or|than|that|the|to|was|were|with|{_SAYS})\b"
_LAW = rf"(?!\s*(?:\d{{3}}|\d\d\s+(?!{_NO_VERB})[a-z]{{3,}}))"
"""Not before the number of a section of law: one of three digits, or one of two that does what no text does."""
_EARLIER = (
    r"\b(?:mentioned|described|shown|listed|discussed|given|stated|presented|defined|introduced|outlined|provided|noted)"
    r" (?:here|above|below)\b(?!\s+(?:the|an?)\b)"
    r"|\b(?:mentioned|described|discussed|stated|noted) (?:earlier|previously)\b(?!\s+(?:than|in)\b)"
    r"|\b(?:the|as) (?:above|foregoing)\b(?!-)|\bof the following\b"
)

_AT_A_PASSAGE = re.compile(
    rf"\b(?:this|these|that) {_TEXT}s?\b|\b(?:the|given|provided|above|following) {_TEXT}s?\b(?:{_POINTED}|{_ACTING})"
    rf"|{_NOT_IS}\b(?:the|given|provided|above|following) {_TEXT}s?\b(?=\s+{_DONE})|{_EARLIER}",
    re.IGNORECASE,
)
_AT_A_WORK = re.compile(
    rf"\b(?:this|these|our|the present|the current) (?:(?:{_WORK}|{_SHOWN})s?|{_WORKS})\b"
    rf"|\b(?:the|given|provided|above) (?:(?:{_WORK}|{_SHOWN})s?\b{_POINTED}|(?:{_WORK}s?|{_WORKS})\b{_ACTING})"
    rf"|{_NOT_IS}\b(?:the|given|provided|above) (?:{_WORK}s?|{_WORKS})\b(?=\s+{_DONE})"
    r"|\b(?:the|given) (?:figure|table|diagram|chart)['’]s\b"
    r"|\b(?:the|these|this paper's) authors?\b(?!\s+of\b)"
    rf"|\b(?:figures?|figs?\.|tables?|sections?{_LAW}|equations?|eqs?\.|appendix)\s*"
    r"\(?(?:\d+(?:\.\d+)*|(?-i:[A-Z]))\)?(?![\w-]|\s+of\b)"
    r"|\b(?:the|this|our) proposed (?:method|approach|model|framework|system|algorithm|technique|solution)\b"
    r"|\bour (?:method|approach|model|framework|system|algorithm|results?|experiments?|findings?|data|proposal)\b"
    r"|\bsee (?:the |our )?appendix\b"
    r"|\b(?:do|did|have) we (?:propose|present|introduce|report|evaluate|conclude)d?\b",
    re.IGNORECASE,
)


_WITHIN = re.compile(r"\b(?:above|below|here|following|foregoing|earlier|previously)\b", re.IGNORECASE)
"""In an answer of several sentences such a word points at another part of the answer."""
_LOOKED_AT = 12
"""Characters behind a noun in which such a word is looked for."""
_SENTENCE_END = re.compile(r"[.:;!?]\s+\S")
_SEVERAL = re.compile(r"these\s", re.IGNORECASE)
"""Begins words that point at several things; behind the first sentence of an answer, at those it has named itself."""


def points_outside(
    text: str,
    context: Literal["none", "chunk", "retrieved"],
    *,
    part: Literal["question", "answer"] = "question",
) -> str | None:
    """Turn a question, or an answer, into the words by which it points at the text it came from; None if it does not.

    Args:
        text: one question or answer.
        context: `none`: the reader has no text, so paper, authors, figures and tables are unknown; else the passage is
            at hand, and only words about the passage itself are found, since they tell that it was written about.
        part: an `answer` of several sentences may say "as listed above", "the table below" or, once it has named some,
            "these studies" of what it says itself.
    """
    ended = _SENTENCE_END.search(text) if part == "answer" else None
    patterns = (_AT_A_PASSAGE, _AT_A_WORK) if context == "none" else (_AT_A_PASSAGE,)
    for pattern in patterns:
        for found in pattern.finditer(text):
            if ended and _WITHIN.search(text, found.start(), found.end() + _LOOKED_AT):
                continue
            if not (ended and found.start() > ended.start() and _SEVERAL.match(found[0])):
                return found[0]
    return None
