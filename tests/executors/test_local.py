import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glossator.executors.local import map_isolated

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
    caller = subprocess.Popen([sys.executable, "-"], stdin=subprocess.PIPE, text=True)
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
