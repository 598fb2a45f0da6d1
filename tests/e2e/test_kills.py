"""A run killed with SIGKILL in parsing, in training, and between records and manifest ends like an undisturbed one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import write_corpus, write_recipe

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL exists on POSIX systems only")

WALK = """
import sys
from pathlib import Path
from glossator.pipeline import run_recipe
from glossator.recipe import load_recipe
recipe, runs = Path(sys.argv[1]), Path(sys.argv[2])
run_recipe(load_recipe(recipe, (), {}), recipe, runs)
"""

DIE_ON_CALL = """
import os, signal
def dying(module, name, call):
    original, calls = getattr(module, name), [0]
    def counted(*args, **kwargs):
        calls[0] += 1
        if calls[0] == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    setattr(module, name, counted)
"""

IN_PARSING = DIE_ON_CALL + "import glossator.pipeline.processing as place\ndying(place, 'write_json', 4)\n"
IN_TRAINING = (
    DIE_ON_CALL
    + """
import glossator.training.sft as place
original = place.train_adapter
def dying_training(*args, on_progress=None, **kwargs):
    def watched(step):
        if step.step == 5:
            os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, on_progress=watched, **kwargs)
import glossator.training
glossator.training.train_adapter = dying_training
"""
)
BEFORE_MANIFEST = DIE_ON_CALL + "import glossator.artifacts.directory as place\ndying(place, 'write_json', 1)\n"


def walk(recipe: Path, runs: Path, prelude: str = "") -> int:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", prelude + WALK, str(recipe), str(runs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def artifact(runs: Path, stage: str) -> Path:
    (found,) = [path for path in (runs / "tiny" / "artifacts").glob(f"{stage}-*") if (path / "manifest.json").exists()]
    return found


def sealed(runs: Path) -> set[str]:
    return {path.parent.name.split("-")[0] for path in (runs / "tiny" / "artifacts").glob("*/manifest.json")}


def scores(runs: Path) -> dict[tuple[str, str, str], float]:
    rows = map(json.loads, (artifact(runs, "evaluate") / "scores.jsonl").read_text().splitlines())
    return {(row["sample_id"], row["model"], row["metric"]): row["value"] for row in rows}


def test_three_kills_leave_the_same_samples_adapter_and_scores(tmp_path: Path, tiny_model: Path):
    recipe = write_recipe(tmp_path, write_corpus(tmp_path / "corpus"), tiny_model, logging_steps=1)
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"

    assert walk(recipe, killed, IN_PARSING) == -signal.SIGKILL
    assert sealed(killed) == {"collect"}
    assert len(list((killed / "tiny" / "cache").rglob("*.json"))) == 3

    assert walk(recipe, killed, BEFORE_MANIFEST) == -signal.SIGKILL
    assert sealed(killed) == {"collect"}
    assert list((killed / "tiny" / "artifacts").glob("parse-*.partial/parsed.parquet"))

    assert walk(recipe, killed, IN_TRAINING) == -signal.SIGKILL
    assert "baseline" in sealed(killed)
    assert "train" not in sealed(killed)
    assert list((killed / "tiny" / "artifacts").glob("train-*.partial/checkpoints/checkpoint-*"))

    assert walk(recipe, killed) == 0
    assert walk(recipe, undisturbed) == 0

    for split in ("train", "dev", "test", "test_seen"):
        name = f"{split}.jsonl"
        assert (artifact(killed, "curate") / name).read_bytes() == (artifact(undisturbed, "curate") / name).read_bytes()
    one, other = scores(killed), scores(undisturbed)
    assert one.keys() == other.keys()
    assert one == pytest.approx(other, abs=1e-6)
    weights = [artifact(runs, "select") / "adapter" / "adapter_model.safetensors" for runs in (killed, undisturbed)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert not list((killed / "tiny" / "artifacts").glob("*.partial"))
