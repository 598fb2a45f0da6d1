"""What is installed and reachable, what is missing, and the remedy: `glossator doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from glossator.errors import ModelError
from glossator.pipeline.preflight import NEEDED, OPTIONAL
from glossator.records import JsonValue

MINIMUM_PYTHON = (3, 10)
DOCUMENTS = ("pdf_oxide", "pypdfium2", "trafilatura", "arxiv", "kagglehub", "aiohttp", "protego", "py3langid")
"""What the extra `documents` brings besides what every recipe needs of it."""
DISTRIBUTIONS = {"faiss": "faiss-cpu"}
"""What libraries are installed as, where their import name does not say it."""
COMFORTABLE_DISK_GB = 5
COMFORTABLE_MEMORY_GB = 4
Finding = dict[str, JsonValue]


def examine(runs_dir: Path) -> list[Finding]:
    """Look at Python, libraries, Java, embedded model, devices, memory and disk.

    Returns:
        Rows `{"name", "status": "ok" | "note" | "missing", "detail", "remedy"}`.
    """
    return [*_python(), *_extras(), *_java(), *_model(), *_memory(), *_disk(runs_dir), *_device()]


def _finding(name: str, status: str, detail: str, remedy: str = "") -> Finding:
    return {"name": name, "status": status, "detail": detail, "remedy": remedy}


def _python() -> Iterator[Finding]:
    good = sys.version_info >= MINIMUM_PYTHON
    remedy = "" if good else "install Python 3.10 or newer"
    yield _finding("python", "ok" if good else "missing", f"{platform.python_version()} on {platform.system()}", remedy)


def _extras() -> Iterator[Finding]:
    for extra, libraries in {**NEEDED, "documents": (*NEEDED["documents"], *DOCUMENTS)}.items():
        yield _extra(extra, libraries, "missing")
    for extra, libraries in OPTIONAL.items():
        yield _extra(extra, libraries, "note")


def _extra(extra: str, libraries: tuple[str, ...], if_absent: str) -> Finding:
    absent = [library for library in libraries if importlib.util.find_spec(library) is None]
    if absent:
        return _finding(extra, if_absent, f"without {', '.join(absent)}", f"pip install 'glossator[{extra}]'")
    return _finding(extra, "ok", ", ".join(f"{name} {_version(name)}" for name in libraries))


def _java() -> Iterator[Finding]:
    from glossator.executors import java_version

    found = java_version()
    if found is None:
        yield _finding("java", "note", "none: Spark cannot run here", "install Java 17 (openjdk-17-jre-headless)")
    else:
        yield _finding("java", "ok", found)


def _version(library: str) -> str:
    """The version of the distribution that a library comes in."""
    distribution = DISTRIBUTIONS.get(library, library.replace("_", "-"))
    return importlib.metadata.version(distribution)


def _model() -> Iterator[Finding]:
    from glossator.embedded import base_model_path

    try:
        weights = base_model_path() / "model.safetensors"
        yield _finding("embedded model", "ok", f"{weights.stat().st_size / 1e6:.0f} MB")
    except (ModelError, OSError) as error:
        yield _finding("embedded model", "missing", str(error), "install glossator again from a whole wheel")


def _memory() -> Iterator[Finding]:
    if importlib.util.find_spec("psutil") is None:
        return
    import psutil

    free = psutil.virtual_memory().available / 1e9
    status = "ok" if free >= COMFORTABLE_MEMORY_GB else "note"
    yield _finding("memory", status, f"{free:.1f} GB available, {psutil.cpu_count()} cores")


def _disk(runs_dir: Path) -> Iterator[Finding]:
    place = runs_dir.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    good = free >= COMFORTABLE_DISK_GB
    yield _finding("disk", "ok" if good else "note", f"{free:.1f} GB free", "" if good else "glossator clean --delete")


def _device() -> Iterator[Finding]:
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    if torch.cuda.is_available():
        yield _finding("device", "ok", torch.cuda.get_device_name())
    else:
        yield _finding("device", "note", "no GPU: small models train on the CPU")
