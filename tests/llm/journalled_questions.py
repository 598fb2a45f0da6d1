"""A program that asks a server many questions with a journal, and says which replies it was given; tests kill it."""

import sys
from pathlib import Path

from glossator.llm.journal import Journal
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.records import Message


def questions(count):
    return [(Message("user", f"Question {number}?"),) for number in range(count)]


def main(base_url, journal, count):
    model = OpenAICompatibleModel(endpoint(None, base_url, None, {}), "scripted", journal=Journal(Path(journal)))
    for number, answered in enumerate(model.answer(questions(int(count)), schema=None, max_new_tokens=50)):
        sys.stdout.write(f"{number} {answered.journal_key}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
