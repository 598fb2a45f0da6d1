"""Takes settings, leaves a Spark session: the one that is there already, or a quiet one that ends with its use."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError
from glossator.executors.spark_settings import SparkError, SparkSettings, is_secret, require_java, require_master

_INSTALL = "run: pip install 'pyspark[connect]'"
_STOP_SECONDS = 10.0

_QUIET = {
    "spark.app.name": "glossator",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""No port for a web page, no progress bar of its own, no chatter."""

_THROWN = re.compile(r'^(?:: |Caused by: |Exception in thread "\S+" )(\S.*\S)', re.MULTILINE)

_COMPLAINT = re.compile(r" ERROR \w+: (\S.*\S)")

_ONE_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
"""Nobody else may connect; and Java, which only hands out work here, compiles and collects with half the CPU time."""


@contextmanager
def spark_session(settings: SparkSettings) -> Iterator[Any]:
    """Open a Spark session for the length of a block; one that is open already is used and left open.

    Raises:
        MissingExtraError: pyspark is not installed.
        SparkError: the master is none that Spark knows or cannot be reached, or Java is missing or too old.
    """
    try:
        with quiet_warnings():
            from pyspark.sql import SparkSession
    except ImportError as error:
        raise MissingExtraError("pyspark", "spark") from error
    session = _open_session(SparkSession)
    if session is not None:
        yield session
    elif "PYSPARK_GATEWAY_PORT" in os.environ:  # started by spark-submit, which ends the session with the application
        yield SparkSession.builder.config(map=dict(settings.config)).getOrCreate()
    elif settings.master.startswith("sc://"):
        session = _connect(SparkSession, settings)
        try:
            yield session
        finally:
            session.stop()
    else:
        require_master(settings)
        require_java()
        with tempfile.TemporaryDirectory(prefix="glossator-spark-", ignore_cleanup_errors=True) as folder:
            session, end = _start(settings, Path(folder))
            try:
                yield session
            finally:
                end()


@contextmanager
def quiet_warnings() -> Iterator[None]:
    """Keep pyspark's warning about the pandas version to itself; no data pass through pandas here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _open_session(kind: Any) -> Any | None:
    from pyspark.errors import PySparkException

    try:
        return kind.active()
    except PySparkException:
        return None


def _connect(kind: Any, settings: SparkSettings) -> Any:
    try:
        return kind.builder.remote(settings.master).config(map=dict(settings.config)).getOrCreate()
    except ImportError as error:
        raise SparkError(
            f"{settings.master} is Spark Connect, for which {error.name} is missing; {_INSTALL}"
        ) from error
    except Exception as error:  # noqa: BLE001 - whatever Spark Connect raises
        told = first_line(error)
        hidden = settings.hide(told)
        cause = error if hidden == told else None
        raise SparkError(f"Spark cannot be reached at {settings.master}: {hidden}") from cause


def _start(settings: SparkSettings, folder: Path) -> tuple[Any, Callable[[], None]]:
    """Start a JVM whose words go to a file, and a session in it; leaves also what ends both."""
    from pyspark import SparkConf, SparkContext, java_gateway
    from pyspark.sql import SparkSession

    launch: Any = java_gateway.launch_gateway
    values = {**_QUIET, "spark.sql.warehouse.dir": str(folder / "warehouse"), "spark.master": settings.master}
    if settings.one_machine:
        values |= _ONE_MACHINE | {"spark.local.dir": str(folder)}
    every = [*(values | dict(settings.config)).items()]
    conf = SparkConf(loadDefaults=False).setAll(every)
    # All users of this machine can read how the JVM was started; what is secret, it hears from here once it runs.
    seen = SparkConf(loadDefaults=False).setAll([(name, value) for name, value in every if not is_secret(name)])
    log = folder / "spark.log"
    gateway = None
    with _environment(_variables(settings)), _undisturbed(), quiet_warnings(), log.open("wb") as words:
        try:
            gateway = launch(seen, {"stdout": words, "stderr": words})
            session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        except Exception as error:  # noqa: BLE001 - whatever Java raises
            told = _cause(error, log)  # asked while the JVM can still say it
            hidden = settings.hide(told)
            _end_java(gateway)
            cause = error if hidden == told else None
            raise SparkError(f"Spark cannot start with master {settings.master}: {hidden}") from cause
        except BaseException:
            _end_java(gateway)
            raise

    def end() -> None:
        with contextlib.suppress(Exception):  # a JVM that has died cannot stop its session
            session.stop()
        _end_java(gateway)

    return session, end


def _end_java(gateway: Any) -> None:
    """End the JVM, which would otherwise keep its memory until this process ends."""
    from pyspark import SparkContext

    if gateway is None:
        return
    with contextlib.suppress(Exception):
        gateway.shutdown()
    process = gateway.proc
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    SparkContext._gateway = SparkContext._jvm = None


def _variables(settings: SparkSettings) -> dict[str, str]:
    """The environment that Spark is started with: the Python of its workers, and where it listens."""
    named = settings.config.get("spark.pyspark.python")
    if settings.one_machine:
        return {"PYSPARK_PYTHON": named or sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    return {"PYSPARK_PYTHON": named or os.environ.get("PYSPARK_PYTHON", sys.executable)}


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Undo what a new SparkContext does to this process: it takes over Ctrl-C and puts its files on `sys.path`."""
    path = list(sys.path)
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if in_main else None
    try:
        yield
    finally:
        sys.path[:] = path
        if handler is not None:
            signal.signal(signal.SIGINT, handler)


def _cause(error: Exception, log: Path) -> str:
    """The line that tells why: Java's last cause of an exception, else its last complaint, else its first words."""
    words = log.read_text("utf-8", "replace")
    causes = _THROWN.findall(f"{words}\n{words_of(error)}") or _COMPLAINT.findall(words)
    told = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(("WARNING", "Using"))]
    return str(causes[-1]) if causes else (told or [first_line(error)])[0]


def first_line(error: BaseException) -> str:
    """The first line of what an error says, without the traceback that Spark adds."""
    return next((line.strip() for line in words_of(error).splitlines() if line.strip()), type(error).__name__)


def words_of(error: BaseException) -> str:
    """What an error says; Java's own have to ask the JVM, which may be gone."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a connection that is lost, in whichever way
        return type(error).__name__
