"""Decides whether a sentence can stand alone as an answer, and whether a question has one answer in its chunk."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.synthesis.teachers.grammar.anchors import leans
from glossator.synthesis.teachers.grammar.names import Names
from glossator.synthesis.teachers.grammar.words import CLOSED_CLASS, PRONOUNS, stem

MIN_ANSWER_WORDS = 4
MAX_ANSWER_WORDS = 45
MAX_QUESTION_WORDS = 26

_CITATION = re.compile(
    r"\s?\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,12}\]"
    r"|\s?\((?:e\.g\.,? |i\.e\.,? |see (?:also )?|cf\. )?"
    r"[A-Z][^()]{1,160}?,? ?(?:19|20)\d\d[a-z]?(?:[,;][^()]{0,300})?\)"
    r"|\s?\((?:see )?(?:Figure|Fig\.?|Figs\.?|Table|Tables|Section|Appendix|Listing|Code|Panel)\s?[\dA-Z][^()]{0,40}\)"
    r"|\s?\([A-Z][^()]{1,80}, n\.d\.\)"
    r"|(?<=\s)\(\s?(?:19|20)\d\d[a-z]?\s?\)\s?"
)
_CONNECTIVE = re.compile(
    r"(?:However|Moreover|Furthermore|Additionally|In addition|Consequently|Thus|Therefore|Hence|Nevertheless|"
    r"Nonetheless|Finally|Lastly|Overall|In general|Generally|In particular|Specifically|In fact|Indeed|Importantly|"
    r"Namely|Notably|Interestingly|In short|In summary|In essence|Essentially|Ultimately|As a result|"
    r"Accordingly|Similarly|"
    r"For example|For instance|That is|In other words|More generally|More precisely|More specifically|Broadly|"
    r"At present|Currently|In this (?:paper|work|article|section|study|context|way)|Besides|On the other hand|"
    r"By contrast|In contrast|Unfortunately|Fortunately|Of course|Note that|Recall that|Observe that),? (?=\S)"
    r"|(?:[Ww]e|The authors) (?:have |also |can |thus |therefore )?(?:find|found|show|showed|shown|"
    r"demonstrate|demonstrated|"
    r"observe|observed|see|conclude|concluded|note|noted|emphasi[sz]e(?: again)?|stress|know|recall) that (?=\S)"
    r"|[Ii]t (?:is|should be) (?:also )?(?:important to note|worth noting|worth mentioning|noted|"
    r"well.known|known|clear) "
    r"that (?=\S)"
)
_DEPENDENT_OPENING = re.compile(
    r"(?:Then|Next|First|Firstly|Second|Secondly|Third|Again|Still|Also|Afterwards|Instead(?! of )|Eventually|"
    r"Initially|Subsequently)\b"
)
_POINTER = re.compile(
    r"\b(?:the following|as follows|(?:shown|listed|given|described|used|found) (?:above|below)|"
    r"(?:above|below)(?=[,.)]|$)|the above|aforementioned|the latter|the former|"
    r"the (?:two|three|four|five|other|remaining)\b(?! (?:\w+ ){1,2}(?:that|which|of|who))|"
    r"the (?:appropriate|respective)\b|the original(?! \w+ (?:of|by|from)\b)|"
    r"[Bb]oth (?:\w+ )?[a-z]+s\b(?! and )(?!.{0,40} and )|"
    r"previous(?:ly)?|herein|(?:this|these) \w+|"
    r"(?:[Ff]ig(?:ure|s?\.)|[Tt]ables?|[Ll]isting|[Ss]ection|[Ee]quation|[Ee]qs?\.|[Aa]lgorithm|"
    r"[Cc]ode|[Ee]xample|[Aa]ppendix|[Cc]hapter|[Tt]heorem|[Ll]emma|[Dd]efinition|"
    r"[Ss]upplement\w*|[Pp]anel)\s*\(?[\dA-Z]\)?\b|"
    r"left panel|right panel|top panel|bottom panel|so far|(?:as )?\w+ed (?:before|earlier)\b|"
    r"as discussed|as mentioned|as described|as shown|see also)"
)
_SELF = re.compile(r"\b(?:we|We|our|Our|ours|us|I|my|My|me|ourselves|you|You|your|Your)\b")
_OPEN_POINTER = re.compile(
    r"\b(?:[Tt]his|[Tt]hese|[Tt]hose(?! (?:who|of|with|that|in|from|for))|[Hh]ere|[Ss]uch (?!as\b))"
)
_DEBRIS = re.compile(
    r"[=<>{}\\@|^#$∈∑∫∂√≤≥≈→←↦×±∞\[\]•◦▪■\x00-\x08\x0b-\x1f\x7f\ufffd\u200b-\u200f\u202a-\u202e]|"
    r"(?<![\w-])[A-Z]\d(?![\w-])|(?<![\w-])(?!ggplot2|utf8|base64)[a-z]{2,}\d(?![\w-])|::|\(\)|~(?!\d)|"
    r"(?<!\w)_|_(?!\w)|https?:|www\.|"
    r"\(see\b|\bsee\)|, see\b|\b(\w{4,}) (?i:\1)\b|,\)|\( ?[,;]|"
    r"\bdoi\b|ISSN|©|Journal of |Proceedings of |arXiv|\bet al\b|\.\.\.|…|[\"“”]{2}"
)
_FURNITURE = re.compile(
    r"\b(?:(?:License|Copyright|Submitted|Corresponding author|Editor|Reviewers?):|[Gg]rants?\b|[Ff]unded by|"
    r"[Ff]unding|[Ff]ellowship|salary|acknowledge)"
)
_SECOND_SENTENCE = re.compile(r"\w(?<!e\.g)(?<!i\.e)(?<!\bvs)(?<!\betc)(?<!\bcf)(?<!\bapprox)[.!?] [A-Za-z]")
_PRONOUN_SUBJECT = re.compile(r"^(?:\w+,? ){0,3}(?:[Ii]t|[Tt]hey) ")
_LIST_AHEAD = re.compile(r"\bthe following (?=[\w -]{3,60}: \w)")
"""What follows stands in the same sentence."""
_UNCOUNTED = re.compile(r"(?<!How) (?:several|various|many|some|certain|both(?! .* and ))\b")
"""Words that count nothing: `several tasks` asks which."""
_CUT_LIST = re.compile(
    r"(?:, etc|\band (?:so on|more|others|many others|many more)|\band so forth)\.?$|, etc\.? (?=[a-z])"
)
_REMARK = re.compile(
    r"(?:;|, (?=(?:as|which|where|while|whereas|but|so|although|though|see|and (?:this|these|it|we|they|thus))\b))"
)
_LOOSE_END = re.compile(
    r"(?:\b(?:the|a|an|of|and|or|in|to|for|with|by|that|which|is|are|e\.g|i\.e|vs|al|cf|throughout|"
    r"accordingly|instead|also)|[,;:–—-])$"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a chunk, cleaned, with the place it stands at."""

    text: str
    """Without leading connective, citation markers and final full stop; the first letter is upper case."""
    raw: str
    start: int
    """Offsets of the sentence without its leading connective: `chunk.text[start:end]`."""
    end: int
    complete: bool
    """Whether it ends with a full stop."""
    names: Names
    """What the chunk has named so far."""


def read_sentence(text: str, start: int, end: int, names: Names) -> Sentence:
    """Clean the sentence at `text[start:end]`."""
    match = _CONNECTIVE.match(text, start, end)
    while match and end - match.end() > 20:
        start = match.end()
        match = _CONNECTIVE.match(text, start, end)
    raw = text[start:end]
    clean = _CITATION.sub("", raw)
    clean = re.sub(r"\s+", " ", clean).strip()
    clean = re.sub(r" ([,.;:)])", r"\1", clean)
    complete = clean.endswith(".") and not clean.endswith("..")
    clean = clean.removesuffix(".").rstrip()
    if clean[:1].islower() and not re.match(r"[a-z]+\S*[A-Z0-9]", clean):
        clean = clean[0].upper() + clean[1:]
    return Sentence(clean, raw, start, end, complete, names.before(start))


def shorten(sentence: Sentence) -> Sentence | None:
    """Cut a sentence before a side remark (`, which …`, `, as shown in …`); None if it has none."""
    match = _REMARK.search(sentence.text)
    if match is None or len(sentence.text[: match.start()].split()) < 6 or not sentence.complete:
        return None
    text = sentence.text[: match.start()]
    if text.count("(") != text.count(")"):
        return None
    at = sentence.raw.find(text[1:])
    end = sentence.start + at + len(text) - 1 if at > 0 else sentence.end
    return dataclasses.replace(sentence, text=text, end=end)


def why_not_answer(answer: str, sentence: Sentence, *, least_words: int = MIN_ANSWER_WORDS) -> str | None:
    """Say in one word why this text cannot stand alone as an answer; None if it can.

    Args:
        answer: the sentence or a clause of it, without final full stop.
        sentence: where it was taken from.
        least_words: fewer words are too few.
    """
    words = answer.split()
    checks: Sequence[tuple[str, bool]] = (
        ("truncated", not sentence.complete or bool(_LOOSE_END.search(answer))),
        ("too_short", len(words) < least_words),
        ("too_long", len(words) > MAX_ANSWER_WORDS),
        ("debris", bool(_DEBRIS.search(answer)) or bool(_FURNITURE.search(answer)) or _looks_like_code(words)),
        ("cut_list", bool(_CUT_LIST.search(answer))),
        ("unbalanced", not _balanced(answer)),
        (
            "depends_on_context",
            bool(_DEPENDENT_OPENING.match(sentence.raw)) or bool(_POINTER.search(_LIST_AHEAD.sub("", answer))),
        ),
        ("first_person", bool(_SELF.search(answer))),
        ("unresolved_reference", bool(_OPEN_POINTER.search(answer)) or words[0].lower() in PRONOUNS if words else True),
        ("several_statements", ";" in answer or bool(_SECOND_SENTENCE.search(answer))),
    )
    return next((reason for reason, failed in checks if failed), None)


def why_not_question(question: str, others: Sequence[str]) -> str | None:
    """Say in one word why this question is not clear, or not clear of the chunk's other sentences; None if it is.

    Args:
        question: as it would be asked.
        others: the chunk's other sentences.
    """
    words = re.findall(r"[\w'’.+#-]*\w[+#]*", question)
    if not 3 <= len(words) <= MAX_QUESTION_WORDS:
        return "awkward_question"
    pronouns = PRONOUNS - {"there", "their", "its", "one"}
    if any(word in pronouns for word in words) or leans(question) or _UNCOUNTED.search(question):
        return "unresolved_reference"
    if not _balanced(question) or _DEBRIS.search(question):
        return "debris"
    said = [stem(word) for word in words[1:] if word.lower() not in CLOSED_CLASS]
    content, asked_for = set(said), said[-1] if said else ""
    for other in others:
        stems = {stem(word) for word in re.findall(r"[\w'’.+#-]*\w[+#]*", other[:2000])}
        if len(content) > 1 and content <= stems:
            return "not_unique"
        if asked_for in stems and _PRONOUN_SUBJECT.search(other):
            return "not_unique"
    return None


def _looks_like_code(words: Sequence[str]) -> bool:
    letters = sum(ch.isalpha() for word in words for ch in word)
    total = sum(len(word) for word in words) or 1
    single = sum(len(word) == 1 and word.isalpha() and word not in ("a", "A", "I", "R", "C") for word in words)
    return letters / total < 0.8 or single > 0 or any(len(word) > 40 for word in words)


def _balanced(text: str) -> bool:
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "“”")) and text.count('"') % 2 == 0


def defines(sentence: str, topic: str) -> bool:
    """Whether a sentence plainly says what the topic is, too."""
    at = sentence.casefold().find(topic.casefold())
    if at < 0:
        return False
    after = sentence[at + len(topic) : at + len(topic) + 60]
    return bool(re.match(r"(?: \([^)]{1,40}\))?(?: is | are |, an? |, the | refers? to | stands? for | means )", after))
