"""The versions a result depends on."""

from __future__ import annotations

import importlib.metadata
import platform

from glossator import __version__

LIBRARIES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "pdf_oxide", "pypdfium2", "pyarrow")


def library_versions() -> dict[str, str]:
    """Versions of glossator, Python and the libraries that are installed; loads none of them."""
    versions = {"glossator": __version__, "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
