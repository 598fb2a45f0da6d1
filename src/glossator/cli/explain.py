"""`glossator explain`: where a sample came from, what was said of it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunsDirOption

if TYPE_CHECKING:
    from rich.tree import Tree

Branch = tuple[str, Sequence[Any]]
"""A line and the branches below it."""
_LONGEST = 400
"""Characters of a text that are shown; with --json all of them."""


def explain(
    name: Annotated[
        str,
        typer.Argument(
            help="A sample's id or the beginning of it, also of a rejected one; with @MODEL one of its predictions.",
            metavar="ID",
            show_default=False,
        ),
    ],
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Tell where a sample came from and what became of it, in all runs of all recipes.

    From the document with its licence and origins to page, section, passage and the span that supports the answer;
    who wrote it, with which prompt; what every filter said; its split; the adapters that learned it and what was
    answered to it, with scores. Of a rejected sample or passage: by what and why.

    A prediction is named SAMPLE@MODEL, where MODEL is base, tuned, a checkpoint or a registered version.

    Examples:
      glossator explain 3f2a9c

      glossator explain 3f2a9c@tuned --json
    """
    from glossator.cli.output import console, escape, print_json
    from glossator.pipeline.explaining import explain as explain_id

    told = explain_id(name, runs_dir)
    if as_json:
        print_json(told)
        return
    out = console()
    root = (_title(told), [*_branches(told)])
    if out.is_terminal:
        out.print(_tree(root))
    else:
        for depth, line in _lines(root, 0):
            out.print(escape("  " * depth + line))


def _tree(branch: Branch) -> Tree:
    from rich.tree import Tree

    from glossator.cli.output import escape

    tree = Tree(escape(branch[0]))
    for inner in branch[1]:
        tree.children.append(_tree(inner))
    return tree


def _lines(branch: Branch, depth: int) -> Iterator[tuple[int, str]]:
    yield depth, branch[0]
    for inner in branch[1]:
        yield from _lines(inner, depth + 1)


def _title(told: Mapping[str, Any]) -> str:
    of = f" (task {told['sample']['task']})" if told["sample"] else ""
    return f"{told['kind']} {told['id']}{of}"


def _branches(told: Mapping[str, Any]) -> Iterator[Branch]:
    sample = told["sample"]
    if sample:
        yield f"question: {_short(sample['question'])}", []
        yield f"answer: {_short(sample['answer'])}", []
    for document in told["documents"]:
        yield _document(document), [*_passages(told, document["id"])]
    if sample:
        yield _origin(told["origin"], sample), []
        verdicts = ", ".join(f"{name} {said}" for name, said in told["verdicts"].items())
        yield f"verdicts: {verdicts or 'none'}", []
    for case in told["cases"]:
        yield _case(case), [branch for place in case["places"] for branch in _place(place)]


def _document(document: Mapping[str, Any]) -> str:
    told = [f"document {document['id']}: {document['title']} ({document['source_id']})"]
    told += [f"version {document['version']}"] if document["version"] else []
    told += [document["license"] or "licence unknown", *document["origins"]]
    return "; ".join(told)


def _passages(told: Mapping[str, Any], document: str) -> Iterator[Branch]:
    for chunk in told["chunks"]:
        if chunk["document_id"] == document:
            pages = f"{chunk['page_first']}"
            if chunk["page_last"] != chunk["page_first"]:
                pages = f"{pages}–{chunk['page_last']}"
            section = " › ".join(chunk["heading_path"]) or "no heading"
            spans = [_span(span) for span in told["evidence"] if span["chunk_id"] == chunk["id"]]
            yield f"page {pages} › {section} › passage {chunk['id']} ({chunk['tokens']} tokens)", spans


def _span(span: Mapping[str, Any]) -> Branch:
    doubt = "" if span["stands"] else " (does not stand there)"
    return f"evidence, characters {span['start']}–{span['end']}{doubt}: {_short(span['text'])}", []


def _origin(origin: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    told = [f"written by {origin['teacher']}", f"task {sample['task']} (prompt {origin['prompt_hash'][:12]})"]
    told += [f"answer style {origin['style_hash'][:12]}"] if origin["style_hash"] else []
    told += [f"seed {origin['seed']}"] if origin["seed"] is not None else []
    if origin["journal_key"]:
        kept = f"kept since {origin['reply_kept']}" if origin["reply_kept"] else "not in the journal any more"
        told.append(f"reply {origin['journal_key']} ({kept})")
    return "; ".join(told)


def _case(case: Mapping[str, Any]) -> str:
    same = f", the same in {len(case['places'])} places" if len(case["places"]) > 1 else ""
    if case["outcome"] == "rejected":
        detail = f": {_short(case['detail'])}" if case["detail"] else ""
        return f"rejected by {case['stage']} as {case['reason']}{detail}{same}"
    words = {"kept": f"kept in {case['split']}", "written": "written and not curated yet"}
    return f"{words[case['outcome']]}{same}"


def _place(place: Mapping[str, Any]) -> Iterator[Branch]:
    runs = ", ".join(place["runs"]) or "no run any more"
    inner: list[Branch] = [(_adapter(adapter), []) for adapter in place["adapters"]]
    inner += [(_prediction(row), []) for row in place["predictions"]]
    yield f"{place['recipe']}/{place['artifact']}, runs {runs}", inner


def _adapter(adapter: Mapping[str, Any]) -> str:
    chosen = f", checkpoint {adapter['checkpoint']}" if adapter["checkpoint"] else ""
    registered = f", registered as {', '.join(adapter['registered'])}" if adapter["registered"] else ""
    return f"adapter of {adapter['artifact']}{chosen}: {adapter['role']}{registered}"


def _prediction(row: Mapping[str, Any]) -> str:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in row["scores"].items())
    return f"prediction of {row['model']}: {_short(row['text'])}{f' ({scores})' if scores else ''}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
