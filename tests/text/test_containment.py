"""A text inside a longer one joins it; quotations, stock phrases and short texts do not."""

import random
from pathlib import Path

import pytest

from glossator.text.containment import FEWEST_SHINGLES, STOCK_CLUSTERS, containment
from glossator.text.near_duplicates import cluster, shingles

PAPERS = Path(__file__).parents[2].parent / "shared/data/papers-jose"
VOCABULARY = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("arn", "elo", "ipt", "oss", "und", "yve")]


def text_of(seed: object, words: int = 400) -> str:
    rng = random.Random(str(seed))
    return " ".join(rng.choice(VOCABULARY) for _ in range(words))


def clusters_of(*texts: str) -> int:
    return len(set(cluster({f"t{place:03}": text for place, text in enumerate(texts)}).values()))


@pytest.mark.parametrize("times", [7, 40])
def test_a_paper_inside_a_thesis_many_times_as_long_joins_it(times):
    paper, thesis = (
        text_of("paper"),
        " ".join([text_of("before", 900), text_of("paper"), text_of("after", 400 * times)]),
    )
    left, right = shingles(paper), shingles(thesis)
    assert len(left & right) / len(left | right) < 0.3, "similarity alone would not tell"
    assert clusters_of(paper, thesis, text_of("other")) == 2


def test_the_order_of_the_longer_and_the_shorter_does_not_matter():
    paper, grown = text_of("paper"), text_of("paper") + " " + text_of("appendix", 4000)
    assert cluster({"a": paper, "b": grown}) == cluster({"a": grown, "b": paper}) == {"a": "a", "b": "a"}


def test_the_beginning_of_a_paper_joins_the_paper():
    paper = text_of("paper", 1500)
    assert clusters_of(" ".join(paper.split()[:150]), paper) == 1


def test_a_reworded_paper_inside_a_thesis_joins_it():
    rng = random.Random(3)
    reworded = " ".join(rng.choice(VOCABULARY) if rng.random() < 0.1 else word for word in text_of("paper").split())
    assert clusters_of(text_of("paper"), text_of("thesis", 3000) + " " + reworded) == 1


def test_a_long_quotation_does_not_join_two_texts():
    quoted = " ".join(text_of("paper").split()[:100])
    assert clusters_of(text_of("paper"), text_of("review", 2000) + " " + quoted) == 2


def test_a_licence_that_many_texts_hold_joins_none_of_them_however_short_the_rest():
    licence = text_of("licence", 300)
    texts = [f"{licence} {text_of(n, 100 + 500 * n)}" for n in range(STOCK_CLUSTERS + 2)]
    assert clusters_of(*texts) == len(texts)
    long = [f"{licence} {text_of(n, 1000 + 100 * n)}" for n in range(STOCK_CLUSTERS + 1)]
    assert clusters_of(licence, *long) == len(long) + 1


def test_a_text_inside_one_that_lies_here_in_many_copies_joins_them():
    copies = [text_of("thesis", 4000) + f" copy{n}" for n in range(3 * STOCK_CLUSTERS)]
    assert clusters_of(" ".join(copies[0].split()[:300]), *copies) == 1


def test_a_text_of_which_many_copies_lie_inside_a_longer_one_joins_it():
    copies = [text_of("paper", 300) + f" copy{n}" for n in range(3 * STOCK_CLUSTERS)]
    assert clusters_of(*copies, text_of("paper", 300) + " " + text_of("thesis", 4000)) == 1


def test_a_text_with_too_few_shingles_does_not_join_for_being_contained():
    long = text_of("long", 2000)
    short, enough = (" ".join(long.split()[:words]) for words in (FEWEST_SHINGLES + 1, FEWEST_SHINGLES + 2))
    assert clusters_of(short, long) == 2
    assert clusters_of(enough, long) == 1


def test_pairs_are_found_among_thousands_of_texts():
    texts = {f"t{n:04}": text_of(n, 80) for n in range(3000)}
    thesis = " ".join(texts[f"t{n:04}"] for n in range(0, 3000, 300)) + text_of("own", 900)
    clusters = cluster({**texts, "thesis": thesis})
    assert {name for name, own in clusters.items() if own == "t0000"} == {"thesis", *list(texts)[::300]}
    assert len(set(clusters.values())) == 2991


def test_containment_is_the_share_of_the_smaller_one():
    assert containment([1, 2, 3, 4], [3, 4, 5, 6, 7]) == 0.5
    assert containment([], [1]) == 0


@pytest.mark.skipif(not PAPERS.is_dir(), reason="the shared papers are not here")
def test_real_papers_join_the_longer_documents_that_hold_them_and_nothing_else():
    papers = {path.stem: path.read_text("utf-8") for path in sorted((PAPERS / "truth").glob("*.md"))}
    names = list(papers)
    one, other = (" ".join(" ".join(papers[name].split()[::-1]) for name in part) for part in (names[3:8], names[8:13]))
    planted = {
        "z-thesis": f"{one[:20000]} {papers[names[0]]} {one[20000:]}",
        "z-preprint": " ".join(papers[names[1]].split()[:200]),
        "z-report": f"{papers[names[2]]} {other}",
    }
    joined = dict(zip(planted, names, strict=False))
    assert cluster({**papers, **planted}) == {**{name: name for name in names}, **joined}


def test_sorting_the_hashes_range_by_range_changes_nothing(monkeypatch):
    texts = {f"t{n:03}": text_of(n, 120) for n in range(300)}
    thesis = " ".join(texts[f"t{n:03}"] for n in range(0, 300, 30)) + text_of("own", 900)
    at_once = cluster({**texts, "thesis": thesis})
    monkeypatch.setattr("glossator.text.containment._SORTED_AT_ONCE", 1000)
    assert cluster({**texts, "thesis": thesis}) == at_once
    assert len(set(at_once.values())) == 291
