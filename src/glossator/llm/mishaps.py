"""Takes a seed and shares, leaves what goes wrong with which request of a scripted server."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Mishap = Literal["rate_limited", "server_error", "stall", "cut", "nonsense"]


@dataclass(frozen=True, slots=True)
class Faults:
    """Which share of requests goes wrong, each between 0 and 1; drawn from the seed, conversation and try alone."""

    seed: int = 0
    rate_limited: float = 0.0
    """Status 429."""
    retry_after: str = "0"
    """What such a reply's `Retry-After` says."""
    errors: float = 0.0
    """Status 500."""
    stalls: float = 0.0
    """No reply ever; the client has to lose patience."""
    cuts: float = 0.0
    """The connection is cut within the reply."""
    nonsense: float = 0.0
    """Status 200 and a page that is no completion."""

    def draw(self, conversation_id: str, attempt: int) -> Mishap | None:
        """Decide what befalls one try of one conversation."""
        # Not a matter of security: the same seed has to give the same mishaps.
        drawn = random.Random(f"{self.seed}:{conversation_id}:{attempt}").random()
        shares: tuple[tuple[Mishap, float], ...] = (
            ("rate_limited", self.rate_limited),
            ("server_error", self.errors),
            ("stall", self.stalls),
            ("cut", self.cuts),
            ("nonsense", self.nonsense),
        )
        for mishap, share in shares:
            if drawn < share:
                return mishap
            drawn -= share
        return None
