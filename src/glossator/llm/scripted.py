"""Takes conversations, leaves replies written beforehand: for tests, offline trials and users' own pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from glossator.errors import ModelError
from glossator.llm import Answered, Conversation, Reply
from glossator.records import JsonValue

Script = Mapping[str, str] | Sequence[str] | Callable[[Conversation], str]


class ScriptedModel:
    """A `ChatModel` and `StructuredModel` that answers from a script, and remembers what it was asked.

    Args:
        script: a mapping from a piece of text to the reply: the longest piece that occurs in the last turn
            decides, and the piece `""` answers everything else; or a sequence of replies, given out in order
            across calls; or a function from the conversation to the reply.
        name: how the model is called in lineage.

    Tokens are counted as white-space separated words.
    """

    def __init__(self, script: Script, *, name: str = "scripted") -> None:
        if isinstance(script, str):
            raise ModelError("a script is a mapping, a list of replies or a function, not one string")
        self._script = script
        self._name = name
        self._given = 0
        self.asked: list[Conversation] = []
        """Every conversation so far, in order."""

    @property
    def name(self) -> str:
        """The name given at construction."""
        return self._name

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,  # noqa: ARG002  the protocol's argument; a script has no temperature
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """Answer each conversation from the script, cut to `max_new_tokens` words.

        Raises:
            ModelError: the script has no reply left, or none that fits.
        """
        replies = []
        for conversation in conversations:
            self.asked.append(tuple(conversation))
            words_in = sum(len(message.content.split()) for message in conversation)
            text = self._say(conversation)
            words = text.split()
            if len(words) > max_new_tokens:
                text, words = " ".join(words[:max_new_tokens]), words[:max_new_tokens]
            replies.append(Reply(text, words_in, len(words), 0.0))
            if on_progress:
                on_progress(1)
        return replies

    def answer(
        self,
        conversations: Iterable[Conversation],
        *,
        schema: Mapping[str, JsonValue] | None,  # noqa: ARG002  the protocol's argument; the script knows what to say
        max_new_tokens: int,
        temperature: float = 0.0,  # noqa: ARG002  as above
    ) -> Iterator[Answered]:
        """Answer each conversation from the script, one at a time; see `StructuredModel.answer`.

        Nothing is read ahead. A reply over `max_new_tokens` words fails as `truncated`, a blank one as `empty_reply`,
        as a server's would.

        Raises:
            ModelError: the script has no reply left, or none that fits.
        """
        for conversation in conversations:
            self.asked.append(tuple(conversation))
            text = self._say(conversation)
            words = len(text.split())
            if words > max_new_tokens:
                yield Answered(None, "truncated", f"cut after {max_new_tokens} tokens; raise max_new_tokens")
            elif not words:
                yield Answered(None, "empty_reply", "the model said nothing")
            else:
                yield Answered(Reply(text, sum(len(message.content.split()) for message in conversation), words, 0.0))

    def _say(self, conversation: Conversation) -> str:
        if callable(self._script):
            return self._script(conversation)
        asked = conversation[-1].content if conversation else ""
        if isinstance(self._script, Mapping):
            pieces = [piece for piece in self._script if piece in asked]
            if not pieces:
                raise ModelError(f"the script has no reply to {asked[:80]!r}; add one, or one for the piece ''")
            return self._script[max(pieces, key=len)]
        if self._given >= len(self._script):
            raise ModelError(f"the script holds {len(self._script)} replies and was asked once more")
        self._given += 1
        return self._script[self._given - 1]
