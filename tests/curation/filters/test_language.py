"""Another language than the passage's is found where it is certain, and names and short answers alarm nobody."""

import json
from pathlib import Path

import pytest

from glossator.curation.filters import SameLanguage
from glossator.text.language import Language

PASSAGE = "The bridge across the river was opened to traffic in 1883 after fourteen years of work by many engineers."
GERMAN = "Die Brücke wurde nach vierzehn Jahren Bauzeit für den Verkehr geöffnet."
CHINESE = "这座桥于一八八三年建成通车，当时是世界上最长的悬索桥。"
DATA = Path(__file__).parents[3].parent / "shared" / "data"


def reasons(found):
    return [reject.reason for reject in found[1]]


@pytest.fixture
def ask(make_chunk, make_sample):
    def build(question, answer, passage=PASSAGE, **options):
        chunk = make_chunk("d", 0, passage)
        return SameLanguage({chunk.id: chunk}, **options)([make_sample(question, answer, chunk=chunk.id)])

    return build


@pytest.mark.parametrize("answer", [GERMAN, CHINESE])
def test_an_answer_in_another_language_than_its_passage_is_rejected(ask, answer):
    assert reasons(ask("When was the bridge opened to traffic?", answer)) == ["answer"]


def test_a_question_in_another_language_is_rejected_and_the_detail_tells_which(ask):
    kept, rejects = ask("Wann wurde die Brücke nach all den Jahren für den Verkehr geöffnet?", "In 1883.")
    assert kept == []
    assert rejects[0].reason == "question"
    assert rejects[0].detail.startswith("in de at ")
    assert rejects[0].detail.endswith("not in en")


def test_a_pair_in_the_language_of_its_passage_stays_whatever_that_is(ask):
    assert reasons(ask("Wann wurde die Brücke für den Verkehr geöffnet?", GERMAN, passage=f"{GERMAN} " * 3)) == []


@pytest.mark.parametrize(
    "answer", ["1883", "fourteen", "Escherichia coli", "São Paulo", "Johannes Gutenberg-Universität", "x² + y²", "北京"]
)
def test_short_answers_and_names_are_let_through(ask, answer):
    assert reasons(ask("When was the bridge opened to traffic?", answer)) == []


def test_only_a_confident_disagreement_rejects(ask):
    def unsure(text):
        return Language("en", 1.0) if text.startswith("The bridge") else Language("it", 0.79)

    said = {"question": "Lorem ipsum dolor sit amet?", "answer": "In 1883."}
    assert reasons(ask(**said, identify=unsure)) == []
    assert reasons(ask(**said, identify=unsure, least_confidence=0.7)) == ["question"]


def test_languages_that_writing_hardly_tells_apart_do_not_disagree(ask):
    def guess(text):
        return Language("hr" if text.startswith("The bridge") else "sr", 1.0)

    assert reasons(ask("Nešto?", "Nešto drugo.", identify=guess)) == []


def test_given_languages_hold_for_pairs_without_a_passage(make_pair):
    pair = make_pair("When was the bridge opened to traffic?", GERMAN)
    assert SameLanguage({})([pair]) == ([pair], [])
    assert SameLanguage({}, languages=["en", "de"])([pair]) == ([pair], [])
    assert reasons(SameLanguage({}, languages=["en"])([pair])) == ["answer"]
    assert SameLanguage({}, languages=[])([pair]) == ([pair], [])


def test_a_ready_pair_is_compared_with_the_passage_in_its_prompt(make_pair):
    assert reasons(SameLanguage({})([make_pair("When was it opened?", GERMAN, passage=PASSAGE)])) == ["answer"]


def test_a_passage_between_languages_allows_any(ask):
    assert reasons(ask("Why?", GERMAN, passage="1883 1884 1885 x y z 1886")) == []


def test_a_passage_is_looked_at_once(ask, make_chunk, make_sample):
    seen = []

    def identify(text):
        seen.append(text)
        return Language("en", 1.0)

    chunk = make_chunk("d", 0, PASSAGE)
    samples = [
        make_sample(f"Question {n} quite unlike its text?", "Alien words only.", chunk=chunk.id) for n in range(9)
    ]
    SameLanguage({chunk.id: chunk}, identify=identify)(samples)
    assert seen.count(PASSAGE) == 1


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")
def test_hardly_any_real_pair_about_diseases_is_called_foreign(make_pair):
    pairs = []
    for path in sorted((DATA / "qa-medical").glob("*.json"))[:6]:
        pairs += [make_pair(question, answer) for question, answer in json.loads(path.read_text("utf-8")).items()]
    assert len(SameLanguage({}, languages=["en"])(pairs)[1]) < 0.005 * len(pairs)
