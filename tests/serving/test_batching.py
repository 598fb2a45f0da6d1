"""One thread works through a queue with an end: in batches, fairly, and only on what is still wanted."""

import threading
from concurrent.futures import wait

import pytest
from tests.serving.parts import SECONDS

from glossator.errors import ServingError
from glossator.serving.batching import BatchWorker
from glossator.serving.refusals import Busy, NotReady


class Work:
    """Doubles numbers, in batches that it remembers; holds still at a negative one until it is let go."""

    def __init__(self):
        self.batches = []
        self.threads = set()
        self.holding = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, key, items):
        self.batches.append((key, list(items)))
        self.threads.add(threading.current_thread())
        if items[0] < 0:
            self.holding.set()
            assert self.let_go.wait(SECONDS)
        if 13 in items:
            raise ValueError("13 brings bad luck")
        return [2 * item for item in items]


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def held(work):
    """A worker that is busy, so that everything submitted now waits."""
    worker = BatchWorker(work, name="test", batch_size=3, queue_size=6)
    worker.submit("held", -1)
    assert work.holding.wait(SECONDS)
    yield worker
    work.let_go.set()
    worker.close()


def results(futures):
    return [future.result(SECONDS) for future in futures]


def test_what_waits_under_one_key_is_done_together_and_the_longest_waiting_first(held, work):
    futures = [held.submit(key, number) for number, key in enumerate("ababaa")]
    assert held.waiting == 6
    work.let_go.set()
    assert results(futures) == [0, 2, 4, 6, 8, 10]
    assert work.batches[1:] == [("a", [0, 2, 4]), ("b", [1, 3]), ("a", [5])]
    assert len(work.threads) == 1


def test_one_more_than_may_wait_is_refused_until_there_is_room(held, work):
    futures = [held.submit("a", number) for number in range(6)]
    with pytest.raises(Busy, match="6 questions wait already"):
        held.submit("a", 7)
    futures[3].cancel()
    assert held.submit("a", 7) is not None
    work.let_go.set()
    assert results(futures[:3]) == [0, 2, 4]


def test_what_nobody_wants_any_more_is_dropped_before_any_work(held, work):
    unwanted, wanted = held.submit("a", 1), held.submit("a", 2)
    assert unwanted.cancel()
    assert held.waiting == 1
    work.let_go.set()
    assert wanted.result(SECONDS) == 4
    assert work.batches == [("held", [-1]), ("a", [2])]


def test_a_bad_item_fails_alone(held, work):
    futures = [held.submit("a", number) for number in (12, 13, 14)]
    work.let_go.set()
    wait(futures, SECONDS)
    assert (futures[0].result(), futures[2].result()) == (24, 28)
    with pytest.raises(ValueError, match="bad luck"):
        futures[1].result()


def test_closing_refuses_what_waits_and_finishes_what_is_at_work(work):
    worker = BatchWorker(work, name="test", batch_size=1, queue_size=4)
    at_work = worker.submit("a", -1)
    assert work.holding.wait(SECONDS)
    waiting = worker.submit("a", 2)
    worker.close(timeout_seconds=0)
    with pytest.raises(NotReady, match="ending"):
        waiting.result(SECONDS)
    with pytest.raises(NotReady, match="ending"):
        worker.submit("a", 3)
    work.let_go.set()
    assert at_work.result(SECONDS) == -2
    worker.close()
    [thread] = work.threads
    assert not thread.is_alive()


def test_many_threads_get_each_its_own_result():
    worker = BatchWorker(lambda _, items: [str(item) for item in items], name="test", batch_size=4, queue_size=400)
    seen = {}

    def ask(first):
        for number in range(first, first + 20):
            seen[number] = worker.submit(number % 3, number).result(SECONDS)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(0, 400, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    worker.close()
    assert seen == {number: str(number) for number in range(400)}


def test_another_number_of_results_than_items_is_a_failure_of_each():
    worker = BatchWorker(lambda _, items: [], name="test", batch_size=2, queue_size=2)
    with pytest.raises(ServingError, match="0 results came for 1 items"):
        worker.submit("a", 1).result(SECONDS)
    worker.close()


def test_sizes_below_one_are_refused():
    with pytest.raises(ServingError, match="queue_size 0"):
        BatchWorker(lambda _, items: items, name="test", batch_size=1, queue_size=0)
