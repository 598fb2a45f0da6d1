import os
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from glossator.errors import GlossatorError, MissingExtraError
from glossator.executors import SparkSettings, java_version, spark_session

needs_spark = pytest.mark.skipif(java_version() is None, reason="Spark needs Java, and there is none on this machine")


def give_java(folder: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a `java` that says its version into a folder, and nothing else on PATH."""
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(java.parent))


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', "17.0.15"),
        ('java version "1.8.0_421"', "1.8.0_421"),
        ('openjdk version "21" 2023-09-19', "21"),
        ("no Java here", None),
    ],
)
def test_java_is_asked_for_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, version: str | None):
    give_java(tmp_path, said, monkeypatch)
    assert java_version() == version


def test_the_java_of_java_home_goes_before_that_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    give_java(tmp_path, 'openjdk version "17.0.1"', monkeypatch)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "empty"))
    assert java_version() is None
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_version() == "17.0.1"


def test_a_missing_java_is_one_line_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(GlossatorError) as refused, spark_session(SparkSettings()):
        pass
    assert str(refused.value) == (
        "Spark needs Java and none was found; "
        "install Java 17 or newer and have it on PATH, or set JAVA_HOME to its folder"
    )


def test_a_java_that_is_too_old_is_told_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    give_java(tmp_path, 'java version "1.8.0_421"', monkeypatch)
    with (
        pytest.raises(GlossatorError, match=r"Spark needs Java 17 and found 1\.8\.0_421; install"),
        spark_session(SparkSettings()),
    ):
        pass


def test_a_missing_pyspark_names_its_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[spark\]"), spark_session(SparkSettings()):
        pass


@needs_spark
def test_a_session_is_quiet_listens_on_this_machine_only_and_leaves_this_process_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    handler, path, python = signal.getsignal(signal.SIGINT), list(sys.path), os.environ.get("PYSPARK_PYTHON")
    with spark_session(SparkSettings(master="local[1]", config={"spark.app.name": "mine"})) as session:
        assert session.sparkContext.appName == "mine"
        assert session.sparkContext.uiWebUrl is None
        assert session.range(3).mapInArrow(lambda batches: batches, "id long").count() == 3
        tree = psutil.Process().children(recursive=True)
        java = next(process for process in tree if "java" in process.name())
        listening = [c.laddr.ip for process in tree for c in process.net_connections("inet") if c.status == "LISTEN"]
        assert listening
        assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}
        with spark_session(SparkSettings(master="local[2]")) as inner:
            assert inner is session
        assert session.range(2).count() == 2
        assert (signal.getsignal(signal.SIGINT), sys.path) == (handler, path)
    assert not java.is_running()
    assert os.environ.get("PYSPARK_PYTHON") == python
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@needs_spark
@pytest.mark.parametrize(
    ("master", "config", "cause"),
    [
        ("local[1]", {"spark.driver.memory": "much"}, "Invalid maximum heap size: -Xmxmuch"),
        ("cloud", {}, "org.apache.spark.SparkException: Master must either be .*"),
    ],
)
def test_a_spark_that_cannot_start_is_one_line_with_the_cause(master: str, config: dict[str, str], cause: str):
    settings = SparkSettings(master=master, work_folder="/tmp", config=config)
    with pytest.raises(GlossatorError) as refused, spark_session(settings):
        pass
    assert re.fullmatch(f"Spark cannot start with master {re.escape(master)}: {cause}", str(refused.value))
