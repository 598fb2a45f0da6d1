"""Registering killed with SIGKILL at every single change of the disk, and by several processes at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.registry.submissions import write_adapter

from glossator.registry import list_versions, open_version, rollback, verify

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork exist on POSIX systems only")

# One process loads the libraries; each attempt is a fork of it that is killed at its nth change of the disk.
KILL_EVERYWHERE = """
import os, shutil, signal, sys
from pathlib import Path
from tests.registry.submissions import make_submission
from glossator.registry import list_versions, open_version, register
from glossator.registry.submission import check_chat_format

folder = Path(sys.argv[1])
first, second = (make_submission(folder / name) for name in ("first", "second"))
check_chat_format(first.tokenizer, first.chat_format_hash)  # loads what is heavy, once
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.utime"}
seen = 0

def changes_the_disk(event, args):
    if event == "open":
        return str(args[0]).startswith(str(folder)) and (args[2] or 0) & WRITING
    return event in CHANGES

def attempt(registry, deadly):
    def count(event, args):
        global seen
        if changes_the_disk(event, args):
            seen += 1
            if seen == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
    child = os.fork()
    if not child:
        sys.addaudithook(count)
        try:
            register(registry, "qa", second)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def state(registry):
    return [(row.version, row.latest, row.problem) for row in list_versions(registry)]

original = folder / "original"
register(original, "qa", first)
before, after = [("v1.0", True, "")], [("v1.0", False, ""), ("v1.1", True, "")]
released_late = [("v1.0", True, ""), ("v1.1", False, "")]
told = set()
for deadly in range(1, 1000):
    registry = folder / f"registry-{deadly}"
    shutil.copytree(original, registry)
    code = attempt(registry, deadly)
    assert code in (0, -signal.SIGKILL), code
    found = state(registry)
    told.add({str(before): "before", str(after): "after", str(released_late): "whole"}[str(found)])
    opened = open_version(registry, "qa")
    assert opened.label == next(f"qa@{number}" for number, latest, _ in found if latest)
    assert register(registry, "qa", second).label == "qa@v1.1"
    assert state(registry) == after, state(registry)
    assert not [path.name for path in (registry / "qa").iterdir() if ".partial" in path.name]
    shutil.rmtree(registry)
    if code == 0:
        break
print(deadly, *sorted(told))
"""

REGISTER_TOGETHER = """
import os, sys
from pathlib import Path
from tests.registry.submissions import make_submission
from glossator.registry import register
from glossator.registry.submission import check_chat_format

folder = Path(sys.argv[1])
submissions = [make_submission(folder / f"adapter-{number}") for number in (0, 1, 2, 0)]
check_chat_format(submissions[0].tokenizer, submissions[0].chat_format_hash)
ready, go = os.pipe()
children = []
for submission in submissions:
    child = os.fork()
    if not child:
        os.close(go)
        os.read(ready, 1)  # returns when the parent closes its end, for all at once
        try:
            label = register(folder / "registry", "qa", submission).label
            os.write(1, f"{label}\\n".encode())  # one write, so that lines of two processes do not mix
        except BaseException as error:
            os.write(1, f"{error}\\n".encode())
            os._exit(1)
        os._exit(0)
    children.append(child)
os.close(go)
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)
"""


def run(code, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=540, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def _libraries():
    pytest.importorskip("transformers")


def test_a_kill_at_any_change_of_the_disk_leaves_the_old_state_or_the_new_one(tmp_path):
    for seed, name in enumerate(("first", "second")):
        write_adapter(tmp_path / name, seed)
    kills, *states = run(KILL_EVERYWHERE, tmp_path).split()
    assert int(kills) > 30
    assert states == ["after", "before", "whole"]


def test_processes_that_register_at_once_get_versions_of_their_own(tmp_path):
    for number in range(3):
        write_adapter(tmp_path / f"adapter-{number}", number)
    labels = run(REGISTER_TOGETHER, tmp_path).split()
    assert len(labels) == 4  # one of the three adapters was registered twice
    assert sorted(set(labels)) == ["qa@v1.0", "qa@v1.1", "qa@v1.2"]
    registry = tmp_path / "registry"
    assert [row.version for row in list_versions(registry) if not row.problem] == ["v1.0", "v1.1", "v1.2"]
    assert all(verify(row.path) == () for row in list_versions(registry))
    assert open_version(registry).label == "qa@v1.2"
    assert [rollback(registry, "qa").label for _ in range(2)] == ["qa@v1.1", "qa@v1.0"]
