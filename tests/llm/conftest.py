"""A model whose random weights are large enough to say something, with the packaged tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from glossator.embedded import base_model_path


@pytest.fixture(scope="session")
def tokenizer():
    pytest.importorskip("transformers")
    from glossator.llm.chat_format import load_tokenizer

    return load_tokenizer(base_model_path())


@pytest.fixture(scope="session")
def odd_model(tmp_path_factory, tokenizer) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("models") / "odd"
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=3,
        initializer_range=0.5,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def make_adapter(odd_model, tmp_path_factory):
    """Write an adapter with random weights for the tiny model; another seed gives another adapter."""

    def make(seed: int, base: Path = odd_model) -> Path:
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        torch.manual_seed(seed)
        config = LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(parameter, std=0.5)
        folder = tmp_path_factory.mktemp("adapters") / f"adapter-{seed}"
        model.save_pretrained(folder, save_embedding_layers=False)
        return folder

    return make
