"""`glossator show`: what a run did and found."""

from __future__ import annotations

from glossator.cli.options import RUNS_DIR, JsonOption, RunArgument, RunsDirOption


def show(run: RunArgument, runs_dir: RunsDirOption = RUNS_DIR, as_json: JsonOption = False) -> None:
    """Show a run: its stages, the funnel, the scores, the verdict, and where everything lies.

    By a recipe's name it is the newest run that was evaluated, else the newest.

    Examples:
      glossator show quickstart

      glossator show runs/quickstart/2026-11-20T18-03-18Z --json
    """
    from glossator.cli.output import print_json
    from glossator.cli.summary import print_summary
    from glossator.pipeline import find_newest_result, summarize

    summary = summarize(find_newest_result(run, runs_dir))
    if as_json:
        print_json(summary)
    else:
        print_summary(summary, stages=True)
