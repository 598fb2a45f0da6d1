"""What decides each stage's output, besides its inputs: the part of a fingerprint that comes from the recipe."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import file_sha256, fingerprint
from glossator.errors import ModelError
from glossator.pipeline.context import Road
from glossator.pipeline.splits_file import adds_to, history_key
from glossator.recipe import (
    ChatJudgeSection,
    ChatTeacherSection,
    PerGroupSection,
    Recipe,
    RetrievalSection,
    TrainingSection,
)
from glossator.records import JsonValue, content_id

if TYPE_CHECKING:
    from glossator.curation import SplitRule
    from glossator.synthesis import Task
    from glossator.training import SftParameters

MODEL_FILES = ("config.json", "tokenizer.json")
SAMPLED_PLACES = 16
SAMPLED_BYTES = 1 << 16


def index(road: Road) -> JsonValue:
    """The embedder and the form of the index; not how it is searched."""
    from glossator.retrieval import INDEX_VERSION, embedder_identity

    section = road.recipe.retrieval
    return None if section is None else {"embedder": embedder_identity(embedder_name(road)), "version": INDEX_VERSION}


def embedder_name(road: Road) -> str:
    """The embedder as its room takes it: a packaged name, or the absolute path of a folder."""
    section = road.recipe.retrieval or RetrievalSection()
    return section.embedder if section.embedder == "minilm" else str(road.resolve(section.embedder))


def split_rule(recipe: Recipe) -> SplitRule:
    """The recipe's way to split, as the room of curation takes it."""
    from glossator.curation import Fractions, PerGroup

    splits = recipe.curation.splits
    if isinstance(splits, PerGroupSection):
        return PerGroup(holdout=splits.holdout, train_share=splits.train_share, dev_share=splits.dev_share)
    return Fractions(train=splits.train, dev=splits.dev, test=splits.test, pool=splits.pool)


def split(road: Road) -> JsonValue:
    """The quotas, the seed, and whether documents are split at all."""
    recipe = road.recipe
    splits = recipe.curation.splits.model_dump(mode="json")
    return {"splits": splits, "seed": recipe.seed, "documents": recipe.synthesis is not None}


def split_key(road: Road, inputs: Mapping[str, str]) -> str:
    """The name under which a split of these inputs stands in the history of the kept assignment."""
    return history_key(split(road), inputs)


def kept_splits(road: Road, inputs: Mapping[str, str]) -> str:
    """Which kept assignment a split of these inputs adds to."""
    return adds_to(road.splits_file, split_key(road, inputs))


def synthesize(road: Road) -> JsonValue:
    """Teacher, tasks with the hashes of their files and answer styles, seed."""
    from glossator.llm.answer_styles import load_answer_style
    from glossator.pipeline.teaching import teacher_identity

    section = road.recipe.synthesis
    if section is None:
        return None
    tasks = []
    for row in section.tasks:
        task = task_of(road, row.prompt)
        style = load_answer_style(task.answer_style).hash if task.answer_style else None
        tasks.append({"hash": task.hash, "style": style, "group": row.group})
    return {
        "teacher": teacher_identity(road),
        "tasks": tasks,
        "seed": road.recipe.seed,
        "tokens_per_call": section.tokens_per_call,
        "budget": _budget(road),
    }


def _budget(road: Road) -> JsonValue:
    """The bounds of what may be spent, and the price where they are of money: another one ends at another place."""
    from glossator.pipeline.teaching import price_of_section

    section = road.recipe.synthesis
    if section is None or section.budget is None:
        return None
    bounds = section.budget.model_dump(mode="json")
    if section.budget.usd is None or not isinstance(section.teacher, ChatTeacherSection):
        return bounds
    price = price_of_section(road, section.teacher)
    return {**bounds, "price": [price.usd_in, price.usd_out] if price else None}


def spent_name(road: Road, inputs: Mapping[str, str]) -> str:
    """The name under which a budget's spending is kept: another budget for the same work goes on from there."""
    values = synthesize(road)
    rest = {key: value for key, value in values.items() if key != "budget"} if isinstance(values, dict) else values
    return fingerprint("spent", "1", rest, inputs)


def curate(road: Road) -> JsonValue:
    """Filters' values, the student's prompt form, seed."""
    from glossator.retrieval import embedder_identity

    section = road.recipe.curation
    plain = {"test_seen", "max_tokens", "fit", "max_question_words", "max_answer_words", "languages", "round_trip"}
    values = section.model_dump(mode="json", include=plain)
    searched = road.recipe.retrieval.mode if section.round_trip and road.recipe.retrieval else None
    benchmarks = [road.resolve(name) for name in section.decontamination.benchmarks]
    return {
        **values,
        "searched": searched,
        "judge": judge_identity(road),
        "embedder": embedder_identity(curation_embedder(road) or "") if section.embedder else None,
        "decontamination": {
            **section.decontamination.model_dump(mode="json", exclude={"benchmarks"}),
            "benchmarks": [[path.name, file_sha256(path) if path.is_file() else ""] for path in benchmarks],
        },
        "reviews": standing_decisions(road),
        "prompt_form": prompt_form(road),
        "seed": road.recipe.seed,
    }


def standing_decisions(road: Road) -> JsonValue:
    """Hash what people's decisions come to: one that was taken back, or only looked at, changes nothing."""
    from glossator.curation.reviews import Decision, read_decisions, standing

    def words(decision: Decision) -> tuple[str, ...]:
        return (decision.sample_id, decision.action, decision.question, decision.answer)

    last = standing(read_decisions(road.reviews_file)).values()
    return content_id(*(word for told in sorted(map(words, last)) for word in told)) if last else None


def judge_identity(road: Road) -> JsonValue:
    """What decides a judge's verdicts; None where there is none."""
    from glossator.curation.judging.conversation import PROMPT_HASH
    from glossator.curation.judging.lexical import VERSION
    from glossator.pipeline.teaching import endpoint_identity

    judge = road.recipe.curation.judge
    if judge is None:
        return None
    values = judge.model_dump(mode="json", include={"kind", "planted", "minimum_accuracy"})
    if isinstance(judge, ChatJudgeSection):
        return {**values, "words": PROMPT_HASH, **endpoint_identity(judge)}
    return {**values, "version": VERSION}


def curation_embedder(road: Road) -> str | None:
    """The embedder that duplicates, leaks and support are looked for by; None where the recipe names none."""
    name = road.recipe.curation.embedder
    return name if name is None or name == "minilm" else str(road.resolve(name))


def baseline(road: Road) -> JsonValue:
    """The base model as it is trained on, and how it answers."""
    section, evaluation = road.recipe.training, road.recipe.evaluation
    if section is None or evaluation is None:
        return None
    return {
        "model": model_identity(student_path(road)),
        "quantization": section.quantization,
        "bf16": section.bf16,
        "max_new_tokens": evaluation.max_new_tokens,
        "batch_size": evaluation.batch_size,
    }


def train(road: Road) -> JsonValue:
    """Every hyper-parameter, the base model, seed; not how often progress is told."""
    section = road.recipe.training
    if section is None:
        return None
    values = section.model_dump(mode="json", exclude={"base_model", "logging_steps"})
    return {
        **values,
        "model": model_identity(student_path(road)),
        "seed": road.recipe.seed,
    }


def select(road: Road) -> JsonValue:
    """How checkpoints answer and what chooses among them."""
    evaluation = road.recipe.evaluation
    return None if evaluation is None else {"answers": baseline(road), "select_by": evaluation.select_by}


def evaluate(road: Road) -> JsonValue:
    """Metrics and intervals."""
    evaluation = road.recipe.evaluation
    if evaluation is None:
        return None
    values = evaluation.model_dump(mode="json", include={"metrics", "primary", "resamples", "confidence"})
    return {**values, "answers": baseline(road), "seed": road.recipe.seed, "name": road.recipe.name}


def student_path(road: Road) -> Path:
    """The folder of the base model that will be taught; the embedded one where a recipe trains nothing.

    Raises:
        ModelError: there is no such folder.
    """
    from glossator.embedded import resolve_model

    name = (road.recipe.training or TrainingSection()).base_model
    if name == "embedded":
        return Path(resolve_model("embedded"))
    return check_model_folder(road.resolve(name), "training.base_model")


def check_model_folder(path: Path, key: str) -> Path:
    """Give a folder back if a model lies in it.

    Raises:
        ModelError: something of a model is missing there; names the recipe's key.
    """
    absent = [file for file in MODEL_FILES if not (path / file).is_file()]
    if absent or not any(path.glob("*.safetensors")):
        missing = ", ".join(absent) or "a .safetensors file"
        raise ModelError(f"{key} {path.name!r} is no model folder: {path} lacks {missing}; use another")
    return path


def model_identity(path: Path) -> JsonValue:
    """Hash a model folder: small files whole, each weight file by its size and 16 evenly spaced places.

    Reading all of a large model for every run would cost minutes; a change that keeps the size and leaves
    a megabyte of evenly spread bytes alone does not happen by accident.
    """
    names = sorted(file.name for file in path.iterdir() if file.suffix in (".json", ".jinja", ".safetensors", ".model"))
    return {name: _sampled_hash(path / name) for name in names}


def prompt_form(road: Road) -> JsonValue:
    """Hash whatever shapes a prompt besides its words: tokenizer and chat template of the student."""
    path = student_path(road)
    names = ("chat_template.jinja", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json")
    return {name: _sampled_hash(path / name) for name in names if (path / name).is_file()}


def _sampled_hash(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= SAMPLED_PLACES * SAMPLED_BYTES:
            digest.update(file.read())
        else:
            for place in range(SAMPLED_PLACES):
                file.seek(place * (size - SAMPLED_BYTES) // (SAMPLED_PLACES - 1))
                digest.update(file.read(SAMPLED_BYTES))
    return digest.hexdigest()[:16]


def training_parameters(section: TrainingSection) -> SftParameters:
    """The parameters of training as its room takes them.

    Raises:
        TrainingError: one of them is out of range.
    """
    from glossator.training import SftParameters

    values = section.model_dump(exclude={"kind", "base_model", "lora"})
    return SftParameters(**values, **section.lora.model_dump())


def register(road: Road) -> JsonValue:
    """The name and place of the registered model."""
    section = road.recipe.registry
    return None if section is None else {"name": registered_name(road.recipe), "registry": str(registry_folder(road))}


METHODS = {"nf4": "qlora", "int8": "lora8", "none": "lora"}
"""What tuning is called, by how the frozen base is held."""


def registered_name(recipe: Recipe) -> str:
    """The name that the chosen adapter is registered under: domain, use case and method."""
    from glossator.registry import model_name

    section, training = recipe.registry, recipe.training
    assert section is not None
    assert training is not None
    return model_name(section.domain, section.use_case, METHODS[training.quantization])


def registry_folder(road: Road) -> Path:
    """Where the registry lies: as the recipe says, else beside the runs folder."""
    section = road.recipe.registry
    return road.resolve(section.path) if section and section.path else road.folder.parent.parent / "registry"


def task_of(road: Road, prompt: str) -> Task:
    """Load a task by its packaged name, or from the file that the recipe names."""
    from glossator.synthesis import load_task

    return load_task(road.resolve(prompt) if prompt.endswith(".md") else prompt)
