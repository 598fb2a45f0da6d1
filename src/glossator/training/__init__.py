"""Takes train and dev samples and a base model, leaves checkpoints of an adapter."""

from glossator.training.parameters import SftParameters
from glossator.training.preflight import TrainingRow, prepare_rows
from glossator.training.sft import TrainingResult, TrainingStep, train_adapter

__all__ = ["SftParameters", "TrainingResult", "TrainingRow", "TrainingStep", "prepare_rows", "train_adapter"]
