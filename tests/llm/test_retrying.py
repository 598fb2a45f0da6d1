"""How long to wait before the next try."""

import random

import pytest

from glossator.llm.retrying import LONGEST_WAIT_SECONDS, Backoff, retry_after_seconds

NOON = 1_445_412_480.0  # 2015-10-21 07:28:00 UTC


def test_waits_double_up_to_a_bound_and_are_never_quite_the_same():
    backoff = Backoff(first_seconds=1.0, longest_seconds=10.0, random=random.Random(3))
    for attempt, full in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 10.0), (5000, 10.0)):
        delays = {backoff.delay(attempt) for _ in range(50)}
        assert len(delays) == 50
        assert all(full / 2 <= delay <= full for delay in delays)


def test_what_the_server_asks_for_is_waited_at_least_but_not_for_ever():
    backoff = Backoff(random=random.Random(3))
    assert all(30.0 <= backoff.delay(1, 30.0) <= 33.0 for _ in range(50))
    assert backoff.delay(9, 0.0) == 0.0
    assert backoff.delay(1, 86_400.0) <= LONGEST_WAIT_SECONDS * 1.1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(headers, seconds):
    assert retry_after_seconds(headers, NOON) == seconds
