"""Takes samples and a model, leaves a prediction for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from glossator.errors import EvaluationError
from glossator.llm import ChatModel, Reply
from glossator.records import Prediction, Sample


def predict(
    model: ChatModel,
    samples: Sequence[Sample],
    *,
    model_name: str,
    adapter: str | None,
    run: str,
    max_new_tokens: int,
    done: Mapping[str, Prediction] | None = None,
    batch_size: int = 16,
    temperature: float = 0.0,
    on_prediction: Callable[[Prediction], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """Ask the model every sample's prompt; gives one prediction per sample, in the order of the samples.

    Batches are formed from the full list of samples, whatever is done already: padding depends on who shares a batch,
    and in low precision the padding can change an answer. A batch of which everything is done is skipped; one that is
    half done is asked again as a whole, and what was done keeps its earlier prediction. So an interrupted run gives the
    same answers as one that ran through.

    Args:
        model: base or tuned.
        samples: each is asked with its prompt, the messages without the reference answer.
        model_name: name or hash of the base model, for the record.
        adapter: name of the adapter, None for the base model alone.
        run: fingerprint of the stage, for the record.
        max_new_tokens: upper bound on a reply's length, in tokens.
        done: earlier predictions by sample id; those of another model, adapter or run are not used.
        batch_size: how many samples of similar length are asked together.
        temperature: 0 is greedy.
        on_prediction: called with each new prediction once its batch is finished, so that it can be kept on disk.
        on_progress: called with the number of samples finished since its last call, the ones done before included.

    Raises:
        EvaluationError: the model gave another number of replies than it was asked for, or `batch_size` is below 1.
        ModelError: the model failed.
    """
    if batch_size < 1:
        raise EvaluationError(f"batch_size {batch_size} is too small; use 1 or more")
    lineage = (model_name, adapter, run)
    predictions = {
        id_: earlier
        for id_, earlier in (done or {}).items()
        if (earlier.model, earlier.adapter, earlier.run) == lineage
    }
    for batch in form_batches(samples, batch_size):
        if any(sample.id not in predictions for sample in batch):
            for sample, reply in zip(batch, _ask(model, batch, max_new_tokens, temperature), strict=True):
                if sample.id in predictions:
                    continue
                predictions[sample.id] = Prediction(
                    sample.id, *lineage, reply.text, reply.tokens_in, reply.tokens_out, reply.seconds
                )
                if on_prediction is not None:
                    on_prediction(predictions[sample.id])
        if on_progress is not None:
            on_progress(len(batch))
    return [predictions[sample.id] for sample in samples]


def _ask(model: ChatModel, batch: Sequence[Sample], max_new_tokens: int, temperature: float) -> list[Reply]:
    prompts = [sample.prompt for sample in batch]
    replies = model.generate(prompts, max_new_tokens=max_new_tokens, temperature=temperature)
    if len(replies) != len(batch):
        raise EvaluationError(f"model {model.name} gave {len(replies)} replies to {len(batch)} prompts")
    return replies


def form_batches(samples: Sequence[Sample], batch_size: int) -> list[list[Sample]]:
    """Split samples into batches of similar prompt length, longest first; the order of the input does not matter.

    The longest come first so that a lack of memory shows at once. Length is in characters, since the room does not know
    the model's tokenizer. A sample that occurs twice is asked once.
    """
    unique = {sample.id: sample for sample in samples}
    ordered = sorted(unique.values(), key=lambda sample: (-_prompt_length(sample), sample.id))
    return [ordered[start : start + batch_size] for start in range(0, len(ordered), batch_size)]


def _prompt_length(sample: Sample) -> int:
    return sum(len(message.content) for message in sample.prompt)
