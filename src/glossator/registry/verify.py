"""Takes the folder of a version, leaves what is wrong with it: every file is compared with the manifest.

This finds accidents: a broken copy, an edited file, one put beside the others. Who can write the manifest can write
another one, so it is no signature.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path, PurePosixPath

from glossator.artifacts import Artifact, Manifest
from glossator.errors import ArtifactError, RegistryError
from glossator.llm.adapter_form import FILE as FORM
from glossator.records import from_dict
from glossator.registry.record import Registration, read_registration

MANIFEST = "manifest.json"
REGISTRATION = "registration.json"
ADAPTER = "adapter"
TOKENIZER = "tokenizer"
STYLES = "answer_styles"
CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
ADAPTER_FILES = (CONFIG, WEIGHTS, FORM)
_REQUIRED = (REGISTRATION, *(f"{ADAPTER}/{name}" for name in ADAPTER_FILES))
_CLOSED = (ADAPTER, TOKENIZER, STYLES)
"""Folders whose every file shapes answers, so that one more is as bad as one that was altered."""


def read_manifest(version: Path) -> Manifest:
    """Read the manifest of a version.

    Raises:
        RegistryError: there is none, so the version was never finished, or it is unreadable.
    """
    path = version / MANIFEST
    try:
        manifest = from_dict(Manifest, json.loads(path.read_text("utf-8")))
        for name, expected in manifest.files.items():
            parts = PurePosixPath(name).parts
            if not parts or parts[0] == "/" or ".." in parts or {"bytes", "sha256"} - set(expected):
                raise ValueError(f"entry {name!r}")
    except FileNotFoundError as error:
        raise RegistryError(f"{version} has no {MANIFEST}: it was never finished, or only half of it copied") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise RegistryError(f"{path} is unreadable ({error})") from error
    return manifest


def verify(version: Path, *, content: bool = True) -> tuple[str, ...]:
    """Compare the files of a version with its manifest; gives what is wrong, nothing if it can be trusted.

    Args:
        version: the folder `<registry>/<name>/vX.Y`.
        content: whether files are read and hashed; False compares only which are there and their sizes.
    """
    try:
        manifest = read_manifest(version)
        problems = [*_file_problems(version, manifest, content=content), *_strangers(version, manifest)]
        if not problems:
            check_place(version, read_registration(version / REGISTRATION))
    except (RegistryError, OSError) as error:
        return (str(error),)
    return tuple(problems)


def check_place(version: Path, registration: Registration) -> None:
    """Check that a version lies where its registration says: a renamed folder would be served under a wrong name.

    Raises:
        RegistryError: it does not.
    """
    said, found = (registration.name, registration.version), version.absolute().parts[-2:]
    if said != found:
        raise RegistryError(f"{version} was registered as {'@'.join(said)}, but lies at {'@'.join(found)}")


def _file_problems(version: Path, manifest: Manifest, *, content: bool) -> list[str]:
    problems = [f"{MANIFEST} does not list {name}" for name in _REQUIRED if name not in manifest.files]
    for name, expected in manifest.files.items():
        if not (version / name).is_file():
            problems.append(f"{name} is missing")
            continue
        try:
            Artifact(version, dataclasses.replace(manifest, files={name: expected})).check(content=content)
        except ArtifactError:
            problems.append(f"{name} was altered after it was registered")
    return problems


def _strangers(version: Path, manifest: Manifest) -> list[str]:
    found = (path for folder in _CLOSED for path in sorted((version / folder).rglob("*")))
    names = [path.relative_to(version).as_posix() for path in found if path.is_symlink() or not path.is_dir()]
    return [f"{name} does not belong there" for name in names if name not in manifest.files]
