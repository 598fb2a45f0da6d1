"""What the tests of this room share: which of them had better run in one process."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share a Spark session in one process; with `--dist loadgroup`, so do parallel runs."""
    for item in items:
        if "session" in getattr(item, "fixturenames", ()) and item.path.name == "test_spark.py":
            item.add_marker(pytest.mark.xdist_group("spark"))
