import sys
from pathlib import Path

import pytest

from glossator.executors import EXECUTORS, map_records

sys.path.insert(0, str(Path(__file__).parent))
import isolated_records
from isolated_records import Letters, Word


def test_every_record_goes_through_the_function_and_comes_back_with_its_index():
    words = [Word(text, number, number / 7) for number, text in enumerate(["a", "bb", "ccc", "ü", "torn \ud800"])]
    results = sorted(map_records(isolated_records.spell, words, leaves=Letters, workers=2), key=lambda r: r.index)
    assert [result.value for result in results] == [isolated_records.spell(word) for word in words]


def test_failures_are_told_apart_and_what_is_no_record_is_an_error():
    words = [Word(text) for text in ("segfault", "huge", "raise", "nan", "other", "fine")]
    results = sorted(map_records(isolated_records.misbehave, words, leaves=Letters), key=lambda r: r.index)
    assert [(result.failure, result.reason) for result in results] == [
        ("crash", "the worker process ended by signal SIGSEGV"),
        ("memory", "out of memory"),
        ("error", "ValueError: bad word \ud800"),
        ("error", "ValueError: Out of range float values are not JSON compliant"),
        ("error", "TypeError: isolated_records:misbehave left a Word, not a Letters"),
        (None, ""),
    ]
    assert results[-1].value == Letters("fine", tuple("fine"), None, {"number": 0, "third": 0.0})


@pytest.mark.parametrize("executor", EXECUTORS)
def test_no_records_start_nothing_and_leave_nothing(executor: str):
    assert list(map_records(isolated_records.spell, [], leaves=Letters, executor=executor)) == []


def test_an_unknown_executor_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="executor 'cloud' is unknown; give one of local, spark"):
        map_records(isolated_records.spell, [Word("a")], leaves=Letters, executor="cloud")


def test_a_function_that_cannot_be_imported_is_refused_at_once():
    with pytest.raises(ValueError, match="top level"):
        map_records(lambda word: word, [Word("a")], leaves=Word)


def test_records_of_another_type_among_the_items_are_refused():
    with pytest.raises(ValueError, match="a Letters came after a Word"):
        list(map_records(isolated_records.spell, [Word("a"), Letters("b")], leaves=Letters))


def test_a_file_lies_where_it_is_for_a_worker_of_this_machine(tmp_path: Path):
    (tmp_path / "words.txt").write_text("here")
    (result,) = map_records(
        isolated_records.read_shipped,
        [Word(str(tmp_path / "words.txt"))],
        leaves=Letters,
        files=[tmp_path / "words.txt"],
    )
    assert result.value == Letters("here", (str(tmp_path / "words.txt"),))
