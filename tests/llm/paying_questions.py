"""A program that asks many questions with a journal and a kept purse, and prints the replies; tests kill it."""

import sys
from pathlib import Path

from glossator.llm.budget import Budget
from glossator.llm.journal import Journal
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.llm.purse_file import kept_purse
from glossator.records import Message


def questions(count):
    return [(Message("user", f"Question {number}?"),) for number in range(count)]


def main(base_url, folder, count):
    journal, budget = Journal(Path(folder) / "replies.sqlite"), Budget()
    with kept_purse(Path(folder) / "spent.jsonl", budget) as purse:
        model = OpenAICompatibleModel(
            endpoint(None, base_url, None, {}), "scripted", concurrency=4, journal=journal, purse=purse
        )
        for answered in model.answer(questions(int(count)), schema=None, max_new_tokens=50):
            sys.stdout.write(f"{answered.reply.text if answered.reply else answered.failure}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
