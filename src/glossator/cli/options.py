"""Options that several doors share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipeArgument = Annotated[Path, typer.Argument(help="The recipe file (YAML).", metavar="RECIPE", show_default=False)]
RunArgument = Annotated[
    str, typer.Argument(help="A run's folder, or a recipe's name for its newest run.", metavar="RUN")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Override one value: training.learning_rate=5e-5. May be given again.", metavar="KEY=VALUE"
    ),
]
DocumentsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--documents",
        "-d",
        help="A file or folder to read instead of the recipe's sources. May be given again.",
        metavar="PATH",
    ),
]
RunsDirOption = Annotated[Path, typer.Option("--runs-dir", help="The folder of all runs.", metavar="FOLDER")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value, and nothing else, on standard output.")]

RegistryDirOption = Annotated[Path, typer.Option("--registry-dir", help="The registry's folder.", metavar="FOLDER")]

RUNS_DIR = Path("runs")
REGISTRY_DIR = Path("registry")
