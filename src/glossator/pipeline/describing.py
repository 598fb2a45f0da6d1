"""Figures, described by a teacher that can see where the recipe names one; its replies are journalled like others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glossator.errors import ParsingError
from glossator.pipeline.context import Context, Road
from glossator.pipeline.document_settings import figure_path, figures_folder
from glossator.pipeline.documents import read_documents
from glossator.pipeline.teaching import open_chat_model
from glossator.records import Figure, Reject


def describe_figures(context: Context, figures: Iterable[Figure]) -> tuple[dict[str, Figure], list[Reject]]:
    """Let the recipe's vision teacher say what figures show.

    Returns:
        The described figures by id, and a reject for each that could not be described; both empty without a teacher.

    Raises:
        EndpointError: the teacher cannot be asked.
    """
    section = context.recipe.parsing.figures
    if section is None or section.describe is None:
        return {}, []
    from glossator.parsing.describing import describe

    teacher = section.describe
    described: dict[str, Figure] = {}
    rejects: list[Reject] = []
    titles = {document.id: document.title for document in read_documents(context)}
    with open_chat_model(context.road, teacher) as model:
        for found in describe(
            figures,
            str(figures_folder(context.road)),
            model=model,
            titles=titles,
            max_new_tokens=teacher.max_new_tokens,
            temperature=teacher.temperature,
        ):
            if isinstance(found, Reject):
                rejects.append(found)
            else:
                described[found.id] = found
    return described, rejects


def image_to_send(road: Road, figure: Figure) -> bytes | None:
    """The image of a figure at the size at which a teacher is shown it (PNG); None where it cannot be read."""
    from glossator.parsing.describing import shown_image

    try:
        return shown_image(str(figures_folder(road)), figure).data
    except ValueError:
        return None


def refuse_missing_images(road: Road, figures: Sequence[Figure]) -> None:
    """Make sure that figures can be shown before anyone is paid to look at them.

    Raises:
        ParsingError: images were deleted since the documents were parsed.
    """
    missing = [figure for figure in figures if not figure_path(road, figure).is_file()]
    if missing:
        raise ParsingError(
            f"{len(missing)} of {len(figures)} images of figures are no longer in {figures_folder(road)}; delete"
            f" {road.artifacts}/parse-* and run again, so that they are taken out of the documents once more"
        )
