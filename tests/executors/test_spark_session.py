import os
import signal
import sys
import traceback
from pathlib import Path

import psutil
import pytest

from glossator.errors import MissingExtraError
from glossator.executors import SparkError, SparkSettings, java_version, spark_session

needs_spark = pytest.mark.skipif(java_version() is None, reason="Spark needs Java, and there is none on this machine")


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
    config = {"spark.app.name": "mine", "spark.hadoop.fs.s3a.secret.key": "hush-hush"}
    with spark_session(SparkSettings(master="local[1]", config=config)) as session:
        assert session.sparkContext.appName == "mine"
        assert session.sparkContext.uiWebUrl is None
        assert session.range(3).mapInArrow(lambda batches: batches, "id long").count() == 3
        tree = psutil.Process().children(recursive=True)
        java = next(process for process in tree if "java" in process.name())
        assert session.sparkContext.getConf().get("spark.hadoop.fs.s3a.secret.key") == "hush-hush"
        assert "hush-hush" not in " ".join(java.cmdline())
        assert "spark.app.name=mine" in java.cmdline()
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
def test_a_spark_that_cannot_start_is_one_line_with_the_cause_and_no_value_of_config():
    settings = SparkSettings(master="local[1]", config={"spark.driver.memory": "much"})
    with pytest.raises(SparkError) as refused, spark_session(settings):
        pass
    assert str(refused.value) == (
        "Spark cannot start with master local[1]: Invalid maximum heap size: -Xmx<spark.driver.memory>"
    )
    assert "much" not in "".join(traceback.format_exception(refused.value))


def test_a_master_that_spark_does_not_know_starts_no_java(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SparkError, match=r"Spark knows no master 'cloud'; give"), spark_session(SparkSettings("cloud")):
        pass
