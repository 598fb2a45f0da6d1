"""Only whole checkpoints count."""

import pytest

from glossator.errors import TrainingError
from glossator.training.checkpoints import complete_checkpoints, mark_complete, read_marker


def write(output, step, *, run="r", complete=True):
    folder = output / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    if complete:
        mark_complete(folder, run=run, seconds=2.5)
    return folder


def test_whole_checkpoints_come_by_rising_step_and_half_written_ones_go(tmp_path):
    tenth, second = write(tmp_path, 10), write(tmp_path, 2)
    half = write(tmp_path, 12, complete=False)
    assert complete_checkpoints(tmp_path, run="r") == [second, tenth]
    assert not half.exists()


@pytest.mark.parametrize("damage", ["short", "missing", "garbled"])
def test_a_checkpoint_whose_files_do_not_fit_its_marker_is_not_whole(tmp_path, damage):
    folder = write(tmp_path, 5)
    weights = folder / "adapter_model.safetensors"
    if damage == "short":
        weights.write_bytes(b"weig")
    elif damage == "missing":
        weights.unlink()
    else:
        (folder / "complete.json").write_text('{"run": "r", "fil')
    assert read_marker(folder) is None
    assert complete_checkpoints(tmp_path, run="r") == []
    assert not folder.exists()


def test_a_checkpoint_of_another_training_is_neither_used_nor_removed(tmp_path):
    folder = write(tmp_path, 5, run="other")
    with pytest.raises(TrainingError, match="belongs to a training with other samples"):
        complete_checkpoints(tmp_path, run="r")
    assert folder.exists()


def test_other_folders_in_the_output_are_left_alone(tmp_path):
    (tmp_path / "checkpoint-best").mkdir()
    (tmp_path / "notes").mkdir()
    assert complete_checkpoints(tmp_path, run="r") == []
    assert len(list(tmp_path.iterdir())) == 2
