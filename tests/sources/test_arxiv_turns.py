import pytest
from tests.sources.arxiv_server import StillClock

from glossator.errors import SourceError
from glossator.sources.arxiv_turns import Turns

HOSTS = ("http://api.test/query", "http://files.test/pdf")


def ask(turns, host="api.test"):
    """Ask as fetching does: the next request to this host may start a delay later."""
    turns.clock.time = max(turns.clock.time, turns.clock.next_start[host])
    turns.clock.next_start[host] = turns.clock.time + turns.delay_seconds
    return turns.clock.time


def test_nobody_else_has_the_turn_while_one_has_it(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    turns = Turns(tmp_path, *HOSTS, clock=StillClock())
    with (tmp_path / "arxiv.turn").open("a+b") as file:
        with turns.take(), pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_all_hosts_count_as_one(tmp_path):
    turns = Turns(tmp_path, *HOSTS, clock=StillClock())
    with turns.take():
        first = ask(turns)
    with turns.take():
        assert ask(turns, "files.test") - first == pytest.approx(3.0)


def test_who_comes_next_with_another_clock_waits_for_the_rest_of_the_delay(tmp_path):
    mine, other = (Turns(tmp_path, *HOSTS, clock=StillClock()) for _ in range(2))
    with mine.take():
        first = ask(mine)
    other.clock.time += 1.0
    with other.take():
        assert ask(other) - first == pytest.approx(3.0)


def test_a_turn_in_which_nothing_was_asked_delays_nobody(tmp_path):
    mine, other = (Turns(tmp_path, *HOSTS, clock=StillClock()) for _ in range(2))
    with mine.take():
        pass
    started = other.clock.time
    with other.take():
        assert ask(other) == started


@pytest.mark.parametrize("content", [b"", b"nonsense", b"1e30", b"nan"])
def test_a_damaged_note_or_a_clock_set_back_costs_one_delay_at_most(tmp_path, content):
    (tmp_path / "arxiv.turn").write_bytes(content)
    turns = Turns(tmp_path, *HOSTS, clock=StillClock())
    started = turns.clock.time
    with turns.take():
        assert 0 <= ask(turns) - started <= 3.0


@pytest.mark.parametrize("delay", [-1.0, float("nan"), 1e9])
def test_a_delay_that_is_none_is_refused(tmp_path, delay):
    with pytest.raises(SourceError, match="delay_seconds"):
        Turns(tmp_path, *HOSTS, delay_seconds=delay)
