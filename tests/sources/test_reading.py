import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.sources.reading import Fault, as_utf8, fault_of_text, open_file, parse_json, read_lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_any_json_value_is_read_as_it_was_written(value):
    assert parse_json(json.dumps(value).encode()) == value


def test_repeated_keys_are_noticed_and_the_first_value_kept():
    value = parse_json(b'{"a": 1, "b": {"c": 2, "c": 3}, "a": 4}')
    assert value == {"a": 1, "b": {"c": 2}}
    assert (value.repeated, value["b"].repeated) == ((2,), (1,))


def test_a_line_that_is_too_long_costs_itself_only():
    lines = list(read_lines(io.BytesIO(b"short\n" + b"x" * 50 + b"\n\nlast"), max_bytes=10))
    assert [(number, getattr(line, "problem", line)) for number, line in lines] == [
        (1, b"short\n"),
        (2, "too_large"),
        (4, b"last"),
    ]


def test_a_file_in_utf8_stays_a_stream_and_others_are_decoded():
    plain = io.BytesIO(b'{"a": 1}')
    assert as_utf8(plain) is plain
    assert as_utf8(io.BytesIO('{"é": 1}'.encode("utf-16"))).read() == '{"é": 1}'.encode()
    assert as_utf8(io.BytesIO(b"\xff\xfea")).problem == "not_text"


def test_what_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "full").write_bytes(b"12345")
    assert open_file(tmp_path).problem == "unreadable"
    assert open_file(tmp_path / "absent").problem == "unreadable"
    assert open_file(tmp_path / "empty").problem == "empty"
    assert open_file(tmp_path / "full", max_bytes=4).problem == "too_large"
    with open_file(tmp_path / "full", max_bytes=5) as file:
        assert file.read() == b"12345"


@pytest.mark.parametrize(("text", "faulty"), [("plain é 😀", False), ("a\0", True), ("a\ud83d", True)])
def test_text_that_cannot_be_stored_is_told_from_text_that_can(text, faulty):
    assert isinstance(fault_of_text(text), Fault) == faulty
