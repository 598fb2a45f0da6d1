"""Stage 4: the base model's answers, the tuned adapter, the checkpoint that dev prefers, and the verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.artifacts import AppendLog, read_records, write_json, write_records
from glossator.errors import EvaluationError
from glossator.llm.adapter_form import AdapterForm, write_adapter_form
from glossator.pipeline.context import Context
from glossator.pipeline.samples import read_samples
from glossator.pipeline.settings import student_path, training_parameters
from glossator.recipe import EvaluationSection, TrainingSection
from glossator.records import Prediction, Sample

if TYPE_CHECKING:
    from glossator.llm.local import LocalModel
    from glossator.training import TrainingStep

EXAMINED = ("test", "test_seen")


def _sections(context: Context) -> tuple[TrainingSection, EvaluationSection]:
    training, evaluation = context.recipe.training, context.recipe.evaluation
    assert training is not None
    assert evaluation is not None
    return training, evaluation


def _open_student(context: Context) -> LocalModel:
    """The base model in the form it is trained in, so that base and tuned differ by the adapter alone."""
    from glossator.llm.local import LocalModel

    training, evaluation = _sections(context)
    form = AdapterForm(training.quantization, training.bf16)
    return LocalModel.open(
        student_path(context.road),
        quantization=form.quantization,
        dtype=form.dtype,
        batch_size=evaluation.batch_size,
    )


def _answer(
    context: Context, model: LocalModel, samples: Sequence[Sample], *, adapter: str | None, log_name: str
) -> list[Prediction]:
    """Let a model answer; each answer is on disk as soon as it is given, and is not asked for again."""
    from glossator.evaluation import predict

    _, evaluation = _sections(context)
    with AppendLog(context.draft.resume / f"{log_name}.jsonl") as log:
        done = {prediction.sample_id: prediction for prediction in log.read(Prediction)}
        return predict(
            model,
            samples,
            model_name=model.name.split("+")[0],
            adapter=adapter,
            run=context.fingerprint,
            max_new_tokens=evaluation.max_new_tokens,
            done=done,
            batch_size=evaluation.batch_size,
            on_prediction=lambda prediction: log.append([prediction]),
            on_progress=context.progress.advance,
        )


def baseline(context: Context) -> dict[str, int]:
    """Let the base model answer what will be examined, before anything is trained."""
    samples = read_samples(context, *EXAMINED)
    context.progress.expect(len(samples), "answers")
    predictions = _answer(context, _open_student(context), samples, adapter=None, log_name="predictions")
    write_records(context.output("predictions.jsonl"), predictions)
    return {"answers": len(predictions), "tokens_out": sum(prediction.tokens_out for prediction in predictions)}


def train(context: Context) -> dict[str, int]:
    """Tune an adapter on train; dev gives the loss that is watched, never a gradient."""
    from glossator.training import train_adapter

    section = context.recipe.training
    assert section is not None
    steps_done = 0

    def report(step: TrainingStep) -> None:
        nonlocal steps_done
        if steps_done == 0:
            context.progress.expect(step.total, "steps")
        context.progress.advance(step.step - steps_done)
        steps_done = step.step

    result = train_adapter(
        read_samples(context, "train"),
        read_samples(context, "dev"),
        base_model=student_path(context.road),
        output=context.output("checkpoints"),
        parameters=training_parameters(section),
        seed=context.recipe.seed,
        on_progress=report,
    )
    write_json(
        context.output("training.json"),
        {
            "losses": result.losses,
            "dev_losses": result.dev_losses,
            "steps": result.steps,
            "tokens": result.tokens,
            "trainable_parameters": result.trainable_parameters,
            "checkpoints": [path.name for path in result.checkpoints],
        },
    )
    return {"steps": result.steps, "tokens": result.tokens, "checkpoints": len(result.checkpoints)}


def read_training(context: Context) -> dict[str, Any]:
    """What stage 4b wrote about itself."""
    return dict(json.loads(context.input("train", "training.json").read_text("utf-8")))


def select(context: Context) -> dict[str, int]:
    """Let every checkpoint answer dev, and take the one with the best weighted score."""
    from glossator.evaluation import mean_scores, score_predictions, select_checkpoint

    training, evaluation = _sections(context)
    names = read_training(context)["checkpoints"]
    dev = read_samples(context, "dev")
    context.progress.expect(len(dev) * len(names), "answers")
    metrics = list(evaluation.select_by)
    base = _open_student(context)
    scores: dict[str, dict[str, float]] = {}
    predictions: list[Prediction] = []
    for name in names:
        answers = _answer(context, base.with_adapter(_checkpoint(context, name)), dev, adapter=name, log_name=name)
        predictions.extend(answers)
        scores[name] = mean_scores(score_predictions(answers, dev, metrics, model=name))
    selection = select_checkpoint(scores, evaluation.select_by)
    ranking = [{"name": row.name, "score": row.score, "metrics": dict(row.metrics)} for row in selection.ranking]
    write_records(context.output("predictions.jsonl"), predictions)
    shutil.copytree(_checkpoint(context, selection.chosen), context.output("adapter"), ignore=_only_adapter)
    write_adapter_form(context.output("adapter"), AdapterForm(training.quantization, training.bf16))
    write_json(context.output("selection.json"), {"chosen": selection.chosen, "ranking": ranking})
    return {"checkpoints": len(names), "answers": len(predictions)}


def _held_out(sample: Sample) -> tuple[str, ...]:
    """What is not to be seen before the end: the documents asked about, or a ready question itself."""
    return sample.document_ids if sample.chunk_ids else (sample.id,)


def _checkpoint(context: Context, name: str) -> Path:
    return context.inputs["train"].path / "checkpoints" / name


def _only_adapter(_: str, names: list[str]) -> list[str]:
    """Leave behind what only a resumed training needs."""
    return [name for name in names if not name.startswith("adapter_") and name != "README.md"]


def evaluate(context: Context) -> dict[str, int]:
    """Score base and tuned on test and test_seen, once, and write the report."""
    from glossator.evaluation import score_predictions
    from glossator.pipeline.looks import count_looks
    from glossator.pipeline.reporting import write_run_report

    _, evaluation = _sections(context)
    samples = read_samples(context, *EXAMINED)
    if not any(sample.split == "test" for sample in samples):
        raise EvaluationError("there are no test questions; give more documents")
    context.progress.expect(len(samples), "answers")
    looks = count_looks(
        context.road.test_looks_file,
        model=context.inputs["select"].manifest.fingerprint,
        documents={name for sample in samples if sample.split == "test" for name in _held_out(sample)},
    )
    adapter = context.inputs["select"].path / "adapter"
    tuned_model = _open_student(context).with_adapter(adapter)
    tuned = _answer(context, tuned_model, samples, adapter="adapter", log_name="tuned")
    wanted = {sample.id for sample in samples}
    baseline_file = context.input("baseline", "predictions.jsonl")
    base = [row for row in read_records(baseline_file, Prediction) if row.sample_id in wanted]
    scores = [
        *score_predictions(base, samples, evaluation.metrics, model="base"),
        *score_predictions(tuned, samples, evaluation.metrics, model="tuned"),
    ]
    write_records(context.output("predictions.jsonl"), [*base, *tuned])
    write_records(context.output("scores.jsonl"), scores)
    write_run_report(context, samples, base=base, tuned=tuned, scores=scores, looks=looks)
    return {"answers": len(tuned), "scores": len(scores), "test_looks": looks}
