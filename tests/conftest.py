"""What all tests share: offline libraries, and a small model and folder of documents to walk the road with."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # workers of a parallel test run share the cores

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs tests in the background has them, and what they start, ignore Ctrl-C; some are about just that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("house")

CORPUS = Path(__file__).parent / "fixtures" / "corpus"
"""Eight short texts on unlike subjects, written for these tests."""


def write_corpus(folder: Path, count: int = 8) -> Path:
    """Copy the first `count` documents into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(CORPUS.glob("*.md"))[:count]:
        shutil.copyfile(path, folder / path.name)
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of eight small documents."""
    return write_corpus(tmp_path / "corpus")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random two-layer Llama that has the embedded model's tokenizer and chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from glossator.embedded import base_model_path

    folder = tmp_path_factory.mktemp("tiny-model")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=8192,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=3,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(base_model_path() / name, folder / name)
    return folder


def write_recipe(folder: Path, corpus: Path, model: Path | None = None, **training: object) -> Path:
    """Write a recipe over a corpus; with a model it trains for a few steps and evaluates."""
    import yaml

    recipe: dict[str, object] = {
        "name": "tiny",
        "seed": 7,
        "sources": [{"kind": "local_files", "path": str(corpus)}],
        "parsing": {"min_tokens": 10, "max_tokens": 120, "workers": 1},
        "synthesis": {"teacher": {"kind": "extractive"}, "tasks": [{"prompt": "extractive_qa"}]},
        "curation": {"splits": {"train": 0.5, "dev": 0.25, "test": 0.25}, "test_seen": 0.2, "max_tokens": 256},
    }
    if model is not None:
        recipe["training"] = {
            "base_model": str(model),
            "lora": {"r": 4, "lora_alpha": 8, "lora_dropout": 0.0},
            "max_steps": 6,
            "checkpoints": 3,
            "per_device_train_batch_size": 4,
            "learning_rate": 1e-3,
            "max_length": 256,
            **training,
        }
        recipe["evaluation"] = {"max_new_tokens": 8, "resamples": 200}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return path
