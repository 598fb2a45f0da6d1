"""What dev, test, test_seen or a benchmark asks is not taught, and if it were the run would stop."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.curation.decontamination import Benchmark, decontaminate, search
from glossator.curation.decontamination.overlap import STOCK_CLUSTERS
from glossator.errors import CurationError
from glossator.llm.chat_format import student_messages
from glossator.records import Message, Sample, from_dict

MEDICAL = Path(__file__).parents[4] / "shared" / "data" / "qa-medical"


@pytest.fixture(scope="session")
def make(make_sample, make_text):
    """Build a sample of a split, about a passage or about none."""

    def build(name, split="train", *, question=None, answer=None, passage=None, document=None):
        asked, said = question or f"{make_text(f'q{name}', 9)}?", answer or make_text(f"a{name}", 20)
        messages = (*student_messages(asked, context=passage), Message("assistant", said))
        base = make_sample(asked, said, split=split, chunk=f"c{name}", document=document or f"d{name}")
        return replace(base, id=f"s{name}", messages=messages, context="chunk" if passage else "none")

    return build


def gone(done):
    return {reject.subject_id for reject in done.rejects}


def swap(text, share, seed=0):
    rng = random.Random(seed)
    return " ".join(f"other{rng.randrange(999)}" if rng.random() < share else word for word in text.split())


def change_nothing(text):
    return text


COPIES = {
    "verbatim": change_nothing,
    "upper case and other punctuation": lambda text: text.upper().replace(" ", " - "),
    "one word in twenty replaced": lambda text: swap(text, 0.05),
    "one word in seven replaced": lambda text: swap(text, 0.15),
    "its halves exchanged": lambda text: " ".join([*text.split()[10:], *text.split()[:10]]),
    "inside a longer answer": lambda text: f"It is well known that {text} and so on for ever and a day.",
    "cut to three quarters": lambda text: " ".join(text.split()[:15]),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("split", ["train", "pool"])
@pytest.mark.parametrize("held", ["dev", "test", "test_seen"])
def test_a_copy_of_a_held_out_sample_is_removed(make, kind, split, held):
    asked = make("held", held)
    copy = make("copy", split, question=asked.question, answer=COPIES[kind](asked.answer))
    clean = [make(n, split) for n in range(5)]
    done = decontaminate([asked, copy, *clean], cluster_of=None)
    assert gone(done) == {"scopy"}
    assert done.samples == (asked, *clean)
    (reject,) = done.rejects
    assert (reject.stage, reject.reason) == ("decontamination", "contaminated")
    assert f"sheld of {held}" in reject.detail
    assert from_dict(Sample, reject.record) == copy
    (measures,) = done.report["removed"][split].values()
    assert sum(measures.values()) == 1


def test_the_detail_of_a_reject_tells_no_text_of_what_is_held_out(make):
    asked = make("held", "test")
    done = decontaminate(
        [asked, make("copy", answer=swap(asked.answer, 0.1), question=asked.question)], cluster_of=None
    )
    words = set(f"{asked.question} {asked.answer}".lower().split())
    assert not words & set(done.rejects[0].detail.lower().split())


def test_a_passage_of_test_that_train_reads_is_found_whatever_is_asked(make, make_text):
    passage = make_text("shared passage", 80)
    shifted = " ".join([*passage.split()[40:], *make_text("more", 40).split()])
    asked = make("held", "test", passage=passage)
    done = decontaminate([asked, make("same", passage=passage), make("shift", passage=shifted)], cluster_of=None)
    assert gone(done) == {"ssame", "sshift"}


def test_a_held_out_question_and_answer_inside_a_passage_of_train_are_found(make, make_text):
    asked = make("held", "dev")
    passage = f"{make_text('before', 60)} {asked.question} {asked.answer} {make_text('after', 60)}"
    assert gone(decontaminate([asked, make("reads", passage=passage)], cluster_of=None)) == {"sreads"}


def test_with_test_seen_passages_are_shared_and_only_questions_and_answers_compared(make, make_text):
    passage = make_text("shared passage", 80)
    seen = make("seen", "test_seen", passage=passage, document="d")
    other = make("other", passage=passage, document="d")
    copy = make("copy", passage=passage, document="d", question=seen.question, answer=seen.answer)
    about = make("about", passage=f"{seen.question} {seen.answer} {passage}", document="d")
    assert gone(decontaminate([seen, other, copy, about], cluster_of=None)) == {"scopy"}


def test_phrases_that_many_clusters_hold_count_for_nothing(make, make_text):
    phrase = make_text("stock phrase", 30)
    many = [make(n, answer=f"{phrase} {make_text(n, 6)}") for n in range(STOCK_CLUSTERS + 1)]
    held = make("held", "test", answer=f"{phrase} {make_text('held', 6)}")
    assert gone(decontaminate([held, *many], cluster_of=None)) == set()
    one_cluster = {sample.document_ids[0]: "all of them" for sample in many}
    assert len(gone(decontaminate([held, *many], cluster_of=one_cluster))) == len(many)


def test_even_of_stock_phrases_the_same_text_is_found(make, make_text):
    phrase = make_text("stock phrase", 30)
    many = [make(n, question="How?", answer=phrase) for n in range(STOCK_CLUSTERS + 3)]
    assert gone(decontaminate([make("held", "test", question="how", answer=phrase), *many], cluster_of=None)) == {
        sample.id for sample in many
    }


def test_short_questions_are_equal_or_share_short_runs_of_words(make):
    asked = make("held", "test", question="What year did the painter Aldo Brenn die?", answer="1943")
    reworded = make("a", question="In what year did the painter Aldo Brenn die?", answer="1943")
    another = make("b", question="What year did the sculptor Mira Voss move?", answer="1951")
    tiny = make("c", question="Why not?", answer="No.")
    same_tiny = make("d", "dev", question="why not", answer="no")
    assert gone(decontaminate([asked, same_tiny, reworded, another, tiny], cluster_of=None)) == {"sa", "sc"}


def test_an_answer_style_that_all_share_is_not_compared(make, make_text):
    style = Message("system", make_text("style", 60))
    samples = [make("held", "test"), make("one"), make("two")]
    styled = [replace(sample, messages=(style, *sample.messages)) for sample in samples]
    assert gone(decontaminate(styled, cluster_of=None)) == set()


def test_earlier_turns_of_a_conversation_are_compared_too(make, make_text):
    asked = make("held", "test")
    talk = make("talk")
    turns = (Message("user", asked.question), Message("assistant", asked.answer), *talk.messages)
    assert gone(decontaminate([asked, replace(talk, messages=turns)], cluster_of=None)) == {"stalk"}


def test_vectors_find_what_says_the_same_in_other_words(make):
    asked = make("held", "test", question="Who wrote it?", answer="Ada did.")
    other = make("other", question="Name its author!", answer="That was Lovelace, Ada.")
    clean = make("clean", question="Where is it?", answer="In Rome, Italy.")

    def embed(texts):
        return np.array([[2.0, 0.1] if "Ada" in text else [0.0, 1.0] for text in texts])

    done = decontaminate([asked, other, clean], cluster_of=None, embed=embed)
    assert gone(done) == {"sother"}
    assert done.rejects[0].detail == "cosine 1.00 with sheld of test"
    assert gone(decontaminate([asked, other, clean], cluster_of=None)) == set()


def test_benchmarks_are_told_of_every_split_and_only_train_is_cleaned(make):
    samples = [make("dev", "dev"), make("test", "test"), make("seen", "test_seen"), make("one"), make("two", "pool")]
    rows = tuple(f"{samples[n].question}\n{samples[n].answer}" for n in (0, 1, 3, 4))
    done = decontaminate(samples, cluster_of=None, benchmarks=[Benchmark("exam", rows)])
    assert gone(done) == {"sone", "stwo"}
    assert done.report["benchmarks"] == {"exam": {"texts": 4, "removed": 2, "test": 1, "dev": 1, "test_seen": 0}}
    assert done.report["removed"]["pool"] == {"exam": {"equal": 1}}
    assert done.rejects[0].detail == "the same text with row 3 of exam"


def test_a_search_that_misses_something_is_noticed_and_stops_the_run(make, monkeypatch):
    asked = make("held", "test")
    samples = [asked, make("copy", question=asked.question, answer=f"{asked.answer} and more"), make("clean")]
    monkeypatch.setattr(search, "find_overlaps", lambda *_: [])
    with pytest.raises(CurationError, match=r"1 sample of train or pool still hold .* after decontamination \(scopy\)"):
        decontaminate(samples, cluster_of=None)


def test_vectors_that_the_search_misses_are_noticed_as_well(make, monkeypatch):
    monkeypatch.setattr(search, "find_alike", lambda *_: [])
    with pytest.raises(CurationError, match="still hold"):
        decontaminate([make("held", "dev"), make("one")], cluster_of=None, embed=lambda texts: np.ones((len(texts), 3)))


@pytest.mark.parametrize("given_value", [{"threshold": 0}, {"cosine": 1.5}])
def test_a_threshold_out_of_range_is_refused(given_value):
    with pytest.raises(CurationError, match="must lie above 0 and not above 1"):
        decontaminate([], cluster_of=None, **given_value)


def test_nothing_to_teach_or_to_examine_is_no_fault(make):
    train, test = make("one"), make("two", "test")
    for samples in ([], [train], [test]):
        done = decontaminate(samples, cluster_of=None, embed=lambda texts: np.ones((len(texts), 3)))
        assert (done.samples, done.rejects) == (tuple(samples), ())


PHRASES = ["the old mill by the river", "was built of red stone", "in the year of the flood", "and nobody knows why",
           "who keeps the key of the tower", "seven long winters ago", "under the northern gate"]  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["train", "dev", "test", "test_seen", "pool"]),
            st.lists(st.sampled_from(PHRASES), min_size=1, max_size=5),
            st.lists(st.sampled_from(PHRASES), max_size=4),
            st.integers(0, 3),
        ),
        max_size=14,
    )
)
def test_both_searches_agree_on_any_set_and_a_second_time_nothing_is_found(make, plan):
    samples = []
    for n, (split, said, read, document) in enumerate(plan):
        texts = {"question": f"Is it so {said[0]}?", "answer": " ".join(said), "passage": " ".join(read) or None}
        samples.append(make(n, split, document=f"d{document}", **texts))
    done = decontaminate(samples, cluster_of=None)  # raises where the second search finds more
    assert len(done.samples) + len(done.rejects) == len(samples)
    assert Counter(s.split for s in done.samples if s.split not in ("train", "pool")) == Counter(
        s.split for s in samples if s.split not in ("train", "pool")
    )
    held = {sample.messages[-1].content for sample in samples if sample.split in ("dev", "test")}
    question_of = {sample.messages[-1].content: sample.question for sample in samples}
    for sample in done.samples:
        if sample.split in ("train", "pool") and sample.context == "none":
            assert sample.answer not in held or question_of[sample.answer] != sample.question


@pytest.mark.skipif(not MEDICAL.is_dir(), reason="the medical question set does not lie beside the repository")
def test_of_a_real_set_split_by_clusters_hardly_anything_clean_is_removed_and_planted_copies_are():
    from glossator.curation import PerGroup, assign_splits
    from glossator.sources import collect

    ready = [item for item in collect("qa_files", path=MEDICAL) if isinstance(item, Sample)]
    assignment, _ = assign_splits([], [], samples=ready, rule=PerGroup(), seed=42)
    samples = [replace(sample, split=assignment.split_of_sample(sample)) for sample in ready]
    clean = decontaminate(samples, cluster_of=assignment.cluster_of)
    teaching = sum(sample.split in ("train", "pool") for sample in samples)
    assert len(clean.rejects) < 0.01 * teaching
    rng = random.Random(3)
    held = rng.sample([one for one in samples if one.split in ("dev", "test") and len(one.answer.split()) > 20], 30)
    planted = []
    for n, one in enumerate(held):
        answer = Message("assistant", swap(one.answer, 0.1, n))
        planted.append(replace(one, id=f"copy {n}", split="train", messages=(one.messages[0], answer)))
    found = gone(decontaminate([*samples, *planted], cluster_of=assignment.cluster_of))
    assert {one.id for one in planted} <= found


@pytest.mark.parametrize("split", ["train", "pool"])
def test_a_preference_whose_worse_answer_is_a_held_out_answer_is_removed(make, split):
    asked = make("held", "test")
    worse = replace(make("worse", split), rejected=asked.answer)
    harmless = replace(make("harmless", split), rejected="Nobody knows.")
    assert gone(decontaminate([asked, worse, harmless], cluster_of=None)) == {"sworse"}


def test_nobody_is_examined_by_a_worse_answer(make):
    taught = make("taught")
    asked = replace(make("held", "test"), rejected=taught.answer)
    assert gone(decontaminate([asked, taught], cluster_of=None)) == set()
