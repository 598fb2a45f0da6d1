import json
import sys
from pathlib import Path

import pytest

from glossator.executors.wire import Call, call_of, decode, encode, shipped
from glossator.records import Block, ParsedDocument

sys.path.insert(0, str(Path(__file__).parent))
import isolated_records
from isolated_records import Letters, Word


def test_a_record_comes_back_as_it_was_lone_surrogates_included():
    blocks = (Block("heading", "Größe", 1, 2), Block("paragraph", "torn \ud800 pair", 1))
    parsed = ParsedDocument("id", "repaired", "page 3", 7, blocks, "fast/1")
    assert decode(ParsedDocument, encode(parsed)) == parsed


def test_what_travels_is_json():
    assert json.loads(encode(Word("wörd", 3, 0.1))) == {"text": "wörd", "number": 3, "share": 0.1}


def test_nan_is_refused_since_json_has_none():
    with pytest.raises(ValueError, match="JSON"):
        encode(Word("a", 0, float("nan")))


@pytest.mark.parametrize("data", [b"not json", b'{"text": "a", "unknown": 1}', b"\xff\xff", b"[1]"])
def test_bytes_that_are_no_such_record_are_refused(data: bytes):
    with pytest.raises((ValueError, TypeError, AttributeError)):
        decode(Word, data)


def test_a_call_is_found_again_by_its_names():
    call = call_of(isolated_records.spell, Word, Letters)
    assert call == Call("isolated_records:spell", "isolated_records:Word", "isolated_records:Letters")
    assert decode(Call, encode(call)) == call
    assert decode(Letters, call.load()(encode(Word("ab", 6)))) == isolated_records.spell(Word("ab", 6))


def test_a_function_that_leaves_another_record_than_it_says_is_an_error():
    load = call_of(isolated_records.misbehave, Word, Letters).load()
    with pytest.raises(TypeError, match="left a Word, not a Letters"):
        load(encode(Word("other")))


@pytest.mark.parametrize("kind", [int, dict])
def test_what_is_no_record_cannot_travel(kind: type):
    with pytest.raises(ValueError, match="no dataclass"):
        call_of(isolated_records.spell, kind, Letters)


def test_a_type_inside_a_function_cannot_be_imported():
    class Hidden(Word):
        pass

    with pytest.raises(ValueError, match="top level"):
        call_of(isolated_records.spell, Hidden, Letters)


def test_a_file_that_was_not_sent_lies_where_it_is():
    assert shipped("/somewhere/words.txt") == "/somewhere/words.txt"
