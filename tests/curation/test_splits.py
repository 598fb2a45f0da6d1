"""Documents and their chunks are split before any question exists."""

import itertools
import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glossator.curation.assignment import Assignment, section_key
from glossator.curation.fractions import Fractions
from glossator.curation.per_group import PerGroup
from glossator.curation.splits import assign_splits
from glossator.errors import CurationError
from glossator.records import Sample

HALF = {"rule": Fractions(train=0.5, dev=0.25, test=0.25), "seed": 7}
SPLITS = ("train", "dev", "test", "dev", "test", "train")


@pytest.fixture(scope="session")
def corpus(make_document, make_chunk, make_text):
    """Build documents of three chunks each, from names and text seeds."""

    def build(names, text_of=lambda name: name):
        documents = [make_document(name) for name in names]
        chunks = [
            make_chunk(name, index, make_text(f"{text_of(name)}/{index}"), "Intro")
            for name in names
            for index in (0, 1, 2)
        ]
        return documents, chunks

    return build


@pytest.fixture(scope="session")
def book(make_document, make_chunk, make_text):
    """Build one document with sections of the given lengths in chunks."""

    def build(lengths, name="book"):
        places = [(section, part) for section, length in enumerate(lengths) for part in range(length)]
        chunks = [
            make_chunk(name, index, make_text(f"{name}/{section}/{part}"), f"Chapter {section}")
            for index, (section, part) in enumerate(places)
        ]
        return [make_document(name)], chunks

    return build


def splits_of(assignment, chunks):
    return {chunk.id: assignment.split_of_chunk(chunk) for chunk in chunks}


def test_six_documents_are_split_by_document_and_every_chunk_follows_its_document(corpus):
    documents, chunks = corpus("abcdef")
    assignment, rejects = assign_splits(documents, chunks, **HALF)
    assert assignment.unit == "document"
    assert Counter(assignment.split_of.values()) == {"train": 2, "dev": 2, "test": 2}
    assert all(assignment.split_of_chunk(chunk) == assignment.split_of[chunk.document_id] for chunk in chunks)
    assert rejects == []


def test_near_duplicate_documents_never_straddle_two_splits(corpus):
    names = [f"{letter}{copy}" for letter in "abcdefghij" for copy in (1, 2)]
    documents, chunks = corpus(names, text_of=lambda name: name[0])
    assignment, _ = assign_splits(documents, chunks, **HALF)
    assert all(assignment.split_of[f"{letter}1"] == assignment.split_of[f"{letter}2"] for letter in "abcdefghij")
    assert assignment.cluster_of["c2"] == "c1"


def test_the_order_of_documents_and_chunks_does_not_matter(corpus):
    documents, chunks = corpus([f"d{n}" for n in range(9)])
    one, _ = assign_splits(documents, chunks, **HALF)
    other, _ = assign_splits(documents[::-1], chunks[::-1], **HALF)
    assert one.to_dict() == other.to_dict()


def test_a_document_without_chunks_is_set_aside_and_counted(corpus, make_document):
    documents, chunks = corpus("abcdef")
    assignment, rejects = assign_splits([*documents, make_document("blank")], chunks, **HALF)
    assert [(reject.subject_id, reject.reason) for reject in rejects] == [("blank", "no_text")]
    assert "blank" not in assignment.split_of


def test_a_chunk_of_an_unknown_document_is_refused(corpus, make_chunk):
    documents, chunks = corpus("abcdef")
    with pytest.raises(CurationError, match="stranger"):
        assign_splits(documents, [*chunks, make_chunk("stranger", 0, "text")], **HALF)


def test_documents_added_later_leave_the_old_ones_where_they_were_after_a_round_trip_through_json(corpus):
    documents, chunks = corpus([f"d{n}" for n in range(8)])
    first, _ = assign_splits(documents, chunks, **HALF)
    saved = Assignment.from_dict(json.loads(json.dumps(first.to_dict())))
    more_documents, more_chunks = corpus([f"a{n}" for n in range(8)])
    second, _ = assign_splits([*documents, *more_documents], [*chunks, *more_chunks], **HALF, previous=saved)
    assert {key: second.split_of[key] for key in first.split_of} == dict(first.split_of)
    assert len(second.split_of) == 16
    assert second.holdout_hash != first.holdout_hash


def test_a_new_document_made_of_two_old_ones_in_different_splits_gets_no_split(corpus, make_document, make_chunk):
    documents, chunks = corpus([f"d{n}" for n in range(8)])
    first, _ = assign_splits(documents, chunks, **HALF)
    one, other = (next(key for key in first.split_of if first.split_of[key] == split) for split in ("train", "test"))
    texts = [chunk.text for chunk in chunks if chunk.document_id in (one, other)]
    mixed = [make_chunk("mixed", index, text) for index, text in enumerate(texts)]
    second, rejects = assign_splits([*documents, make_document("mixed")], [*chunks, *mixed], **HALF, previous=first)
    assert [(reject.subject_id, reject.reason) for reject in rejects] == [("mixed", "near_two_splits")]
    assert {second.split_of_chunk(chunk) for chunk in mixed} == {None}


def test_fewer_than_six_documents_are_split_by_section(corpus, book):
    assignment, _ = assign_splits(*book([4] * 12), **HALF)
    assert assignment.unit == "section"
    assert Counter(assignment.split_of.values()) == {"train": 6, "dev": 3, "test": 3}


def test_many_copies_of_few_documents_count_as_few(book):
    documents, chunks = [], []
    for name in "abcdefgh":
        own = book([4] * 8, name)
        documents += own[0]
        chunks += own[1]
    texts = [chunk.text for chunk in chunks[:32]]
    copies = [type(chunk)(**{**fields(chunk), "text": texts[place % 32]}) for place, chunk in enumerate(chunks)]
    assignment, _ = assign_splits(documents, copies, **HALF)
    assert assignment.unit == "section"
    by_heading = defaultdict(set)
    for key, split in assignment.split_of.items():
        by_heading[key.split("#")[1]].add(split)
    assert all(len(splits) == 1 for splits in by_heading.values())


def fields(chunk):
    return {name: getattr(chunk, name) for name in chunk.__slots__}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(3, 5), min_size=6, max_size=14), st.integers(0, 10**6))
def test_no_two_adjacent_chunks_are_in_different_splits_and_only_boundary_chunks_are_left_out(book, lengths, seed):
    documents, chunks = book(lengths)
    assignment, rejects = assign_splits(documents, chunks, **{**HALF, "seed": seed})
    found = [assignment.split_of_chunk(chunk) for chunk in chunks]
    for left, right in itertools.pairwise(found):
        assert left is None or right is None or left == right
    own = [assignment.split_of[section_key(chunk)] for chunk in chunks]
    touching = {
        chunks[place].id
        for place in range(len(chunks))
        for beside in (place - 1, place + 1)
        if 0 <= beside < len(chunks) and own[place] != own[beside]
    }
    assert {reject.subject_id for reject in rejects if reject.reason == "boundary"} == touching
    assert {chunk.id for chunk, split in zip(chunks, found, strict=True) if split is None} == touching
    assert {"train", "dev", "test"} <= set(found)


def test_the_last_chunk_of_one_document_does_not_touch_the_first_of_the_next(book):
    one, other = book([20] * 3, "one"), book([20] * 3, "two")
    _, rejects = assign_splits([*one[0], *other[0]], [*one[1], *other[1]], **HALF)
    ends = {one[1][-1].id, other[1][0].id, one[1][0].id, other[1][-1].id}
    assert rejects
    assert not ends & {reject.subject_id for reject in rejects}


def test_near_duplicate_sections_share_a_split(book, make_chunk, make_text):
    documents, chunks = book([4] * 12)
    start = len(chunks)
    repeated = [
        make_chunk("book", start + part, make_text(f"book/3/{part}") + " errata", "Chapter 3 again")
        for part in range(4)
    ]
    for seed in range(6):
        assignment, _ = assign_splits(documents, [*chunks, *repeated], **{**HALF, "seed": seed})
        assert assignment.split_of["book#Chapter 3 again"] == assignment.split_of["book#Chapter 3"]


@pytest.mark.parametrize("lengths", [[1] * 24, [2] * 14, [1, 4] * 8, [4, 1] * 8, [5, 1, 1, 1, 5, 5, 5, 5, 5, 2]])
def test_short_neighbours_share_a_split_so_that_each_split_keeps_at_least_two_chunks(book, lengths):
    for seed in range(8):
        documents, chunks = book(lengths)
        assignment, _ = assign_splits(documents, chunks, **{**HALF, "seed": seed})
        kept = Counter(assignment.split_of_chunk(chunk) for chunk in chunks)
        assert min(kept["train"], kept["dev"], kept["test"]) >= 2


def test_five_short_papers_leave_chunks_for_every_split(book):
    documents, chunks = [], []
    for name in "abcde":
        own = book([1, 1, 2, 1, 1, 1], name)
        documents += own[0]
        chunks += own[1]
    for seed in range(8):
        assignment, _ = assign_splits(documents, chunks, **{**HALF, "seed": seed})
        kept = Counter(assignment.split_of_chunk(chunk) for chunk in chunks)
        assert min(kept["train"], kept["dev"], kept["test"]) >= 2
        assert kept[None] < len(chunks) / 2


def test_fewer_than_six_sections_are_refused_with_what_to_do(book):
    with pytest.raises(CurationError, match=r"1 document with 5 different.*give at least 6 documents.*or a longer one"):
        assign_splits(*book([4] * 5), **HALF)


def test_sections_that_all_touch_each_other_are_refused_with_what_to_do(book):
    with pytest.raises(CurationError, match=r"no chunk is left for .*give at least 6 documents"):
        assign_splits(*book([1] * 8), **HALF)


def test_the_unit_stays_the_section_when_documents_are_added_so_that_nothing_moves(book, corpus):
    documents, chunks = book([5] * 10)
    first, _ = assign_splits(documents, chunks, **HALF)
    more_documents, more_chunks = corpus([f"d{n}" for n in range(9)])
    second, _ = assign_splits([*documents, *more_documents], [*chunks, *more_chunks], **HALF, previous=first)
    assert second.unit == "section"
    assert {key: second.split_of[key] for key in first.split_of} == dict(first.split_of)
    assert splits_of(second, chunks) == splits_of(first, chunks)


def test_text_above_the_first_heading_is_a_section_of_its_own(make_chunk):
    assert section_key(make_chunk("d", 0, "preface")) == "d#"
    assert section_key(make_chunk("d", 1, "text", "One")) == "d#One"


def test_the_holdout_hash_changes_exactly_when_dev_or_test_does():
    base = Assignment("document", {"a": "train", "b": "dev", "c": "test", "d": "pool"}, {})
    same = Assignment("document", {"d": "train", "c": "test", "b": "dev", "e": "pool"}, {"b": "b"})
    moved = Assignment("document", {"a": "train", "b": "test", "c": "dev", "d": "pool"}, {})
    less_test = Assignment("document", {"a": "train", "b": "dev", "c": "train", "d": "pool"}, {})
    less_dev = Assignment("document", {"a": "train", "b": "train", "c": "test", "d": "pool"}, {})
    assert base.holdout_hash == same.holdout_hash
    assert base.holdout_hash not in {other.holdout_hash for other in (moved, less_test, less_dev)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "page"}, "page"),
        ({"unit_reason": "whim"}, "whim"),
        ({"split_of": {"a": "exam"}}, "exam"),
        ({"split_of": {"a": "test"}}, "altered"),
        ({"split_of": None}, "cannot be read"),
        ({"set_aside": [{"who": "x"}]}, "cannot be read"),
    ],
)
def test_saved_splits_that_were_damaged_are_refused_with_what_to_do(change, message):
    saved = Assignment("document", {"a": "dev"}, {"a": "a"}).to_dict()
    with pytest.raises(CurationError, match=message) as caught:
        Assignment.from_dict({**saved, **change})
    assert "splits.json" in str(caught.value)


def test_saved_splits_that_lack_a_part_are_refused():
    saved = Assignment("document", {"a": "dev"}, {"a": "a"}).to_dict()
    for part in saved:
        with pytest.raises(CurationError):
            Assignment.from_dict({key: value for key, value in saved.items() if key != part})


def test_sections_of_an_earlier_run_are_not_tied_together_afterwards(book):
    documents, chunks = book([2, 2, 4, 4, 4, 4])
    previous = Assignment("section", dict(zip([f"book#Chapter {n}" for n in range(6)], SPLITS, strict=True)), {})
    other = book([4] * 3, "other")
    repeated = [replace(other[1][0], text=chunks[0].text), replace(other[1][1], text=chunks[1].text), *other[1][4:]]
    second, rejects = assign_splits([*documents, *other[0]], [*chunks, *repeated], **HALF, previous=previous)
    assert second.split_of["other#Chapter 0"] == previous.split_of["book#Chapter 0"]
    assert {reject.reason for reject in rejects} <= {"boundary"}


def test_a_short_last_section_goes_with_the_run_before_it(book):
    for seed in range(8):
        assignment, _ = assign_splits(*book([5] * 6 + [1]), **{**HALF, "seed": seed})
        assert assignment.split_of["book#Chapter 6"] == assignment.split_of["book#Chapter 5"]


def test_dev_and_test_have_two_sections_each_or_the_book_is_refused(book):
    accepted = 0
    for seed in range(20):
        try:
            assignment, _ = assign_splits(*book([1, 1, 1, 4, 4, 4]), **{**HALF, "seed": seed})
        except CurationError:
            continue
        accepted += 1
        counts = Counter(assignment.split_of.values())
        assert min(counts["dev"], counts["test"]) >= 2
    assert accepted


def first_with(assignment, split):
    return next(key for key in assignment.split_of if assignment.split_of[key] == split)


def test_versions_that_were_split_one_without_the_other_do_not_straddle_train_and_test_when_they_meet(corpus):
    names = [f"d{n}" for n in range(10)]
    one, other = ([f"{name}-v{version}" for name in names] for version in (1, 2))
    first, _ = assign_splits(*corpus(one, text_of=lambda name: name[:2]), **HALF)
    moved = {**HALF, "seed": 8}
    second, _ = assign_splits(*corpus(other, text_of=lambda name: name[:2]), **moved, previous=first)
    third, rejects = assign_splits(*corpus(one + other, text_of=lambda name: name[:2]), **HALF, previous=second)
    told_apart = [name for name in names if second.split_of[f"{name}-v1"] != second.split_of[f"{name}-v2"]]
    assert told_apart, "else this shows nothing"
    assert [(reject.reason, reject.subject_id[:2]) for reject in rejects] == [
        ("near_two_splits", n) for n in told_apart
    ]
    for name in names:
        found = {third.split_of_unit(f"{name}-v{version}") for version in (1, 2)}
        assert len(found - {None}) == 1
        assert {second.split_of[f"{name}-v1"], second.split_of[f"{name}-v2"]}.isdisjoint({"test"}) or "test" in found
    assert dict(third.split_of) == dict(second.split_of)


def test_a_volume_that_holds_old_documents_of_all_splits_is_set_aside_and_costs_none_of_them(
    corpus, make_document, make_chunk
):
    documents, chunks = corpus([f"d{n}" for n in range(8)])
    first, _ = assign_splits(documents, chunks, **HALF)
    volume = [make_chunk("volume", index, chunk.text) for index, chunk in enumerate(chunks)]
    second, rejects = assign_splits([*documents, make_document("volume")], [*chunks, *volume], **HALF, previous=first)
    assert [(reject.subject_id, reject.reason) for reject in rejects] == [("volume", "near_two_splits")]
    assert splits_of(second, chunks) == splits_of(first, chunks)


def test_sections_that_met_their_copies_of_another_split_are_set_aside(book):
    documents, chunks = book([4] * 8)
    copied = [replace(chunk, document_id="copy", id=f"copy-{chunk.id}") for chunk in chunks]
    old = dict(zip([f"book#Chapter {n}" for n in range(8)], ("train", "dev", "test", "train") * 2, strict=True))
    other = {f"copy#Chapter {n}": "test" if n == 0 else old[f"book#Chapter {n}"] for n in range(8)}
    previous = Assignment("section", {**old, **other}, {})
    both = [*documents, replace(documents[0], id="copy")]
    assignment, rejects = assign_splits(both, [*chunks, *copied], **HALF, previous=previous)
    near = {reject.subject_id for reject in rejects if reject.reason == "near_two_splits"}
    assert near == {"book#Chapter 0"}
    assert assignment.split_of_unit("copy#Chapter 0") == "test"


def test_a_paper_and_the_thesis_that_holds_it_share_a_split(corpus, make_document, make_chunk, make_text):
    documents, chunks = corpus([f"d{n}" for n in range(9)])
    own = [make_chunk("thesis", n, make_text(f"thesis/{n}")) for n in range(24)]
    thesis = [
        *own,
        *(make_chunk("thesis", 24 + chunk.index, chunk.text) for chunk in chunks if chunk.document_id == "d4"),
    ]
    for seed in range(6):
        assignment, _ = assign_splits(
            [*documents, make_document("thesis")], [*chunks, *thesis], **{**HALF, "seed": seed}
        )
        assert assignment.split_of["thesis"] == assignment.split_of["d4"]


def test_one_document_that_was_replaced_by_many_others_does_not_bind_them_to_sections(book, corpus):
    first, _ = assign_splits(*book([4] * 12), **HALF)
    documents, chunks = corpus([f"d{n}" for n in range(8)])
    second, _ = assign_splits(documents, chunks, **HALF, previous=first)
    assert (first.unit, first.unit_reason) == ("section", "few_documents")
    assert (second.unit, second.unit_reason) == ("document", "enough_documents")
    assert Counter(second.split_of_chunk(chunk) for chunk in chunks) == {"train": 12, "dev": 6, "test": 6}


def test_many_documents_that_were_replaced_by_one_are_split_by_its_sections_or_refused_for_having_too_few(book, corpus):
    first, _ = assign_splits(*corpus([f"d{n}" for n in range(8)]), **HALF)
    second, _ = assign_splits(*book([4] * 12), **HALF, previous=first)
    assert (second.unit, second.unit_reason) == ("section", "few_documents")
    with pytest.raises(CurationError, match="1 document with 5 different top-level sections"):
        assign_splits(*book([4] * 5), **HALF, previous=first)


def test_a_folder_that_comes_back_finds_its_splits_even_if_another_unit_was_used_between(book, corpus):
    documents, chunks = book([4] * 12)
    first, _ = assign_splits(documents, chunks, **HALF)
    second, _ = assign_splits(*corpus([f"d{n}" for n in range(8)]), **HALF, previous=first)
    saved = Assignment.from_dict(json.loads(json.dumps(second.to_dict())))
    third, _ = assign_splits(documents, chunks, **{**HALF, "seed": 99}, previous=saved)
    assert third.unit == "section"
    assert splits_of(third, chunks) == splits_of(first, chunks)


def test_why_sections_are_split_is_said_truly_when_there_would_be_enough_documents_by_now(book, corpus):
    documents, chunks = book([5] * 10)
    first, _ = assign_splits(documents, chunks, **HALF)
    again, _ = assign_splits(documents, chunks, **HALF, previous=first)
    more_documents, more_chunks = corpus([f"d{n}" for n in range(9)])
    second, _ = assign_splits([*documents, *more_documents], [*chunks, *more_chunks], **HALF, previous=first)
    assert (again.unit, again.unit_reason) == ("section", "few_documents")
    assert (second.unit, second.unit_reason) == ("section", "kept")
    assert Assignment.from_dict(second.to_dict()) == second


def test_documents_that_earlier_runs_put_on_one_side_are_refused_with_that_reason_before_any_question_is_made(corpus):
    documents, chunks = corpus([f"d{n}" for n in range(8)])
    first, _ = assign_splits(documents, chunks, **HALF)
    taught = [document for document in documents if first.split_of[document.id] == "train"]
    own = [chunk for chunk in chunks if first.split_of[chunk.document_id] == "train"]
    with pytest.raises(
        CurationError, match=r"no chunk is left for dev and test: documents that earlier .*splits\.json"
    ):
        assign_splits(taught, own, **HALF, previous=first)


def test_a_split_that_near_duplicates_emptied_is_refused_with_that_reason(corpus):
    names = [f"{letter}{copy}" for letter in "abcd" for copy in (1, 2)]
    documents, chunks = corpus(names, text_of=lambda name: name[0])
    old = {f"{letter}1": "test" if letter in "ab" else "dev" for letter in "abcd"} | {f"{x}2": "train" for x in "abcd"}
    with pytest.raises(CurationError, match=r"left for train: 4 documents are near-duplicates of documents of another"):
        assign_splits(documents, chunks, **HALF, previous=Assignment("document", old, {}))


TWENTY = PerGroup(holdout=4)


@pytest.fixture(scope="session")
def pairs(make_pair, make_text):
    """Build ready pairs that are alike in nothing, `count` of each group."""

    def build(groups, count, name=""):
        return [
            make_pair(
                f"What about {make_text(f'{name}{group}{n}', 4 + n % 9)}?", make_text((name, group, n)), group=group
            )
            for group in groups
            for n in range(count)
        ]

    return build


def test_ready_pairs_alone_are_split_per_group_and_the_unit_is_the_pair(pairs, make_document):
    samples = pairs("abc", 30)
    assignment, rejects = assign_splits([make_document("file")], [], samples=samples, rule=TWENTY, seed=1)
    assert (assignment.unit, assignment.unit_reason, rejects) == ("pair", "only_pairs", [])
    found = Counter((sample.group, assignment.split_of_sample(sample)) for sample in samples)
    assert {found[group, "test"] for group in "abc"} == {4}
    assert {found[group, "pool"] for group in "abc"} == {13}
    assert Assignment.from_dict(json.loads(json.dumps(assignment.to_dict()))) == assignment


def test_ready_pairs_can_be_split_by_fractions_too(pairs):
    samples = pairs("a", 40)
    assignment, _ = assign_splits([], [], samples=samples, **HALF)
    assert Counter(assignment.split_of.values()) == {"train": 20, "dev": 10, "test": 10}


def test_documents_and_ready_pairs_are_units_beside_each_other_with_quotas_of_their_own(corpus, pairs):
    documents, chunks = corpus("abcdefgh")
    samples = pairs("x", 12)
    alone, _ = assign_splits(documents, chunks, **HALF)
    assignment, rejects = assign_splits(documents, chunks, samples=samples, **HALF)
    assert (assignment.unit, assignment.unit_reason, rejects) == ("document", "enough_documents", [])
    assert splits_of(assignment, chunks) == splits_of(alone, chunks)
    assert Counter(assignment.split_of_sample(sample) for sample in samples) == {"train": 6, "dev": 3, "test": 3}


def test_a_file_of_ready_pairs_is_not_set_aside_for_having_no_text_but_one_without_any_is(make_document, pairs):
    documents = [make_document("file"), make_document("other")]
    _, rejects = assign_splits(documents, [], samples=pairs("a", 30), rule=TWENTY, seed=1)
    assert [(reject.subject_id, reject.reason) for reject in rejects] == [("other", "no_text")]


def test_near_duplicate_pairs_never_straddle_even_if_one_comes_later(pairs, make_pair):
    samples = pairs("ab", 40)
    copies = [make_pair(f"{one.question} Tell me.", f"{one.answer} Truly.", group="b") for one in samples]
    first, _ = assign_splits([], [], samples=samples, rule=TWENTY, seed=1)
    second, _ = assign_splits([], [], samples=[*samples, *copies], rule=TWENTY, seed=9, previous=first)
    at_once, _ = assign_splits([], [], samples=[*samples, *copies], rule=TWENTY, seed=1)
    for one, copy in zip(samples, copies, strict=True):
        assert second.split_of_sample(copy) == second.split_of_sample(one) == first.split_of_sample(one)
        assert at_once.split_of_sample(copy) == at_once.split_of_sample(one)


def test_a_sample_that_was_never_assigned_has_no_split(pairs):
    samples = pairs("a", 31)
    assignment, _ = assign_splits([], [], samples=samples[1:], rule=TWENTY, seed=1)
    assert assignment.split_of_sample(samples[0]) is None


def test_documents_with_a_group_are_split_per_group_over_the_length_of_their_text(make_document, make_chunk, make_text):
    documents = [replace(make_document(f"{group}{n:02}"), group=group) for group in "xy" for n in range(40)]
    chunks = [make_chunk(one.id, 0, make_text(one.id, 30 + int(one.id[1:]))) for one in documents]
    assignment, _ = assign_splits(documents, chunks, rule=TWENTY, seed=3)
    assert assignment.unit == "document"
    for group in "xy":
        tested = sorted(key for key, split in assignment.split_of.items() if split == "test" and key[0] == group)
        assert len(tested) == 4
        assert {int(key[1:]) // 10 for key in tested} == {0, 1, 2, 3}


def test_groups_that_are_all_too_small_to_be_examined_are_refused_with_what_to_do(pairs):
    message = (
        r"no question is left for dev and test: a group needs at least 4 different pairs.*split by kind: fractions"
    )
    with pytest.raises(CurationError, match=message):
        assign_splits([], [], samples=pairs("abcdef", 3), rule=TWENTY, seed=1)


def test_too_few_ready_pairs_are_refused_with_what_to_do(pairs):
    with pytest.raises(CurationError, match=r"5 ready questions with 5 different answers.*at least 6"):
        assign_splits([], [], samples=pairs("a", 5), **HALF)


def test_sections_of_an_earlier_run_cannot_be_split_per_group(book):
    documents, chunks = book([4] * 12)
    first, _ = assign_splits(documents, chunks, **HALF)
    with pytest.raises(CurationError, match=r"per_group splits whole documents; .*splits\.json"):
        assign_splits(documents, chunks, rule=TWENTY, seed=1, previous=first)


MEDICAL = Path(__file__).parents[3] / "shared" / "data" / "qa-medical"


@pytest.mark.skipif(not MEDICAL.is_dir(), reason="the medical question set does not lie beside the repository")
def test_twenty_specialties_hold_out_ten_clusters_each_that_nothing_in_train_comes_near():
    from glossator.sources import collect
    from glossator.text.near_duplicates import shingles

    samples = [item for item in collect("qa_files", path=MEDICAL) if isinstance(item, Sample)]
    assignment, rejects = assign_splits([], [], samples=samples, rule=PerGroup(), seed=42)
    assert (len(samples), rejects) == (2428, [])
    by_split = defaultdict(list)
    for sample in samples:
        by_split[assignment.split_of_sample(sample)].append(sample)
    tested = {(sample.group, assignment.cluster_of[sample.id]) for sample in by_split["test"]}
    assert set(Counter(group for group, _ in tested).values()) == {10}
    assert len({sample.group for sample in by_split["dev"]}) == 20
    learned = [shingles(f"{sample.question} {sample.answer}") for sample in by_split["train"]]
    for sample in by_split["test"]:
        own = shingles(f"{sample.question} {sample.answer}")
        assert max(len(own & other) / len(own | other) for other in learned) < 0.3
