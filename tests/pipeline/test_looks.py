"""Every tuned model that was scored on test documents is counted."""

from pathlib import Path

from glossator.pipeline.looks import count_looks


def test_each_tuned_model_counts_once_however_often_it_is_scored(tmp_path: Path):
    path = tmp_path / "looks.json"
    assert count_looks(path, model="a", documents={"x", "y"}) == 1
    assert count_looks(path, model="a", documents={"x", "y"}) == 1
    assert count_looks(path, model="b", documents={"x", "y"}) == 2


def test_other_questions_about_the_same_documents_are_a_look_at_them(tmp_path: Path):
    path = tmp_path / "looks.json"
    count_looks(path, model="a", documents={"x", "y"})
    assert count_looks(path, model="b", documents={"y", "z"}) == 2


def test_looks_at_other_documents_do_not_count(tmp_path: Path):
    path = tmp_path / "looks.json"
    count_looks(path, model="a", documents={"x"})
    assert count_looks(path, model="b", documents={"z"}) == 1
