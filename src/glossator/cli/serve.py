"""`glossator serve`: registered models answer over HTTP, with citations."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glossator.cli.options import REGISTRY_DIR, RegistryDirOption

if TYPE_CHECKING:
    from glossator.serving import GatewaySettings

ModelsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="NAME or NAME@vX.Y; the only one there is if left out.", metavar="MODEL", show_default=False),
]
BaseOption = Annotated[
    Path | None,
    typer.Option("--base-model", help="Where the base model lies now, if it was moved.", metavar="FOLDER"),
]
IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Another search index than the model's own.", metavar="FOLDER")
]
RetrievalOption = Annotated[bool, typer.Option("--retrieval/--no-retrieval", help="Look for passages to cite.")]
LongestOption = Annotated[
    int | None,
    typer.Option(
        "--max-new-tokens", min=1, help="Longest answer in tokens; as evaluated if left out.", show_default=False
    ),
]


def serve(
    models: ModelsArgument = None,
    host: Annotated[str, typer.Option("--host", help="Anything but loopback needs API_TOKEN to be set.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0: any that is free.")] = 8000,
    timeout_seconds: Annotated[float, typer.Option("--timeout", help="Seconds that an answer may take.")] = 60,
    retrieval: RetrievalOption = True,
    index: IndexOption = None,
    base_model: BaseOption = None,
    max_new_tokens: LongestOption = None,
    request_log: Annotated[
        Path | None, typer.Option("--request-log", help="One JSON line a request, without its content.", metavar="FILE")
    ] = None,
    log_content: Annotated[bool, typer.Option("--log-content", help="Log questions and answers too.")] = False,
    docs: Annotated[bool, typer.Option("--docs", help="Serve /docs and /openapi.json.")] = False,
    registry_dir: RegistryDirOption = REGISTRY_DIR,
) -> None:
    """Answer questions over HTTP: POST /ask, GET /health, /ready, /models, /metrics. Ends with Ctrl-C or SIGTERM.

    With the environment variable API_TOKEN set, every request but /health needs it as a bearer token.

    Examples:
      glossator serve

      API_TOKEN=… glossator serve papers-qa-qlora@v1.0 --host 0.0.0.0 --port 8000
    """
    from glossator.serving import GatewaySettings

    serve_models(
        registry_dir,
        models or [],
        host=host,
        port=port,
        timeout_seconds=timeout_seconds,
        settings=GatewaySettings(request_log=request_log, log_content=log_content, docs=docs),
        base_model=base_model,
        index=index,
        retrieval=retrieval,
        max_new_tokens=max_new_tokens,
    )


def serve_models(
    registry_dir: Path,
    models: list[str],
    *,
    host: str,
    port: int,
    timeout_seconds: float,
    settings: GatewaySettings | None = None,
    **how: Any,
) -> None:
    """Serve registered models until a signal ends it; `how` is what `pipeline.open_answerer` takes besides."""
    from glossator.cli.output import console, escape
    from glossator.pipeline import open_answerer
    from glossator.recipe import read_variables
    from glossator.serving import bind, check_listen, read_token
    from glossator.serving import serve as serve_answers

    token = read_token(read_variables())
    check_listen(host, token)
    out = console(error=True)

    def tell(url: str) -> None:
        out.print(f"listening on {url}; Ctrl-C ends it")
        header = " -H 'Authorization: Bearer '$API_TOKEN" if token else ""
        question = """'{"question": "What is this about?"}'"""
        out.print(escape(f"curl -s {url}/ask -H 'Content-Type: application/json'{header} -d {question}"))

    listener = bind(host, port)  # before the model is loaded: a port that is taken is told at once
    out.print(f"loading {', '.join(models) or 'the registered model'}")
    with closing(listener), open_answerer(registry_dir, models, on_note=out.print, **how) as answerer:
        answerer.warm_up()  # before it listens, so that the first question is answered as fast as the second
        serve_answers(
            answerer,
            host=host,
            port=port,
            token=token,
            timeout_seconds=timeout_seconds,
            on_listening=tell,
            settings=settings,
            listener=listener,
        )
