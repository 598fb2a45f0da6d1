"""Settings of libraries that are read from the environment when they load; what the user has set is left alone."""

from __future__ import annotations

import logging
import os

DEFAULTS = {
    # Waiting threads of the matrix libraries spin by default. Beside any other busy process that makes training on a
    # CPU about ten times slower; sleeping costs nothing measurable on an idle machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Models are folders on this machine: no library has a reason to ask a hub, or to tell it anything.
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # The tokenizer's own threads and forked workers do not go together, and it warns about that at length.
    "TOKENIZERS_PARALLELISM": "false",
}


CHATTY = ("bitsandbytes.backends.cpu.ops",)
"""Loggers that tell, whenever their library is loaded, of a faster kernel that could be fetched from a hub."""


def prepare_environment() -> None:
    """Set the defaults above, before any of the libraries is loaded."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
