"""A program that asks a model of this machine many questions with a journal, window by window; tests kill it."""

import sys
from pathlib import Path

from glossator.llm.journal import Journal
from glossator.llm.local import LocalModel
from glossator.llm.local_structured import LocalStructuredModel
from glossator.records import Message


def main(folder, journal, count, pause="-1"):
    opened = LocalModel.open(Path(folder), dtype="float32", batch_size=2)
    model = LocalStructuredModel(opened, Journal(Path(journal)), window=6)
    asked = [(Message("user", f"Question {number}?"),) for number in range(int(count))]
    for number, answered in enumerate(model.answer(asked, schema=None, max_new_tokens=20)):
        sys.stdout.write(f"{number} {answered.journal_key}\n")
        sys.stdout.flush()
        if number == int(pause):
            sys.stdin.read()
    sys.stdout.write(f"generated {model.usage.calls}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
