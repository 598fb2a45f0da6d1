"""Files appear whole or not at all; records come back as they went."""

import json
import weakref
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.artifacts import (
    AppendLog,
    canonical_json,
    fingerprint,
    iterate_table,
    read_numbered_jsonl,
    read_records,
    read_table,
    write_json,
    write_records,
    write_table,
    write_text,
)
from glossator.artifacts.atomic import replacing
from glossator.errors import ArtifactError
from glossator.records import Block, Chunk, Document, ParsedDocument, Reject

texts = st.text(max_size=40)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
rejects = st.builds(
    Reject, subject_id=texts, stage=texts, reason=texts, detail=texts, record=st.none() | st.dictionaries(texts, plain)
)
documents = st.builds(
    Document,
    id=texts,
    source_id=texts,
    origins=st.lists(texts, max_size=2).map(tuple),
    title=texts,
    media_type=texts,
    path=st.none() | texts,
    metadata=st.dictionaries(texts, plain, max_size=3),
)


@given(st.lists(rejects, max_size=4))
def test_json_lines_give_back_what_was_written(tmp_path_factory, rows: list[Reject]):
    path = tmp_path_factory.mktemp("jsonl") / "rejects.jsonl"
    assert write_records(path, rows) == len(rows)
    assert list(read_records(path, Reject)) == rows


@given(st.lists(documents, max_size=4))
def test_tables_give_back_what_was_written(tmp_path_factory, rows: list[Document]):
    path = tmp_path_factory.mktemp("parquet") / "documents.parquet"
    assert write_table(path, rows, Document) == len(rows)
    assert read_table(path, Document) == rows
    assert list(iterate_table(path, Document, rows_at_once=2)) == rows


def test_a_table_is_written_and_read_a_few_rows_at_a_time(tmp_path: Path):
    alive: weakref.WeakSet[_Page] = weakref.WeakSet()
    most = 0

    def pages():
        nonlocal most
        for number in range(60):
            page = _Page(number)
            alive.add(page)
            most = max(most, len(alive))
            yield page

    assert write_table(tmp_path / "pages.parquet", pages(), _Page, rows_per_group=5) == 60
    assert most < 15
    read = iterate_table(tmp_path / "pages.parquet", _Page, rows_at_once=7)
    assert [page.number for page in read] == list(range(60))


@dataclass(frozen=True)
class _Page:
    number: int


def test_tables_hold_nested_records(tmp_path: Path):
    parsed = ParsedDocument("d", "ok", "", 2, (Block("heading", "One", 1, 1), Block("paragraph", "Text.", 2)), "fast/1")
    write_table(tmp_path / "parsed.parquet", [parsed], ParsedDocument)
    assert read_table(tmp_path / "parsed.parquet", ParsedDocument) == [parsed]


def test_a_table_of_another_kind_is_refused(tmp_path: Path):
    write_table(tmp_path / "parsed.parquet", [], ParsedDocument)
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(ArtifactError, match="no table of Chunk"):
        read_table(tmp_path / "text.parquet", Chunk)


def test_a_broken_line_is_named_with_its_number(tmp_path: Path):
    path = tmp_path / "rejects.jsonl"
    path.write_text('{"subject_id": "a", "stage": "s", "reason": "r"}\n{oops\n')
    with pytest.raises(ArtifactError, match="line 2 is not JSON"):
        list(read_records(path, Reject))
    path.write_text('{"subject_id": "a", "surprise": 1}\n')
    with pytest.raises(ArtifactError, match="line 1: Reject has no field surprise"):
        list(read_records(path, Reject))


def test_blank_lines_give_nothing_but_are_counted(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('\n{"a": 1}\n  \n\n2\n{"subject_id": "a", "surprise": 1}\n')
    assert list(read_numbered_jsonl(path))[:2] == [(2, {"a": 1}), (5, 2)]
    assert [value for _, value in read_numbered_jsonl(path)][:2] == [{"a": 1}, 2]
    path.write_text('\n\n{"subject_id": "a", "surprise": 1}\n')
    with pytest.raises(ArtifactError, match="line 3: Reject has no field surprise"):
        list(read_records(path, Reject))


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path):
    write_text(tmp_path / "a.txt", "old")

    def write_half() -> None:
        with replacing(tmp_path / "a.txt") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_not_a_number_is_never_written(tmp_path: Path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert not (tmp_path / "a.json").exists()


def test_a_log_cut_off_in_the_middle_of_a_line_goes_on_after_its_last_whole_line(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    with AppendLog(path) as log:
        log.append([Reject("a", "s", "r")])
    with path.open("ab") as file:
        file.write(b'{"subject_id": "b", "sta')
    with AppendLog(path) as log:
        log.append([Reject("c", "s", "r")])
        assert [reject.subject_id for reject in log.read(Reject)] == ["a", "c"]


@given(st.dictionaries(texts, plain, max_size=4))
def test_equal_data_have_one_canonical_form(data: dict):
    shuffled = dict(reversed(list(data.items())))
    assert canonical_json(data) == canonical_json(shuffled)
    assert json.loads(canonical_json(data)) == data


def test_a_fingerprint_changes_with_each_thing_it_covers():
    base = fingerprint("parse", "1", {"a": 1}, {"collect": "x"})
    assert base == fingerprint("parse", "1", {"a": 1}, {"collect": "x"})
    others = {
        fingerprint("chunk", "1", {"a": 1}, {"collect": "x"}),
        fingerprint("parse", "2", {"a": 1}, {"collect": "x"}),
        fingerprint("parse", "1", {"a": 2}, {"collect": "x"}),
        fingerprint("parse", "1", {"a": 1}, {"collect": "y"}),
    }
    assert len(others | {base}) == 5
