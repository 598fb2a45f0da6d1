"""`glossator registry`: what is registered, which version is the latest, and whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glossator.cli.options import REGISTRY_DIR, JsonOption, RegistryDirOption

if TYPE_CHECKING:
    from glossator.records import JsonValue
    from glossator.registry import Listed

registry = typer.Typer(
    help="List, check, promote and roll back registered models.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NameArgument = Annotated[str, typer.Argument(help="The model's name, without a version.", metavar="NAME")]


@registry.command("list")
def list_models(registry_dir: RegistryDirOption = REGISTRY_DIR, as_json: JsonOption = False) -> None:
    """List every version with its verdict; the latest of each name is marked.

    Examples:
      glossator registry list
    """
    from glossator.cli.output import console, print_json, print_table
    from glossator.registry import list_versions

    listed = list_versions(registry_dir)
    if as_json:
        print_json([_to_row(row) for row in listed])
        return
    if not listed:
        console().print(f"nothing is registered in {registry_dir}; a recipe with a registry section does it")
        return
    rows = [
        [row.name, row.version, "latest" if row.latest else "", *_told(row), row.problem or "whole"] for row in listed
    ]
    print_table(str(registry_dir), ["name", "version", "", "created", "base model", "helped", "files"], rows)


def _told(row: Listed) -> list[str]:
    record = row.registration
    if record is None:
        return ["", "", ""]
    helped = {True: "yes", False: "no", None: "cannot be told"}[record.verdict.helped]
    return [record.created[:16].replace("T", " "), Path(record.base_model.name).name, helped]


def _to_row(row: Listed) -> dict[str, JsonValue]:
    from glossator.records import to_dict

    record = row.registration
    return {
        "name": row.name,
        "version": row.version,
        "latest": row.latest,
        "path": str(row.path),
        "problem": row.problem,
        "created": record.created if record else None,
        "base_model": record.base_model.name if record else None,
        "method": record.method if record else None,
        "verdict": to_dict(record.verdict) if record else None,
        "metrics": {model: dict(scores) for model, scores in record.metrics.items()} if record else None,
    }


@registry.command("verify")
def verify_model(
    model: Annotated[str | None, typer.Argument(help="NAME or NAME@vX.Y; all if left out.", metavar="MODEL")] = None,
    registry_dir: RegistryDirOption = REGISTRY_DIR,
    as_json: JsonOption = False,
) -> None:
    """Compare every file of registered models with its hash. Exit 2 if one was altered, is missing or is strange.

    Examples:
      glossator registry verify

      glossator registry verify papers-qa-qlora@v1.0
    """
    from glossator.cli.output import console, escape, print_json
    from glossator.errors import RegistryError
    from glossator.registry import list_versions, open_version, verify

    rows = [row for row in list_versions(registry_dir) if model is None or model in _names_of(row)]
    if not rows:
        open_version(registry_dir, model)  # tells what is wrong with the name, or with the registry
    found = {f"{row.name}@{row.version}": [*verify(row.path)] for row in rows}
    if as_json:
        print_json(found)
    else:
        for label, problems in found.items():
            console().print(escape(f"{label}: {'; '.join(problems) or 'whole'}"))
    damaged = [label for label, problems in found.items() if problems]
    if damaged:
        raise RegistryError(f"{', '.join(damaged)} cannot be trusted; delete that version and register its run again")


def _names_of(row: Listed) -> set[str]:
    """What a version is called at the command line."""
    return {row.name, f"{row.name}@{row.version}", *([f"{row.name}@latest"] if row.latest else [])}


@registry.command("promote")
def promote_model(
    name: NameArgument,
    version: Annotated[str, typer.Argument(help="Such as v1.0.", metavar="VERSION")],
    registry_dir: RegistryDirOption = REGISTRY_DIR,
    as_json: JsonOption = False,
) -> None:
    """Make a version the latest: the one that is served when none is named.

    Examples:
      glossator registry promote papers-qa-qlora v1.0
    """
    from glossator.registry import promote

    _tell_latest(promote(registry_dir, name, version).label, as_json=as_json)


@registry.command("rollback")
def roll_back_model(
    name: NameArgument, registry_dir: RegistryDirOption = REGISTRY_DIR, as_json: JsonOption = False
) -> None:
    """Make the version that was the latest before the latest again.

    Examples:
      glossator registry rollback papers-qa-qlora
    """
    from glossator.registry import rollback

    _tell_latest(rollback(registry_dir, name).label, as_json=as_json)


def _tell_latest(label: str, *, as_json: bool) -> None:
    from glossator.cli.output import console, print_json

    if as_json:
        print_json({"latest": label})
    else:
        console().print(f"latest is {label}")
