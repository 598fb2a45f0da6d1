"""A quote is found where it stands, also when it was copied almost right; what the chunk does not say is not found."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.synthesis.conftest import TEXT, chunk

from glossator.errors import MissingExtraError
from glossator.synthesis.evidence import Found, locate, require_matching

FIRST = "Annealing is slow cooling that removes stress from finished glass."
LONG = (
    "Before 1900 the gathered papers were dried. In a furnace of the old kind, soda lowers the melting point of sand "
    "from 1,700 to about 1,000 degrees (Weyl, 1951), and the melt is not stirred until it is clear. "
    "The “blow–pipe” of the naïve glass\u00adblower is an e\ufb00icient\u200b tool for "
    "re\u0301sume\u0301s.\n\nIt is made of iron."
)


def text_of(found: Found | None) -> str | None:
    return found.evidence.text if found else None


def how(quote: str, text: str = LONG) -> str | None:
    found = locate(quote, chunk(text=text))
    return found.how if found else None


def test_an_exact_quote_is_its_own_span() -> None:
    found = locate(f"  {FIRST}\n", chunk())
    assert found is not None
    assert found.how == "exact"
    assert (found.evidence.chunk_id, found.evidence.start, found.evidence.end) == ("a", 0, len(FIRST))


@pytest.mark.parametrize(
    ("quote", "span"),
    [
        ("the gathered\n   papers  WERE dried", "the gathered papers were dried"),
        ('The "blow-pipe" of the naive glassblower', "The “blow–pipe” of the naïve glass\u00adblower"),
        ("an efficient tool for résumés", "an e\ufb00icient\u200b tool for re\u0301sume\u0301s"),
        ("«the melt is not stirred until it is clear»", "the melt is not stirred until it is clear"),
        ("the melt is not stirred …", "the melt is not stirred"),
        ("résumés. It is made of iron", "re\u0301sume\u0301s.\n\nIt is made of iron"),
    ],
)
def test_case_spaces_accents_quotation_marks_dashes_and_ligatures_do_not_matter(quote: str, span: str) -> None:
    found = locate(quote, chunk(text=LONG))
    assert (text_of(found), found and found.how) == (span, "normalised")


@pytest.mark.parametrize(
    "quote",
    [
        "soda lowers the meltnig point of sand from 1,700 to about 1,000 degrees",
        "soda lowers the melting point of sand from 1,700 to 1,000 degrees",
        "In a furnace of the old kind, soda lowers the melting point of the sand",
        "and the melt is not stirred until it is wholly clear",
    ],
)
def test_a_mistyped_letter_a_word_more_or_a_word_less_is_forgiven(quote: str) -> None:
    found = locate(quote, chunk(text=LONG))
    assert found is not None
    assert found.how == "fuzzy"
    assert found.evidence.text.split()[0].strip(",.") == quote.split(maxsplit=1)[0].strip(",.")
    assert found.evidence.text.split()[-1].strip(",.") == quote.rsplit(maxsplit=1)[-1].strip(",.")


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "  …  ",
        "the",
        "of iron",
        "soda lowers the melting point of sand from 1,700 to about 1,200 degrees",
        "and the melt is stirred until it is clear and the",
        "soda does not lower the melting point of sand from 1,700 to about 1,000 degrees",
        "soda raises the price of sand from Venice to about twice of what it was",
        "sand of point melting the lowers soda degrees 1,000 about to 1,700 from",
        "Glass was first made in Egypt, where soda was at hand.",
        LONG + " And so on, at some length, about what it does not say.",
    ],
)
def test_what_the_chunk_does_not_say_is_not_found(quote: str) -> None:
    assert how(quote) is None


def test_a_span_is_widened_to_whole_words() -> None:
    assert text_of(locate("lowers the melting poin", chunk(text=LONG))) == "lowers the melting point"
    assert text_of(locate("nealing is slow cool", chunk())) == "Annealing is slow cooling"


def test_an_accent_at_the_end_belongs_to_the_span() -> None:
    assert text_of(locate("THE OLD CAFE", chunk(text="the old cafe\u0301 is shut"))) == "the old cafe\u0301"


def test_a_script_without_spaces_is_not_widened() -> None:
    text = "玻璃退火是一种缓慢的冷却过程，可以消除成品玻璃中的应力。"
    assert text_of(locate("缓慢的冷却过程，可以", chunk(text=text))) == "缓慢的冷却过程，可以"


def test_the_first_of_two_places_is_taken() -> None:
    found = locate("the kiln is shut", chunk(text="At dusk the kiln is shut. At night the kiln is shut."))
    assert found is not None
    assert found.evidence.start == 8


@given(st.text(max_size=300), st.text(max_size=80))
def test_evidence_is_always_the_exact_span_of_the_chunk(text: str, quote: str) -> None:
    found = locate(quote, chunk(text=text))
    if found is not None:
        start, end = found.evidence.start, found.evidence.end
        assert 0 <= start < end <= len(text)
        assert text[start:end] == found.evidence.text


CHANGES = [
    lambda quote: quote.upper(),
    lambda quote: quote.replace(" ", "\n "),
    lambda quote: unicodedata.normalize("NFD", quote),
    lambda quote: quote.replace("e", "\u00ade"),
    lambda quote: f'"{quote}"',
    lambda quote: quote.replace("s", "z", 1),
]


@given(st.data())
def test_a_changed_quote_of_any_part_is_found_in_its_place_or_not_at_all(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([LONG, TEXT, "Ärger über Öfen — “ﬁne” glass isn’t cheap, naïvely put… " * 3]))
    start = data.draw(st.integers(0, len(text) - 30))
    quote = data.draw(st.sampled_from(CHANGES))(text[start : start + data.draw(st.integers(24, 120))])
    found = locate(quote, chunk(text=text))
    if found is not None:
        assert text[found.evidence.start : found.evidence.end] == found.evidence.text
        assert not found.evidence.text[0].isspace()
        assert not found.evidence.text[-1].isspace()


@pytest.mark.parametrize("text", ["a" * 50_000, " " * 50_000, "\u0301" * 50_000, "ab " * 16_000, "\ud800" * 9_000])
def test_hostile_text_is_searched_without_an_error(text: str) -> None:
    for quote in ("b" * 2_000, "ab ab ac " * 200, "\u0301" * 100, "\ud800\ud801 is a lone surrogate half"):
        found = locate(quote, chunk(text=text))
        assert found is None or found.evidence.text in text


def test_a_missing_library_is_told_before_a_teacher_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    with pytest.raises(MissingExtraError, match=r"rapidfuzz is not installed; run: pip install 'glossator\[teach\]'"):
        require_matching()
