"""Measures what training takes before it is begun: a few optimiser steps on the longest rows, in a process of its own.

The base is really loaded and the room's own `train_adapter` does the steps, in a temporary folder; the parent only
reads what the child measured. `python -m glossator.pipeline.quote.probe FOLDER` is the child.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.artifacts import read_records, write_json, write_records
from glossator.errors import TrainingError
from glossator.records import JsonValue, Sample, content_id

if TYPE_CHECKING:
    from glossator.training import SftParameters

TIMEOUT_SECONDS = 900.0
_STEPS = 3
"""The first one also warms up whatever is set up on first use; the others are timed."""
_JOB, _ROWS, _FOUND = "job.json", "rows.jsonl", "found.json"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a few steps really took."""

    seconds_a_step: float
    """Of an optimiser step on batches of the longest rows, gradient accumulation counted in."""
    peak_bytes: int
    """Most memory that was held: of the process, or of the GPU where it trains on one."""
    device: str
    """`cpu` or `cuda`."""
    start_seconds: float
    """From starting the process to the end of the first step."""
    checkpoint_bytes: int
    """Size of one checkpoint."""


def probe_training(
    rows: Sequence[Sample],
    *,
    base_model: Path,
    parameters: SftParameters,
    seed: int,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Probed:
    """Turn the longest rows into what an optimiser step on them takes; leaves nothing behind.

    Args:
        rows: as many as a batch has, or fewer: they are repeated.
        base_model: the folder of the base.
        parameters: of the real training; steps and checkpoints are replaced.
        seed: of the adapter's first weights.
        timeout_seconds: after which the child is ended.

    Raises:
        TrainingError: there are no rows, the child ran out of time or memory, or training cannot start.
    """
    if not rows:
        raise TrainingError("a probe needs at least one sample; give documents that can be read")
    batch = parameters.per_device_train_batch_size
    repeated = [_distinct(rows[place % len(rows)], place) for place in range(batch)]
    with tempfile.TemporaryDirectory(prefix="glossator-probe-") as folder:
        place = Path(folder)
        write_records(place / _ROWS, repeated)
        job = {"parameters": dataclasses.asdict(parameters), "base_model": str(base_model), "seed": seed}
        write_json(place / _JOB, job)
        command = [sys.executable, "-m", "glossator.pipeline.quote.probe", folder]
        began = time.monotonic()
        try:
            ended = subprocess.run(  # noqa: S603  this very program
                command, capture_output=True, text=True, errors="replace", timeout=timeout_seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise TrainingError(
                f"the probe was not done after {timeout_seconds:.0f} s; plan without --probe"
            ) from error
        if ended.returncode or not (place / _FOUND).is_file():
            raise TrainingError(_why(ended))
        found = json.loads((place / _FOUND).read_text("utf-8"))
        total = time.monotonic() - began
    return Probed(
        seconds_a_step=found["seconds_a_step"] * parameters.gradient_accumulation_steps,
        peak_bytes=found["peak_bytes"],
        device=found["device"],
        start_seconds=max(0.0, total - found["timed_seconds"]),
        checkpoint_bytes=found["checkpoint_bytes"],
    )


def _distinct(sample: Sample, place: int) -> Sample:
    """The same row under another id."""
    return dataclasses.replace(sample, id=content_id(sample.id, str(place)))


def _why(ended: subprocess.CompletedProcess[str]) -> str:
    if ended.returncode < 0:
        return f"the probe was ended by signal {-ended.returncode}, mostly for lack of memory; lower the batch size"
    said = [line for line in ended.stderr.splitlines() if line.strip()]
    return f"the probe failed: {said[-1] if said else f'exit code {ended.returncode}'}"


def measure(folder: Path) -> None:
    """Do the steps that a job in a folder describes, and leave there what they took: the work of the child."""
    from glossator.training import SftParameters, train_adapter

    job = json.loads((folder / _JOB).read_text("utf-8"))
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in job["parameters"].items()
    }
    once: dict[str, Any] = {"max_steps": _STEPS, "checkpoints": 1, "gradient_accumulation_steps": 1, "logging_steps": 1}
    moments: list[float] = []
    result = train_adapter(
        list(read_records(folder / _ROWS, Sample)),
        [],
        base_model=Path(job["base_model"]),
        output=folder / "checkpoints",
        parameters=SftParameters(**{**values, **once}),
        seed=job["seed"],
        on_progress=lambda _: moments.append(time.perf_counter()),
    )
    files = [path for path in result.checkpoints[-1].rglob("*") if path.is_file()]
    timed = moments[-1] - moments[0]
    device, peak = _peak()
    found: dict[str, JsonValue] = {
        "seconds_a_step": timed / (len(moments) - 1),
        "timed_seconds": timed,
        "peak_bytes": peak,
        "device": device,
        "checkpoint_bytes": sum(path.stat().st_size for path in files),
    }
    write_json(folder / _FOUND, found)


def _peak() -> tuple[str, int]:
    """Where training ran, and the most memory it held there."""
    import torch

    if torch.cuda.is_available():
        return "cuda", int(torch.cuda.max_memory_reserved())
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return "cpu", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    from glossator.errors import GlossatorError

    try:
        measure(Path(sys.argv[1]))
    except GlossatorError as problem:
        sys.exit(str(problem))
