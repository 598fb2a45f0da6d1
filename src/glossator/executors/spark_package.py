"""Takes this package and the files a function reads, leaves them as plain files on the machines of a Spark session."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glossator.executors.spark_settings import SparkError

_LEFT_OUT = (".safetensors", ".pyc")
"""Weights are large and no mapped function has needed them; a function that does names them in `files`."""


def ship_package(session: Any) -> str:
    """Give the executors this package with its data; leaves the name of the folder that `SparkFiles.get` finds.

    It goes as an archive that Spark unpacks, so that the package's data are files there as they are here.
    """
    package = Path(__file__).parents[1]
    files = sorted(
        Path(folder) / name
        for folder, _, names in os.walk(package, followlinks=True)
        for name in names
        if not name.endswith(_LEFT_OUT)
    )
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        data = path.read_bytes()
        digest.update(f"{path.relative_to(package)} {len(data)} ".encode())
        digest.update(data)
    name = f"glossator-{digest.hexdigest()}.zip"
    if not _has(session, name):
        archive = Path(_folder().name) / name
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
            for path in files:
                written.write(path, package.name / path.relative_to(package))
        session.addArtifacts(str(archive), archive=True)
    return name


def ship_files(session: Any, files: Sequence[Path]) -> dict[str, str]:
    """Give the executors files; leaves, for the path of each, the name that `SparkFiles.get` finds it by.

    The name starts with a hash of the content, since files of two folders may share theirs.

    Raises:
        SparkError: a file cannot be read.
    """
    names = {}
    for path in files:
        try:
            with path.open("rb") as opened:
                digest = hashlib.blake2b(digest_size=8)
                while block := opened.read(1 << 20):
                    digest.update(block)
            name = f"{digest.hexdigest()}-{path.name}"
            if not _has(session, name):
                copy = shutil.copyfile(path, Path(_folder().name) / name)
                session.addArtifacts(str(copy), file=True)
        except OSError as error:
            raise SparkError(f"{path} cannot be sent to the executors: {error.strerror or error}") from error
        names[os.fspath(path)] = name
    return names


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where what is sent lies until this process ends: an executor fetches it when it first needs it."""
    return tempfile.TemporaryDirectory(prefix="glossator-ship-")


def _has(session: Any, name: str) -> bool:
    """Whether something was sent along already; its name tells its content, so once is enough."""
    if getattr(session, "_sc", None) is None:  # a session of Spark Connect compares contents itself
        return False
    from pyspark import SparkFiles

    return Path(SparkFiles.get(name)).exists()
