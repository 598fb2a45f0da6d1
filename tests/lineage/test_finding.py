"""Single records are found in files that need not fit into memory."""

import pytest

from glossator.artifacts import write_records, write_table, write_text
from glossator.errors import ArtifactError
from glossator.lineage import Link, find_lines, find_named, find_rows, links_of, read_links, trace
from glossator.records import Document, Reject


def test_only_lines_with_the_text_are_read(tmp_path):
    path = tmp_path / "rejects.jsonl"
    write_records(path, [Reject(f"r{number}", "stage", "reason", detail=f"r{number + 1}") for number in range(50)])
    with path.open("ab") as file:
        file.write(b"this is no JSON\n")
    assert [row["subject_id"] for row in find_lines(path, '"r4')] == ["r3", "r4", *(f"r{n}" for n in range(39, 50))]
    assert [row["subject_id"] for row in find_named(path, ["r4", "r9"])] == ["r3", "r4", "r8", "r9"]
    assert list(find_named(path, [])) == []


def test_a_wanted_line_that_is_no_json_is_named(tmp_path):
    write_text(tmp_path / "samples.jsonl", '{"id": "s1"}\n{"id": "s2"\n')
    with pytest.raises(ArtifactError, match=r"samples\.jsonl, line 2 is not JSON"):
        list(find_lines(tmp_path / "samples.jsonl", '"s2'))


def test_rows_of_a_table_are_found_by_a_column_with_all_that_they_hold(tmp_path):
    rows = [
        Document(f"d{n}", f"{n}.md", (f"local_files:{n}.md",), "T", "text/plain", metadata={"bytes": n})
        for n in range(3000)
    ]
    write_table(tmp_path / "documents.parquet", rows, Document, rows_per_group=500)
    found = find_rows(tmp_path / "documents.parquet", Document, "source_id", ["7.md", "2999.md", "never there"])
    assert list(found) == [rows[7], rows[2999]]


def test_a_file_that_is_not_there_holds_nothing(tmp_path):
    assert list(find_lines(tmp_path / "nowhere", "a")) == list(find_rows(tmp_path / "no", Document, "id", ["a"])) == []


def test_what_is_no_table_is_named(tmp_path):
    (tmp_path / "documents.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ArtifactError, match=r"documents\.parquet is no table of Document"):
        list(find_rows(tmp_path / "documents.parquet", Document, "id", ["a"]))


def test_links_are_read_back_from_one_record_on_in_whatever_order_they_stand(tmp_path):
    links = [Link("doc", "place", "origin"), Link("chunk", "doc", "document"), Link("s", "chunk", "evidence")]
    links += [Link("t", "other", "evidence"), Link("other", "doc2", "document")]
    write_records(tmp_path / "lineage.jsonl", links)
    assert read_links(tmp_path / "lineage.jsonl", "s") == [links[2], links[1], links[0]] == trace("s", links)


def test_links_of_another_shape_are_told(tmp_path):
    write_text(tmp_path / "lineage.jsonl", '{"child": "s", "mother": "t"}\n')
    with pytest.raises(ArtifactError, match="holds no links"):
        read_links(tmp_path / "lineage.jsonl", "s")


def test_nothing_leads_back_from_nothing():
    assert list(links_of([], [], [])) == []
