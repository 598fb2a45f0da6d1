"""Takes conversations, leaves token ids: the only chat-template code, for training, evaluation and serving alike.

Two promises are kept here and nowhere else:

* What a model is trained on begins with exactly the ids it is served: the ids of a prompt (with the generation
  prompt) are a prefix of the ids of the whole conversation. A template that breaks this is refused.
* Text cannot forge a turn. Content that spells a control string of the tokenizer or the template (`<|im_end|>`,
  `[INST]`) gets a space after that string's first character before it is rendered, so it is read as ordinary
  text. Content without such strings is rendered as the tokenizer itself would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError, ModelError
from glossator.llm.answer_styles import AnswerStyle
from glossator.records import Message, content_id

# Templates of the Llama 3 family write today's date into the prompt; a fixed one keeps training and serving alike.
_TEMPLATE_VALUES = {"date_string": "01 Jan 2025"}
_COUNTED_AT_ONCE = 1_000_000
"""Characters that are tokenized at a time, so that what the tokenizer holds of them is bounded."""
# Markers a template spells in ordinary text, such as [INST], <<SYS>> and <start_of_turn>.
_MARKER = re.compile(r"\[/?[A-Z_]{2,}\]|<{1,2}[^<>\s]{1,40}>{1,2}")


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation as a model is trained on it."""

    input_ids: list[int]
    assistant_mask: list[int]
    """As long as `input_ids`: 1 on the tokens of assistant turns and the token that ends each, 0 elsewhere."""


def student_messages(
    question: str, *, context: str | None = None, answer_style: AnswerStyle | None = None
) -> tuple[Message, ...]:
    """Turn a question, and the text it is asked about, into the prompt the student sees.

    Args:
        question: the question alone.
        context: the text the student may read; None or blank for a closed-book question.
        answer_style: becomes a system turn; None leaves the system turn out.
    """
    system = (Message("system", answer_style.text),) if answer_style else ()
    asked = f"Context:\n{context}\n\nQuestion: {question}" if context and context.strip() else question
    return (*system, Message("user", asked))


def load_tokenizer(model: Path | str) -> Any:
    """Load the tokenizer of a model folder or hub id; a folder is read without any look at the network.

    Raises:
        ModelError: there is none, or it cannot be read.
        MissingExtraError: transformers is not installed.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("transformers", "train") from error
    try:
        return AutoTokenizer.from_pretrained(
            str(model), trust_remote_code=False, local_files_only=isinstance(model, Path) or Path(model).is_dir()
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"no tokenizer could be loaded from {model}: {_first_line(error)}") from error


class ChatFormat:
    """Turns conversations into ids with the chat template of one tokenizer.

    Args:
        tokenizer: a transformers tokenizer with a chat template.

    Raises:
        ModelError: the tokenizer has no chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        template = getattr(tokenizer, "chat_template", None)
        if not isinstance(template, str) or not template.strip():
            name = getattr(tokenizer, "name_or_path", "") or type(tokenizer).__name__
            raise ModelError(f"the tokenizer of {name} has no chat template; use a chat model or add one to it")
        self._tokenizer = tokenizer
        self._template = template
        unknown = tokenizer.unk_token_id
        ends = {tokenizer.eos_token_id, tokenizer.bos_token_id, tokenizer.pad_token_id}
        added = tokenizer.added_tokens_decoder
        self._special_ids = {i for i, token in added.items() if token.special} | set(tokenizer.all_special_ids)
        if unknown not in ends:
            self._special_ids.discard(unknown)
        self._controls = self._control_pattern({token.content for token in added.values()})
        self._skeletons: dict[tuple[tuple[str, bool], ...], int] = {}

    @property
    def hash(self) -> str:
        """Hash of the template and the special tokens: whatever shapes a prompt besides its words."""
        added = {token.content: i for i, token in self._tokenizer.added_tokens_decoder.items() if token.special}
        named = {key: str(value) for key, value in self._tokenizer.special_tokens_map.items()}
        return content_id(self._template, json.dumps([added, named, _TEMPLATE_VALUES], sort_keys=True))

    def end_of_turn_ids(self) -> list[int]:
        """Return the ids at which a reply ends: the tokenizer's EOS and the template's own end of turn, sorted."""
        conversation = (Message("user", "x"), Message("assistant", "x"))
        example = self.training_example(conversation)
        last = max(i for i, marked in enumerate(example.assistant_mask) if marked)
        eos = self._tokenizer.eos_token_id
        return sorted({example.input_ids[last], *([eos] if eos is not None else [])})

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """Turn a conversation that ends with a user turn into the ids a model continues from.

        Raises:
            ModelError: the template refuses the conversation.
        """
        return self._encode(self._clean(messages), generation_prompt=True)

    def training_example(self, messages: Sequence[Message]) -> Example:
        """Turn a whole conversation into ids and a mask of what the assistant said.

        White space around an assistant's content is dropped: a reply is trained and scored without it.

        Raises:
            ModelError: the template refuses the conversation, rewrites earlier turns, or ends no assistant turn.
        """
        clean = self._clean(messages)
        ids = self._encode(clean, generation_prompt=False)
        mask = [0] * len(ids)
        for position, message in enumerate(clean):
            if message.role != "assistant":
                continue
            prompt = self._encode(clean[:position], generation_prompt=True)
            told = self._encode(clean[: position + 1], generation_prompt=False)
            self._require_prefix(prompt, ids, "a prompt with its generation prompt")
            self._require_prefix(told, ids, "the first turns")
            end = self._turn_end(told, len(prompt))
            mask[len(prompt) : end] = [1] * (end - len(prompt))
        return Example(input_ids=ids, assistant_mask=mask)

    def count(self, conversations: Sequence[Sequence[Message]]) -> list[int]:
        """Take whole conversations, leave how many ids each is trained on, as `training_example` would give them.

        Many at a time and without masks, hence several times as fast; what a prompt shares with its answer is not
        looked at, so a template that breaks the prefix rule is not found here.

        Raises:
            ModelError: the template refuses a conversation.
        """
        lengths: list[int] = []
        batch: list[tuple[tuple[Message, ...], str]] = []
        size = 0
        for place, messages in enumerate(conversations, start=1):
            clean = self._clean(messages)
            batch.append((clean, self._render(clean, generation_prompt=False)))
            size += len(batch[-1][1])
            if size < _COUNTED_AT_ONCE and place < len(conversations):
                continue
            for (own, _), ids in zip(batch, self._ids_of_all([text for _, text in batch]), strict=True):
                self._require_plain(ids, own, generation_prompt=False)
                lengths.append(len(ids))
            batch, size = [], 0
        return lengths

    def neutralise(self, text: str) -> str:
        """Break every control string in a text with a space after its first character; other text is unchanged."""
        while self._controls.search(text):
            text = self._controls.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
        return text

    def _clean(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        def content(message: Message) -> str:
            # Lone surrogates (from broken PDFs) cannot be encoded as UTF-8 by any tokenizer.
            text = self.neutralise(message.content.encode("utf-8", "replace").decode("utf-8"))
            return text.strip() if message.role == "assistant" else text

        return tuple(Message(message.role, content(message)) for message in messages)

    def _render(self, messages: Sequence[Message], *, generation_prompt: bool) -> str:
        from jinja2 import TemplateError

        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text = self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=generation_prompt, **_TEMPLATE_VALUES
            )
        except (TemplateError, ValueError, IndexError) as error:
            roles = ", ".join(message.role for message in messages) or "no turns"
            raise ModelError(f"the chat template refuses a conversation of {roles}: {_first_line(error)}") from error
        return str(text)

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _ids_of_all(self, texts: list[str]) -> list[list[int]]:
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        if backend is None or backend.truncation is not None or backend.padding is not None:
            return [self._ids(text) for text in texts]
        # Without offsets, masks and words, which the tokenizer's own call makes of every text: twice as fast.
        return [encoding.ids for encoding in backend.encode_batch_fast(texts, add_special_tokens=False)]

    def _encode(self, messages: Sequence[Message], *, generation_prompt: bool) -> list[int]:
        ids = self._ids(self._render(messages, generation_prompt=generation_prompt))
        self._require_plain(ids, messages, generation_prompt=generation_prompt)
        return ids

    def _require_plain(self, ids: Sequence[int], messages: Sequence[Message], *, generation_prompt: bool) -> None:
        """Make sure that the ids hold no special token but those of the template."""
        shape = tuple((message.role, bool(message.content.strip())) for message in messages)
        key = (*shape, ("generation", generation_prompt))
        if key not in self._skeletons:
            plain = [
                Message(message.role, "x" if filled else "")
                for message, (_, filled) in zip(messages, shape, strict=True)
            ]
            self._skeletons[key] = self._count_special(
                self._ids(self._render(plain, generation_prompt=generation_prompt))
            )
        if self._count_special(ids) != self._skeletons[key]:
            raise ModelError("text of a conversation became a special token; the tokenizer cannot be used safely")

    def _count_special(self, ids: Sequence[int]) -> int:
        return sum(i in self._special_ids for i in ids)

    def _control_pattern(self, added: set[str]) -> re.Pattern[str]:
        special = {self._tokenizer.convert_ids_to_tokens(i) for i in self._special_ids}
        markers = set(_MARKER.findall(self._template))
        in_template = {content for content in added if content in self._template}
        controls = {text for text in special | markers | in_template if len(text) > 1 and text.strip()}
        longest_first = sorted(controls, key=lambda text: (-len(text), text))
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def _turn_end(self, told: Sequence[int], start: int) -> int:
        """Find the position after the token that ends the last turn; content never holds a special token."""
        for position in range(len(told) - 1, start - 1, -1):
            if told[position] in self._special_ids:
                return position + 1
        raise ModelError(
            "the chat template ends no assistant turn with a special token, so a model could not learn to stop"
        )

    @staticmethod
    def _require_prefix(prefix: Sequence[int], ids: Sequence[int], what: str) -> None:
        if list(ids[: len(prefix)]) != list(prefix):
            raise ModelError(
                f"the chat template breaks the prefix rule: the ids of {what} do not begin the ids of the whole"
                " conversation, so training and serving would differ; use another chat template"
            )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
