import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from glossator.errors import GlossatorError
from glossator.executors import SparkSettings, java_version, map_records, spark_session
from glossator.executors import spark as spark_executor

sys.path.insert(0, str(Path(__file__).parent))
import isolated_records
from isolated_records import Letters, Word

pytest.importorskip("pyspark", reason="pyspark is not installed")
if java_version() is None:
    pytest.skip("Spark needs Java, and there is none on this machine", allow_module_level=True)

MISBEHAVIOUR = ["fine", "segfault", "exit", "huge", "raise", "nan", "other", "hang", "also fine \ud800"]


@pytest.fixture(scope="module")
def session():
    """One session for all tests here: two cores, and a lost task may be tried again."""
    with spark_session(SparkSettings(master="local[2,3]")) as session:
        yield session


@pytest.fixture
def settings(session, tmp_path: Path) -> SparkSettings:
    (tmp_path / "work").mkdir()
    return SparkSettings(
        master="local[2,3]", work_folder=str(tmp_path / "work"), items_per_wave=8, items_per_partition=3
    )


def on_spark(function, words, settings, **options):
    return map_records(function, words, leaves=Letters, executor="spark", spark=settings, **options)


def pid_from(pipe: Path) -> int:
    """Wait for the process id that a function writes into a pipe."""
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)) as file:
        assert select.select([file], [], [], 120)[0], "nobody wrote"
        return int(file.read())


def ended(pid: int) -> bool:
    """Wait until a process has ended."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], 60)[0])
    finally:
        os.close(watch)


def test_records_are_equal_to_those_of_this_machine_and_come_in_order(settings):
    words = [Word(f"word {number} ü \ud800", number, number / 7) for number in range(30)]
    local = map_records(isolated_records.spell, words, leaves=Letters, workers=2)
    spark = list(on_spark(isolated_records.spell, iter(words), settings))
    assert [result.index for result in spark] == list(range(30))
    assert [result.value for result in spark] == [
        result.value for result in sorted(local, key=lambda result: result.index)
    ]


def test_a_hang_a_crash_and_eaten_memory_cost_their_own_item_only_word_for_word_as_on_this_machine(settings):
    words = [Word(text) for text in MISBEHAVIOUR]
    limits = {"timeout_seconds": 1.0, "memory_bytes": 200 << 20}
    local = map_records(isolated_records.misbehave, words, leaves=Letters, workers=2, **limits)
    expected = {r.index: (r.value, r.failure, r.reason) for r in local}
    spark = {
        r.index: (r.value, r.failure, r.reason) for r in on_spark(isolated_records.misbehave, words, settings, **limits)
    }
    assert spark == expected
    assert [spark[place][1] for place in range(len(words))] == [
        None, "crash", "crash", "memory", "error", "error", "error", "timeout", None,
    ]  # fmt: skip


@pytest.mark.parametrize("count", [30, 300])
def test_ten_times_the_items_are_not_held_here_nor_in_the_work_folder(settings, count: int):
    settings = dataclasses.replace(settings, items_per_wave=15, items_per_partition=8)
    asked = 0

    def words():
        nonlocal asked
        for number in range(count):
            asked += 1
            yield Word(str(number))

    waves = set()
    for done, _ in enumerate(on_spark(isolated_records.spell, words(), settings)):
        assert asked <= done + 2 * settings.items_per_wave
        waves.add(len(list(Path(settings.work_folder).glob("*/wave-*"))))
    assert asked == count
    assert max(waves) <= 2


def test_the_work_folder_holds_json_in_parquet_and_is_empty_at_the_end(settings):
    words = [Word(f"word {number}", number) for number in range(20)]
    results = on_spark(isolated_records.spell, words, settings)
    next(results)
    (first,) = Path(settings.work_folder).glob("*/wave-000000")
    items = pq.read_table(first / "items").to_pylist()
    assert [json.loads(row["item"]) for row in items] == [
        {"text": f"word {number}", "number": number, "share": None} for number in range(8)
    ]
    answers = [row for path in sorted(first.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    assert [json.loads(row["value"])["text"] for row in answers] == [f"word {number}" for number in range(8)]
    assert len(list(results)) == 19
    assert list(Path(settings.work_folder).iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends orphans only on Linux")
def test_closing_the_results_ends_the_work_and_empties_the_work_folder(settings, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    words = [Word("fine")] * 8 + [Word(str(tmp_path / "pipe"))] + [Word("fine")] * 7
    results = on_spark(isolated_records.write_id_and_hang, words, settings, timeout_seconds=600)
    assert next(results).value == Letters("fine")
    pid = pid_from(tmp_path / "pipe")
    results.close()
    assert ended(pid)
    assert list(Path(settings.work_folder).iterdir()) == []
    assert len(list(on_spark(isolated_records.spell, [Word("a")], settings))) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends orphans only on Linux")
def test_a_cluster_without_free_cores_is_given_up_whatever_the_time_out(
    settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pipes = [tmp_path / "one", tmp_path / "two"]
    for pipe in pipes:
        os.mkfifo(pipe)
    words = [Word(str(pipes[0])), Word("fine"), Word("fine"), Word(str(pipes[1]))]
    blocking = on_spark(isolated_records.write_id_and_hang, words, settings, timeout_seconds=600)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(next, blocking)
        hanging = [pid_from(pipe) for pipe in pipes]
        try:
            monkeypatch.setattr(spark_executor, "_IDLE_SECONDS", 1.0)
            with pytest.raises(GlossatorError, match=r"^Spark began no task in 1 seconds; see whether it has free"):
                list(on_spark(isolated_records.spell, [Word("a")] * 20, settings, timeout_seconds=3600))
        finally:
            for pid in hanging:
                os.kill(pid, signal.SIGKILL)
    assert [first.result().failure, *(result.failure for result in blocking)] == ["crash", None, None, "crash"]
    assert list(Path(settings.work_folder).iterdir()) == []


def test_a_task_that_is_lost_is_tried_again_and_gives_nothing_twice(settings, tmp_path: Path):
    words = [Word("fine", number) for number in range(10)]
    words[4] = Word(str(tmp_path / "marker"), 4)
    results = list(on_spark(isolated_records.kill_the_task_once, words, settings))
    assert (tmp_path / "marker").exists()
    assert [(result.index, result.failure, result.value.found["number"]) for result in results] == [
        (number, None, number) for number in range(10)
    ]


def test_files_are_sent_along_also_two_of_one_name(settings, tmp_path: Path):
    paths = [tmp_path / "one" / "words.txt", tmp_path / "two" / "words.txt"]
    for path in paths:
        path.parent.mkdir()
        path.write_text(f"from {path.parent.name}")
    for _ in range(2):
        results = list(on_spark(isolated_records.read_shipped, [Word(str(p)) for p in paths], settings, files=paths))
        assert [result.value.text for result in results] == ["from one", "from two"]
        places = {Path(result.value.letters[0]) for result in results}
        assert len(places) == 2
        assert not places & set(paths)


def test_a_file_that_is_missing_is_told_before_any_work(settings, tmp_path: Path):
    with pytest.raises(GlossatorError, match=r"nowhere.txt cannot be sent to the executors: No such file"):
        list(on_spark(isolated_records.spell, [Word("a")], settings, files=[tmp_path / "nowhere.txt"]))


def test_the_executors_run_the_package_that_was_sent_with_its_data(settings):
    (result,) = on_spark(isolated_records.tell_package, [Word("a")], settings)
    (here,) = map_records(isolated_records.tell_package, [Word("a")], leaves=Letters)
    assert result.value.text != here.value.text
    assert "quickstart.yaml" in result.value.letters


def test_one_worker_process_serves_task_after_task(settings):
    results = on_spark(isolated_records.process_id, [Word("a")] * 40, settings)
    assert len({result.value.text for result in results}) <= 4  # two cores; a core may change its Python process


def test_temporary_files_lie_where_they_go_with_the_application(settings, session):
    (result,) = on_spark(isolated_records.leave_temporary_file, [Word("a")], settings)
    from pyspark import SparkFiles

    assert Path(SparkFiles.getRootDirectory()) in Path(result.value.text).parents


def test_a_work_folder_that_cannot_be_written_is_one_line(settings, tmp_path: Path):
    (tmp_path / "file").write_text("")
    place = SparkSettings(master="local[2,3]", work_folder=str(tmp_path / "file"))
    with pytest.raises(GlossatorError, match=r"work_folder .* cannot be written"):
        list(on_spark(isolated_records.spell, [Word("a")], place))


def test_a_cluster_needs_a_work_folder_that_all_machines_see():
    with pytest.raises(GlossatorError, match=r"spark\.work_folder is needed off one machine"):
        list(on_spark(isolated_records.spell, [Word("a")], SparkSettings(master="spark://127.0.0.1:7077")))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends orphans only on Linux")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_or_killed_caller_leaves_no_process_behind(tmp_path: Path, how: signal.Signals):
    (tmp_path / "work").mkdir()
    os.mkfifo(tmp_path / "pipe")
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from glossator.executors import SparkSettings, map_records\n"
        "from isolated_records import Letters, Word, write_id_and_hang\n"
        f"settings = SparkSettings(master='local[1]', work_folder={str(tmp_path / 'work')!r})\n"
        f"words = [Word({str(tmp_path / 'pipe')!r})]\n"
        "list(map_records(write_id_and_hang, words, leaves=Letters, executor='spark', spark=settings))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # what a killed caller cannot remove goes with the test
    caller = subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        worker = pid_from(tmp_path / "pipe")
        (java,) = psutil.Process(caller.pid).children()
        caller.send_signal(how)
        _, told = caller.communicate(timeout=60)
    finally:
        caller.kill()
    assert ended(worker)
    assert ended(java.pid)
    if how is signal.SIGINT:
        assert told.splitlines()[-1] == "KeyboardInterrupt"
        assert list((tmp_path / "work").iterdir()) == []
