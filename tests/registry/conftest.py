"""What the tests of the registry share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.registry.submissions import make_submission, write_adapter


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def submit(tmp_path: Path):
    """Make the submission of an adapter; another seed gives another adapter."""
    pytest.importorskip("transformers")

    def make(seed: int = 0, **changes):
        folder = tmp_path / "adapters" / str(seed)
        adapter = folder if folder.exists() else write_adapter(folder, seed)
        return make_submission(**{"adapter": adapter, **changes})

    return make
