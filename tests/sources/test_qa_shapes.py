import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.records import Document, Reject, Sample
from glossator.sources import collect, state
from glossator.sources.qa_shapes import Fields, Parts, nested_rows, parts_of
from glossator.sources.reading import Fault

SHARED = Path(__file__).parents[2].parent / "shared/data"
ROWS = [{"question": f"Q{n}?", "answer": f"A{n}.", "topic": "ab"[n % 2], "passage": f"P{n}."} for n in range(5)]
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Glass",
            "paragraphs": [
                {
                    "context": "Glass melts at 1500 degrees.",
                    "qas": [
                        {
                            "id": "g1",
                            "question": "At how many degrees does glass melt? ",
                            "answers": [
                                {"text": "1500", "answer_start": 15},
                                {"text": "1500 degrees", "answer_start": 15},
                                {"text": "1500", "answer_start": 15},
                            ],
                        },
                        {"id": "g2", "question": "Who made it?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        },
        {"title": "Tides", "paragraphs": [{"context": "The moon pulls.", "qas": "none"}, {"context": "c", "qas": [5]}]},
    ],
}
PUBMED = {
    "101": {
        "QUESTION": "Does it help?",
        "CONTEXTS": ["We asked.", "They answered."],
        "LABELS": ["AIM", "RESULTS"],
        "LONG_ANSWER": "It helps a little.",
        "final_decision": "yes",
    },
    "102": {"QUESTION": "Why?", "CONTEXTS": [], "LONG_ANSWER": "Because.", "final_decision": "maybe"},
    "103": {"QUESTION": "No answer?", "CONTEXTS": ["x"]},
}


def read(path, **options):
    found = list(collect("qa_files", path=path, **options))
    return tuple([item for item in found if isinstance(item, kind)] for kind in (Sample, Document, Reject))


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def write_csv(path):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(ROWS[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
    writer.writeheader()
    writer.writerows(ROWS)
    path.write_text(text.getvalue())


def write_parquet(path, rows=ROWS):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2)


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.parquet"])
def test_a_table_gives_what_json_lines_do(tmp_path, name):
    path = tmp_path / name
    (write_parquet if path.suffix == ".parquet" else write_csv)(path)
    (tmp_path / "lines").mkdir()
    lines = tmp_path / "lines" / "rows.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    options = {"context_field": "passage", "group_field": "topic"}
    samples, documents, rejects = read(path, **options)
    assert rejects == []
    assert [(s.id, s.group, s.metadata["row"], s.context) for s in samples] == [
        (s.id, s.group, s.metadata["row"], s.context) for s in read(lines, **options)[0]
    ]
    assert documents[0].metadata["pairs"] == 5


def test_a_table_without_the_columns_is_one_reject_that_names_them(tmp_path):
    write_csv(tmp_path / "rows.csv")
    _, documents, rejects = read(tmp_path / "rows.csv", question_field="q", answer_field="a")
    assert documents == []
    assert [(r.reason, r.detail) for r in rejects] == [("wrong_shape", "rows.csv: lacks 'q' and 'a'")]


def test_bad_rows_of_a_table_cost_themselves_only(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"question,answer\nQ?,A.\nonly one\nQ\xff?,A.\n ,A.\nR?,B.\n")
    samples, _, rejects = read(tmp_path)
    assert [sample.question for sample in samples] == ["Q?", "R?"]
    assert [reject.reason for reject in rejects] == ["broken_row", "not_text", "empty_question"]
    (tmp_path / "rows.csv").write_bytes(b"")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no table")
    (tmp_path / "bad.arrow").write_bytes(b"no batches")
    assert sorted(reject.reason for reject in read(tmp_path)[2]) == ["broken_file", "broken_file", "empty"]


def test_a_saved_data_set_is_read_without_the_library_that_saved_it(tmp_path):
    datasets = pytest.importorskip("datasets", reason="the datasets library writes what is read here")
    made = datasets.Dataset.from_list(ROWS)
    folder = tmp_path / "pairs"
    made.save_to_disk(str(folder), num_shards=2)
    (folder / "cache-1234.arrow").write_bytes((folder / "data-00000-of-00002.arrow").read_bytes())
    samples, documents, rejects = read(folder)
    assert [sample.question for sample in samples] == [row["question"] for row in ROWS]
    assert {sample.group for sample in samples} == {"pairs"}
    assert [document.metadata["pairs"] for document in documents] == [3, 2]
    assert [(reject.reason, reject.detail.split(":")[0]) for reject in rejects] == [
        ("unknown_type", "cache-1234.arrow")
    ]


def test_all_splits_of_a_saved_data_set_are_read_as_one_group(tmp_path):
    datasets = pytest.importorskip("datasets", reason="the datasets library writes what is read here")
    rows = [{"question": "Q?", "context": "C.", "id": "x", "answers": {"text": ["A"], "answer_start": [0]}}]
    made = datasets.DatasetDict(
        {"train": datasets.Dataset.from_list(rows), "test": datasets.Dataset.from_list([{**rows[0], "question": "R?"}])}
    )
    made.save_to_disk(str(tmp_path / "squadlike"))
    samples, _, rejects = read(tmp_path / "squadlike")
    assert [(s.question, s.answer, s.group, s.context, s.metadata["id"]) for s in samples] == [
        ("R?", "A", "squadlike", "chunk", "x"),
        ("Q?", "A", "squadlike", "chunk", "x"),
    ]
    assert rejects == []
    before = state("qa_files", path=tmp_path / "squadlike")
    (tmp_path / "squadlike").rename(tmp_path / "moved")
    assert state("qa_files", path=tmp_path / "moved") == before


def test_squad_gives_its_passages_groups_and_offsets_and_rejects_what_it_does_not_answer(tmp_path):
    samples, documents, rejects = read(write(tmp_path / "set.json", SQUAD))
    (sample,) = samples
    assert (sample.question, sample.answer, sample.group) == ("At how many degrees does glass melt?", "1500", "Glass")
    assert sample.context == "chunk"
    assert "Glass melts at 1500 degrees." in sample.messages[0].content
    assert sample.metadata == {
        "source": "qa_files",
        "file": "set.json",
        "row": 1,
        "id": "g1",
        "answer_start": 15,
        "other_answers": ["1500 degrees"],
    }
    assert [reject.reason for reject in rejects] == ["unanswerable", "wrong_shape", "wrong_shape"]
    assert (documents[0].metadata["pairs"], documents[0].metadata["rejected"]) == (1, 3)


def test_pubmedqa_gives_its_long_answer_with_the_abstract_and_keeps_the_decision(tmp_path):
    samples, _, rejects = read(write(tmp_path / "pubmed.json", PUBMED))
    assert [(s.question, s.answer, s.context, s.group) for s in samples] == [
        ("Does it help?", "It helps a little.", "chunk", "pubmed"),
        ("Why?", "Because.", "none", "pubmed"),
    ]
    assert "We asked.\n\nThey answered." in samples[0].messages[0].content
    assert (samples[0].metadata["id"], samples[0].metadata["final_decision"]) == ("101", "yes")
    assert [(reject.reason, "row 3" in reject.detail) for reject in rejects] == [("wrong_shape", True)]


def test_a_number_or_a_key_that_stands_twice_is_counted(tmp_path):
    row = json.dumps(PUBMED["102"])
    double = row[:-1] + ', "LONG_ANSWER": "Other."}'
    (tmp_path / "pubmed.json").write_text(f'{{"1": {row}, "2": {double}, "1": {row}}}')
    samples, _, rejects = read(tmp_path)
    assert (len(samples), [reject.reason for reject in rejects]) == (1, ["duplicate_key", "duplicate_key"])


def test_the_decision_can_be_the_answer(tmp_path):
    samples, _, _ = read(write(tmp_path / "pubmed.json", PUBMED), answer_field="final_decision")
    assert [sample.answer for sample in samples] == ["yes", "maybe"]


def test_rows_of_pubmedqa_in_a_table_are_known_too(tmp_path):
    row = {"pubid": 7, "question": "Q?", "context": {"contexts": ["One.", "Two."]}, "long_answer": "A."}
    write_parquet(tmp_path / "rows.parquet", [{**row, "final_decision": "no"}])
    (sample,) = read(tmp_path)[0]
    assert (sample.answer, sample.metadata["id"], sample.metadata["final_decision"]) == ("A.", "7", "no")
    assert "One.\n\nTwo." in sample.messages[0].content


def test_what_the_user_names_goes_before_what_the_shape_tells(tmp_path):
    row = {"question": "Q?", "answer": "short", "answers": {"text": ["long"]}, "context": "C."}
    (sample,) = read(write(tmp_path / "one.json", [row]))[0]
    assert (sample.answer, sample.context) == ("short", "none")
    (sample,) = read(write(tmp_path / "one.json", SQUAD), group_field="id")[0]
    assert sample.group == "g1"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
def test_xquad_is_read_whole_with_every_answer_where_it_says(tmp_path):
    samples, documents, rejects = read(SHARED / "qa-xquad" / "xquad.en.json")
    found = json.loads((SHARED / "qa-xquad" / "xquad.en.json").read_text())
    passages = {
        question["id"]: paragraph["context"]
        for article in found["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    }
    assert (len(samples), rejects, documents[0].metadata["pairs"]) == (len(passages), [], len(passages))
    assert Counter(sample.group for sample in samples).keys() == {article["title"] for article in found["data"]}
    for sample in samples:
        passage, start = passages[sample.metadata["id"]], sample.metadata["answer_start"]
        assert passage[start:].lstrip().startswith(sample.answer)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
def test_pubmedqa_is_read_whole():
    samples, _, rejects = read(SHARED / "qa-pubmedqa" / "pubmedqa_labelled.json")
    assert (len(samples), rejects) == (673, [])
    assert Counter(sample.metadata["final_decision"] for sample in samples) == {"yes": 374, "no": 228, "maybe": 71}
    assert {sample.context for sample in samples} == {"chunk"}


KEYS = ["question", "answers", "context", "title", "QUESTION", "LONG_ANSWER", "CONTEXTS", "data", "paragraphs", "qas"]


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from([*KEYS, "text", "answer_start"]), inner, max_size=4)
            ),
            max_leaves=10,
        ),
    )
)
def test_no_shape_breaks_the_reader(row):
    assert isinstance(parts_of(row, Fields()), Parts | Fault | None)
    for one in nested_rows(row) or ():
        assert isinstance(one, Fault) or isinstance(parts_of(one, Fields()), Parts | Fault | None)
