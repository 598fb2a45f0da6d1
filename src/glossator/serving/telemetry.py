"""Takes what became of each request, leaves a line in the request log and figures for Prometheus.

The application log is another one: the logger `glossator.serving`. Neither holds questions, answers or passages,
unless the request log is asked to.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from glossator.errors import MissingExtraError, ServingError
from glossator.serving.answers import Answer

application_log = logging.getLogger("glossator.serving")

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class RequestRecord:
    """What is noted of one request, filled in while it is worked on."""

    id: str
    path: str
    """One of the gateway's own paths, or `other`: what a stranger types is no label."""
    status: int = 500
    """499 when the client went away before there was an answer."""
    seconds: float = 0.0
    question: str | None = None
    answer: Answer | None = None


class _PrivateRotatingFile(RotatingFileHandler):
    """A log file that only its owner may read, the files put aside included."""

    def _open(self) -> TextIOWrapper:
        def opener(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        file: IO[str] = open(self.baseFilename, self.mode, encoding="utf-8", opener=opener)  # noqa: SIM115
        assert isinstance(file, TextIOWrapper)
        return file


class RequestLog:
    """One JSON line a request.

    Args:
        path: the file; None sends the lines to the logger `glossator.requests`.
        max_bytes: how long the file grows before it is put aside.
        backups: how many files put aside are kept.
        log_content: whether lines hold the question and the answer.

    Raises:
        ServingError: the file cannot be written.
    """

    def __init__(self, path: Path | None, *, max_bytes: int, backups: int, log_content: bool) -> None:
        self._log_content = log_content
        self._file: _PrivateRotatingFile | None = None
        if path is None:
            self._logger = logging.getLogger("glossator.requests")
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _PrivateRotatingFile(path, maxBytes=max_bytes, backupCount=backups)
        except OSError as error:
            raise ServingError(f"request log {path} cannot be written ({error.strerror}); name another file") from error
        # A logger of its own, unknown to others, so that two gateways in one process do not write into each other's.
        self._logger = logging.Logger("glossator.requests", level=logging.INFO)
        self._logger.addHandler(self._file)

    def write(self, record: RequestRecord) -> None:
        """Add the line of a request; what goes wrong in writing is told on stderr and costs no answer."""
        line: dict[str, object] = {
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "request_id": record.id,
            "path": record.path,
            "status": record.status,
            "seconds": round(record.seconds, 4),
        }
        if record.answer:
            line |= {
                "model": record.answer.model,
                "tokens_in": record.answer.tokens_in,
                "tokens_out": record.answer.tokens_out,
            }
        if self._log_content and record.question is not None:
            line |= {"question": record.question, "answer": record.answer.text if record.answer else None}
        # ASCII: text cannot start a line of its own by a separator that some reader takes for one.
        self._logger.info("%s", json.dumps(line))

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


class Metrics:
    """Figures for Prometheus, in a registry of their own.

    Labels take a bounded number of values: the gateway's own paths, statuses, the served models.

    Args:
        waiting: tells how many questions wait.

    Raises:
        MissingExtraError: prometheus-client is not installed.
    """

    def __init__(self, waiting: Callable[[], int]) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
        except ImportError as error:
            raise MissingExtraError("prometheus_client", "serve") from error
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "glossator_requests", "Requests by path and status.", ("path", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "glossator_request_seconds", "Seconds a request took.", ("path",), buckets=_SECONDS, registry=registry
        )
        self._answers = Counter("glossator_answers", "Answers by model.", ("model",), registry=registry)
        self._tokens_in = Counter("glossator_tokens_in", "Tokens of prompts.", ("model",), registry=registry)
        self._tokens_out = Counter("glossator_tokens_out", "Tokens of answers.", ("model",), registry=registry)
        self._retrieval_seconds = Histogram(
            "glossator_retrieval_seconds", "Seconds a search took.", buckets=_SECONDS, registry=registry
        )
        queue = Gauge("glossator_queue_length", "Questions that wait for the index or a model.", registry=registry)
        queue.set_function(waiting)

    def count(self, record: RequestRecord) -> None:
        """Add a finished request to the figures."""
        self._requests.labels(record.path, str(record.status)).inc()
        self._request_seconds.labels(record.path).observe(record.seconds)
        answer = record.answer
        if answer is None:
            return
        self._answers.labels(answer.model).inc()
        self._tokens_in.labels(answer.model).inc(answer.tokens_in)
        self._tokens_out.labels(answer.model).inc(answer.tokens_out)
        if answer.retrieval_used:
            self._retrieval_seconds.observe(answer.retrieval_seconds)

    def render(self) -> tuple[bytes, str]:
        """The figures in Prometheus' text form, and the name of that form for `Content-Type`."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST
