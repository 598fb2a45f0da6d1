"""`glossator chat`: ask a registered model in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from glossator.cli.options import REGISTRY_DIR, RegistryDirOption
from glossator.cli.serve import BaseOption, IndexOption, LongestOption, ModelsArgument, RetrievalOption


def chat(
    models: ModelsArgument = None,
    retrieval: RetrievalOption = True,
    index: IndexOption = None,
    base_model: BaseOption = None,
    max_new_tokens: LongestOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=20, help="Passages that are looked for and cited.")] = 3,
    registry_dir: RegistryDirOption = REGISTRY_DIR,
) -> None:
    """Ask a registered model questions, one a line; /help lists the commands, /quit or Ctrl-D ends.

    Examples:
      glossator chat

      echo "What is nbgrader?" | glossator chat papers-qa-qlora
    """
    from glossator.pipeline import open_answerer
    from glossator.serving import chat_loop

    with open_answerer(
        registry_dir,
        models or [],
        base_model=base_model,
        index=index,
        retrieval=retrieval,
        max_new_tokens=max_new_tokens,
        on_note=lambda text: typer.echo(text, err=True),
    ) as answerer:
        chat_loop(answerer, _read_line, typer.echo, k=k)


def _read_line() -> str:
    """Read with a prompt where a person types, without where lines are piped in."""
    import sys

    if sys.stdin.isatty():
        return input("> ")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line
