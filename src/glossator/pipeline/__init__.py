"""Takes a recipe, leaves a run: the corridor between the rooms, and what needs two of them at once."""

from glossator.pipeline.answering import open_answerer
from glossator.pipeline.cleaning import clean_runs
from glossator.pipeline.corridor import run_recipe
from glossator.pipeline.doors import answer_conversations, parse_paths, read_conversations
from glossator.pipeline.examination import examine
from glossator.pipeline.listing import list_stages
from glossator.pipeline.previewing import preview_recipe
from glossator.pipeline.progress import Progress, Silent
from glossator.pipeline.quote import plan_recipe
from glossator.pipeline.runs import Run, find_newest_result, find_run, list_runs, open_run
from glossator.pipeline.searching import read_queries, search_run
from glossator.pipeline.summary import summarize

__all__ = [
    "Progress",
    "Run",
    "Silent",
    "answer_conversations",
    "clean_runs",
    "examine",
    "find_newest_result",
    "find_run",
    "list_runs",
    "list_stages",
    "open_answerer",
    "open_run",
    "parse_paths",
    "plan_recipe",
    "preview_recipe",
    "read_conversations",
    "read_queries",
    "run_recipe",
    "search_run",
    "summarize",
]
