"""What the tests of serving share: a small real index, answerers over scripted models, and a gateway that listens."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from glossator.llm.answer_styles import load_answer_style
from glossator.llm.scripted import ScriptedModel
from glossator.records import content_id
from glossator.serving import Answerer, GatewaySettings, ServedModel, bind
from glossator.serving.engines.local import LocalEngine
from glossator.serving.listening import build_server

SECONDS = 30
"""How long a test waits for what should come at once."""

PASSAGES = (
    "Bees dance to tell the hive where flowers are. A round dance means that they are near.",
    "The compass needle points north because the earth is a magnet.",
    "Glass is sand that was melted. It cools without forming crystals.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage as an index gives it."""

    rank: int
    score: float
    chunk_id: str
    document_id: str
    source_id: str
    title: str
    page_first: int
    page_last: int
    heading_path: tuple[str, ...]
    text: str


class WordIndex:
    """Finds passages by the words they share with the question."""

    def __init__(self, passages: Sequence[str] = PASSAGES) -> None:
        self._passages = passages
        self.searched: list[tuple[tuple[str, ...], int, str]] = []

    def search(self, queries: Sequence[str], *, k: int, mode: str) -> list[list[Found]]:
        self.searched.append((tuple(queries), k, mode))
        return [self._nearest(query, k) for query in queries]

    def _nearest(self, query: str, k: int) -> list[Found]:
        words = set(re.findall(r"\w+", query.casefold()))
        shared = [len(words & set(re.findall(r"\w+", text.casefold()))) for text in self._passages]
        order = sorted(range(len(self._passages)), key=lambda i: (-shared[i], i))[:k]
        return [self._found(rank, i, float(shared[i])) for rank, i in enumerate(order, start=1)]

    def _found(self, rank: int, i: int, score: float) -> Found:
        text = self._passages[i]
        return Found(rank, score, content_id(text), f"d{i}", f"paper-{i}.pdf", f"Paper {i}", 3, 4, ("Results",), text)


def echo(conversation) -> str:
    """Say back the question that a prompt ends with."""
    return conversation[-1].content.rpartition("Question: ")[2]


def make_answerer(*, index=None, window=None, batch_size=8, queue_size=64, **scripts) -> Answerer:
    """An answerer over scripted models by name; `base` echoes unless a script says otherwise."""
    scripts.setdefault("base", echo)
    models = {name: ScriptedModel(script, name=name) for name, script in scripts.items()}
    engine = LocalEngine(models, window=window, batch_size=batch_size, queue_size=queue_size)
    served = [
        ServedModel(name, load_answer_style("brief"), "none" if name == "base" else "chunk", f"the {name} model")
        for name in models
    ]
    return Answerer(engine, served, index=index)


class GatedScript:
    """A script that echoes, but says nothing to a question until the gate is opened."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()

    def __call__(self, conversation) -> str:
        question = echo(conversation)
        self.asked.append(question)
        if question != "Hello.":
            self.entered.release()
            assert self.gate.wait(SECONDS)
        return question


@contextmanager
def listening(answerer: Answerer, settings: GatewaySettings | None = None, *, host: str = "127.0.0.1") -> Iterator[str]:
    """A gateway on a free port, warm, as its URL."""
    import httpx2

    listener = bind(host, 0)
    urls: list[str] = []
    up = threading.Event()
    server = build_server(
        answerer,
        settings or GatewaySettings(),
        listener=listener,
        on_listening=lambda url: (urls.append(url), up.set()),
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert up.wait(SECONDS)
        with httpx2.Client(base_url=urls[0], timeout=SECONDS) as client:
            poll(lambda: client.get("/ready").status_code != 503)
        yield urls[0]
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


def poll(holds) -> None:
    """Look until something holds; what looks takes its time itself (a request over HTTP)."""
    for _ in range(2_000):
        if holds():
            return
    raise AssertionError("it never held")
