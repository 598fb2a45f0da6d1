import itertools
import traceback
from concurrent.futures import Future

import pytest

from glossator.executors.spark_jobs import Job, Patience
from glossator.executors.spark_settings import SparkError


def signs_of(*looks: set[str]):
    """What the tasks left at each look; the last of them for ever."""
    following = itertools.chain(looks, itertools.repeat(looks[-1]))
    return lambda: frozenset(next(following))


def test_a_job_of_which_no_task_begins_is_given_up():
    job = Job(Future(), Patience(signs_of(set()), idle_seconds=0.01, busy_seconds=600))
    with pytest.raises(SparkError, match=r"^Spark began no task in 0 seconds; see whether it has free cores$"):
        job.rows()


def test_a_job_that_stands_still_is_given_up_and_not_while_anything_new_comes_of_it():
    looks = [set(), {"a"}, {"a", "b"}, {"b", "c"}, {"d"}]
    asked = []
    signs = signs_of(*looks)

    def look():
        asked.append(signs())
        return asked[-1]

    with pytest.raises(SparkError, match=r"^Spark went no further in 0 seconds; see whether it has free cores$"):
        Job(Future(), Patience(look, idle_seconds=0.01, busy_seconds=0.02)).rows()
    assert asked == [frozenset(seen) for seen in [*looks, {"d"}]]


def test_a_job_that_is_done_at_the_last_look_leaves_its_rows():
    future: Future[list[tuple[int, str, int]]] = Future()
    looks = iter([False, True])

    def look():
        if next(looks):
            future.set_result([(0, "name", 2)])
        return frozenset({"a"})

    assert Job(future, Patience(look, idle_seconds=0.01, busy_seconds=0.01)).rows() == [(0, "name", 2)]


def test_what_spark_says_when_it_gives_up_holds_nothing_that_is_to_be_hidden():
    future: Future[list[tuple[int, str, int]]] = Future()
    future.set_exception(ValueError("Caused by: java.lang.Exception: no entry with hush"))
    job = Job(future, Patience(frozenset, 1, 1), lambda text: text.replace("hush", "<key>"))
    with pytest.raises(SparkError) as refused:
        job.rows()
    assert str(refused.value) == "Spark gave up: Caused by: java.lang.Exception: no entry with <key>"
    assert "hush" not in "".join(traceback.format_exception(refused.value))
