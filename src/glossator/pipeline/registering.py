"""Stage 5: the chosen adapter, with all that shapes its answers and all that is known of it, becomes a version."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.artifacts import Artifact, write_json
from glossator.errors import ArtifactError, RegistryError
from glossator.pipeline.context import Context
from glossator.pipeline.documents import read_documents
from glossator.pipeline.samples import read_samples
from glossator.pipeline.settings import METHODS, registered_name, registry_folder, student_path
from glossator.pipeline.student import read_training
from glossator.pipeline.versions import library_versions
from glossator.records import JsonValue, Sample

if TYPE_CHECKING:
    from glossator.registry import PromptForm, Submission

REFERENCE = "registered.json"
"""The file of stage 5's artifact: which version of the registry it made."""


def register(context: Context) -> dict[str, int]:
    """Register the adapter that dev chose; one that is registered already keeps its version."""
    from glossator.registry import list_versions
    from glossator.registry import register as register_in

    registry = registry_folder(context.road)
    name = registered_name(context.recipe)
    before = next((row.version for row in list_versions(registry) if row.name == name and row.latest), None)
    version = register_in(registry, name, _submission(context))
    write_json(
        context.output(REFERENCE),
        {"label": version.label, "path": str(version.path), "registry": str(registry)},
    )
    context.progress.say(f"registered as {version.label}")
    if before and version.latest and before != str(version.number):
        context.progress.say(
            f"latest moves from {before} to {version.number}; undo: glossator registry rollback {name}"
        )
    return {"versions": 1}


def still_holds(artifact: Artifact) -> bool:
    """Whether the version that stage 5 made is still in the registry, unaltered."""
    from glossator.registry import open_version

    try:
        told = read_reference(artifact)
        open_version(Path(told["registry"]), told["label"])
    except (RegistryError, ArtifactError):
        return False
    return True


def read_reference(artifact: Artifact) -> dict[str, str]:
    """Which version of which registry the artifact of stage 5 stands for.

    Raises:
        ArtifactError: it cannot be read.
    """
    path = artifact.file(REFERENCE)
    try:
        told = json.loads(path.read_text("utf-8"))
        return {name: str(told[name]) for name in ("label", "path", "registry")}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"{path} is unreadable ({error}); delete {artifact.path} and run again") from error


def _submission(context: Context) -> Submission:
    from glossator.llm.chat_format import ChatFormat, load_tokenizer
    from glossator.llm.loading import weights_hash
    from glossator.registry import BaseModel, Submission

    training = context.recipe.training
    assert training is not None
    base = student_path(context.road)
    samples = read_samples(context, "train", "dev", "test", "test_seen")
    return Submission(
        base_model=BaseModel(training.base_model, str(base), weights_hash(base)),
        method=METHODS[training.quantization],
        chat_format_hash=ChatFormat(load_tokenizer(base)).hash,
        prompts=prompt_forms(samples),
        run=context.inputs["evaluate"].manifest.fingerprint,
        samples={name: count for name, count in _counts(context, "curate").items() if name != "rejected"},
        documents=len({document_id for sample in samples for document_id in sample.document_ids}),
        licenses=_licenses(context, samples),
        index=str(context.inputs["index"].path / "index") if "index" in context.inputs else None,
        index_fingerprint=context.inputs["index"].manifest.fingerprint if "index" in context.inputs else None,
        recipe=context.recipe.model_dump(mode="json"),
        training={**training.model_dump(mode="json", exclude={"base_model"}), **_training_counts(context)},
        versions=library_versions(),
        adapter=context.inputs["select"].path / "adapter",
        tokenizer=base,
        **_results(context),
    )


def prompt_forms(samples: Sequence[Sample]) -> tuple[PromptForm, ...]:
    """How the student was asked in each task, the most frequent first; the system turn is the answer style's words."""
    from glossator.llm.answer_styles import answer_style_names, load_answer_style
    from glossator.registry import PromptForm

    names = {style.hash: style.name for style in map(load_answer_style, answer_style_names())}
    firsts: dict[tuple[str, str, str], Sample] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    groups: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for sample in samples:
        form = (sample.task, sample.context, sample.origin.style_hash or "")
        firsts.setdefault(form, sample)
        counts[form] += 1
        groups[form].update([sample.group] if sample.group else [])
    return tuple(
        PromptForm(
            task=sample.task,
            context=sample.context,
            answer_style=names.get(style, f"own-{style[:8]}") if style else None,
            style_text=sample.messages[0].content if style else None,
            style_hash=style or None,
            groups=tuple(sorted(groups[task, context, style])),
        )
        for (task, context, style), sample in sorted(firsts.items(), key=lambda item: (-counts[item[0]], item[0]))
    )


def _results(context: Context) -> dict[str, Any]:
    """Verdict and scores, as the evaluation reported them."""
    from glossator.evaluation import read_report
    from glossator.registry import Difference, Verdict

    report = read_report(context.input("evaluate", "report.json"))
    scores = report.comparison.scores
    return {
        "verdict": Verdict(report.verdict.helped, report.verdict.sentence),
        "metrics": {
            model: {row.metric: getattr(row, model).mean for row in scores if row.split == "test"}
            for model in ("base", "tuned")
        },
        "metrics_test_seen": {
            model: {row.metric: getattr(row, model).mean for row in scores if row.split == "test_seen"}
            for model in ("base", "tuned")
        }
        if any(row.split == "test_seen" for row in scores)
        else {},
        "differences": tuple(
            Difference(
                split=row.split,
                metric=row.metric,
                difference=row.paired.difference,
                low=row.paired.low,
                high=row.paired.high,
                questions=row.paired.questions,
                documents=row.paired.documents,
            )
            for row in scores
        ),
        "confidence": scores[0].paired.confidence if scores else None,
        "test_looks": report.test_looks,
    }


def _training_counts(context: Context) -> Mapping[str, JsonValue]:
    told = read_training(context)
    return {name: told[name] for name in ("steps", "tokens", "trainable_parameters")}


def _counts(context: Context, stage: str) -> dict[str, int]:
    return dict(context.inputs[stage].manifest.counts)


def _licenses(context: Context, samples: Sequence[Sample]) -> tuple[str, ...]:
    """The licences of the documents that samples are about, each once."""
    used = {document_id for sample in samples for document_id in sample.document_ids}
    told = {document.license or "unknown" for document in read_documents(context) if document.id in used}
    return tuple(sorted(told))
