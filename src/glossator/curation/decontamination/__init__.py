"""Takes samples of all splits, leaves train and pool without what dev, test, test_seen and named benchmarks ask."""

from glossator.curation.decontamination.benchmarks import Benchmark, read_benchmark
from glossator.curation.decontamination.decontaminate import (
    COSINE,
    THRESHOLD,
    Decontaminated,
    decontaminate,
)

__all__ = ["COSINE", "THRESHOLD", "Benchmark", "Decontaminated", "decontaminate", "read_benchmark"]
