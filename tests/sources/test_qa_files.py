import json
import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.errors import ModelError, SourceError
from glossator.llm.answer_styles import load_answer_style
from glossator.records import Document, Reject, Sample, content_id
from glossator.sources import READY_SAMPLES, collect, qa_files, state

PAIRS = {"What is a gene?": "A stretch of DNA.", "What is a cell?": "The smallest unit of life."}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "sets"
    root.mkdir()
    (root / "dataset_with_answers_genetics.json").write_text(json.dumps(PAIRS))
    rows = [{"question": "Who dug it?", "answer": "The moles.", "topic": "soil", "no": 7}, {"question": "Why?"}]
    (root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def read(path, **options):
    """What `collect` yields, by kind."""
    found = list(collect("qa_files", path=path, **options))
    return tuple([item for item in found if isinstance(item, kind)] for kind in (Sample, Document, Reject))


def write(tmp_path, content, name="set.json"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return tmp_path / name


def reasons(rejects):
    return [reject.reason for reject in rejects]


def test_an_object_of_questions_gives_ready_samples_of_the_group_in_the_files_name(folder):
    samples, _, _ = read(folder / "dataset_with_answers_genetics.json")
    assert [(sample.question, sample.answer, sample.group) for sample in samples] == [
        (question, answer, "genetics") for question, answer in PAIRS.items()
    ]
    first = samples[0]
    assert [message.role for message in first.messages] == ["user", "assistant"]
    assert (first.split, first.task, first.context) == ("pool", "qa", "none")
    assert (first.chunk_ids, first.evidence) == ((), ())
    assert first.origin.teacher == "qa_files/1"
    assert first.metadata == {"source": "qa_files", "file": "dataset_with_answers_genetics.json", "row": 1}


def test_each_file_becomes_a_document_that_its_samples_name_and_that_counts_its_pairs(folder):
    samples, documents, _ = read(folder, license="CC BY 4.0")
    assert [document.source_id for document in documents] == ["dataset_with_answers_genetics.json", "rows.jsonl"]
    first = documents[0]
    assert first.id == content_id((folder / first.source_id).read_bytes())
    assert (first.media_type, first.group, first.license) == (READY_SAMPLES, "genetics", "CC BY 4.0")
    assert (first.metadata["pairs"], first.metadata["rejected"]) == (2, 0)
    assert (documents[1].metadata["pairs"], documents[1].metadata["rejected"]) == (1, 1)
    assert Counter(sample.document_ids for sample in samples) == {(first.id,): 2, (documents[1].id,): 1}


def test_rows_name_their_group_and_id_in_fields_of_choice_else_the_file_does(folder):
    samples, _, _ = read(folder / "rows.jsonl", group_field="topic", id_field="no")
    assert [(sample.group, sample.metadata["id"], sample.metadata["row"]) for sample in samples] == [("soil", "7", 1)]
    assert read(folder / "rows.jsonl")[0][0].group == "rows"
    assert {sample.group for sample in read(folder, group="all", group_field="topic")[0]} == {"all"}


def test_a_context_becomes_part_of_the_prompt_and_a_style_the_system_turn(tmp_path):
    rows = [{"q": "Where?", "a": "Here.", "text": "It is here."}, {"q": "When?", "a": "Now.", "text": " "}]
    file = write(tmp_path, rows)
    samples, _, _ = read(file, question_field="q", answer_field="a", context_field="text", answer_style="brief")
    style = load_answer_style("brief")
    assert [sample.context for sample in samples] == ["chunk", "none"]
    assert samples[0].messages[0].content == style.text
    assert samples[0].origin.style_hash == style.hash
    assert "It is here." in samples[0].messages[1].content
    assert samples[1].messages[1].content == "When?"


def test_the_same_pair_has_the_same_id_wherever_it_stands_and_another_form_another(tmp_path):
    one, other = (
        write(tmp_path, PAIRS, "a.json"),
        write(
            tmp_path, [{"question": f" {question}\n", "answer": answer} for question, answer in PAIRS.items()], "b.json"
        ),
    )
    assert [sample.id for sample in read(one)[0]] == [sample.id for sample in read(other)[0]]
    assert {sample.id for sample in read(one)[0]}.isdisjoint(s.id for s in read(one, answer_style="brief")[0])


def test_a_question_that_stands_twice_in_an_object_is_counted_and_the_first_kept(tmp_path):
    file = write(tmp_path, b'{"Q?": "first", "R?": "other", "Q?": "second", "R?": "other"}')
    samples, documents, rejects = read(file)
    assert [sample.answer for sample in samples] == ["first", "other"]
    assert reasons(rejects) == ["duplicate_key", "duplicate_key"]
    assert [reject.detail.split(":")[0] for reject in rejects] == ["set.json, row 3", "set.json, row 4"]
    assert documents[0].metadata["rejected"] == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "Q?"}, "wrong_shape"),
        (["Q?", "A."], "wrong_shape"),
        ("Q? A.", "wrong_shape"),
        ({"question": " \n", "answer": "A."}, "empty_question"),
        ({"question": "Q?", "answer": ""}, "empty_answer"),
        ({"question": "Q?", "answer": None}, "not_text"),
        ({"question": 3, "answer": "A."}, "not_text"),
        ({"question": "Q?", "answer": ["A."]}, "not_text"),
        ({"question": "Q?", "answer": {"text": "A."}}, "not_text"),
        ({"question": "Q?", "answer": "A\0."}, "not_text"),
        ({"question": "Q\ud800?", "answer": "A."}, "not_text"),
        ({"question": "Q?", "answer": "A" * 1_000_001}, "too_large"),
        ({"question": "Q?", "answer": "A.", "context": 5}, "not_text"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_the_good_ones_around_it_stay(tmp_path, row, reason):
    good = [{"question": f"Q{n}?", "answer": "A."} for n in range(2)]
    lines = write(tmp_path, b"\n".join(json.dumps(one).encode() for one in (good[0], row, good[1])), "set.jsonl")
    for file in (write(tmp_path, [good[0], row, good[1]]), lines):
        samples, _, rejects = read(file, context_field="context")
        assert [sample.question for sample in samples] == ["Q0?", "Q1?"]
        assert reasons(rejects) == [reason]
        assert f"{file.name}, row 2:" in rejects[0].detail


def test_broken_lines_cost_themselves_only(tmp_path):
    good = b'{"question": "Q?", "answer": "A."}\n'
    bad = [b"{", b'{"question": NaN, "answer": "A."}', b"\xff\xfe\xfa", b'{"question": "Q?", "question": "R?"}']
    samples, _, rejects = read(write(tmp_path, good + b"\n".join(bad) + b"\n\n" + good, "set.jsonl"))
    assert [sample.metadata["row"] for sample in samples] == [1, 7]
    assert reasons(rejects) == ["not_json", "not_json", "not_text", "duplicate_key"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "not_json"),
        (b"{}", "empty"),
        (b"[]", "empty"),
        (b"null", "wrong_shape"),
        (b'"text"', "wrong_shape"),
        (b'{"data": [{"paragraphs": []}]}', "wrong_shape"),
        (b'{"Q?": "A."', "not_json"),
        (b'{"Q?": NaN}', "not_json"),
        (b'{"Q?": ' + b"9" * 5000 + b"}", "not_json"),
        (b"[" * 200_000, "not_json"),
        (b'{"a":' * 200_000, "not_json"),
        (b"\x00\x01\x02\x03", "not_json"),
        (b"\x89PNG\r\n", "not_text"),
        (b'{"Q?": "A\xff"}', "not_text"),
        (b'{"Q?": "A\x00"}', "not_json"),
    ],
)
def test_a_wrong_file_is_one_reject_and_the_files_beside_it_are_read(tmp_path, content, reason):
    write(tmp_path, content, "bad.json")
    write(tmp_path, PAIRS, "good.json")
    samples, documents, rejects = read(tmp_path)
    assert reasons(rejects) == [reason]
    assert (len(samples), [document.source_id for document in documents]) == (2, ["good.json"])


def test_other_files_of_a_folder_and_those_beyond_the_limit_are_rejected_unread(folder):
    (folder / "README.md").write_text("# What this is")
    with (folder / "huge.json").open("wb") as file:
        file.truncate(qa_files.MAX_BYTES + 1)
    os.mkfifo(folder / "pipe.json")
    _, _, rejects = read(folder)
    assert {reject.detail.split(":")[0]: reject.reason for reject in rejects} == {
        "README.md": "unknown_type",
        "huge.json": "too_large",
        "pipe.json": "unreadable",
        "rows.jsonl, row 2": "wrong_shape",
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_byte_order_marks_and_line_ends_of_other_systems_do_not_matter(tmp_path, encoding, ending):
    rows = [{"question": "Où?", "answer": "Ici\u2028là."}] * 2
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows) if ending == "jsonl" else json.dumps(rows)
    samples, _, rejects = read(write(tmp_path, text.encode(encoding), f"set.{ending}"))
    assert [(sample.question, sample.answer) for sample in samples] == [("Où?", "Ici\u2028là.")] * 2
    assert rejects == []


def test_the_content_tells_the_shape_whatever_the_file_is_called(tmp_path):
    row = {"question": "Q?", "answer": "A."}
    contents = {
        "lines.json": "\n".join([json.dumps(row)] * 3),
        "array.jsonl": json.dumps([row] * 3, indent=1),
        "pairs.ndjson": json.dumps(PAIRS, indent=1),
        "one.json": json.dumps(row),
    }
    counts = {}
    for name, text in contents.items():
        samples, _, rejects = read(write(tmp_path, text.encode(), name))
        counts[name] = len(samples)
        assert rejects == []
    assert counts == {"lines.json": 3, "array.jsonl": 3, "pairs.ndjson": 2, "one.json": 1}


def test_rejects_tell_no_word_of_the_content(tmp_path):
    rows = [{"question": "secretword", "answer": 1}, {"question": "secretword\0", "answer": "A."}, "secretword"]
    _, _, rejects = read(write(tmp_path, rows))
    broken = read(write(tmp_path, b'{"secretword": "secretword", "x": 1e', "b.json"))[2]
    assert len(rejects) == 3
    assert "secretword" not in str(rejects + broken)


def test_the_state_follows_content_names_and_the_styles_words_but_not_the_place(folder, tmp_path):
    before = state("qa_files", path=folder, group="g")
    assert state("qa_files", path=folder) == before
    assert state("qa_files", path=folder, answer_style="brief") != before
    folder.rename(tmp_path / "moved")
    assert state("qa_files", path=tmp_path / "moved") == before
    (tmp_path / "moved" / "rows.jsonl").write_text('{"question": "Q?", "answer": "A."}')
    assert state("qa_files", path=tmp_path / "moved") != before


def test_a_path_with_nothing_and_an_unknown_style_are_errors_that_name_them(tmp_path):
    with pytest.raises(SourceError, match="absent: no such file"):
        read(tmp_path / "absent")
    with pytest.raises(ModelError, match="'florid' is unknown"):
        read(tmp_path, answer_style="florid")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(
    st.recursive(
        VALUES,
        lambda inner: (
            st.dictionaries(st.sampled_from(["question", "answer", "Q?"]) | st.text(), inner, max_size=4)
            | st.lists(inner, max_size=4)
        ),
        max_leaves=12,
    )
    | st.binary(),
    st.sampled_from(["set.json", "set.jsonl"]),
)
def test_whatever_a_file_holds_gives_samples_or_rejects_and_never_an_exception(tmp_path, value, name):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    samples, documents, rejects = read(write(tmp_path, content, name))
    assert samples or rejects
    assert len(documents) == bool(samples)
    for sample in samples:
        assert sample.question.strip() == sample.question != ""
        assert sample.answer.strip() == sample.answer != ""
        assert "\0" not in sample.question + sample.answer
        (sample.question + sample.answer).encode("utf-8")


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "y", " ", ""])), min_size=1, max_size=12))
def test_every_pair_of_an_object_is_a_sample_or_a_reject(tmp_path, pairs):
    text = "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
    samples, _, rejects = read(write(tmp_path, text.encode()))
    first = dict(reversed(pairs))
    assert {sample.question: sample.answer for sample in samples} == {k: v for k, v in first.items() if v.strip()}
    assert len(samples) + len(rejects) == len(pairs)
    assert reasons(rejects).count("duplicate_key") == len(pairs) - len(first)
