import errno
import uuid
from pathlib import Path

import fsspec
import pytest

from glossator.errors import GlossatorError
from glossator.executors.files import is_url, local_copy, require_store


@pytest.fixture
def remote():
    """A folder of fsspec's store in memory."""
    folder = f"memory://{uuid.uuid4().hex}"
    fsspec.filesystem("memory").makedirs(folder)
    yield folder
    fsspec.filesystem("memory").rm(folder, recursive=True)


def put(url: str, data: bytes) -> str:
    with fsspec.open(url, "wb") as file:
        file.write(data)
    return url


def test_a_plain_path_is_lent_as_it_is(tmp_path: Path):
    with local_copy(str(tmp_path / "missing.pdf")) as path:
        assert path == tmp_path / "missing.pdf"


def test_a_file_url_is_lent_without_a_copy(tmp_path: Path):
    (tmp_path / "a b.pdf").write_bytes(b"here")
    with local_copy(f"file://{tmp_path}/a b.pdf") as path:
        assert path == tmp_path / "a b.pdf"


def test_a_remote_file_is_copied_under_its_name_and_the_copy_is_removed(remote: str):
    data = bytes(range(256)) * 9000
    with local_copy(put(f"{remote}/deep/paper.pdf", data)) as path:
        assert path.name == "paper.pdf"
        assert path.read_bytes() == data
    assert not path.parent.exists()


def test_a_copy_is_removed_also_when_reading_it_fails(remote: str):
    with pytest.raises(RuntimeError), local_copy(put(f"{remote}/paper.pdf", b"x")) as path:
        raise RuntimeError
    assert not path.parent.exists()


def test_a_remote_file_larger_than_allowed_is_not_copied(remote: str):
    url = put(f"{remote}/paper.pdf", b"x" * (3 << 20))
    with pytest.raises(OSError, match="larger than 2 MiB") as refused, local_copy(url, max_bytes=2 << 20):
        pass
    assert refused.value.errno == errno.EFBIG
    with local_copy(url, max_bytes=3 << 20) as path:
        assert path.stat().st_size == 3 << 20


def test_a_missing_remote_file_is_a_missing_file(remote: str):
    with pytest.raises(FileNotFoundError), local_copy(f"{remote}/paper.pdf"):
        pass


def test_a_store_that_fails_in_its_own_way_is_an_error_of_the_file(remote: str, monkeypatch: pytest.MonkeyPatch):
    url = put(f"{remote}/paper.pdf", b"x")
    store = type(fsspec.filesystem("memory"))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("key=hidden")

    monkeypatch.setattr(store, "open", fail)
    with pytest.raises(OSError, match="cannot be fetched: RuntimeError") as refused, local_copy(url):
        pass
    assert "hidden" not in str(refused.value)


def test_an_unknown_kind_of_address_is_told_before_any_work():
    with pytest.raises(GlossatorError, match="nowhere:// addresses cannot be read here"):
        require_store("nowhere://bucket/paper.pdf")
    require_store("/papers/paper.pdf")
    require_store("file:///papers/paper.pdf")


def test_addresses_and_paths_are_told_apart():
    assert is_url("s3://bucket/paper.pdf")
    assert not is_url("/papers/paper.pdf")
    assert not is_url(r"C:\papers\paper.pdf")
