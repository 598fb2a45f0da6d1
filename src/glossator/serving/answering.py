"""Takes a question, leaves an answer with the passages it rests on: the same for the gateway and the terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from glossator.errors import ServingError
from glossator.llm import Reply
from glossator.serving.answers import (
    MAX_PASSAGES,
    MAX_QUESTION_CHARACTERS,
    Answer,
    Citation,
    Question,
    ServedModel,
)
from glossator.serving.batching import BatchWorker
from glossator.serving.engines import BASE, Engine
from glossator.serving.passages import MODES, Mode, Passage, Searches
from glossator.serving.prompting import FittedPrompt, fit_prompt
from glossator.serving.refusals import BadQuestion, TimedOut, UnknownModel


@dataclass(frozen=True, slots=True)
class _Settled:
    """A question with every choice made."""

    text: str
    model: ServedModel
    retrieval: bool
    k: int
    mode: Mode
    max_new_tokens: int


class Answerer:
    """Answers questions with an engine's models and, where there is one, an index.

    Args:
        engine: holds the models.
        models: how each of them is asked; only these are served.
        index: where passages are looked for; None without one.
        default: the model that answers when none is named; by default the first that is not `base`.
        mode: how the index is searched when the question does not say.
        max_new_tokens: longest reply in tokens when the question does not say.
        max_new_tokens_limit: the most that a question may ask for.
        queue_size: most questions that wait for the index.

    Raises:
        ServingError: a model is unknown to the engine, or named twice.
    """

    def __init__(
        self,
        engine: Engine,
        models: Sequence[ServedModel],
        *,
        index: Searches | None = None,
        default: str | None = None,
        mode: Mode = "hybrid",
        max_new_tokens: int = 256,
        max_new_tokens_limit: int = 1024,
        queue_size: int = 64,
    ) -> None:
        self._models = {model.name: model for model in models}
        _require_held(models, engine, default)
        self._engine = engine
        self._default = default or next((name for name in self._models if name != BASE), BASE)
        self._mode: Mode = mode
        self._max_new_tokens = max_new_tokens
        self._max_new_tokens_limit = max(max_new_tokens, max_new_tokens_limit)
        self._finder = None if index is None else _finder(index, queue_size)
        self._index_warm = False

    @property
    def engine(self) -> Engine:
        """What holds the models."""
        return self._engine

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """The models that are served."""
        return tuple(self._models.values())

    @property
    def default(self) -> str:
        """The model that answers when none is named."""
        return self._default

    @property
    def has_index(self) -> bool:
        """Whether passages can be looked for."""
        return self._finder is not None

    @property
    def waiting(self) -> int:
        """How many questions wait, for the index or for a model."""
        return self._engine.waiting + (self._finder.waiting if self._finder else 0)

    @property
    def missing(self) -> tuple[str, ...]:
        """What was not warmed up yet: `model NAME`, `index`."""
        cold = [f"model {name}" for name in self._engine.cold if name in self._models]
        return (*cold, "index") if self._finder and not self._index_warm else tuple(cold)

    def warm_up(self) -> None:
        """Let every model speak once and search once; returns when done.

        Raises:
            GlossatorError: a model or the index failed.
        """
        self._engine.warm_up()
        if self._finder:
            self._finder.submit((1, self._mode), "warm-up").result()
            self._index_warm = True

    def ask(
        self,
        question: str,
        *,
        model: str | None = None,
        retrieval: bool | None = None,
        k: int = 3,
        mode: Mode | None = None,
        max_new_tokens: int | None = None,
        timeout_seconds: float = 60.0,
    ) -> Answer:
        """Turn a question into an answer and wait for it. Where an event loop runs, use `answer`.

        Args:
            question: each stands alone; there is no memory of earlier ones.
            model: the name of a served model; None for the default.
            retrieval: whether passages are looked for; None: if the model was trained with text and there is an index.
            k: how many passages are looked for and cited. A model trained with one passage is shown the best of them.
            mode: how the index is searched; None for the default.
            max_new_tokens: longest reply; None for the default.
            timeout_seconds: how long to wait.

        Raises:
            Refusal: the question cannot be taken, the model is unknown, the queue is full, or it took too long.
            GlossatorError: the model or the index failed.
        """
        asked = Question(question, model, retrieval, k, mode, max_new_tokens)

        async def within() -> Answer:
            try:
                return await asyncio.wait_for(self.answer(asked), timeout_seconds)
            except asyncio.TimeoutError as error:
                raise TimedOut(f"no answer came within {timeout_seconds:g} seconds; ask again") from error

        return asyncio.run(within())

    async def answer(self, question: Question) -> Answer:
        """Turn a question into an answer. Cancelling it takes the question out of every queue it waits in.

        Raises:
            Refusal: the question cannot be taken, the model is unknown, or the queue is full.
            GlossatorError: the model or the index failed.
        """
        started = time.perf_counter()
        asked = self._settle(question)
        passages: Sequence[Passage] = ()
        if asked.retrieval and self._finder:
            passages = await asyncio.wrap_future(self._finder.submit((asked.k, asked.mode), asked.text))
        searched = time.perf_counter()
        prompt = self._prompt(asked, passages)
        reply = await asyncio.wrap_future(self._submit(asked, prompt))
        return Answer(
            text=reply.text,
            model=asked.model.name,
            citations=tuple(
                _cite(number, passage, used=number <= prompt.passages)
                for number, passage in enumerate(passages, start=1)
            ),
            retrieval_used=asked.retrieval,
            trimmed=prompt.trimmed,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            seconds=round(time.perf_counter() - started, 6),
            retrieval_seconds=round(searched - started, 6) if asked.retrieval else 0.0,
        )

    def close(self) -> None:
        """Refuse what waits and let go of models and index."""
        if self._finder:
            self._finder.close()
        self._engine.close()

    def _settle(self, question: Question) -> _Settled:
        text = question.text.strip()
        if not text:
            raise BadQuestion("the question is empty; write one")
        if len(text) > MAX_QUESTION_CHARACTERS:
            raise BadQuestion(f"the question has {len(text):,} characters; use at most {MAX_QUESTION_CHARACTERS:,}")
        if not 1 <= question.k <= MAX_PASSAGES:
            raise BadQuestion(f"k is {question.k}; use 1 to {MAX_PASSAGES}")
        if question.mode is not None and question.mode not in MODES:
            raise BadQuestion(f"mode is {str(question.mode)[:40]!r}; use one of {', '.join(MODES)}")
        longest = self._max_new_tokens if question.max_new_tokens is None else question.max_new_tokens
        if not 1 <= longest <= self._max_new_tokens_limit:
            raise BadQuestion(f"max_new_tokens is {longest}; use 1 to {self._max_new_tokens_limit}")
        model = self._model(question.model)
        retrieval = question.retrieval
        if retrieval is None:
            retrieval = model.context != "none" and self._finder is not None
        if retrieval and self._finder is None:
            raise BadQuestion("there is no index to look for passages in; leave retrieval off, or serve with an index")
        return _Settled(text, model, retrieval, question.k, question.mode or self._mode, longest)

    def _model(self, name: str | None) -> ServedModel:
        model = self._models.get(name or self._default)
        if model is None:
            raise UnknownModel(f"model {str(name)[:80]!r} is not served; use one of {', '.join(self._models)}")
        return model

    def _prompt(self, asked: _Settled, passages: Sequence[Passage]) -> FittedPrompt:
        # A model trained with one passage is shown one: more would be a prompt of a form that it has never seen.
        shown = passages if asked.model.context == "retrieved" else passages[:1]
        room = partial(self._engine.room, max_new_tokens=asked.max_new_tokens)
        return fit_prompt(
            asked.text, [passage.text for passage in shown], answer_style=asked.model.answer_style, room=room
        )

    def _submit(self, asked: _Settled, prompt: FittedPrompt) -> Future[Reply]:
        return self._engine.submit(asked.model.name, prompt.conversation, max_new_tokens=asked.max_new_tokens)


def _require_held(models: Sequence[ServedModel], engine: Engine, default: str | None) -> None:
    names = [model.name for model in models]
    if len(set(names)) != len(names) or not names:
        raise ServingError(f"the models to serve are {', '.join(names) or 'none'}; name each once")
    for name in [*names, *([default] if default else [])]:
        if name not in engine.models or name not in names:
            raise ServingError(f"model {name!r} is not among the models; use {', '.join(engine.models)}")


def _finder(index: Searches, queue_size: int) -> BatchWorker[tuple[int, Mode], str, Sequence[Passage]]:
    """One thread for the index: the libraries behind it do not promise to be used by several."""

    def search(key: tuple[int, Mode], queries: Sequence[str]) -> Sequence[Sequence[Passage]]:
        k, mode = key
        return index.search(queries, k=k, mode=mode)

    return BatchWorker(search, name="glossator-index", batch_size=16, queue_size=queue_size)


def _cite(number: int, passage: Passage, *, used: bool) -> Citation:
    return Citation(
        number=number,
        document_id=passage.document_id,
        source_id=passage.source_id,
        title=passage.title,
        page_first=passage.page_first,
        page_last=passage.page_last,
        heading_path=tuple(passage.heading_path),
        chunk_id=passage.chunk_id,
        text=passage.text,
        score=float(passage.score),
        used=used,
    )
