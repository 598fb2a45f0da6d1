"""Languages are told apart where there is enough text, and not guessed at where there is not."""

import sys

import pytest

from glossator.errors import MissingExtraError
from glossator.text.language import LEAST_CONFIDENCE, UNKNOWN, identify

SENTENCES = {
    "en": "The tide rises twice a day, and the fishermen know its times better than any printed table.",
    "de": "Die Flut steigt zweimal am Tag, und die Fischer kennen ihre Zeiten besser als jede gedruckte Tabelle.",
    "fr": "La marée monte deux fois par jour, et les pêcheurs en connaissent les heures mieux que n'importe qui.",
    "es": "La marea sube dos veces al día, y los pescadores conocen sus horas mejor que cualquier tabla impresa.",
    "it": "La marea sale due volte al giorno, e i pescatori ne conoscono gli orari meglio di qualsiasi tabella.",
    "pl": "Przypływ podnosi się dwa razy dziennie, a rybacy znają jego godziny lepiej niż każda drukowana tabela.",
    "fi": "Vuorovesi nousee kahdesti päivässä, ja kalastajat tuntevat sen ajat paremmin kuin mikään taulukko.",
    "tr": "Gelgit günde iki kez yükselir ve balıkçılar saatlerini basılı bütün çizelgelerden daha iyi bilir.",
    "ru": "Прилив поднимается дважды в день, и рыбаки знают его часы лучше любой печатной таблицы.",
    "el": "Η παλίρροια ανεβαίνει δύο φορές την ημέρα και οι ψαράδες ξέρουν τις ώρες της καλύτερα από όλους.",
    "ar": "يرتفع المد مرتين في اليوم ويعرف الصيادون مواعيده أفضل من أي جدول مطبوع.",
    "zh": "潮水每天涨两次，渔民比任何印刷的表格都更清楚它的时间。",
    "ja": "潮は一日に二度満ちる。漁師たちはその時刻をどんな印刷された表よりもよく知っている。",
    "ko": "밀물은 하루에 두 번 들어오고 어부들은 어떤 인쇄된 표보다 그 시간을 더 잘 안다.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_one_sentence_tells_its_language(code):
    found = identify(SENTENCES[code])
    assert found.code == code
    assert LEAST_CONFIDENCE <= found.confidence <= 1


@pytest.mark.parametrize("code", ["en", "de", "fr", "pl"])
def test_capitals_line_ends_and_indents_change_nothing(code):
    text = SENTENCES[code]
    assert identify(text.upper()).code == code
    assert identify(text.replace(" ", "\n      ")) == identify(text)


@pytest.mark.parametrize("text", ["", "  \n", "Hotel", "ok.", "1, 2, 3", "42 % (n = 17)", "Table 3", "→ ≥ ∑ ∫"])
def test_a_few_letters_are_no_language(text):
    assert identify(text).code == UNKNOWN
    assert identify(text).confidence == 0


@pytest.mark.parametrize(
    "text",
    [
        "x_i = \\sum_{j=1}^{n} a_{ij} y_j,  f(x) = 3x + 2 \\exp(-x^2 / 2\\sigma^2),  \\forall i \\neq j",
        "int main(int argc, char **argv) { for (int i = 0; i < argc; i++) puts(argv[i]); return 0; }",
        "0.12 0.55 0.71 | abc 12 xyz 14 | 0.99 1.02 0.88 | fgh 17 klm 19 | 1e-5 2e-4 3e-3 qrs tuv",
        "doi:10.1000/182 arXiv:2104.12255v1 [cs.LG] ISBN 978-3-16-148410-0 ISSN 1234-5678 pp. 12-34",
        "ACGTTGCATGCCGATTACGATCGGCTAAGCTTACGGATCCATGCAATCGGCTA",
    ],
)
def test_formulas_code_numbers_and_identifiers_are_not_called_a_language_with_certainty(text):
    found = identify(text)
    assert found.code == UNKNOWN or (found.code == "en" and found.confidence < 0.9)


def test_more_text_makes_surer():
    assert identify("The tide rises twice a day").confidence < identify(SENTENCES["en"]).confidence
    assert identify(" ".join([SENTENCES["en"]] * 10)).confidence > 0.95


def test_a_sentence_between_two_languages_is_less_sure_than_either():
    mixed = "The tide rises. Die Flut steigt. La marée monte. La marea sube. Прилив."
    assert identify(mixed).confidence < min(identify(SENTENCES[code]).confidence for code in ("en", "de", "fr", "ru"))


def test_odd_characters_are_read_without_an_error():
    assert identify("\ud800\x00\ufffd" * 50).code == UNKNOWN
    assert identify(SENTENCES["en"] + "\udcff\x00").code == "en"


def test_a_missing_py3langid_is_named_with_its_pip_line(monkeypatch):
    from glossator.text import language

    language._model.cache_clear()
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[documents\]"):
        identify(SENTENCES["en"])
    monkeypatch.undo()
    assert identify(SENTENCES["en"]).code == "en"
