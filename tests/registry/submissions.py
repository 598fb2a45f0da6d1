"""Submissions to register: a small adapter with real safetensors weights, and all that is said about it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from glossator.embedded import base_model_path
from glossator.llm.adapter_form import AdapterForm, write_adapter_form
from glossator.llm.answer_styles import load_answer_style
from glossator.registry import BaseModel, Difference, PromptForm, Submission, Verdict

CHAT_FORMAT = "3c3a82794f275467ca82"
"""Of the embedded model's tokenizer."""
BASE_HASH = "0123456789ab"
STYLE = load_answer_style("brief")
CLOSED_BOOK = PromptForm("qa", "none")
GROUNDED = PromptForm("extractive_qa", "chunk", "brief", STYLE.text, STYLE.hash, ("papers",))


def write_adapter(folder: Path, seed: int = 0, **config: Any) -> Path:
    """Write an adapter whose weights depend on the seed."""
    import numpy as np
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    weights = np.random.default_rng(seed).standard_normal((2, 8)).astype(np.float32)
    save_file({"base_model.model.q_proj.lora_A.weight": weights}, folder / "adapter_model.safetensors")
    said = {
        "peft_type": "LORA",
        "r": 2,
        "lora_alpha": 4,
        "target_modules": ["q_proj", "v_proj"],
        "base_model_name_or_path": f"tiny@{BASE_HASH}",
    }
    (folder / "adapter_config.json").write_text(json.dumps(said | config))
    write_adapter_form(folder, AdapterForm("nf4", bf16=True))
    return folder


def make_submission(adapter: Path, **changes: Any) -> Submission:
    """Say of an adapter all that a caller says, with some of it changed."""
    submission = Submission(
        base_model=BaseModel("embedded", "/srv/models/base", BASE_HASH),
        method="qlora",
        chat_format_hash=CHAT_FORMAT,
        prompts=(GROUNDED,),
        run="4cec83f6e1efc7de",
        verdict=Verdict(helped=True, sentence="Tuning helped: token F1 on 39 questions rose from .12 to .46."),
        metrics={"base": {"token_f1": 0.12, "rougeL": 0.14}, "tuned": {"token_f1": 0.465, "rougeL": 0.469}},
        metrics_test_seen={"base": {"token_f1": 0.057}, "tuned": {"token_f1": 0.328}},
        differences=(
            Difference("test", "token_f1", 0.345, 0.199, 0.491, 39, 4),
            Difference("test_seen", "token_f1", 0.271, None, None, 5, 1),
        ),
        confidence=0.95,
        test_looks=1,
        samples={"train": 49, "dev": 21, "test": 39, "test_seen": 5},
        documents=12,
        licenses=("CC BY 4.0",),
        index="/srv/runs/quickstart/artifacts/index-0123456789abcdef",
        recipe={"name": "quickstart", "seed": 42},
        training={"base_model": "/srv/models/base", "learning_rate": 1e-3, "lora": {"r": 16, "lora_alpha": 32}},
        versions={"peft": "0.21.2", "python": "3.11.9"},
        adapter=adapter,
        tokenizer=base_model_path(),
    )
    return replace(submission, **changes)
