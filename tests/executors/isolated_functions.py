"""Functions that misbehave for real; workers import them by name."""

import ctypes
import os
import tempfile
import time
from pathlib import Path

KEPT = []


def double(item):
    return 2 * item


def misbehave(item):
    if item == "hang":
        time.sleep(600)
    if item == "segfault":
        ctypes.string_at(0)
    if item == "exit":
        os._exit(3)
    if item == "grow":
        held = []
        while True:
            held.append(bytearray(b"x" * (8 << 20)))
    if item == "huge":
        bytearray(1 << 40)
    if item == "raise":
        raise ValueError("bad item")
    return item


def leak(item):
    KEPT.append(bytearray(b"x" * (30 << 20)))
    return os.getpid()


def process_id(item):
    return os.getpid()


def write_id_and_hang(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)


def leave_temporary_file_and_hang(path):
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    Path(path).write_text(name)
    time.sleep(600)
