"""Splits prose into sentences by rules, with character offsets.

The rules are made for scientific English: a full stop ends a sentence unless it belongs to an abbreviation, an
initial, a number, a version, a file name or a URL, or unless what follows cannot open a sentence.
"""

from __future__ import annotations

import re

_WINDOW = 2_000
"""Characters before a mark that are looked at, so that hostile text without sentence ends costs linear time."""

_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*\n\s*")
# The look-behind keeps a long run of marks from being tried again from each of its characters.
_CANDIDATE = re.compile(r"(?<![.!?…])(?P<mark>[.!?…]+)(?P<closers>[\"'”’»)\]}]*)(?P<gap>\s+)")
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘«/—–]+$")
_NUMBER_AHEAD = re.compile(r"[(\[]?\d")
_INITIAL = re.compile(r"(?:[A-Z]\.-?)*[A-Z]")
_INTERNAL_DOTS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[)\]]?")

_NEVER_LAST = frozenset(
    """e.g eg i.e ie cf viz vs resp approx ca dr mr mrs ms prof st rev hon sr jr gen col lt capt sgt messrs
    mt ft dept univ assoc ed eds trans repr vol vols no nos nr pp
    esp incl excl abbr""".split()  # noqa: SIM905 - a word list reads better as prose
)
"""Abbreviations that need something after them, whatever it is."""

_LAST_BEFORE_CAPITAL = frozenset(
    """al etc inc corp co ltd ph.d phd m.sc b.sc m.d u.s u.s.a u.k e.u a.m p.m jan feb mar apr jun jul aug sep sept
    oct nov dec""".split()  # noqa: SIM905
)
"""Abbreviations that may also close a sentence: they do before a word that usually opens one."""

_BEFORE_NUMBER = frozenset(
    """fig figs eq eqs eqn eqns sec secs sect ch chap chaps tab tabs ref refs app alg algs thm lem lemma prop def
    defs cor ex exs no nos vol vols p pp par para ver v pt pts""".split()  # noqa: SIM905
)
"""Abbreviations before a number or a bracketed number: `Fig. 3`, `Eq. (2)`."""

_NUMBERED = frozenset({"fig", "figs", "eq", "eqs", "eqn", "eqns", "sec", "ref", "refs", "tab"})
"""Those of them that also stand before a name: `Fig. S1`, `Eq. A`."""

_OPENERS = frozenset(
    """a an the this that these those it its he she they we you i there here in on at by for from to with as if when
    while where although though because since after before however moreover furthermore additionally finally first
    second third next then thus therefore hence overall each all both many most some several such our their his her
    your my one two three another other no not what which who how why unlike like during since using given note
    see similarly instead also alternatively nevertheless consequently specifically""".split()  # noqa: SIM905
)
"""Words that, capitalised, usually open a sentence."""


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Split prose into sentences, as offsets: `text[start:end]` is one, without the white space around it.

    The spans are in order, do not overlap, and cover every character that is not white space. A blank line always
    ends a sentence; a single line break does not.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for gap in [*_PARAGRAPH_BREAK.finditer(text), None]:
        end = gap.start() if gap else len(text)
        spans.extend(_split_paragraph(text, start, end))
        start = gap.end() if gap else end
    return spans


def sentences(text: str) -> list[str]:
    """Split prose into the sentences themselves, in order."""
    return [text[start:end] for start, end in split_sentences(text)]


def _split_paragraph(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans = []
    begin = start
    for match in _CANDIDATE.finditer(text, start, end):
        if match.end() >= end:
            break
        if _ends_sentence(text, max(begin, match.start() - _WINDOW), match, end):
            spans.append((begin, match.end("closers")))
            begin = match.end()
    spans.append((begin, end))
    return [span for raw in spans if (span := _trim(text, *raw)) is not None]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return None
    offset = start + len(piece) - len(piece.lstrip())
    return offset, offset + len(stripped)


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    following = text[match.end() : min(end, match.end() + 80)]
    if not _can_open(following):
        return False
    mark = match["mark"]
    if _inside_bracket(text, begin, match):
        return False
    if mark != ".":
        return True
    before = _LAST_WORD.search(text, begin, match.start())
    word = before.group() if before else ""
    if match["closers"]:
        return True
    return not _continues(word, text[begin : match.start()], following)


def _can_open(following: str) -> bool:
    """Whether a sentence may open like this: a capital, a digit, or either behind brackets and quotes."""
    bare = following.lstrip("\"'“‘«([{*_`•–—-")
    if not bare:
        return False
    first = bare[0]
    if first.isupper() or first.isdigit() or not (first.isascii() or first.islower()):
        return True
    # Names of programs keep their case: `ggplot2 draws …`, `scikit-learn is …`, `iOS`.
    word = re.split(r"[\s,;:]", bare, maxsplit=1)[0].rstrip(".")
    return first.islower() and (any(c.isupper() or c.isdigit() for c in word[1:]) or "_" in word)


def _inside_bracket(text: str, begin: int, match: re.Match[str]) -> bool:
    """Whether the mark stands inside a bracket that was opened in this sentence and closes soon after it."""
    if any(closer in ")]}" for closer in match["closers"]):
        return False
    opened = text.count("(", begin, match.start()) - text.count(")", begin, match.start())
    if opened <= 0 or text[begin : begin + 1] == "(":
        return False
    return text.find(")", match.end(), match.end() + 200) >= 0


def _continues(word: str, sentence: str, following: str) -> bool:
    """Whether the full stop after `word` belongs to the word and the sentence goes on."""
    lowered = word.lower()
    if _ENUMERATOR.fullmatch(sentence.strip()) and len(sentence.strip()) <= 4:
        return True
    if lowered in _BEFORE_NUMBER and _NUMBER_AHEAD.match(following):
        return True
    if lowered in _NEVER_LAST and not (lowered == "no" and not _NUMBER_AHEAD.match(following)):
        return True
    opens = re.split(r"[\s,;:]", following.lstrip("\"'“‘(["), maxsplit=1)[0].lower() in _OPENERS
    may_go_on = (
        lowered in _LAST_BEFORE_CAPITAL
        or lowered in _NUMBERED
        or _INTERNAL_DOTS.fullmatch(word) is not None
        or (_INITIAL.fullmatch(word) is not None and word != "I")
    )
    return may_go_on and not opens
