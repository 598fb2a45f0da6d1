"""A benchmark's file is read whatever its form, or refused in one line."""

import csv
import json

import pytest

from glossator.curation.decontamination import read_benchmark
from glossator.errors import CurationError

ROWS = [
    {"question": "Who built it?", "answer": "The miller.", "id": 1},
    {"question": "When?", "answer": ["1900", "in 1900"]},
    {"text": "A paragraph by itself."},
    {"else": "nothing to read"},
]
TEXTS = ("Who built it?\nThe miller.", "When?\n1900\nin 1900", "A paragraph by itself.")


def test_json_lines_lists_and_lists_within_objects_are_read(tmp_path):
    for name, content in {
        "a.jsonl": "\n".join(map(json.dumps, ROWS)),
        "b.json": json.dumps(ROWS),
        "c.json": json.dumps({"version": "1", "data": ROWS}),
    }.items():
        (tmp_path / name).write_text(content)
        assert read_benchmark(tmp_path / name).texts == TEXTS
    assert read_benchmark(tmp_path / "a.jsonl").name == "a"
    assert read_benchmark(tmp_path / "a.jsonl", "exam").name == "exam"


def test_csv_is_read_by_its_head_with_or_without_a_byte_order_mark(tmp_path):
    for name, encoding in (("plain.csv", "utf-8"), ("mark.csv", "utf-8-sig")):
        with (tmp_path / name).open("w", encoding=encoding, newline="") as file:
            table = csv.writer(file)
            table.writerows([["question", "answer", "more"], ["Wer, bitte?", "Müller", "x"]])
        assert read_benchmark(tmp_path / name).texts == ("Wer, bitte?\nMüller",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jsonl", "", "holds no text"),
        ("other.json", '{"rows": 3}', "holds no text"),
        ("numbers.json", "[1, 2]", "holds no text"),
        ("broken.jsonl", '{"question": ', "cannot be read"),
        ("broken.json", "[", "cannot be read"),
        ("deep.json", "[" * 100_000, "cannot be read"),
        ("bytes.csv", b"\xff\xfe\xff", "cannot be read"),
        ("table.xlsx", "x", r"its ending is \.xlsx"),
    ],
)
def test_what_cannot_be_read_is_one_error_with_the_remedy(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CurationError, match=rf"{name}.*{message}.*give JSON lines") as caught:
        read_benchmark(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CurationError, match=r"gone\.jsonl does not exist"):
        read_benchmark(tmp_path / "gone.jsonl")
