"""`glossator forget`: what depends on a document; and everything without it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunsDirOption


def forget(
    document: Annotated[
        str,
        typer.Argument(
            help="A document's id or the beginning of it, its file name, arXiv id or URL, or its origin.",
            metavar="DOCUMENT",
            show_default=False,
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Purge what is listed, and never collect it again.")] = False,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """List what depends on a document, in all recipes; with --yes, purge it so that the next run does without.

    Purged are its downloads, its cached pages, figures and vectors, the replies about it, decisions about its samples,
    and every artifact that holds it or was made from one that does: the next run makes these anew. The document
    itself, where it lies outside the runs folder, is not touched, and not collected again. Registered models that saw
    it are named: what is to become of them is for their owner to say.

    A name means every document that is called so, in any recipe. An id means that content in any recipe, and, in the
    recipes that have it, whatever else was or comes to be in the same file.

    Examples:
      glossator forget tides.md

      glossator forget 2101.00001v2 --yes
    """
    from glossator.cli.output import print_json
    from glossator.pipeline.forgetting import forget_document

    told = forget_document(document, runs_dir, purged=yes)
    if as_json:
        print_json(told)
    else:
        _print(told, document)


def _print(told: Mapping[str, Any], name: str) -> None:
    from glossator.cli.output import console, escape, print_table

    out = console()
    for row in told["documents"]:
        places = ", ".join(row["origins"]) or "places unknown"
        out.print(escape(f"{row['id']}  {row['title'] or row['source_id'] or 'title unknown'}  ({places})"))
    for line in told["places"]:
        out.print(escape(line))
    rows = [[recipe["recipe"], what, much] for recipe in told["recipes"] for what, much in _lines_of(recipe)]
    rows += [["", what, much] for what, much in _shared_lines(told)]
    if rows:
        print_table("", ["recipe", "what", "how much"], rows)
    for model in told["models"]:
        label = model["label"] or f"{model['artifact']} of {model['recipe']}"
        out.print(escape(f"{label}: {_saw(model['samples'])}; {model['advice']}"))
    for row in told["documents"]:
        if row["registered_before"]:
            out.print(escape(f"registered versions that saw {row['id']}: {', '.join(row['registered_before'])}"))
    for line in told["kept"]:
        out.print(escape(line))
    if not told["anything"]:
        out.print("nothing depends on it" + (", and it is never collected again" if told["purged"] else ""))
    elif told["purged"]:
        out.print("purged, and never collected again; make everything anew without it: glossator run RECIPE")
    else:
        out.print(escape(f"nothing was touched; purge it with: glossator forget {shlex.quote(name)} --yes"))


def _lines_of(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """One recipe's dependents, those that are there."""
    artifacts = ", ".join(f"{count} {stage}" for stage, count in recipe["artifacts"].items())
    samples = ", ".join(f"{count} {name}" for name, count in recipe["samples"].items())
    cache = ", ".join(f"{count} {name}" for name, count in recipe["cache"].items() if count)
    texts = {"artifacts": artifacts, "cached files": cache, "samples": samples, "runs": ", ".join(recipe["runs"])}
    counts = {name: recipe[name] for name in ("chunks", "rejects", "predictions", "reviews")}
    counts |= {"drafts": len(recipe["drafts"]), "export folders": len(recipe["exports"])}
    yield from ((name, text) for name, text in texts.items() if text)
    yield from ((name, f"{count:,}") for name, count in counts.items() if count)
    if recipe["bytes"]:
        yield "disk", f"{recipe['bytes'] / 1e6:.1f} MB"


def _shared_lines(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What all recipes share."""
    if told["journal"]["replies"]:
        yield "replies in the journal", f"{told['journal']['replies']:,}"
    if told["journal"]["unattributed"]:
        yield "replies about no known document", f"{told['journal']['unattributed']:,} (an older journal; kept)"
    if told["downloads"]["files"]:
        yield "downloads", f"{len(told['downloads']['files']):,} files"
    if told["downloads"]["pages"]:
        yield "answers of web services", f"{told['downloads']['pages']:,}"


def _saw(samples: Mapping[str, int]) -> str:
    """What an adapter has to do with a document, by the splits of its samples."""
    roles = {"train": "trained on", "dev": "chosen with", "test": "examined with", "test_seen": "examined with"}
    told = [f"{role} {samples[split]} of its {split} samples" for split, role in roles.items() if samples.get(split)]
    return ", ".join(told) or "answers from an index that holds it"
