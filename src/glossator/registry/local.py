"""Takes a submission, leaves a version on this machine: written whole, numbered by itself, and made the latest."""

from __future__ import annotations

import dataclasses
import shutil
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from glossator import __version__
from glossator.artifacts import Draft, write_json, write_text
from glossator.artifacts.directory import PARTIAL
from glossator.errors import RegistryError
from glossator.llm.adapter_form import AdapterForm
from glossator.records import to_dict
from glossator.registry.catalog import Version, find_name, open_version, version_numbers
from glossator.registry.latest import read_history, release, step_back, version_before
from glossator.registry.lock import locked
from glossator.registry.model_card import model_card
from glossator.registry.record import (
    FORMAT,
    Registration,
    Submission,
    TunedModel,
    read_registration,
    same_prompts,
)
from glossator.registry.submission import (
    ChatFacts,
    check_chat_format,
    check_submission,
    content_fingerprint,
    copy_tokenizer,
)
from glossator.registry.verify import ADAPTER, ADAPTER_FILES, REGISTRATION, STYLES, TOKENIZER, read_manifest, verify
from glossator.registry.versions import VersionNumber, check_name, next_number, parse_number


def register(registry: Path, name: str, submission: Submission) -> Version:
    """Put a tuned model into the registry under a name; gives its version, which is the latest then.

    The same content registered again gives the version it has, and `latest` stays where it was moved to meanwhile.
    The number rises by itself: the minor one if only the adapter is another one than in the highest version, the
    major one if the base model or the form of a prompt is, or if that version can no longer be read. Processes that
    register under one name at once wait for each other, at most `lock.WAIT_SECONDS`.

    Raises:
        RegistryError: the name or the submission is refused (see `submission.check_submission`), or the registry
            cannot be written.
        ModelError: the tokenizer cannot be loaded or has no chat template; the adapter's form is unreadable.
    """
    check_name(name)
    form = check_submission(submission)
    content = content_fingerprint(submission, form)
    folder = registry / name
    try:
        with locked(folder):
            number = _find_same(folder, content)
            if number is None:
                number = _add(folder, submission, form, content)
            # A process killed after the version was whole and before it was released left it for this one to release.
            if str(number) not in read_history(folder).released:
                release(folder, number)
    except OSError as error:
        raise RegistryError(f"{name} cannot be written into registry {registry} ({error}); make room for it") from error
    return open_version(registry, f"{name}@{number}")


def promote(registry: Path, name: str, version: str) -> Version:
    """Make a version the latest.

    Args:
        registry: the registry's folder.
        name: the model's name.
        version: such as `v1.0`.

    Raises:
        RegistryError: there is no such version, or it cannot be trusted; or the registry cannot be written.
    """
    return _move_latest(registry, name, parse_number(version))


def rollback(registry: Path, name: str) -> Version:
    """Make the version that was the latest before the present one the latest again; a second time goes further back.

    Raises:
        RegistryError: there was none before, or it is gone or cannot be trusted; or the registry cannot be written.
    """
    return _move_latest(registry, name, None)


def _move_latest(registry: Path, name: str, number: VersionNumber | None) -> Version:
    """Make `number`, or what was the latest before if it is None, the latest."""
    folder = find_name(registry, name)
    try:
        with locked(folder):
            target = number or version_before(read_history(folder), folder)
            opened = open_version(registry, f"{name}@{target}")
            if number is None:
                step_back(folder)
            else:
                release(folder, number)
    except OSError as error:
        raise RegistryError(f"the latest version of {name} cannot be changed in {registry} ({error})") from error
    return dataclasses.replace(opened, latest=True)


def _find_same(folder: Path, content: str) -> VersionNumber | None:
    """Find a sound version with the same content."""
    for number in version_numbers(folder):
        with suppress(RegistryError):
            if read_manifest(folder / str(number)).fingerprint == content and not verify(folder / str(number)):
                return number
    return None


def _add(folder: Path, submission: Submission, form: AdapterForm, content: str) -> VersionNumber:
    started = time.perf_counter()
    number = _number_for(folder, submission)
    for leftover in folder.glob(f"v*{PARTIAL}"):  # of a killed process: whoever holds the lock is alone here
        shutil.rmtree(leftover)
    draft = Draft(folder / str(number))
    try:
        facts = _copy_files(draft.path, submission)
        registration = _registration(folder.name, number, submission, form, facts)
        write_json(draft.path / REGISTRATION, to_dict(registration))
        write_json(draft.path / "metrics.json", _metrics(registration))
        write_text(draft.path / "README.md", model_card(registration, dated=facts.dated))
        draft.seal(
            stage="register",
            fingerprint=content,
            inputs={"evaluate": submission.run},
            settings={"name": folder.name, "version": str(number), "base": submission.base_model.identity},
            seconds=time.perf_counter() - started,
            counts=submission.samples,
        )
    except BaseException:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise
    return number


def _number_for(folder: Path, submission: Submission) -> VersionNumber:
    """Give the number after the highest that was ever used, so that none ever means two things."""
    present = version_numbers(folder)
    released = [parse_number(text) for text in read_history(folder).released]
    highest = max([*present, *released], default=None)
    if highest is None:
        return next_number(None, compatible=True)
    try:
        before = read_registration(folder / str(highest) / REGISTRATION)
    except RegistryError:
        return next_number(highest, compatible=False)
    same_base = before.base_model.identity == submission.base_model.identity
    return next_number(highest, compatible=same_base and same_prompts(before, submission))


def _copy_files(draft: Path, submission: Submission) -> ChatFacts:
    """Copy adapter, tokenizer and styles into a draft; gives what the copied tokenizer says of its chat format."""
    (draft / ADAPTER).mkdir()
    for name in ADAPTER_FILES:
        shutil.copyfile(submission.adapter / name, draft / ADAPTER / name)
    copy_tokenizer(submission.tokenizer, draft / TOKENIZER)
    for prompt in submission.prompts:
        if prompt.answer_style is not None:
            write_text(draft / STYLES / f"{prompt.answer_style}.md", f"{prompt.style_text}\n")
    # The copy is what will be served: it must be whole without the folder it came from.
    return check_chat_format(draft / TOKENIZER, submission.chat_format_hash)


def _registration(
    name: str, number: VersionNumber, submission: Submission, form: AdapterForm, facts: ChatFacts
) -> Registration:
    shared: dict[str, Any] = {field.name: getattr(submission, field.name) for field in dataclasses.fields(TunedModel)}
    return Registration(
        **shared,
        format=FORMAT,
        name=name,
        version=str(number),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        quantization=form.quantization,
        bf16=form.bf16,
        stop_ids=facts.stop_ids,
        glossator=__version__,
    )


def _metrics(registration: Registration) -> dict[str, Any]:
    kept = ("verdict", "metrics", "metrics_test_seen", "differences", "confidence", "test_looks", "samples", "run")
    plain = to_dict(registration)
    return {key: plain[key] for key in kept}
