import importlib.util
import sys
from pathlib import Path

import pytest

from glossator.errors import GlossatorError, MissingExtraError
from glossator.executors import SparkError, SparkSettings, check_spark, java_version
from glossator.executors.spark_settings import require_java

needs_pyspark = pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed")


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
    with pytest.raises(SparkError) as refused:
        require_java()
    assert str(refused.value) == (
        "Spark needs Java and none was found; "
        "install Java 17 or newer and have it on PATH, or set JAVA_HOME to its folder"
    )


def test_a_java_that_is_too_old_is_told_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    give_java(tmp_path, 'java version "1.8.0_421"', monkeypatch)
    with pytest.raises(SparkError, match=r"Spark needs Java 17 and found 1\.8\.0_421; install"):
        require_java()


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java that is new enough."""
    (tmp_path / "java").mkdir()
    give_java(tmp_path / "java", 'openjdk version "17.0.1"', monkeypatch)


@needs_pyspark
@pytest.mark.parametrize(
    "master",
    [
        "local",
        "local[2]",
        "local[*]",
        "local[2,4]",
        "local[*, 4]",
        "local-cluster[2,1,1024]",
        "yarn",
        "spark://one:7077,two:7077",
        "k8s://https://host:443",
        "sc://host:15002/;use_ssl=true",
    ],
)
def test_masters_that_spark_knows_pass(java: None, master: str):
    check_spark(SparkSettings(master, work_folder="/shared"))


@needs_pyspark
@pytest.mark.parametrize(
    "master", ["", "cloud", "localhost", "local[]", "local[two]", "local [2]", "Yarn", "spark://", "http://host:7077"]
)
def test_a_master_that_spark_does_not_know_is_refused_by_its_value(java: None, master: str):
    with pytest.raises(SparkError) as refused:
        check_spark(SparkSettings(master, work_folder="/shared"))
    assert str(refused.value) == (
        f"Spark knows no master {master!r}; "
        "give local[N], local[*], spark://host:port, yarn, k8s://https://host:port or sc://host:port"
    )


@needs_pyspark
@pytest.mark.parametrize("master", ["yarn", "spark://host:7077", "sc://host:15002", "k8s://https://host"])
def test_a_work_folder_is_needed_off_one_machine(java: None, master: str):
    with pytest.raises(
        SparkError,
        match=r"^spark\.work_folder is needed off one machine: name a folder or URL that every machine sees$",
    ):
        check_spark(SparkSettings(master))


@needs_pyspark
def test_no_work_folder_is_needed_on_this_machine(java: None):
    for master in ["local", "local[2]", "local-cluster[1,1,1024]"]:
        check_spark(SparkSettings(master))


@needs_pyspark
def test_a_work_folder_that_nothing_here_can_open_is_refused(java: None):
    with pytest.raises(GlossatorError, match="nowhere:// addresses cannot be read here"):
        check_spark(SparkSettings(work_folder="nowhere://bucket/folder"))


@needs_pyspark
def test_java_is_needed_here_save_for_spark_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SparkError, match="Spark needs Java and none was found"):
        check_spark(SparkSettings("yarn", work_folder="/shared"))
    check_spark(SparkSettings("sc://host", work_folder="/shared"))


@needs_pyspark
def test_what_spark_submit_was_given_goes_before_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    check_spark(SparkSettings("cloud"))


@pytest.mark.parametrize("library", ["pyspark", "fsspec"])
def test_a_missing_library_names_its_extra(java: None, monkeypatch: pytest.MonkeyPatch, library: str):
    if importlib.util.find_spec("pyspark") is None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else object())
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"{library}.*glossator\[spark\]"):
        check_spark(SparkSettings())


def test_values_of_config_are_in_no_message_and_no_repr():
    config = {
        "spark.hadoop.fs.s3a.secret.key": "abc",
        "spark.hadoop.fs.s3a.endpoint": "https://store",
        "spark.mine": "https://store/abcdef",
        "spark.executor.cores": "4",
        "spark.ui.enabled": "true",
    }
    settings = SparkSettings(config=config)
    assert settings.hide("true: 4 of https://store/abcdef at https://store with abc") == (
        "true: 4 of <spark.mine> at <spark.hadoop.fs.s3a.endpoint> with <spark.hadoop.fs.s3a.secret.key>"
    )
    assert "store" not in repr(settings)
