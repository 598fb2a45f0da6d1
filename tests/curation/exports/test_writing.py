"""Each format is read back by what would use it; an export is whole, and never written over something else."""

import csv as table
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.curation import exports
from glossator.curation.exports import KINDS, export_samples, writing
from glossator.curation.exports.csv import safe_cell
from glossator.curation.exports.lineage_columns import lineage_columns
from glossator.curation.exports.writing import MARK
from glossator.errors import CurationError
from glossator.llm.chat_format import student_messages
from glossator.records import Message


@pytest.fixture(scope="session")
def build(make_sample):
    def one(n, split="train", *, group=None, passage=None, rejected="", style=None):
        sample = make_sample(f"Question {n}?", f"Answer {n}.", split=split, group=group, span=(0, 4, f"span {n}"))
        messages = (*student_messages(sample.question, context=passage), Message("assistant", sample.answer))
        system = (Message("system", style),) if style else ()
        context = "chunk" if passage else "none"
        return replace(sample, id=f"s{n}", messages=(*system, *messages), context=context, rejected=rejected)

    return one


@pytest.fixture(scope="session")
def talk(build):
    """A conversation of two questions about a passage."""
    sample = build("last", passage="The passage.")
    first = student_messages("First question?", context="The passage.")
    turns = (*first, Message("assistant", "First answer."), Message("user", sample.question), sample.messages[-1])
    return replace(sample, messages=turns)


@pytest.fixture
def samples(build, talk):
    return [
        build(1, passage="Line one.\n\nLine two.", rejected="Wrong."),
        build(2, "dev", style="Be brief."),
        build(3, "test", rejected="Worse."),
        build(4, "pool"),
        talk,
    ]


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(samples, folder, kind, **values):
    return export_samples(samples, folder, kind=kind, name="tiny", **values)


def plain(sample):
    return [{"role": message.role, "content": message.content} for message in sample.messages]


def test_chat_lines_hold_whole_conversations_and_datasets_reads_them(samples, talk, tmp_path):
    done = write(samples, tmp_path / "out", "chat_jsonl")
    assert lines(tmp_path / "out/train.jsonl") == [{"messages": plain(samples[0])}, {"messages": plain(talk)}]
    assert done.counts == {"": {"train": 2, "dev": 1, "test": 1}}
    from datasets import load_dataset

    read = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))  # by the head of the card
    assert {split: len(rows) for split, rows in read.items()} == {"train": 2, "dev": 1, "test": 1}
    assert read["dev"][0]["messages"] == plain(samples[1])


def test_the_pool_is_exported_only_where_it_is_named(samples, tmp_path):
    write(samples, tmp_path / "all", "chat_jsonl")
    assert not (tmp_path / "all/pool.jsonl").exists()
    done = write(samples, tmp_path / "pool", "chat_jsonl", splits=["pool"])
    assert done.counts == {"": {"pool": 1}}


def test_alpaca_has_one_question_with_passage_and_earlier_turns_before_it(samples, tmp_path):
    write(samples, tmp_path / "out", "alpaca")
    first, second = lines(tmp_path / "out/train.jsonl")
    assert first == {
        "instruction": "Question 1?",
        "input": "Line one.\n\nLine two.",
        "output": "Answer 1.",
        "system": "",
    }
    assert second["input"] == "The passage.\n\nUser: First question?\n\nAssistant: First answer."
    assert lines(tmp_path / "out/dev.jsonl")[0]["system"] == "Be brief."


def test_alpaca_without_an_answer_style_has_its_three_keys(build, tmp_path):
    write([build(1)], tmp_path / "out", "alpaca")
    assert lines(tmp_path / "out/train.jsonl") == [{"instruction": "Question 1?", "input": "", "output": "Answer 1."}]


def test_sharegpt_names_the_speakers_its_own_way(samples, tmp_path):
    write(samples, tmp_path / "out", "sharegpt")
    (row,) = lines(tmp_path / "out/dev.jsonl")
    assert [(turn["from"], turn["value"]) for turn in row["conversations"]] == [
        ("system", "Be brief."),
        ("human", "Question 2?"),
        ("gpt", "Answer 2."),
    ]


def test_mlx_finds_its_three_files_of_messages(samples, tmp_path):
    write(samples, tmp_path / "out", "mlx")
    for name in ("train", "valid", "test"):
        for row in lines(tmp_path / f"out/{name}.jsonl"):
            assert set(row) == {"messages"}
            assert row["messages"][-1]["role"] == "assistant"
    assert lines(tmp_path / "out/valid.jsonl") == [{"messages": plain(samples[1])}]


def test_a_dataset_on_disk_is_loaded_by_datasets(samples, talk, tmp_path):
    from datasets import load_from_disk

    write(samples, tmp_path / "out", "hf_dataset", lineage=lineage_columns({}, {}))
    read = load_from_disk(str(tmp_path / "out"))
    assert set(read) == {"train", "dev", "test"}
    assert read["train"][1]["messages"] == plain(talk)
    assert read["test"][0]["evidence"] == ["span 3"]


def test_preferences_are_what_trl_reads_and_others_are_left_out(samples, tmp_path):
    from trl.data_utils import is_conversational

    done = write(samples, tmp_path / "out", "dpo_jsonl")
    assert (done.counts, done.left_out) == ({"": {"train": 1, "test": 1}}, 2)
    (row,) = lines(tmp_path / "out/train.jsonl")
    assert is_conversational(row)
    assert row["prompt"] == plain(samples[0])[:-1]
    assert (row["chosen"], row["rejected"]) == (
        [{"role": "assistant", "content": "Answer 1."}],
        [{"role": "assistant", "content": "Wrong."}],
    )


def test_without_a_worse_answer_there_are_no_preferences_and_nothing_is_written(build, tmp_path):
    with pytest.raises(CurationError, match="none has a rejected answer"):
        write([build(1)], tmp_path / "out", "dpo_jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_read_back_by_csv(samples, tmp_path):
    write(samples, tmp_path / "out", "csv", lineage=lineage_columns({}, {}))
    with (tmp_path / "out/train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(table.DictReader(file))
    assert [row["question"] for row in rows] == ["Question 1?", "Question last?"]
    assert rows[0]["context"] == "Line one.\n\nLine two."
    assert json.loads(rows[0]["evidence"]) == ["span 1"]


@pytest.mark.parametrize("start", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", " =1+1", "＝1"])
def test_no_cell_begins_a_formula(start, build, tmp_path):
    sample = replace(build(1), question=start, messages=(Message("user", start), Message("assistant", start)))
    write([sample], tmp_path / "out", "csv")
    with (tmp_path / "out/train.csv").open(encoding="utf-8", newline="") as file:
        assert list(table.reader(file))[1] == [f"'{start}", "", f"'{start}"]


@given(st.text())
def test_a_cell_is_the_text_or_the_text_behind_an_apostrophe(text):
    cell = safe_cell(text)
    assert cell in (text.replace("\0", "�"), "'" + text.replace("\0", "�"))
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "hf_dataset"])
@given(text=st.text(st.characters(exclude_categories=[]), min_size=1))
def test_any_text_is_written_as_utf_8(kind, text, build, tmp_path_factory):
    sample = replace(build(1, rejected="no"), messages=(Message("user", text), Message("assistant", text)))
    folder = tmp_path_factory.mktemp("any") / "out"
    write([sample], folder, kind)
    for path in folder.iterdir():
        path.read_text("utf-8")


def test_lineage_columns_tell_document_page_section_and_teacher(make_document, make_chunk, build, tmp_path):
    document = replace(make_document("d1"), title="A | title", license="CC BY 4.0")
    chunk = replace(make_chunk("d1", 0, "text", "Intro"), id="c1", page_first=3, page_last=4)
    lineage = lineage_columns({"d1": document}, {"c1": chunk})
    write([build(1, group="g")], tmp_path / "out", "chat_jsonl", lineage=lineage, documents={"d1": document})
    (row,) = lines(tmp_path / "out/train.jsonl")
    assert {key: row[key] for key in row if key != "messages"} == {
        "id": "s1",
        "group": "g",
        "split": "train",
        "task": "qa",
        "document_ids": ["d1"],
        "titles": ["A | title"],
        "licenses": ["CC BY 4.0"],
        "pages": ["3–4"],
        "sections": ["Intro"],
        "evidence": ["span 1"],
        "teacher": "extractive/1",
        "prompt_hash": "p",
        "style_hash": "",
        "verdicts": '{"teacher": "kept"}',
    }
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert "| A &#124; title | CC BY 4.0 | 1 |" in card
    assert "| qa | extractive/1 | `p` | 1 |" in card


def test_each_group_has_a_folder_that_is_whole_by_itself(build, tmp_path):
    groups = ["eli5", "Eli5", "../up", "a/b", None]
    samples = [build(n, group=group) for n, group in enumerate(groups)]
    done = write(samples, tmp_path / "out", "chat_jsonl", by_group=True)
    assert set(done.counts) == {"eli5", "Eli5", "../up", "a/b", ""}
    folders = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    assert len({folder.name.casefold() for folder in folders}) == 5
    assert {"eli5", "without_group"} <= {folder.name.casefold() for folder in folders}
    assert all({entry.name for entry in folder.iterdir()} == {"train.jsonl", "README.md"} for folder in folders)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_an_earlier_export_is_replaced_whole(samples, tmp_path):
    write(samples, tmp_path / "out", "chat_jsonl")
    write(samples, tmp_path / "out", "csv", splits=["dev"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dev.csv", "README.md", MARK}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kind", ["chat_jsonl", "hf_dataset"])
def test_nothing_that_no_export_made_is_written_over(samples, tmp_path, kind):
    folder = tmp_path / "out"
    folder.mkdir()
    write(samples, folder, kind)  # an empty folder may be filled
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(CurationError, match=r"holds notes\.txt, which no export made"):
        write(samples, folder, kind)
    assert (folder / "notes.txt").read_text() == "mine"
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CurationError, match="is there and no folder"):
        write(samples, tmp_path / "file", kind)


def test_a_link_to_an_export_is_not_followed(samples, tmp_path):
    write(samples, tmp_path / "out", "chat_jsonl")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with pytest.raises(CurationError, match="is there and no folder"):
        write(samples, tmp_path / "link", "chat_jsonl")


def test_an_export_that_fails_leaves_the_earlier_one_and_nothing_else(samples, tmp_path, monkeypatch):
    write(samples, tmp_path / "out", "chat_jsonl")
    before = (tmp_path / "out/train.jsonl").read_bytes()

    def fail(*_, **__):
        raise OSError("no room")

    monkeypatch.setattr(writing, "write_card", fail)
    with pytest.raises(OSError, match="no room"):
        write(samples[1:], tmp_path / "out", "chat_jsonl")
    assert (tmp_path / "out/train.jsonl").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "xml"}, "there is no format 'xml'; there are chat_jsonl, alpaca"),
        ({"kind": "csv", "splits": ["train", "exam"]}, "there is no split 'exam'"),
        ({"kind": "csv", "splits": []}, "there is no split named"),
        ({"kind": "csv", "splits": ["test_seen"]}, "nothing to export as csv from test_seen"),
    ],
)
def test_what_cannot_be_exported_is_told_before_anything_is_written(samples, tmp_path, values, message):
    with pytest.raises(CurationError, match=message):
        export_samples(samples, tmp_path / "out", name="tiny", **values)
    assert list(tmp_path.iterdir()) == []


def test_every_format_is_a_file_of_its_name():
    from pathlib import Path

    there = {path.stem for path in Path(exports.__file__).parent.glob("*.py")}
    assert set(KINDS) <= there


def test_a_card_shows_text_of_documents_as_text(make_document, build, tmp_path):
    document = replace(make_document("d1"), title="<img src=x> [a](b) `c`\n# d", license=None)
    write([build(1)], tmp_path / "out", "chat_jsonl", documents={"d1": document})
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert "<img" not in card
    assert "\n# d" not in card
    assert "[a](b)" not in card
    assert "| unknown | 1 |" in card


def test_splits_of_a_dataset_have_one_type_of_columns_though_a_list_is_empty_in_all_of_one(samples, tmp_path):
    from datasets import concatenate_datasets, load_from_disk

    bare = [replace(sample, evidence=()) if sample.split == "dev" else sample for sample in samples]
    write(bare, tmp_path / "out", "hf_dataset", lineage=lineage_columns({}, {}))
    read = load_from_disk(str(tmp_path / "out"))
    assert read["dev"].features == read["train"].features
    joined = concatenate_datasets([read["dev"], read["train"]])
    assert joined["evidence"][:2] == [[], ["span 1"]]
    assert joined.features["verdicts"].dtype == "string"
