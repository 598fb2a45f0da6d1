import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glossator.executors import worker
from glossator.executors.local import Pool, map_isolated
from glossator.executors.wire import Call, call_of

sys.path.insert(0, str(Path(__file__).parent))
import isolated_functions

MISBEHAVIOUR = ["hang", "segfault", "exit", "grow", "huge", "raise", "fine", "also fine"]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        os.sched_yield()
    return condition()


def test_every_item_has_one_result_with_its_index():
    results = list(map_isolated(isolated_functions.double, list(range(20)), workers=2))
    assert sorted((r.index, r.value) for r in results) == [(i, 2 * i) for i in range(20)]
    assert all(r.failure is None and r.seconds >= 0 for r in results)


def test_a_worker_is_used_again_and_no_more_are_started_than_asked_for():
    pids = {r.value for r in map_isolated(isolated_functions.process_id, list(range(12)), workers=2)}
    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids


def test_a_hang_a_crash_and_eaten_memory_cost_their_own_item_only():
    results = map_isolated(
        isolated_functions.misbehave, MISBEHAVIOUR, workers=2, timeout_seconds=2, memory_bytes=200 << 20
    )
    outcomes = {MISBEHAVIOUR[r.index]: (r.failure, r.reason or r.value) for r in results}
    assert {item: failure for item, (failure, _) in outcomes.items()} == {
        "hang": "timeout",
        "segfault": "crash",
        "exit": "crash",
        "grow": "memory",
        "huge": "memory",
        "raise": "error",
        "fine": None,
        "also fine": None,
    }
    assert outcomes["segfault"][1].endswith("by signal SIGSEGV")
    assert outcomes["exit"][1].endswith("with exit code 3")
    assert outcomes["raise"][1] == "ValueError: bad item"
    assert outcomes["also fine"][1] == "also fine"


def test_no_items_start_no_worker():
    assert list(map_isolated(isolated_functions.double, [])) == []


def test_a_function_that_cannot_be_imported_is_refused():
    with pytest.raises(ValueError, match="top level"):
        list(map_isolated(lambda item: item, [1]))


def test_workers_end_when_the_caller_stops_listening(tmp_path):
    results = map_isolated(isolated_functions.process_id, list(range(5)))
    pid = next(results).value
    results.close()
    assert not alive(pid)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends orphans only on Linux")
def test_a_killed_caller_read_from_standard_input_leaves_no_orphan(tmp_path):
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from isolated_functions import write_id_and_hang\n"
        "from glossator.executors.local import map_isolated\n"
        f"list(map_isolated(write_id_and_hang, [{str(tmp_path / 'pid')!r}]))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # what a killed caller cannot remove goes with the test
    caller = subprocess.Popen([sys.executable, "-"], env=environment, stdin=subprocess.PIPE, text=True)
    caller.stdin.write(script)
    caller.stdin.close()
    try:
        assert wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        worker = int((tmp_path / "pid").read_text())
        assert alive(worker)
    finally:
        caller.kill()
        caller.wait()
    assert wait_until(lambda: not alive(worker))


def test_an_item_is_asked_for_only_once_a_worker_is_free():
    asked = []

    def items():
        for number in range(40):
            asked.append(number)
            yield number

    results = map_isolated(isolated_functions.double, items(), workers=2)
    for done, _ in enumerate(results):
        assert len(asked) <= done + 2
    assert len(asked) == 40


def test_items_that_end_in_an_error_end_the_workers_too(tmp_path):
    def items():
        yield str(tmp_path / "pid")
        assert wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(map_isolated(isolated_functions.write_id_and_hang, items(), workers=2))
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_pool_keeps_its_worker_from_one_map_to_the_next():
    with Pool(call_of(isolated_functions.process_id), workers=1, timeout_seconds=60, memory_bytes=1 << 30) as pool:
        pids = {result.value for _ in range(3) for result in pool.map([1, 2])}
        assert len(pids) == 1
    assert not alive(pids.pop())


def test_a_worker_that_died_between_two_maps_is_replaced():
    with Pool(call_of(isolated_functions.process_id), workers=1, timeout_seconds=60, memory_bytes=1 << 30) as pool:
        (first,) = pool.map([1])
        os.kill(first.value, signal.SIGKILL)
        assert wait_until(lambda: not alive(first.value))
        (second,) = pool.map([1])
    assert second.failure is None
    assert second.value != first.value


def test_a_function_whose_module_is_missing_fails_every_item_with_that_reason():
    call = Call("no_such_module:parse")
    with Pool(call, workers=2, timeout_seconds=60, memory_bytes=1 << 30) as pool:
        results = list(pool.map([1, 2, 3]))
    assert sorted(result.index for result in results) == [0, 1, 2]
    assert {result.failure for result in results} == {"error"}
    assert all("no_such_module:parse cannot be imported here" in result.reason for result in results)


def test_a_worker_whose_start_never_ends_costs_its_item_even_if_that_is_larger_than_a_pipe_holds(tmp_path, monkeypatch):
    (tmp_path / "starts_forever.py").write_text("import time\ntime.sleep(60)\n\n\ndef parse(item):\n    return item\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(worker, "START_SECONDS", 0.5)
    with Pool(Call("starts_forever:parse"), workers=2, timeout_seconds=0.5, memory_bytes=1 << 30) as pool:
        results = sorted(pool.map([bytes(1 << 20)] * 3), key=lambda result: result.index)
    assert [(result.index, result.failure, result.reason) for result in results] == [
        (index, "timeout", "the worker process was not ready for it within 1 seconds") for index in range(3)
    ]


def test_an_item_larger_than_a_pipe_holds_reaches_a_worker_that_starts_and_one_that_runs():
    results = list(map_isolated(isolated_functions.double, [bytes(1 << 20)] * 2))
    assert [len(result.value) for result in results] == [2 << 20] * 2


def test_temporary_files_of_a_killed_worker_are_removed(tmp_path):
    results = map_isolated(
        isolated_functions.leave_temporary_file_and_hang, [str(tmp_path / "name")], timeout_seconds=1
    )
    (result,) = results
    assert result.failure == "timeout"
    assert not Path((tmp_path / "name").read_text()).exists()


def test_a_function_that_leaks_costs_no_item_since_its_worker_is_replaced_in_time():
    results = list(map_isolated(isolated_functions.leak, range(20), memory_bytes=300 << 20))
    assert [result.failure for result in results] == [None] * 20
    assert 3 < len({result.value for result in results}) < 15
