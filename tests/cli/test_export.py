"""`glossator export` as a user calls it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import write_recipe


def glossator(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from glossator.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
        check=False,
    )


def test_a_run_is_exported_and_told_in_json_and_in_words(corpus: Path, tmp_path: Path):
    recipe = write_recipe(tmp_path, corpus)
    assert glossator("run", recipe, "--to", "3c", cwd=tmp_path).returncode == 0
    done = glossator(
        "export", "tiny", "--format", "alpaca", "-o", "out", "--splits", "train,dev", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == {"format", "folder", "splits", "groups", "left_out"}
    assert set(told["splits"]) == {"train", "dev"}
    written = (tmp_path / "out/train.jsonl").read_text("utf-8").splitlines()
    assert len(written) == told["splits"]["train"]
    again = glossator("export", "tiny", "--format", "csv", "--lineage", "--output", "table", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "written to table" in again.stdout
    (tmp_path / "table/mine.txt").write_text("mine")
    refused = glossator("export", "tiny", "--format", "csv", "--output", "table", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "mine.txt, which no export made" in refused.stderr


def test_without_a_run_the_error_is_one_line(tmp_path: Path):
    failed = glossator("export", "nothing", cwd=tmp_path)
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "no run of 'nothing'" in failed.stderr
