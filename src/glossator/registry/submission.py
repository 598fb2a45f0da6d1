"""Takes what a caller hands over, leaves it checked: only what would be served as it was evaluated is registered."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from glossator.artifacts import canonical_json, file_sha256, fingerprint
from glossator.errors import MissingExtraError, RegistryError
from glossator.llm.adapter_form import AdapterForm, read_adapter_form
from glossator.records import JsonValue, content_id, to_dict
from glossator.registry.record import PromptForm, Submission
from glossator.registry.verify import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from glossator.llm.chat_format import ChatFormat

PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
"""Endings of files that run code when they are loaded."""
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt", "tekken.json", "*.model", "*.tiktoken",
)  # fmt: skip
"""What a tokenizer may consist of, as patterns of names; weights and their config are none of it."""
_STYLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_IDENTITY = re.compile(r"[0-9a-f]{12}")
_RECORDED_HASH = re.compile(r"@([0-9a-f]{12})$")


class _Tensors(Protocol):
    def keys(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """What a card and a server need to know of a chat format."""

    hash: str
    stop_ids: tuple[int, ...]
    """Token ids at which an answer ends."""
    dated: bool
    """Whether the template writes a date into the prompt."""


def check_submission(submission: Submission) -> AdapterForm:
    """Check what can be checked before anything is written; gives the form of the adapter's base.

    Raises:
        RegistryError: the adapter lacks a file, holds pickled weights or belongs on another base; a prompt does not
            agree with its style; the chat format is not the tokenizer's; or a value is none that JSON can hold.
        ModelError: the tokenizer cannot be loaded or has no chat template; the adapter's form is unreadable.
    """
    identity = submission.base_model.identity
    if _IDENTITY.fullmatch(identity) is None:
        raise RegistryError(f"base model identity {identity!r} is no hash; give llm.loading.weights_hash of its folder")
    form = check_adapter(submission.adapter, base_identity=identity)
    check_prompts(submission.prompts)
    try:
        canonical_json(to_dict(submission) | {"adapter": "", "tokenizer": ""})
    except (TypeError, ValueError) as error:
        raise RegistryError(
            f"what was handed over cannot be written as JSON ({error}); hand over plain data"
        ) from error
    check_chat_format(submission.tokenizer, submission.chat_format_hash)
    return form


def check_adapter(adapter: Path, *, base_identity: str) -> AdapterForm:
    """Check a folder that is to be registered as an adapter; gives the form of its base.

    Raises:
        RegistryError: it is no adapter in safetensors form with its note on the base, or one for another base.
    """
    pickled = sorted(path.name for path in adapter.rglob("*") if path.suffix.lower() in PICKLED)
    if pickled:
        raise RegistryError(f"{adapter} holds {pickled[0]}, which runs code when loaded; keep only safetensors there")
    for name in (CONFIG, WEIGHTS):
        if not (adapter / name).is_file():
            raise RegistryError(f"{adapter} holds no {name}; give the adapter folder of a run's select stage")
    form = read_adapter_form(adapter)
    if form is None:
        raise RegistryError(
            f"{adapter} does not say in which form its base was held while it was trained; select the adapter again,"
            " or write the note with llm.adapter_form"
        )
    _check_tensors(adapter / WEIGHTS)
    recorded = str(read_adapter_config(adapter).get("base_model_name_or_path") or "")
    found = _RECORDED_HASH.search(recorded)
    if found and found[1] != base_identity:
        raise RegistryError(
            f"{adapter} was trained on {recorded}, not on a base with hash {base_identity}; name its base"
        )
    return form


def read_adapter_config(adapter: Path) -> Mapping[str, JsonValue]:
    """Read the `adapter_config.json` of an adapter.

    Raises:
        RegistryError: it is unreadable.
    """
    path = adapter / CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
        if not isinstance(config, dict):
            raise ValueError("no object")
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path} is unreadable ({error}); select the adapter again") from error
    return config


def _check_tensors(weights: Path) -> None:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise MissingExtraError("safetensors", "train") from error
    try:
        # Opening reads the header and compares it with the file's size.
        with safe_open(str(weights), framework="numpy") as file:
            tensors: _Tensors = file
            empty = not tensors.keys()
    except (SafetensorError, OSError) as error:
        raise RegistryError(f"{weights} is no safetensors file ({error}); select the adapter again") from error
    if empty:
        raise RegistryError(f"{weights} holds no weights; select the adapter again")


def check_prompts(prompts: Sequence[PromptForm]) -> None:
    """Check that each prompt's style is whole, and that one name stands for one text.

    Raises:
        RegistryError: it is not; or there are no prompts, so nobody could ask rightly.
    """
    if not prompts:
        raise RegistryError("the submission says of no task how its prompt is made; give at least one prompt form")
    texts: dict[str, str] = {}
    for prompt in prompts:
        if prompt.answer_style is None:
            if prompt.style_text is not None or prompt.style_hash is not None:
                raise RegistryError(f"task {prompt.task!r} has a style text without a style name; give both or none")
            continue
        if _STYLE_NAME.fullmatch(prompt.answer_style) is None:
            raise RegistryError(
                f"answer style {prompt.answer_style!r} cannot be a file's name; use letters, digits, '.', '_' and '-'"
            )
        if not prompt.style_text or content_id(prompt.style_text) != prompt.style_hash:
            raise RegistryError(
                f"answer style {prompt.answer_style!r} of task {prompt.task!r} is not the text it was trained with"
                f" (hash {prompt.style_hash}); hand over the text of that hash"
            )
        if texts.setdefault(prompt.answer_style, prompt.style_text) != prompt.style_text:
            raise RegistryError(f"answer style {prompt.answer_style!r} has two texts; give one of them another name")


def check_chat_format(tokenizer: Path, expected: str) -> ChatFacts:
    """Check that a tokenizer makes the prompts that the model was trained and evaluated with.

    Raises:
        RegistryError: its chat format has another hash.
        ModelError: it cannot be loaded, or has no chat template.
    """
    from glossator.llm.chat_format import ChatFormat, load_tokenizer

    loaded: Any = load_tokenizer(tokenizer)
    chat_format: ChatFormat = ChatFormat(loaded)
    if chat_format.hash != expected:
        raise RegistryError(
            f"the tokenizer in {tokenizer} has chat format {chat_format.hash}, but the model was trained with"
            f" {expected}; hand over the tokenizer and chat template of its base"
        )
    return ChatFacts(
        chat_format.hash, tuple(chat_format.end_of_turn_ids()), dated="date_string" in str(loaded.chat_template)
    )


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copy the files that a tokenizer consists of, and no others, from a model's folder."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and any(fnmatchcase(path.name, pattern) for pattern in TOKENIZER_FILES):
            shutil.copyfile(path, target / path.name)


def content_fingerprint(submission: Submission, form: AdapterForm) -> str:
    """Hash what makes a registered model the one it is: weights, base, prompts, chat format, run and index."""
    # PEFT writes sets, such as the names of target modules, in an order of their own in every process.
    config = {
        key: sorted(value, key=str) if isinstance(value, list) else value
        for key, value in read_adapter_config(submission.adapter).items()
    }
    settings = {
        "adapter": file_sha256(submission.adapter / WEIGHTS),
        "config": config,
        "form": to_dict(form),
        "base": submission.base_model.identity,
        "chat_format": submission.chat_format_hash,
        "prompts": [to_dict(prompt) for prompt in submission.prompts],
        "index": submission.index_fingerprint,
    }
    return fingerprint("register", "1", settings, {"evaluate": submission.run})
