import pytest
from tests.sources.web_server import QuickClock, serving


@pytest.fixture
def web():
    """A server on this machine that can be told how to behave."""
    with serving() as server:
        yield server


@pytest.fixture
def clock():
    """A clock that never waits."""
    return QuickClock()
