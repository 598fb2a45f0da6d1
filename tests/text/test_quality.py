"""Text that is none is told from text in any language, from code and from tables; repetition is counted."""

import random
import string
from pathlib import Path

import pytest

from glossator.text.quality import GARBLED, assess, garbled, problem_of

PAPERS = Path(__file__).parents[2].parent / "shared/data/papers-jose/truth"
needs_papers = pytest.mark.skipif(not PAPERS.is_dir(), reason="the shared papers are not here")

PAGES = {
    "en": "The harbour wakes before the town does. Men in heavy coats carry nets over wet stones, and a boy "
    "counts the baskets that his grandmother will sell on the square. Nobody speaks much, since the wind "
    "takes every word away. When the first boat returns, the gulls know it sooner than the lighthouse "
    "keeper, who still sleeps behind shutters.",
    "de": "Der Hafen erwacht früher als die Stadt. Männer in schweren Mänteln tragen Netze über nasse Steine, "
    "und ein Junge zählt die Körbe, die seine Großmutter auf dem Marktplatz verkaufen wird. Niemand "
    "spricht viel, denn der Wind nimmt jedes Wort mit. Kehrt das erste Schiff zurück, wissen es die Möwen"
    " eher als der schlafende Leuchtturmwärter.",
    "fr": "Le port se réveille avant la ville. Des hommes en manteaux lourds portent les filets sur les pierres"
    " mouillées et un garçon compte les paniers que sa grand-mère vendra sur la place. Personne ne parle "
    "beaucoup, car le vent emporte chaque mot. Quand le premier bateau rentre, les mouettes le savent "
    "plus tôt que le gardien du phare endormi.",
    "pl": "Port budzi się wcześniej niż miasto. Mężczyźni w ciężkich płaszczach niosą sieci po mokrych "
    "kamieniach, a chłopiec liczy kosze, które jego babcia sprzeda na rynku. Nikt nie mówi wiele, "
    "ponieważ wiatr zabiera każde słowo. Kiedy wraca pierwsza łódź, mewy wiedzą o tym szybciej niż "
    "latarnik, który jeszcze śpi za okiennicami swojej wieży.",
    "cs": "Přístav se probouzí dříve než město. Muži v těžkých kabátech nesou sítě přes mokré kameny a chlapec "
    "počítá koše, které jeho babička prodá na náměstí. Nikdo moc nemluví, protože vítr odnáší každé "
    "slovo. Když se vrátí první loď, rackové to vědí dříve než strážce majáku, který ještě spí za "
    "okenicemi. Čtvrt hodiny nato zmrzl vchod i vrata.",
    "fi": "Satama herää ennen kaupunkia. Raskaisiin takkeihin pukeutuneet miehet kantavat verkkoja märkien "
    "kivien yli, ja poika laskee koreja, jotka hänen isoäitinsä myy torilla. Kukaan ei puhu paljon, sillä"
    " tuuli vie jokaisen sanan. Kun ensimmäinen vene palaa, lokit tietävät sen aikaisemmin kuin "
    "majakanvartija, joka nukkuu vielä luukkujen takana.",
    "tr": "Liman şehirden önce uyanır. Ağır paltolu adamlar ıslak taşların üzerinden ağları taşır, bir çocuk da"
    " büyükannesinin meydanda satacağı sepetleri sayar. Kimse çok konuşmaz, çünkü rüzgâr her sözü alıp "
    "götürür. İlk tekne döndüğünde martılar bunu, kepenklerin ardında hâlâ uyuyan fener bekçisinden daha "
    "çabuk öğrenir ve çığlık atar.",
    "vi": "Bến cảng thức dậy trước thành phố. Những người đàn ông mặc áo khoác nặng vác lưới qua những phiến đá"
    " ướt, và một cậu bé đếm những chiếc giỏ mà bà ngoại sẽ bán ở quảng trường. Không ai nói nhiều vì gió"
    " cuốn đi từng lời. Khi chiếc thuyền đầu tiên trở về, đàn hải âu biết sớm hơn người gác hải đăng vẫn "
    "còn ngủ sau cánh cửa chớp đóng kín.",
    "ru": "Гавань просыпается раньше города. Мужчины в тяжёлых пальто несут сети по мокрым камням, а мальчик "
    "считает корзины, которые его бабушка продаст на площади. Никто много не говорит, потому что ветер "
    "уносит каждое слово.",
    "el": "Το λιμάνι ξυπνά πριν από την πόλη. Άντρες με βαριά παλτά κουβαλούν δίχτυα πάνω από βρεγμένες πέτρες "
    "και ένα αγόρι μετρά τα καλάθια που θα πουλήσει η γιαγιά του στην πλατεία. Κανείς δεν μιλά πολύ, "
    "γιατί ο άνεμος παίρνει τα λόγια.",
    "ar": "يستيقظ الميناء قبل المدينة. يحمل رجال بمعاطف ثقيلة الشباك فوق الحجارة المبللة، ويعد صبي السلال التي "
    "ستبيعها جدته في الساحة. لا أحد يتكلم كثيرا لأن الريح تأخذ كل كلمة.",
    "zh": "港口比城市醒得更早。穿着厚重外套的男人们扛着渔网走过湿漉漉的石头，一个男"
    "孩数着祖母要在广场上卖的篮子。没有人说很多话，因为风会把每个字都带走。",
    "ja": "港は町より早く目を覚ます。重い外套を着た男たちが濡れた石の上を網を担いで"
    "行き、少年は祖母が広場で売る籠を数えている。風が言葉をさらうので誰も多く"
    "を語らない。",
}
CODE = """
def read_blocks(path: Path, *, limit: int = 1 << 20) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(limit):
            yield block  # the last one is shorter
#include <stdio.h>
int main(int argc, char **argv) { struct ctx *p = xmalloc(sizeof(*p));
  for (i = 0; i < n; ++i) p->buf[i] ^= key[i % klen];
  fprintf(stderr, "%s: %d\\n", argv[0], errno);
  return strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : EXIT_FAILURE; }
const getElementById = (id) => document.querySelector(`#${id}`)?.addEventListener('click', onClick);
SELECT cust_id, COUNT(*) AS n FROM orders WHERE ts >= '2024-01-01' GROUP BY cust_id HAVING COUNT(*) > 3;
"""
TABLE = "\n".join(
    ["| Method | Acc. | F1 | AUROC | ms/img | #params |", "|---|---|---|---|---|---|"]
    + [
        f"| ResNet-{depth} (ours) | {0.71 + depth / 1e4:.3f} ± 0.0{depth % 7} | .8{depth % 9} | {depth * 3.7:.1f} |"
        for depth in (18, 34, 50, 101, 152, 200)
    ]
)
FORMULAS = (
    "∂u/∂t + (u · ∇)u = −(1/ρ)∇p + ν∇²u, where u(x, t) ∈ ℝ³ and ∇ · u = 0. Let f : X → Y, g ∘ f = id; ∀ε > 0 ∃δ > 0. "
    "L(θ) = −∑ᵢ log p(yᵢ | xᵢ; θ) + λ‖θ‖₂², α = 0.05, β₁ = .9, σ² = E[(X − μ)²], x̂ = argmin ½ xᵀQx − bᵀx s.t. Ax ≤ b."
)
REFERENCES = (
    "Brzeziński, Z., Szczęsny, K. & Wójcik, P. (2019). Phys. Rev. B 99, 245113. doi:10.1103/PhysRevB.99.245113. "
    "Nguyễn, T. H. et al., Proc. NeurIPS, pp. 1123–1134. https://arxiv.org/abs/2104.12255v1. McDonnell Jr., J. J. L.; "
    "IEEE Trans. Knowl. Data Eng. 31(4):717–730. Hrvatska akademija znanosti, Zagreb, 2011. ISBN 978-3-16-148410-0."
)


def under_cipher(text: str, seed: int) -> str:
    """Let every letter stand for another one, and its capital for that one's."""
    shuffled = random.Random(seed).sample(string.ascii_lowercase, 26)
    table = dict(zip(string.ascii_letters, [*shuffled, *map(str.upper, shuffled)], strict=True))
    return text.translate(str.maketrans(table))


def shifted(text: str, by: int) -> str:
    return "".join(letter if letter.isspace() else chr(max(1, ord(letter) + by)) for letter in text)


@pytest.mark.parametrize("language", PAGES)
def test_a_page_in_a_language_is_clean(language):
    assert garbled(PAGES[language]) == 0
    assert problem_of(PAGES[language]) == ""


@pytest.mark.parametrize("text", [CODE, TABLE, FORMULAS, REFERENCES, CODE.upper(), TABLE * 20])
def test_code_tables_formulas_and_references_are_not_garbled(text):
    assert garbled(text) < 0.2


@pytest.mark.parametrize("language", ["en", "de", "fr", "pl", "cs", "fi"])
def test_a_page_under_a_cipher_is_garbled(language):
    scores = [garbled(under_cipher(PAGES[language], seed)) for seed in range(20)]
    assert sum(score >= GARBLED for score in scores) >= 18


@pytest.mark.parametrize("by", [-29, -31, -1, 1, 3, 128, 0x100, 0x5000, 0xE000])
def test_a_page_of_shifted_code_points_is_garbled(by):
    assert garbled(shifted(PAGES["en"], by)) >= GARBLED


@pytest.mark.parametrize(("language", "bytes_of", "read_as"), [("ru", "cp1251", "latin-1"), ("ja", "utf-8", "latin-1")])
def test_a_page_whose_bytes_were_misread_is_garbled(language, bytes_of, read_as):
    assert garbled(PAGES[language].encode(bytes_of).decode(read_as)) >= GARBLED


@pytest.mark.parametrize("sign", ["\ufffd", "\ue001", "\x02", "(cid:17)", "\U000f0001"])
def test_glyphs_without_a_letter_make_a_page_garbled_by_their_share(sign):
    words = PAGES["en"].split()
    few = " ".join(sign if place % 40 == 0 else word for place, word in enumerate(words))
    many = " ".join(sign * 6 if place % 2 else word for place, word in enumerate(words))
    assert garbled(few) == 0
    assert garbled(many) >= GARBLED


def test_letters_apart_are_garbled_and_counted():
    apart = " ".join(" ".join(word) for word in PAGES["en"].split())
    assert garbled(apart) >= GARBLED
    assert assess(apart).spaced > 0.8
    assert assess(PAGES["en"]).spaced == 0


def test_letters_of_several_alphabets_inside_words_are_garbled():
    swapped = PAGES["en"].translate(str.maketrans("aeotn", "\u0430\u03b5\u05d0\u03c4\u043f"))
    assert garbled(swapped) >= GARBLED


def test_ideographs_by_chance_are_garbled_and_a_classic_is_not():
    rng = random.Random(4)
    assert garbled("".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(200))) >= GARBLED
    assert garbled("學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？" * 3) == 0


@pytest.mark.parametrize("text", ["", "  \n", "qwrtz", "Xyzzy plugh", "a", "…", "\U0001f600\U0001f600"])
def test_too_little_text_is_not_judged(text):
    assert garbled(text) == 0
    assert problem_of(text, languages=["en"]) == ""


def test_the_score_lies_between_0_and_1_and_does_not_depend_on_what_follows_the_beginning():
    assert garbled("\ufffd" * 500) == 1
    assert garbled(PAGES["en"] * 200) == 0


@pytest.mark.parametrize("text", ["." * 300_000 + "a", "a" + "!-" * 150_000 + "b", "a " * 150_000, "ab\n" * 100_000])
def test_a_hostile_text_is_assessed_in_linear_time(text):
    assess(text)  # what is quadratic takes hours here


@needs_papers
def test_real_papers_are_clean_and_every_one_is_garbled_under_a_cipher():
    pages = [path.read_text("utf-8")[:4000] for path in sorted(PAPERS.glob("*.md"))]
    assert len(pages) > 20
    assert max(map(garbled, pages)) < 0.2
    assert all(garbled(under_cipher(page, seed)) >= GARBLED for seed, page in enumerate(pages))
    assert all(garbled(shifted(page, -29)) == 1 for page in pages)


@needs_papers
def test_hardly_any_paragraph_of_real_papers_has_a_problem():
    paragraphs = [part for path in sorted(PAPERS.glob("*.md")) for part in path.read_text("utf-8").split("\n\n")]
    problems = [problem for part in paragraphs if (problem := problem_of(part, languages=["en"]))]
    assert len(paragraphs) > 500
    assert len(problems) <= len(paragraphs) * 0.005


def test_shares_are_those_of_their_definitions():
    quality = assess("one two three four\none two three four\nfive six\n")
    assert quality.words == 10
    assert quality.mean_word_length == pytest.approx(37 / 10)
    assert quality.repeated_lines == pytest.approx(1 / 3)
    assert quality.repeated_line_characters == pytest.approx(18 / 44)
    assert quality.top_phrases == pytest.approx((18 / 37, 24 / 37, 30 / 37))
    assert quality.repeated_phrases == (0,) * 6


def test_phrases_that_overlap_are_counted_once():
    quality = assess("a b c d e f a b c d e f")
    assert quality.repeated_phrases[:3] == pytest.approx((0.5, 0.5, 0))
    assert assess("x " * 100).repeated_phrases[0] == pytest.approx(0.99, abs=0.01)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("plain words only", 0),
        ("42 % of x_1", 0.75),
        ("well-known, don't (he said) and/or", 0),
        ("l1ke th1s one", 2 / 3),
        ("", 0),
    ],
)
def test_non_words_are_numbers_formulas_and_mixtures(text, share):
    assert assess(text).non_words == pytest.approx(share)


def test_a_passage_that_says_the_same_again_and_again_is_repetitive():
    assert problem_of("Click here to subscribe to our newsletter today. " * 12) == "repetitive"
    assert problem_of("\n".join(["Home", "About", "Contact", "Privacy"] * 15)) == "repetitive"
    assert problem_of(PAGES["en"] + " " + PAGES["en"].split(".")[0] + ".") == ""


def test_of_fewer_than_forty_words_none_are_repetitive():
    assert problem_of("no no no no " * 9) == ""
    assert problem_of("no no no no " * 10) == "repetitive"


def test_a_passage_in_another_language_is_named_only_where_languages_are():
    assert problem_of(PAGES["de"], languages=["en"]) == "other_language"
    assert problem_of(PAGES["de"], languages=["en", "de"]) == ""
    assert problem_of(PAGES["de"]) == ""
    assert problem_of("Grüße aus Köln", languages=["en"]) == ""


def test_what_is_garbled_is_not_called_another_language():
    assert problem_of(shifted(PAGES["en"], -29), languages=["en"]) == "garbled"
