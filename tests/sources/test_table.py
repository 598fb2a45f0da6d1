import csv
import datetime as dt
import decimal
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.artifacts import read_table, write_table
from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources import collect, parquet_sizes, state, table_cells

ROWS = [
    {"id": f"2401.0000{n}", "title": f"Paper {n}", "text": f"Words about {n}.\nMore of them.", "topic": "ab"[n // 3]}
    for n in range(1, 6)
]


def read(path, **options):
    found = list(collect("table", path=path, **options))
    return [item for item in found if isinstance(item, Document)], [item for item in found if isinstance(item, Reject)]


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_csv(path, rows, delimiter=",", encoding="utf-8"):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_parquet(path, rows):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2)
    return path


WRITERS = {"rows.jsonl": write_jsonl, "rows.csv": write_csv, "rows.parquet": write_parquet}


@pytest.mark.parametrize("name", WRITERS)
def test_each_row_of_every_format_becomes_a_document_with_its_text_and_no_file(tmp_path, name):
    documents, rejects = read(WRITERS[name](tmp_path / name, ROWS), group_field="topic")
    assert rejects == []
    assert [(d.source_id, d.title, d.group) for d in documents] == [(r["id"], r["title"], r["topic"]) for r in ROWS]
    first = documents[0]
    assert (first.text, first.path, first.media_type) == ("Words about 1.\nMore of them.", None, "text/plain")
    assert first.id == content_id(first.text)
    assert first.origins == (f"table:{name}#2401.00001",)
    assert first.metadata == {"file": name, "row": 1}


def test_columns_have_names_of_choice_and_the_others_are_kept_as_metadata(tmp_path):
    row = {
        "doi": 12,
        "name": "A  title",
        "abstract": " Text. ",
        "year": 2020,
        "rights": "CC0",
        "on": "2020-05-06T07:08",
    }
    file = write_jsonl(tmp_path / "rows.jsonl", [row | {"venue": "", "score": 0.5, "ok": True, "tags": ["a", "b"]}])
    documents, _ = read(
        file,
        id_field="doi",
        title_field="name",
        text_field="abstract",
        license_field="rights",
        published_field="on",
    )
    found = documents[0]
    assert (found.source_id, found.title, found.text) == ("12", "A title", "Text.")
    assert (found.license, found.published, found.group) == ("CC0", "2020-05-06", None)
    others = {"year": 2020, "score": 0.5, "ok": True, "tags": '["a", "b"]'}
    assert found.metadata == {"file": "rows.jsonl", "row": 1, **others}


def test_metadata_stays_bounded_and_can_be_stored(tmp_path):
    wide = {f"c{n}": n for n in range(100)}
    row = {"id": "x", "title": "T", "text": "Text.", "long": "w" * 10_000, "big": 10**30, "half": "\ud800", **wide}
    documents, _ = read(write_jsonl(tmp_path / "rows.jsonl", [row]))
    metadata = documents[0].metadata
    assert len(metadata) == table_cells.MAX_COLUMNS + 2
    assert len(metadata["long"]) == table_cells.MAX_CHARACTERS
    assert (metadata["big"], metadata["half"]) == (str(10**30), "?")
    write_table(tmp_path / "documents.parquet", documents, Document)
    assert read_table(tmp_path / "documents.parquet", Document) == documents


def test_values_that_only_parquet_has_are_written_as_text(tmp_path):
    special = {"on": dt.date(2024, 1, 2), "price": decimal.Decimal("1.50"), "raw": b"123", "at": {"a": [1]}}
    file = write_parquet(tmp_path / "rows.parquet", [ROWS[0] | special])
    documents, _ = read(file, published_field="on")
    assert documents[0].published == "2024-01-02"
    kept = {key: documents[0].metadata[key] for key in ("price", "raw", "at")}
    assert kept == {"price": "1.50", "raw": "3 bytes", "at": '{"a": [1]}'}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "missing_value"),
        ({"id": "  "}, "missing_value"),
        ({"id": ["x"]}, "missing_value"),
        ({"text": None}, "missing_value"),
        ({"text": " \n"}, "empty_text"),
        ({"text": 5}, "not_text"),
        ({"text": "a\0b"}, "not_text"),
        ({"text": "a\udc80b"}, "not_text"),
        ({"text": "x" * 101}, "too_large"),
    ],
)
def test_a_row_that_makes_no_document_is_rejected_with_its_reason(tmp_path, change, reason):
    file = write_jsonl(tmp_path / "rows.jsonl", [ROWS[0], ROWS[1] | change, ROWS[2]])
    documents, rejects = read(file, max_text_bytes=100)
    assert [document.title for document in documents] == ["Paper 1", "Paper 3"]
    assert [(reject.reason, reject.detail.split(":")[0]) for reject in rejects] == [(reason, "rows.jsonl, row 2")]


def test_a_row_without_a_title_is_called_by_its_id(tmp_path):
    documents, rejects = read(write_jsonl(tmp_path / "rows.jsonl", [ROWS[0] | {"title": None}, ROWS[1]]))
    assert ([document.title for document in documents], rejects) == (["2401.00001", "Paper 2"], [])


def test_broken_lines_cost_themselves_only(tmp_path):
    lines = [json.dumps(ROWS[0]), "{", "[1]", '{"id": 1, "id": 2}', '{"id": NaN}', "", json.dumps(ROWS[1])]
    (tmp_path / "rows.jsonl").write_text("\ufeff" + "\r\n".join(lines))
    documents, rejects = read(tmp_path / "rows.jsonl")
    assert [document.metadata["row"] for document in documents] == [1, 7]
    assert [reject.reason for reject in rejects] == ["broken_row"] * 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_of_a_csv_file_is_found_and_quoted_line_ends_belong_to_the_text(tmp_path, delimiter):
    rows = [{"id": "1", "a, b; c": "x", "title": "T", "text": 'One,\r\n"two"; three\tfour' + " word" * 50_000}]
    documents, rejects = read(write_csv(tmp_path / "rows.csv", rows, delimiter, "utf-8-sig"))
    assert rejects == []
    assert documents[0].text == rows[0]["text"]
    assert documents[0].metadata["a, b; c"] == "x"


def test_rows_of_a_csv_file_that_do_not_fit_its_header_or_are_not_utf8_are_rejected(tmp_path):
    content = b"id,title,text\n1,T,One\n2,T\n3,T,Three,more\n\n4,T,caf\xe9\n5,T,Five\n"
    (tmp_path / "rows.csv").write_bytes(content)
    documents, rejects = read(tmp_path / "rows.csv")
    assert [document.source_id for document in documents] == ["1", "5"]
    assert [reject.reason for reject in rejects] == ["broken_row", "broken_row", "not_text"]


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_without_a_column_is_an_error_that_names_those_it_has(tmp_path, name):
    file = WRITERS[name](tmp_path / name, ROWS)
    with pytest.raises(
        SourceError, match=rf"{name} lacks the column 'abstract'; it has 'id', 'title', 'text', 'topic'"
    ):
        read(file, text_field="abstract")


def test_lines_without_a_column_are_rejects_as_long_as_one_has_it(tmp_path):
    rows = [{"id": "1", "title": "T"}, ROWS[0]]
    documents, rejects = read(write_jsonl(tmp_path / "rows.jsonl", rows))
    assert (len(documents), [reject.reason for reject in rejects]) == (1, ["missing_value"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bad.parquet", b"PAR1 and nothing more", "broken_file"),
        ("bad.csv", b"", "empty"),
        ("bad.csv", b"id,title,text\n", "empty"),
        ("bad.jsonl", b"\n\n", "empty"),
        ("bad.xlsx", b"PK\x03\x04", "unknown_type"),
    ],
)
def test_a_wrong_file_is_one_reject_and_the_files_beside_it_are_read(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    write_jsonl(tmp_path / "good.jsonl", ROWS)
    documents, rejects = read(tmp_path)
    assert (len(documents), [reject.reason for reject in rejects]) == (5, [reason])


def test_a_parquet_file_whose_middle_is_damaged_gives_what_can_be_read_and_a_reject(tmp_path):
    file = write_parquet(tmp_path / "rows.parquet", [row | {"text": row["id"] * 999} for row in ROWS * 40])
    data = bytearray(file.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    file.write_bytes(bytes(data))
    _, rejects = read(file)
    assert [reject.reason for reject in rejects] == ["broken_file"]


def test_successive_rows_of_one_group_are_joined_into_documents_of_a_set_size(tmp_path):
    file = write_jsonl(tmp_path / "rows.jsonl", [*ROWS[:4], {"id": "bad"}, ROWS[4]])
    documents, rejects = read(file, group_size=2)
    assert [document.title for document in documents] == ["rows 1–2", "rows 3–4", "rows 6–6"]
    assert documents[0].origins == ("table:rows.jsonl#2401.00001", "table:rows.jsonl#2401.00002")
    assert "Paper 1\n\nWords about 1." in documents[0].text
    assert [row["id"] for row in documents[1].metadata["rows"]] == ["2401.00003", "2401.00004"]
    assert documents[1].id == content_id(documents[1].text)
    assert len(rejects) == 1
    grouped, _ = read(file, group_size=4, group_field="topic")
    assert [(document.title, document.group) for document in grouped] == [("rows 1–2", "a"), ("rows 3–6", "b")]


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=20), st.integers(0, 6))
def test_no_row_is_lost_or_doubled_by_joining_and_none_joins_another_group(tmp_path, groups, size):
    rows = [{"id": str(n), "title": "T", "text": f"text {n}", "g": group} for n, group in enumerate(groups)]
    documents, _ = read(write_jsonl(tmp_path / "rows.jsonl", rows), group_field="g", group_size=size)
    ids = [[origin.split("#")[1] for origin in document.origins] for document in documents]
    assert [one for own in ids for one in own] == [row["id"] for row in rows]
    assert all(len(own) <= max(1, size) for own in ids)
    assert all({groups[int(one)] for one in own} == {d.group} for own, d in zip(ids, documents, strict=True))


@given(st.binary(max_size=200), st.sampled_from(["x.csv", "x.jsonl", "x.parquet", "x.tsv"]))
def test_whatever_a_file_holds_nothing_but_a_source_error_is_raised(tmp_path, content, name):
    (tmp_path / name).write_bytes(b"id,title,text\n" * (name == "x.csv") + content)
    try:
        documents, rejects = read(tmp_path / name)
    except SourceError:
        return
    assert documents or rejects


def test_the_state_follows_content_and_names_and_nothing_else(tmp_path):
    file = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    before = state("table", path=file, group_size=3)
    assert state("table", path=file) == before
    write_jsonl(file, ROWS[:4])
    assert state("table", path=file) != before
    with pytest.raises(SourceError, match="no such file"):
        state("table", path=tmp_path / "absent")


def test_a_small_file_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"id": str(n), "title": "t", "text": "words"} for n in range(20)]
    rows[7]["text"] = "x" * 3_000_000
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(parquet_sizes, "MAX_UNPACKED_BYTES", 2_000_000)
    with monkeypatch.context() as unread:
        unread.setattr(pq.ParquetFile, "iter_batches", None)
        documents, [reject] = read(path)
    assert (documents, reject.reason) == ([], "too_large")
    assert "unpacks to 3 MB, 0.2 MB a row; write it in smaller row groups" in reject.detail
    monkeypatch.setattr(parquet_sizes, "MAX_UNPACKED_BYTES", 4_000_000)
    assert len(read(path)[0]) == 20


def test_a_large_row_group_of_many_short_rows_is_read(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(parquet_sizes, "MAX_UNPACKED_BYTES", 2_000)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS * 200), path, use_dictionary=False, compression="none")
    assert len(read(path)[0]) == 1000


def test_few_rows_are_held_at_once_where_all_of_them_may_repeat_one_long_value(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"id": str(n), "title": "t", "text": "x" * 30_000_000} for n in range(3)]
    path = tmp_path / "repeated.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd", dictionary_pagesize_limit=100_000_000)
    footer = pq.ParquetFile(path).metadata
    assert parquet_sizes.oversized_column(footer) == ""
    assert parquet_sizes.rows_at_once(footer.row_group(0)) == 42
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    assert parquet_sizes.rows_at_once(pq.ParquetFile(path).metadata.row_group(0)) == parquet_sizes.ROWS
