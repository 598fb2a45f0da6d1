"""Takes conversations, leaves replies of a model that runs in this process: a base model, with or without adapter."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from glossator.errors import ModelError
from glossator.llm import Conversation, Reply
from glossator.llm.chat_format import ChatFormat, load_tokenizer
from glossator.llm.images import refuse_images
from glossator.llm.loading import (
    Quantization,
    is_local,
    load_causal_model,
    quiet_libraries,
    require_training_libraries,
    weights_hash,
)


class _Base:
    """One loaded base model, shared by every `LocalModel` made from it; holds at most one adapter at a time."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.plain = model
        self.tokenizer = tokenizer
        self.chat_format = ChatFormat(tokenizer)
        self._peft: Any = None
        self._active: str | None = None
        generation = model.generation_config.eos_token_id
        own = generation if isinstance(generation, list) else [] if generation is None else [generation]
        self.stop_ids = sorted({*own, *self.chat_format.end_of_turn_ids()})
        self.pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self.stop_ids[0]
        # A model's own sampling habits (top_p, repetition penalty) would otherwise leak into greedy answers.
        model.generation_config = type(model.generation_config)()

    @contextmanager
    def using(self, adapter: Path | None) -> Iterator[Any]:
        """Give the model with exactly this adapter active; None is the base alone."""
        if adapter is None:
            model = self._peft or self.plain
            disabled: AbstractContextManager[Any] = self._peft.disable_adapter() if self._peft else nullcontext()
            with disabled:
                yield model
            return
        self._activate(adapter)
        yield self._peft

    def _activate(self, adapter: Path) -> None:
        name = adapter_name(adapter)
        if name == self._active:
            return
        require_training_libraries("peft")
        self._peft = self._peft or _without_adapters(self.plain)
        try:
            with quiet_libraries():
                loaded = self._peft.load_adapter(str(adapter), adapter_name=name)
            strangers = [*loaded.unexpected_keys, *(key for key in loaded.missing_keys if "lora_" in key)]
            if strangers:
                raise ValueError(f"{len(strangers)} weights have no counterpart, such as {strangers[0]}")
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            if name in self._peft.peft_config:
                self._peft.delete_adapter(name)
            if self._active is not None:
                self._peft.set_adapter(self._active)
            line = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelError(f"adapter {adapter} does not fit the base model: {line}") from error
        self._peft.set_adapter(name)
        if self._active is not None:
            self._peft.delete_adapter(self._active)
        self._active = name
        self._peft.eval()


def _without_adapters(model: Any) -> Any:
    """Wrap a model for PEFT with a first adapter that is never active, so that any later one may fail to load."""
    from peft import LoraConfig, get_peft_model

    with quiet_libraries():
        unused = LoraConfig(r=1, target_modules="all-linear", task_type="CAUSAL_LM")
        wrapped: Any = get_peft_model(model, unused, "unused")
    return wrapped


class LocalModel:
    """A base model in this process, with or without an adapter, as a `ChatModel`.

    Greedy replies depend on nothing but the conversation, except through padding: prompts of one batch are padded
    on the left to the same length, and in bfloat16 that may round a near tie between two next tokens the other
    way. With `batch_size=1` a reply does not depend on its neighbours at all.
    """

    def __init__(
        self, base: _Base, *, name: str, adapter: Path | None, batch_size: int, max_length: int, seed: int
    ) -> None:
        self._base = base
        self._base_name = name
        self._adapter = adapter
        self._batch_size = batch_size
        self._max_length = max_length
        self._seed = seed

    @classmethod
    def open(
        cls,
        model: Path | str,
        *,
        adapter: Path | None = None,
        tokenizer: Path | None = None,
        quantization: Quantization = "none",
        dtype: str = "bfloat16",
        batch_size: int = 16,
        max_length: int | None = None,
        device: str = "auto",
        seed: int = 0,
    ) -> LocalModel:
        """Load a base model, and an adapter on it, for answering.

        Args:
            model: a model folder or a hub id.
            adapter: a folder that PEFT wrote; None for the base alone.
            tokenizer: a folder with tokenizer and chat template; None for the model's own.
            quantization: what the adapter was trained against: `none`, `nf4` or `int8`.
            dtype: what is computed in.
            batch_size: conversations answered at once.
            max_length: most tokens of prompt and reply together; None for what the model was built for.
            device: `auto`, `cpu`, `cuda`, …
            seed: for replies at a temperature above 0.

        Raises:
            ModelError: model, adapter, tokenizer or template cannot be loaded.
        """
        loaded = load_causal_model(model, quantization=quantization, dtype=dtype, device=device)
        base = _Base(loaded, load_tokenizer(tokenizer or model))
        name = f"{Path(model).name}@{weights_hash(Path(model))}" if is_local(model) else str(model)
        limit = int(getattr(loaded.config, "max_position_embeddings", 1 << 30))
        opened = cls(
            base,
            name=name if quantization == "none" else f"{name}:{quantization}",
            adapter=None,
            batch_size=batch_size,
            max_length=min(max_length or limit, limit),
            seed=seed,
        )
        return opened.with_adapter(adapter) if adapter else opened

    @property
    def name(self) -> str:
        """Name and content hash of the base, its quantisation, and the adapter's name and content hash."""
        return f"{self._base_name}+{adapter_name(self._adapter)}" if self._adapter else self._base_name

    @property
    def max_length(self) -> int:
        """Most tokens of prompt and reply together."""
        return self._max_length

    @property
    def dtype(self) -> str:
        """What is computed in, such as `bfloat16`: rounding decides between near ties."""
        return str(self._base.plain.dtype).removeprefix("torch.")

    @property
    def batch_size(self) -> int:
        """Conversations answered at once."""
        return self._batch_size

    @property
    def seed(self) -> int:
        """What replies at a temperature above 0 are drawn by."""
        return self._seed

    @property
    def chat_format(self) -> ChatFormat:
        """The chat format of the model's tokenizer."""
        return self._base.chat_format

    def with_adapter(self, adapter: Path | None) -> LocalModel:
        """Return the same loaded base with another adapter (None: without); nothing of the base is loaded again.

        Raises:
            ModelError: the folder holds no adapter in safetensors form, or one that does not fit.
        """
        if adapter is not None:
            if not (adapter / "adapter_config.json").is_file() or not (adapter / "adapter_model.safetensors").is_file():
                raise ModelError(f"{adapter} holds no adapter (adapter_config.json and adapter_model.safetensors)")
            trained_on = adapter_base(adapter) or ""
            hashed = re.search(r"@([0-9a-f]{12})$", trained_on)
            if hashed and hashed[0] not in self._base_name:
                raise ModelError(f"adapter {adapter} was trained on {trained_on}, not on {self._base_name}")
            with self._base.using(adapter):
                pass  # a bad adapter is told of now rather than at the first question
        return LocalModel(
            self._base,
            name=self._base_name,
            adapter=adapter,
            batch_size=self._batch_size,
            max_length=self._max_length,
            seed=self._seed,
        )

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """Answer each conversation; replies come in input order. See `ChatModel.generate`.

        Raises:
            ModelError: a prompt and its reply would not fit the model; the message names the conversation. Nothing
                is cut silently, and nothing is generated before all lengths are known.
        """
        for conversation in conversations:
            refuse_images(self.name, conversation)
        prompts = [self._base.chat_format.prompt_ids(conversation) for conversation in conversations]
        for index, prompt in enumerate(prompts):
            if len(prompt) + max_new_tokens > self._max_length:
                raise ModelError(
                    f"conversation {index} has {len(prompt)} tokens and its reply up to {max_new_tokens}, but the model"
                    f" holds {self._max_length}; shorten the context or lower max_new_tokens"
                )
        # Longest first: a batch pads little, and one that does not fit into memory fails at once.
        order = sorted(range(len(prompts)), key=lambda index: (-len(prompts[index]), index))
        replies: dict[int, Reply] = {}
        with self._base.using(self._adapter) as model, quiet_libraries(), self._random(temperature):
            for start in range(0, len(order), self._batch_size):
                chosen = order[start : start + self._batch_size]
                answers = self._answer(model, [prompts[i] for i in chosen], max_new_tokens, temperature)
                replies.update(zip(chosen, answers, strict=True))
                if on_progress:
                    on_progress(len(chosen))
        return [replies[index] for index in range(len(prompts))]

    def _answer(
        self, model: Any, prompts: Sequence[Sequence[int]], max_new_tokens: int, temperature: float
    ) -> list[Reply]:
        import torch
        from transformers import GenerationConfig

        width = max(map(len, prompts))
        ids = torch.full((len(prompts), width), self._base.pad_id)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        make: Any = GenerationConfig
        config = make(
            max_new_tokens=max_new_tokens,
            do_sample=temperature > 0,
            eos_token_id=self._base.stop_ids,
            pad_token_id=self._base.pad_id,
            **({"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}),
        )
        device = self._base.plain.device
        started = time.perf_counter()
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=config
            ).cpu()
        seconds = (time.perf_counter() - started) / len(prompts)
        return [self._reply(len(prompt), output[row, width:].tolist(), seconds) for row, prompt in enumerate(prompts)]

    def _reply(self, tokens_in: int, new_ids: list[int], seconds: float) -> Reply:
        stops = set(self._base.stop_ids)
        end = next((position for position, token in enumerate(new_ids) if token in stops), len(new_ids))
        text = self._base.tokenizer.decode(new_ids[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return Reply(text.strip(), tokens_in, min(end + 1, len(new_ids)), seconds)

    @contextmanager
    def _random(self, temperature: float) -> Iterator[None]:
        """Draw from the model's own seed and leave the process's random state as it was."""
        if temperature <= 0:
            yield
            return
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(self._seed)
            yield


def adapter_name(adapter: Path) -> str:
    """Name an adapter folder: its own name and a hash of its weights, fit as a PEFT adapter name."""
    return f"{adapter.name}@{weights_hash(adapter)}".replace(".", "_")


def adapter_base(adapter: Path) -> str | None:
    """Read from an adapter folder which base model it was trained on, as PEFT recorded it; None when unrecorded."""
    recorded = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    base = recorded.get("base_model_name_or_path")
    return str(base) if base else None
