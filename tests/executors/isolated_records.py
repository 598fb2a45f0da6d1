"""Functions over records that behave and misbehave for real; workers import them by name."""

import ctypes
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import glossator
from glossator.executors import shipped
from glossator.records import JsonValue


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    number: int = 0
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Letters:
    text: str
    letters: tuple[str, ...] = ()
    share: float | None = None
    found: Mapping[str, JsonValue] = field(default_factory=dict)


def spell(word):
    return Letters(word.text, tuple(word.text), word.share, {"number": word.number, "third": word.number / 3})


def misbehave(word):
    if word.text == "hang":
        time.sleep(600)
    if word.text == "segfault":
        ctypes.string_at(0)
    if word.text == "exit":
        os._exit(3)
    if word.text == "huge":
        bytearray(1 << 40)
    if word.text == "raise":
        raise ValueError("bad word \ud800")
    if word.text == "nan":
        return Letters(word.text, share=float("nan"))
    if word.text == "other":
        return word
    return spell(word)


def read_shipped(word):
    place = Path(shipped(word.text))
    return Letters(place.read_text(), (str(place),))


def tell_package(word):
    package = Path(glossator.__file__).parent
    return Letters(str(package), tuple(path.name for path in package.glob("recipes/*.yaml")))


def process_id(word):
    return Letters(str(os.getpid()))


def write_id_and_hang(word):
    if word.text == "fine":
        return Letters("fine")
    leave_temporary_file(word)
    Path(word.text).write_text(str(os.getpid()))
    time.sleep(600)
    return Letters("woken")


def leave_temporary_file(word):
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    return Letters(name)


def kill_the_task_once(word):
    """End the process that runs the Spark task, the first time that it comes to a word with a marker."""
    if word.text != "fine":
        try:
            Path(word.text).touch(exist_ok=False)
        except FileExistsError:
            return spell(word)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    return spell(word)
