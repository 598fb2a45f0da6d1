"""Ranges hold what they promise: sums, products and what a sample tells of the whole."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.pipeline.quote.ranges import NOTHING, Range, expand

ends = st.floats(min_value=0.01, max_value=1e6)
ranges = st.tuples(ends, ends).map(lambda pair: Range(min(pair), max(pair)))


@given(ranges, ranges)
def test_a_product_lies_within_the_products_of_the_ends_and_holds_its_middle(one: Range, other: Range):
    product = one * other
    assert one.low * other.low * 0.999 <= product.low <= product.high <= one.high * other.high * 1.001
    middle = (one.low * one.high * other.low * other.high) ** 0.5
    assert product.low * 0.999 <= middle <= product.high * 1.001


@given(ranges, ranges)
def test_two_errors_are_less_than_the_worst_of_both(one: Range, other: Range):
    product = one * other
    assert product.high / product.low <= (one.high / one.low) * (other.high / other.low) * 1.001


def test_what_is_known_stays_known():
    assert (Range.of(3) * Range.of(4)).plain() == 12
    assert (Range.of(3) + Range.of(4)).plain() == 7
    assert (Range(0, 2) * Range(1, 3)) == Range(0, 6)
    assert Range(1.2, 3.4).rounded() == Range(1, 4)
    assert Range(1.24, 3.46).plain(1) == {"low": 1.2, "high": 3.5}


def test_nothing_looked_at_tells_nothing_and_everything_tells_all():
    assert expand([], [], count=5, total_size=5) == NOTHING
    assert expand([2, 3, 4], [1, 1, 1], count=3, total_size=3) == Range.of(9)


def test_one_of_many_tells_little():
    told = expand([10], [1], count=100, total_size=100)
    assert told.low < 1000 < told.high
    assert told.high >= 1.5 * told.low


def test_what_was_seen_is_there():
    assert expand([100, 0, 0, 0], [1, 1, 1, 1], count=5, total_size=5).low >= 100


@pytest.mark.parametrize("by_size", [True, False])
def test_the_whole_mostly_lies_in_the_range_whether_or_not_size_tells_it(by_size: bool):
    draw = random.Random(3)
    sizes = [draw.lognormvariate(3, 1) for _ in range(80)]
    values = [size * draw.uniform(0.8, 1.2) if by_size else draw.uniform(5, 15) for size in sizes]
    hits, widths = 0, []
    for _ in range(300):
        places = draw.sample(range(80), 10)
        told = expand([values[i] for i in places], [sizes[i] for i in places], count=80, total_size=sum(sizes))
        hits += told.low <= sum(values) <= told.high
        widths.append((told.high - told.low) / sum(values))
    assert hits / 300 > 0.85
    assert statistics.mean(widths) < 0.6
