"""Settings are checked, and steps are counted as the trainer counts them."""

import pytest

from glossator.errors import TrainingError
from glossator.training.parameters import SftParameters


@pytest.mark.parametrize(
    ("name", "value"),
    [("r", 0), ("lora_dropout", 1.0), ("learning_rate", 0.0), ("max_steps", 0), ("warmup_ratio", 1.0),
     ("lr_scheduler_type", "sine"), ("quantization", "int3"), ("num_train_epochs", 0.0), ("checkpoints", 0)],
)  # fmt: skip
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(TrainingError, match=f"{name} is {value!r}"):
        SftParameters(**{name: value})


@pytest.mark.parametrize(
    ("examples", "batch", "accumulation", "epochs", "expected"),
    [(10, 4, 1, 1.0, 3), (10, 4, 2, 1.0, 2), (10, 4, 2, 2.5, 5), (3, 8, 4, 2.0, 2), (8, 4, 1, 0.5, 1)],
)
def test_epochs_become_steps_with_short_batches_counted_whole(examples, batch, accumulation, epochs, expected):
    parameters = SftParameters(
        num_train_epochs=epochs, per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation
    )
    assert parameters.planned_steps(examples) == expected


def test_max_steps_goes_before_epochs():
    assert SftParameters(max_steps=7, num_train_epochs=100.0).planned_steps(10) == 7


@pytest.mark.parametrize(
    ("checkpoints", "total", "expected"),
    [(1, 10, (10,)), (3, 10, (3, 7, 10)), (4, 8, (2, 4, 6, 8)), (5, 2, (1, 2)), (3, 1, (1,))],
)
def test_checkpoints_are_spread_evenly_and_the_last_is_the_end(checkpoints, total, expected):
    assert SftParameters(checkpoints=checkpoints).checkpoint_steps(total) == expected
