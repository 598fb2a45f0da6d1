"""A dataset of Kaggle in, its file on this machine out: downloaded by `kagglehub` in a process of its own.

The library asks without time limits and keeps files where an environment variable says. In a process of its own it can
be ended when nothing comes any more, and is told its folder without changing anything here.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from glossator.artifacts import write_json
from glossator.errors import MissingExtraError, SourceError
from glossator.records import content_id
from glossator.sources.fetching import Watcher

DATASET = "Cornell-University/arxiv"
FILE = "arxiv-metadata-oai-snapshot.json"
STALL_SECONDS = 300.0
"""A download that brings nothing for so long has failed; the library writes a MiB at a time."""

_LOOK_SECONDS = 1.0
_MOST_DETAIL = 300
_CODE = """
import json, os, sys, threading
def end_with_caller():
    while os.read(0, 1):
        pass
    os._exit(1)
threading.Thread(target=end_with_caller, daemon=True).start()
import kagglehub
dataset, file, answer = sys.argv[1:]
try:
    path = kagglehub.dataset_download(dataset, path=file)
    told = {"path": path}
except BaseException as error:
    status = getattr(getattr(error, "response", None), "status_code", None)
    told = {"error": type(error).__name__, "status": status, "detail": str(error)[:2000]}
with open(answer, "w") as out:
    json.dump(told, out)
"""
"""Ends when its standard input does: the pipe to it closes whenever, and however, the caller ends."""


def download(
    store: Path,
    *,
    dataset: str = DATASET,
    file: str = FILE,
    version: int | None = None,
    as_of: str = "",
    stall_seconds: float = STALL_SECONDS,
    watch: Watcher | None = None,
) -> Path:
    """Download one file of a dataset into the store, or find it there; leave where it is.

    The key comes from `KAGGLE_API_TOKEN`, from `KAGGLE_USERNAME` and `KAGGLE_KEY`, or from `~/.kaggle`, as the library
    reads them. A download that was cut off goes on where it was.

    Args:
        store: folder where the file is kept.
        dataset: owner and name.
        file: its name in the dataset.
        version: of the dataset; None for the newest there is when it is first asked for.
        as_of: any word; another one asks for the newest version anew.
        stall_seconds: how long to wait for the next MiB.
        watch: is told that something large is coming.

    Raises:
        SourceError: Kaggle refuses, cannot be reached, or stops sending.
        MissingExtraError: the library is not installed.
    """
    folder = store / "kaggle"
    known = folder / f"{content_id(dataset, file, str(version), as_of)}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        path = Path(folder, json.loads(known.read_text("utf-8"))["file"])
        if path.is_file():
            return path
    if find_spec("kagglehub") is None:
        raise MissingExtraError("kagglehub", "documents")
    if watch is not None:
        watch.say(
            f"downloading {file} of {dataset} from Kaggle; it is large, and an interrupted download goes on later"
        )
    folder.mkdir(parents=True, exist_ok=True)
    handle = dataset if version is None else f"{dataset}/versions/{version}"
    path = _run(handle, file, folder, stall_seconds)
    write_json(known, {"dataset": dataset, "file": str(path.relative_to(folder.resolve()))})
    return path


def _run(handle: str, file: str, folder: Path, stall_seconds: float) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch, "answer.json")
        environment = {**os.environ, "KAGGLEHUB_CACHE": str(folder.resolve()), "KAGGLEHUB_VERBOSITY": "error"}
        process = subprocess.Popen(  # noqa: S603 - this interpreter and the code above
            [sys.executable, "-c", _CODE, handle, file, str(answer)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, handle, folder, stall_seconds)
        finally:
            process.kill()
            process.communicate()
        try:
            told = json.loads(answer.read_text("utf-8"))
        except (OSError, ValueError):
            raise SourceError(
                f"the download of {handle} from Kaggle ended with status {process.returncode}; run again to go on"
            ) from None
    if "path" in told:
        return Path(told["path"]).resolve()
    raise SourceError(_explain(handle, file, told))


def _wait(process: subprocess.Popen[bytes], handle: str, folder: Path, stall_seconds: float) -> None:
    """Until the process ends, or brings nothing for too long."""
    size, silence = -1, 0.0
    while True:
        try:
            process.wait(min(_LOOK_SECONDS, stall_seconds))
        except subprocess.TimeoutExpired:
            now = _size(folder)
            silence = 0.0 if now != size else silence + min(_LOOK_SECONDS, stall_seconds)
            size = now
            if silence >= stall_seconds:
                raise SourceError(
                    f"Kaggle sends nothing of {handle} for {stall_seconds:g} s; what came is kept: run again to go on"
                ) from None
        else:
            return


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def _explain(handle: str, file: str, told: dict[str, object]) -> str:
    """One line of what the library said in several."""
    status, detail = told.get("status"), " ".join(str(told.get("detail")).split())[:_MOST_DETAIL]
    if status in (401, 403):
        return (
            f"Kaggle refuses {handle} (HTTP {status}); put a key into ~/.kaggle/kaggle.json, or its token into "
            "KAGGLE_API_TOKEN, or name and key into KAGGLE_USERNAME and KAGGLE_KEY"
        )
    if status == 404:
        return f"Kaggle has no {file} in {handle} (HTTP 404); check the name and version, or give a path"
    if told.get("error") == "DataCorruptionError":
        return f"{handle} arrived damaged from Kaggle; it was deleted: run again"
    return f"Kaggle did not give {handle} ({told.get('error')}: {detail}); what came is kept: run again to go on"
