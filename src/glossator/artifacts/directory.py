"""The directory of an artifact: drafted under `.partial`, sealed by its manifest, then renamed into place."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts.atomic import sync_directory, write_json
from glossator.errors import ArtifactError
from glossator.records import JsonValue, to_dict

MANIFEST = "manifest.json"
PARTIAL = ".partial"
RESUME = "resume"
"""The part of a draft that outlives a kill and is left out of the sealed artifact."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a sealed artifact holds."""

    stage: str
    fingerprint: str
    inputs: Mapping[str, str]
    """The fingerprint of each input, by its stage's name."""
    settings: JsonValue
    """What went into the fingerprint, for a reader."""
    seconds: float
    """Wall time of the work, over all attempts of the last process."""
    counts: Mapping[str, int]
    """What went in, came out and was left out."""
    files: Mapping[str, Mapping[str, JsonValue]]
    """`bytes` and `sha256` of each file, by its relative path."""


class Artifact:
    """A sealed directory of records."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    def file(self, name: str) -> Path:
        """The path of one of its files.

        Raises:
            ArtifactError: the manifest knows no such file.
        """
        if name not in self.manifest.files:
            known = ", ".join(sorted(self.manifest.files)) or "nothing"
            raise ArtifactError(f"{self.path} holds no {name}; it holds {known}")
        return self.path / name

    def check(self, *, content: bool) -> None:
        """Compare the files with the manifest: their sizes and, if `content`, their hashes.

        Raises:
            ArtifactError: a file is missing or altered; names it.
        """
        for name, expected in self.manifest.files.items():
            path = self.path / name
            if not path.is_file():
                raise ArtifactError(f"{path} is missing; delete {self.path} and run again")
            altered = path.stat().st_size != expected["bytes"] or (content and file_sha256(path) != expected["sha256"])
            if altered:
                raise ArtifactError(f"{path} was altered after it was made; delete {self.path} and run again")


class Draft:
    """An artifact in the making; nothing takes it for done until `seal` has returned.

    Args:
        path: where the artifact will lie.
        keep: entries besides `resume/` that a new attempt finds as the last one left them.
    """

    def __init__(self, path: Path, keep: Collection[str] = ()) -> None:
        self.target = path
        self.path = path.with_name(path.name + PARTIAL)
        self.path.mkdir(parents=True, exist_ok=True)
        for entry in self.path.iterdir():
            if entry.name != RESUME and entry.name not in keep:
                _remove(entry)

    @property
    def resume(self) -> Path:
        """A directory for work in progress: kept when the process dies, dropped when the artifact is sealed."""
        path = self.path / RESUME
        path.mkdir(exist_ok=True)
        return path

    def seal(
        self,
        *,
        stage: str,
        fingerprint: str,
        inputs: Mapping[str, str],
        settings: JsonValue,
        seconds: float,
        counts: Mapping[str, int],
    ) -> Artifact:
        """Hash the files, write the manifest, and move the directory into place."""
        names = sorted(
            path.relative_to(self.path).as_posix()
            for path in self.path.rglob("*")
            if path.is_file() and path.relative_to(self.path).parts[0] != RESUME
        )
        files: dict[str, dict[str, JsonValue]] = {}
        for name in names:
            path = self.path / name
            _flush(path)
            files[name] = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        manifest = Manifest(stage, fingerprint, dict(inputs), settings, round(seconds, 3), dict(counts), files)
        write_json(self.path / MANIFEST, to_dict(manifest))
        if self.target.exists():  # without a manifest, or nobody would have drafted: what a broken deletion left
            _remove(self.target)
        self.path.rename(self.target)
        sync_directory(self.target.parent)
        shutil.rmtree(self.target / RESUME, ignore_errors=True)
        return Artifact(self.target, manifest)


def open_artifact(path: Path) -> Artifact:
    """Open a sealed artifact; its files' sizes are compared with the manifest, their content is not.

    Raises:
        ArtifactError: there is no manifest (so it was never finished), it is unreadable, or a file changed its size.
    """
    try:
        manifest = Manifest(**json.loads((path / MANIFEST).read_text("utf-8")))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} has no {MANIFEST}: it was never finished; run its stage again") from error
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{path / MANIFEST} is unreadable ({error}); delete {path} and run again") from error
    artifact = Artifact(path, manifest)
    artifact.check(content=False)
    return artifact


def find_artifact(path: Path) -> Artifact | None:
    """Open the artifact at `path` if it was finished; None if it is missing or only drafted."""
    if not (path / MANIFEST).is_file():
        return None
    shutil.rmtree(path / RESUME, ignore_errors=True)  # left there by a kill right after the artifact was sealed
    return open_artifact(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def file_sha256(path: Path) -> str:
    """Hash a file block by block, whatever its size."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
