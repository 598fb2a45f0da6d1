import subprocess
import sys

import pyarrow as pa
import pytest

from glossator.sources import qa_tables
from glossator.sources.arrow_sizes import largest_batch_bytes
from glossator.sources.qa_tables import read_table
from glossator.sources.reading import Fault

READ = """
import sys
from glossator.sources.qa_tables import read_table
with open(sys.argv[1], "rb") as file:
    print([getattr(row, "problem", "row") for _, row in read_table(file, ".arrow")])
"""


def write(path, *batches, **options):
    with pa.ipc.new_stream(path, batches[0].schema, options=pa.ipc.IpcWriteOptions(**options)) as stream:
        for batch in batches:
            stream.write(batch)
    return path


def rows_of(path):
    with path.open("rb") as file:
        return list(read_table(file, ".arrow"))


def texts(*values, columns=("question", "answer")):
    return pa.record_batch([pa.array(values)] * len(columns), names=list(columns))


@pytest.mark.parametrize("offsets", [(0, 1 << 30, 3), (0, -(1 << 30), 3), (2, 1, 3)])
def test_offsets_that_lead_out_of_their_buffer_are_a_broken_file_and_do_not_end_the_process(tmp_path, offsets):
    wrong = pa.py_buffer(b"".join(offset.to_bytes(4, "little", signed=True) for offset in offsets))
    column = pa.Array.from_buffers(pa.string(), 2, [None, wrong, pa.py_buffer(b"abc")])
    good = texts("a", "b")
    path = write(tmp_path / "bad.arrow", good, pa.record_batch([column, column], names=["question", "answer"]))
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("['row', 'row', 'broken_file']\n", 0)


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_the_size_of_a_batch_is_known_before_it_is_unpacked(tmp_path, compression):
    small, large = texts("a" * 1000), texts("b" * 3_000_000)
    path = write(tmp_path / "rows.arrow", small, large, small, compression=compression)
    with path.open("rb") as file:
        assert 6_000_000 <= largest_batch_bytes(file) <= 6_001_000
        assert file.tell() == 0


def test_dictionaries_count_with_every_batch(tmp_path):
    repeated = pa.array(["c" * 2_000_000] * 3).dictionary_encode()
    path = write(tmp_path / "rows.arrow", pa.record_batch([repeated], names=["question"]), compression="zstd")
    with path.open("rb") as file:
        assert 2_000_000 <= largest_batch_bytes(file) <= 2_001_000


def test_a_batch_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    path = write(tmp_path / "rows.arrow", texts("a" * 2_000_000), compression="zstd")
    assert path.stat().st_size < 5000
    monkeypatch.setattr(qa_tables, "MAX_BATCH_BYTES", 3_000_000)
    monkeypatch.setattr(pa.ipc, "open_stream", None)
    [(number, fault)] = rows_of(path)
    assert isinstance(fault, Fault)
    assert (number, fault.problem) == (0, "too_large")
    assert "unpacks to 4 MB; at most 3 MB" in fault.detail


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_a_file_cut_or_changed_anywhere_gives_rows_or_a_fault(tmp_path, compression):
    data = write(tmp_path / "whole.arrow", texts("a" * 50, "b"), texts("c"), compression=compression).read_bytes()
    path = tmp_path / "cut.arrow"
    for place in range(len(data)):
        for changed in (data[:place], data[:place] + b"\xff" + data[place + 1 :]):
            path.write_bytes(changed)
            with path.open("rb") as file:
                try:
                    assert largest_batch_bytes(file) >= 0
                except ValueError as error:
                    assert str(error).startswith(("its", "a ", "the"))  # noqa: PT017 - either may happen


def test_all_rows_come_also_where_a_batch_is_large(tmp_path, monkeypatch):
    monkeypatch.setattr(qa_tables, "_SMALL_BYTES", 10)
    path = write(tmp_path / "rows.arrow", texts(*"abc"), texts(*"de"))
    assert [(number, row["answer"]) for number, row in rows_of(path)] == list(enumerate("abcde", start=1))
