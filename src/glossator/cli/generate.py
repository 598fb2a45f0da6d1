"""`glossator generate`: answers of a model to conversations, from a file to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glossator.cli.options import JsonOption


def generate(
    source: Annotated[Path, typer.Option("--input", "-i", help='JSON lines: {"messages": [{"role", "content"}, …]}.')],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON lines of replies, in input order.")
    ] = None,
    model: Annotated[str, typer.Option(help="`embedded`, or a folder with a model.")] = "embedded",
    adapter: Annotated[Path | None, typer.Option(help="A folder with an adapter.")] = None,
    quantization: Annotated[
        str | None, typer.Option(help="nf4, int8 or none; by default as the adapter was trained.")
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest reply in tokens.")] = 64,
    batch_size: Annotated[int, typer.Option(min=1, help="Conversations at once.")] = 16,
    as_json: JsonOption = False,
) -> None:
    """Answer conversations with a model, alone or with an adapter.

    Without --output the replies are printed as JSON lines; --json prints them as one array.

    Examples:
      glossator generate --input questions.jsonl --output replies.jsonl

      glossator generate --model embedded --adapter runs/quickstart/artifacts/select-…/adapter -i questions.jsonl
    """
    import json

    from glossator.artifacts import write_records
    from glossator.cli.live import LiveProgress
    from glossator.cli.output import print_json
    from glossator.pipeline import answer_conversations, read_conversations
    from glossator.records import to_dict

    conversations = read_conversations(source)
    progress = LiveProgress()
    progress.begin_stage("", "generate", f"{len(conversations)} conversations")
    replies = answer_conversations(
        conversations,
        model=model,
        adapter=adapter,
        quantization=quantization,
        max_new_tokens=max_new_tokens,
        batch_size=batch_size,
        progress=progress,
    )
    progress.end_stage("done", sum(reply.seconds for reply in replies), {"replies": len(replies)})
    if output is not None:
        write_records(output, replies)
    if as_json:
        print_json([to_dict(reply) for reply in replies])
    elif output is None:
        for reply in replies:
            typer.echo(json.dumps(to_dict(reply), ensure_ascii=False))
