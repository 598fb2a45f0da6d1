"""What can be set about the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glossator.errors import ServingError
from glossator.serving.auth import ApiToken


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """How the gateway behaves.

    Raises:
        ServingError: a number is not positive.
    """

    token: ApiToken | None = None
    """What every request except `/health` must show; None: only loopback hosts are served."""
    timeout_seconds: float = 60.0
    """How long an answer may take, waiting included."""
    body_timeout_seconds: float = 10.0
    """How long the body of a request may take to come."""
    max_body_bytes: int = 65_536
    """The longest body that is read; 8,000 characters take at most 48,000 bytes in JSON."""
    max_connections: int = 512
    """The most connections that are held at once."""
    shutdown_seconds: int = 10
    """How long requests in flight may take to finish when the gateway ends."""
    warm_up: bool = True
    """Whether every model speaks once before questions are taken."""
    docs: bool = False
    """Whether `/docs` and `/openapi.json` are there."""
    request_log: Path | None = None
    """A file for one JSON line a request; None sends the lines to the logger `glossator.requests`."""
    request_log_bytes: int = 10_000_000
    """How long that file grows before it is put aside."""
    request_log_backups: int = 3
    """How many files put aside are kept."""
    log_content: bool = False
    """Whether the request log holds questions and answers."""

    def __post_init__(self) -> None:
        for name in (
            "timeout_seconds",
            "body_timeout_seconds",
            "max_body_bytes",
            "max_connections",
            "shutdown_seconds",
            "request_log_bytes",
            "request_log_backups",
        ):
            if not 0 < getattr(self, name) < float("inf"):
                raise ServingError(f"{name} is {getattr(self, name)}; use a number above 0")
