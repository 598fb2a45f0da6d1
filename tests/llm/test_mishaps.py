"""What goes wrong with which request."""

from collections import Counter

import pytest

from glossator.llm.mishaps import Faults


def test_mishaps_come_in_the_shares_asked_for_and_the_same_for_the_same_seed():
    faults = Faults(seed=5, rate_limited=0.1, errors=0.2, stalls=0.05, cuts=0.15, nonsense=0.1)
    drawn = [faults.draw(f"conversation {i}", 1) for i in range(4000)]
    assert drawn == [faults.draw(f"conversation {i}", 1) for i in range(4000)]
    shares = {mishap: count / 4000 for mishap, count in Counter(drawn).items()}
    expected = {"rate_limited": 0.1, "server_error": 0.2, "stall": 0.05, "cut": 0.15, "nonsense": 0.1, None: 0.4}
    assert shares == pytest.approx(expected, abs=0.03)
    assert drawn != [faults.draw(f"conversation {i}", 2) for i in range(4000)]
