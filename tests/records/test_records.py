"""Records carry content ids and become plain data and back."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator import records
from glossator.records import ContentHash, Evidence, Message, Origin, Sample, content_id, from_dict, to_dict


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_parts_have_different_ids(first: list[str], second: list[str]):
    assert (content_id(*first) == content_id(*second)) == (first == second)


def test_moving_a_boundary_between_parts_changes_the_id():
    assert content_id("ab", "c") != content_id("a", "bc")


@given(st.lists(st.binary(), max_size=5))
def test_bytes_that_come_in_blocks_have_the_id_of_the_whole(blocks: list[bytes]):
    whole = b"".join(blocks)
    hashed = ContentHash(len(whole))
    assert all(hashed.add(block) for block in blocks)
    assert hashed.complete
    assert hashed.id == content_id(whole)


def test_a_part_that_grew_or_shrank_while_it_was_read_is_noticed():
    grown, shrunk = ContentHash(3), ContentHash(3)
    assert grown.add(b"abc")
    assert not grown.add(b"d")
    assert shrunk.add(b"ab")
    assert not shrunk.complete
    assert not grown.complete


def a_sample() -> Sample:
    return Sample(
        id="s",
        messages=(Message("user", "Who?"), Message("assistant", "Ada.")),
        question="Who?",
        group=None,
        split="train",
        task="extractive_qa",
        context="chunk",
        document_ids=("d",),
        chunk_ids=("c",),
        evidence=(Evidence("c", 0, 4, "Ada."),),
        origin=Origin("extractive/1", "p", verdicts={"evidence": "passed"}),
        metadata={"page": 3, "nested": {"a": [1, None]}},
    )


def test_a_sample_becomes_plain_data_and_back():
    assert from_dict(Sample, to_dict(a_sample())) == a_sample()


def test_a_sample_knows_its_prompt_and_answer():
    assert a_sample().prompt == (Message("user", "Who?"),)
    assert a_sample().answer == "Ada."


def test_an_unknown_field_is_named():
    with pytest.raises(ValueError, match="Sample has no field surprise"):
        from_dict(Sample, {**to_dict(a_sample()), "surprise": 1})


def test_a_missing_field_is_named():
    data = to_dict(a_sample())
    del data["question"]
    with pytest.raises(ValueError, match="question"):
        from_dict(Sample, data)


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        a_sample().split = "test"


def test_every_record_field_that_is_not_self_evident_has_a_docstring():
    undocumented = [
        kind.__name__ for kind in vars(records).values() if dataclasses.is_dataclass(kind) and not kind.__doc__
    ]
    assert undocumented == []
