"""Takes how Spark is to be reached, leaves a refusal in one line where it cannot be, before any work is begun."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glossator.errors import GlossatorError, MissingExtraError
from glossator.executors.files import require_store

_JAVA_MAJOR = 17
_JAVA_SECONDS = 20.0

_MASTER = re.compile(
    r"local(\[(\d+|\*)(\s*,\s*\d+)?\])?"
    r"|local-cluster\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]"
    r"|yarn"
    r"|(spark|k8s|sc)://\S+"
)
"""The masters that Spark 4 knows (`SparkContext.createTaskScheduler`), and Spark Connect."""

_SECRET = re.compile(r"secret|password|token|access[.]?key|credential", re.IGNORECASE)
"""Names of settings whose values Spark, too, keeps to itself (`spark.redaction.regex`), and one more."""

_PLAIN = re.compile(r".{0,3}|\d+|true|false", re.IGNORECASE)
"""Values that are no secret and may stand anywhere in a text by chance."""


class SparkError(GlossatorError):
    """Spark cannot be started or reached, or gave up on a job."""


@dataclass(frozen=True, slots=True)
class SparkSettings:
    """How Spark is reached and what it is given at a time."""

    master: str = "local[*]"
    """As Spark spells it: `local[2]`, `spark://host:7077`, `yarn`, `k8s://…`; `sc://host:15002` is Spark Connect.
    A session that is open, or the master that `spark-submit` was given, goes before it."""
    work_folder: str | None = None
    """Where items and results lie while they are worked on: a folder or fsspec URL that every machine sees; None: a
    temporary folder, which is enough on one machine."""
    items_per_wave: int = 2000
    """So many items are handed to Spark at a time; two waves are under way at once."""
    items_per_partition: int = 16
    """So many items make one Spark task."""
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further settings of the session, `spark.…` by name. They go before this package's own. Values may be secrets: no
    message holds them."""

    @property
    def one_machine(self) -> bool:
        """Whether the master is this machine, so that local folders are seen by all."""
        return self.master.startswith("local")

    def hide(self, text: str) -> str:
        """Write a text with the name of each setting of `config` in place of its value."""
        told = sorted(self.config.items(), key=lambda item: -len(item[1]))  # the longer first: it may hold another
        for name, value in told:
            if value and (is_secret(name) or not _PLAIN.fullmatch(value)):
                text = text.replace(value, f"<{name}>")
        return text


def is_secret(name: str) -> bool:
    """Whether a setting of this name holds a secret, as far as the name tells."""
    return _SECRET.search(name) is not None


def check_spark(settings: SparkSettings) -> None:
    """Check that Spark can be used as the settings say, as far as can be told without starting it.

    What `spark-submit` was given goes before the settings, so under it the master and Java are not looked at.

    Raises:
        MissingExtraError: pyspark, fsspec or what opens the work folder is not installed.
        SparkError: the master is none that Spark knows, Java is missing or too old, or a work folder is needed.
        GlossatorError: the work folder is an address that nothing here can open.
    """
    for library in ("pyspark", "fsspec"):
        if importlib.util.find_spec(library) is None:
            raise MissingExtraError(library, "spark")
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        require_master(settings)
        if not settings.master.startswith("sc://"):  # Spark Connect has its Java elsewhere
            require_java()
        if settings.work_folder is None and not settings.one_machine:
            raise SparkError(
                "spark.work_folder is needed off one machine: name a folder or URL that every machine sees"
            )
    if settings.work_folder is not None:
        require_store(settings.work_folder)


def require_master(settings: SparkSettings) -> None:
    """Check that the master is spelled as Spark knows it.

    Raises:
        SparkError: it is not.
    """
    if not _MASTER.fullmatch(settings.master):
        raise SparkError(
            f"Spark knows no master {settings.master!r}; "
            "give local[N], local[*], spark://host:port, yarn, k8s://https://host:port or sc://host:port"
        )


def java_version() -> str | None:
    """Ask Java for its version, such as `17.0.15`; None if there is none that answers."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603 - the java that Spark itself would start
            [java, "-version"], capture_output=True, text=True, timeout=_JAVA_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "([^"]+)"', said.stderr + said.stdout)
    return found.group(1) if found else None


def require_java() -> None:
    """Check that there is a Java that Spark can use.

    Raises:
        SparkError: there is none, or it is too old.
    """
    found = java_version()
    remedy = f"install Java {_JAVA_MAJOR} or newer and have it on PATH, or set JAVA_HOME to its folder"
    if found is None:
        raise SparkError(f"Spark needs Java and none was found; {remedy}")
    major = re.match(r"(?:1\.)?(\d+)", found)
    if major is None or int(major.group(1)) < _JAVA_MAJOR:
        raise SparkError(f"Spark needs Java {_JAVA_MAJOR} and found {found}; {remedy}")
