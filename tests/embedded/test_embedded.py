"""The packaged model is whole, and names are resolved."""

import json

import pytest

from glossator.embedded import base_model_path, resolve_model
from glossator.errors import ModelError


def test_the_packaged_folder_holds_weights_tokenizer_template_and_a_card_with_licence():
    folder = base_model_path()
    for name in ("model.safetensors", "config.json", "tokenizer.json", "generation_config.json", "chat_template.jinja"):
        assert (folder / name).stat().st_size > 0
    assert "CC BY-SA 3.0" in (folder / "README.md").read_text(encoding="utf-8")
    assert not [path for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".py", ".pkl"}]


def test_the_packaged_model_has_the_size_its_card_says():
    safetensors = pytest.importorskip("safetensors")
    with safetensors.safe_open(str(base_model_path() / "model.safetensors"), framework="pt") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118  no dict
    count = sum(shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in shapes)
    assert 12_400_000 < count < 12_600_000
    assert json.loads((base_model_path() / "config.json").read_text())["max_position_embeddings"] == 1024


def test_names_resolve_to_the_package_a_folder_or_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert resolve_model("embedded") == base_model_path()
    assert resolve_model(str(tmp_path / "mine")) == tmp_path / "mine"
    assert resolve_model("meta-llama/Llama-3.2-3B-Instruct") == "meta-llama/Llama-3.2-3B-Instruct"


@pytest.mark.parametrize("name", ["", "./nowhere", "/no/such/folder", "~/nowhere", "a/b/c"])
def test_a_path_that_leads_nowhere_is_not_taken_for_a_hub_id(name):
    with pytest.raises(ModelError, match="no folder on this machine"):
        resolve_model(name)
