"""What is taken for a forgotten document, and in which recipe."""

import json
from pathlib import Path

import pytest

from glossator.pipeline.forgotten import Forgotten, ForgottenDocument, read_forgotten, seen_in, write_forgotten
from glossator.records import Document, Message, Origin, Sample


def document(id_: str, *origins: str) -> Document:
    return Document(id_, origins[0].partition(":")[2], origins, "A title", "text/plain")


def sample(file: str) -> Sample:
    turns = (Message("user", "q"), Message("assistant", "a"))
    metadata = {"source": "qa_files", "file": file}
    return Sample("s", turns, "q", None, "pool", "qa", "none", ("new",), (), (), Origin("x", "p"), metadata)


@pytest.mark.parametrize("origin", ["local_files:notes.md", "qa_files:notes.md", "table:rows.csv#1"])
def test_a_place_on_this_machine_is_forgotten_only_in_the_recipe_that_had_it(origin: str):
    forgotten = Forgotten([seen_in("one", document("old", origin))])
    assert forgotten.find(document("new", origin), "one")
    assert forgotten.find(document("new", origin), "two") is None
    assert forgotten.find(document("old", "local_files:elsewhere.md"), "two")


@pytest.mark.parametrize("origin", ["arxiv:2101.00001v2", "kaggle:2101.00001v2", "urls:https://a.example/x"])
def test_an_address_is_forgotten_in_every_recipe(origin: str):
    forgotten = Forgotten([seen_in("one", document("old", origin))])
    assert forgotten.find(document("new", origin), "two")
    assert forgotten.find(document("new", f"local_files:{origin.partition(':')[2]}"), "one") is None


def test_the_name_of_a_local_copy_of_a_paper_is_no_address():
    forgotten = Forgotten([seen_in("one", document("old", "local_files:paper.pdf", "arxiv:2101.00001v2"))])
    assert forgotten.fetched_places == {"2101.00001v2"}
    assert forgotten.find(document("new", "local_files:paper.pdf"), "two") is None
    assert forgotten.find(document("new", "arxiv:2101.00001v2"), "two")


def test_rows_of_two_tables_with_the_same_number_are_two_documents():
    forgotten = Forgotten([seen_in("one", document("old", "table:first.csv#1"))])
    other = Document("new", "1", ("table:second.csv#1",), "A title", "text/plain")
    assert forgotten.find(other, "one") is None


def test_ready_questions_are_forgotten_by_their_file_in_the_recipe_that_had_it():
    forgotten = Forgotten([seen_in("one", document("old", "qa_files:private.json"))])
    assert forgotten.find_sample(sample("private.json"), "one")
    assert forgotten.find_sample(sample("private.json"), "two") is None
    assert forgotten.find_sample(sample("public.json"), "one") is None


def test_the_same_content_keeps_its_places_apart_by_recipe(tmp_path: Path):
    rows = [seen_in("one", document("old", "local_files:a.md")), seen_in("two", document("old", "local_files:b.md"))]
    write_forgotten(tmp_path, rows[:1])
    write_forgotten(tmp_path, rows[1:])
    forgotten = read_forgotten(tmp_path)
    assert forgotten.documents[0].recipes == ("one", "two")
    assert forgotten.find(document("new", "local_files:a.md"), "one")
    assert forgotten.find(document("new", "local_files:a.md"), "two") is None
    assert forgotten.concerning("one") == [["old", "local_files:a.md"]]
    assert forgotten.concerning("three") == []


def test_a_list_without_places_by_recipe_is_read_as_if_each_recipe_had_them_all(tmp_path: Path):
    row = {"id": "old", "source_id": "a.md", "origins": ["local_files:a.md"], "when": "now", "recipes": ["one"]}
    (tmp_path / "forgotten.json").write_text(json.dumps([row]))
    forgotten = read_forgotten(tmp_path)
    assert isinstance(forgotten.documents[0], ForgottenDocument)
    assert forgotten.find(document("new", "local_files:a.md"), "one")
    assert forgotten.find(document("new", "local_files:a.md"), "two") is None
