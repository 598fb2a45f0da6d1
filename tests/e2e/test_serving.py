"""From a run to answers with citations: the registered model is asked as it was evaluated."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe

from glossator.artifacts import read_records, read_table
from glossator.errors import ModelError, RegistryError, RetrievalError
from glossator.pipeline import Run, open_answerer, run_recipe, search_run, summarize
from glossator.recipe import load_recipe
from glossator.records import Chunk, Prediction, Sample
from glossator.retrieval import Hit
from glossator.serving import Answerer

GLOSSATOR = [sys.executable, "-c", "from glossator.cli import main; main()"]


def with_rooms(path: Path) -> Path:
    recipe = yaml.safe_load(path.read_text())
    recipe |= {"retrieval": {}, "registry": {"domain": "crafts", "use_case": "qa"}, "serving": {}}
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return path


@dataclass(frozen=True)
class Made:
    """A finished run with its registry."""

    folder: Path
    recipe: Path
    run: Run

    @property
    def registry(self) -> Path:
        return self.folder / "registry"

    def samples(self, split: str) -> list[Sample]:
        return list(read_records(self.run.need("curate").file(f"{split}.jsonl"), Sample))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Made:
    folder = tmp_path_factory.mktemp("served")
    recipe = with_rooms(write_recipe(folder, write_corpus(folder / "corpus"), tiny_model))
    return Made(folder, recipe, run_recipe(load_recipe(recipe, (), {}), recipe, folder / "runs"))


@pytest.fixture(scope="module")
def gateway(made: Made) -> Iterator[str]:
    """A gateway in a process of its own; ended as a service manager would."""
    command = [*GLOSSATOR, "serve", "crafts-qa-qlora", "--registry-dir", str(made.registry), "--port", "0"]
    process = subprocess.Popen([*command, "--max-new-tokens", "8"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told: list[str] = []
    for line in process.stderr:
        told.append(line)
        if "listening on " in line:
            break
    assert told, "the gateway ended at once"
    assert "listening on " in told[-1], "".join(told)
    yield told[-1].split("listening on ")[1].split(";")[0]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def ask(url: str, **body: object) -> dict:
    request = urllib.request.Request(f"{url}/ask", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


def test_the_citation_names_the_document_the_page_and_the_chunk(made: Made, gateway: str):
    chunks = {chunk.id: chunk for chunk in read_table(made.run.need("chunk").file("chunks.parquet"), Chunk)}
    right = 0
    samples = made.samples("test")
    for sample in samples:
        answer = ask(gateway, question=sample.question, k=3)
        assert [citation["number"] for citation in answer["citations"]] == [1, 2, 3]
        for citation in answer["citations"]:
            chunk = chunks[citation["chunk_id"]]
            assert citation["document_id"] == chunk.document_id
            assert citation["page_first"] == chunk.page_first
            assert citation["text"] == chunk.text
        right += any(citation["document_id"] in sample.document_ids for citation in answer["citations"])
    assert right >= 0.8 * len(samples)


def test_retrieval_can_be_left_off(gateway: str):
    answer = ask(gateway, question="What is annealing?", retrieval=False)
    assert answer["citations"] == []
    assert answer["retrieval_used"] is False


def test_the_base_model_is_served_beside_the_tuned_one(gateway: str):
    with urllib.request.urlopen(f"{gateway}/models", timeout=60) as reply:
        told = json.load(reply)
    assert {row["name"] for row in told["models"]} == {"crafts-qa-qlora@v1.0", "base"}
    assert ask(gateway, question="What is annealing?", model="base")["model"] == "base"


@pytest.mark.parametrize(
    ("body", "status"), [({"question": "  "}, 422), ({"question": "Why?", "model": "nobody"}, 404), ({"ask": "x"}, 422)]
)
def test_a_question_that_cannot_be_taken_is_told_why(gateway: str, body: dict, status: int):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(gateway, **body)
    assert caught.value.code in (status, 400)
    assert json.load(caught.value)["error"]["message"]


class TheChunkItself:
    """An index that finds the chunk that each question was written about."""

    def __init__(self, samples: Sequence[Sample], chunks: Sequence[Chunk]) -> None:
        by_id = {chunk.id: chunk for chunk in chunks}
        self._found = {sample.question: by_id[sample.chunk_ids[0]] for sample in samples}

    def search(self, queries: Sequence[str], *, k: int, mode: str) -> list[list[Hit]]:
        return [[self._hit(self._found[query])] for query in queries]

    def _hit(self, chunk: Chunk) -> Hit:
        return Hit(1, 1.0, chunk.id, chunk.document_id, "", "", 1, 1, chunk.heading_path, chunk.text)


def test_shown_the_same_passage_the_served_model_says_what_was_evaluated(made: Made):
    samples = made.samples("test")
    chunks = read_table(made.run.need("chunk").file("chunks.parquet"), Chunk)
    rows = read_records(made.run.need("evaluate").file("predictions.jsonl"), Prediction)
    evaluated = {row.sample_id: row for row in rows if row.adapter}
    with open_answerer(made.registry, [], retrieval=False) as opened:
        answerer = Answerer(opened.engine, opened.models, index=TheChunkItself(samples, chunks))
        answers = {sample.id: answerer.ask(sample.question, max_new_tokens=8) for sample in samples}
    # Both saw the same token ids; batches differ, and padding may tip a near tie in bfloat16.
    assert [answers[sample.id].tokens_in for sample in samples] == [evaluated[s.id].tokens_in for s in samples]
    same = sum(answers[sample.id].text == evaluated[sample.id].text for sample in samples)
    assert same >= 0.9 * len(samples)


def test_a_second_run_registers_nothing_new(made: Made):
    again = run_recipe(load_recipe(made.recipe, (), {}), made.recipe, made.folder / "runs")
    assert again.path == made.run.path
    assert sorted(path.name for path in (made.registry / "crafts-qa-qlora").glob("v*")) == ["v1.0"]


def test_search_finds_what_the_run_indexed(made: Made):
    (hits,) = search_run("tiny", made.folder / "runs", ["How is glass annealed?"], k=3, mode=None)
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert "glass" in hits[0].text.lower()


def test_search_at_the_command_line_prints_hits_as_json(made: Made):
    command = [*GLOSSATOR, "search", "tiny", "How is glass annealed?", "--runs-dir", str(made.folder / "runs")]
    done = subprocess.run(
        [*command, "--mode", "bm25", "--json"], capture_output=True, text=True, timeout=120, check=True
    )
    (first, *_) = json.loads(done.stdout)
    assert {"rank", "score", "document_id", "source_id", "chunk_id", "title", "page", "text"} <= set(first)
    assert first["source_id"] == "glass.md"


def test_chat_answers_what_is_piped_into_it(made: Made):
    command = [*GLOSSATOR, "chat", "--registry-dir", str(made.registry), "--max-new-tokens", "8"]
    done = subprocess.run(
        command, input="How is glass annealed?\n/sources\n", capture_output=True, text=True, timeout=180, check=True
    )
    assert "[1]" in done.stdout
    assert "glass" in done.stdout.lower()
    assert "Traceback" not in done.stderr


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*GLOSSATOR, "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_port_that_is_taken_is_one_line_before_anything_is_loaded(made: Made):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed = serve("--registry-dir", str(made.registry), "--port", port)
    assert failed.returncode == 2
    assert failed.stderr == f"glossator: port {port} is taken on 127.0.0.1; use --port\n"


def test_without_a_token_only_loopback_is_listened_on(made: Made):
    failed = serve("--registry-dir", str(made.registry), "--host", "0.0.0.0")
    assert failed.returncode == 2
    assert "API_TOKEN" in failed.stderr


def test_an_unknown_model_is_told_with_those_that_are_there(made: Made):
    failed = serve("nobody", "--registry-dir", str(made.registry), "--port", "0")
    assert failed.returncode == 2
    assert "crafts-qa-qlora" in failed.stderr


@pytest.fixture
def copied(made: Made, tmp_path: Path) -> Path:
    """A registry that may be spoilt."""
    shutil.copytree(made.registry, tmp_path / "registry")
    return tmp_path / "registry"


def test_an_altered_adapter_is_not_served(copied: Path):
    weights = copied / "crafts-qa-qlora" / "v1.0" / "adapter" / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(RegistryError, match="adapter_model"), open_answerer(copied, []):
        pass


def test_another_base_model_is_not_served(made: Made, tiny_model: Path, tmp_path: Path):
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "rms_norm_eps": 0.5}))
    with pytest.raises(ModelError, match="--base-model"), open_answerer(made.registry, [], base_model=other):
        pass


def test_a_missing_index_is_told_with_the_remedy(made: Made, tmp_path: Path):
    with (
        pytest.raises(RetrievalError, match="--no-retrieval"),
        open_answerer(made.registry, [], index=tmp_path / "gone"),
    ):
        pass


def test_the_index_that_a_registered_model_answers_from_is_not_cleaned_away(made: Made, tmp_path: Path):
    from glossator.pipeline import clean_runs

    told = clean_runs(made.folder / "runs", recipe=None, keep=1, delete=False)
    (index,) = [row for row in told["items"] if "/index-" in row["path"]]
    assert index["needed"]


def test_a_version_that_was_deleted_is_registered_again(made: Made, tmp_path: Path):
    folder = tmp_path / "mine"
    shutil.copytree(made.folder, folder)
    recipe = folder / made.recipe.name
    text = recipe.read_text().replace(str(made.folder), str(folder))
    recipe.write_text(text)
    first = run_recipe(load_recipe(recipe, (), {}), recipe, folder / "runs")
    label = summarize(first)["registered"]["label"]
    name, _, version = label.partition("@")
    shutil.rmtree(folder / "registry" / name / version)
    again = run_recipe(load_recipe(recipe, (), {}), recipe, folder / "runs")
    told = summarize(again)["registered"]
    assert Path(told["path"]).is_dir()
    assert {stage.name for stage in again.record.stages if stage.status == "done"} == {"register"}


def test_another_index_makes_another_version(made: Made, tmp_path: Path):
    folder = tmp_path / "mine"
    shutil.copytree(made.folder, folder)
    recipe = folder / made.recipe.name
    recipe.write_text(recipe.read_text().replace(str(made.folder), str(folder)))
    plain = yaml.safe_load(recipe.read_text())
    del plain["retrieval"]
    without = folder / "without.yaml"
    without.write_text(yaml.safe_dump(plain))
    first = run_recipe(load_recipe(recipe, (), {}), recipe, folder / "runs")
    second = run_recipe(load_recipe(without, (), {}), without, folder / "runs")
    labels = [summarize(run)["registered"]["label"].partition("@")[2] for run in (first, second)]
    assert labels == ["v1.0", "v1.1"]


def test_the_model_is_asked_as_long_and_searched_as_the_recipe_says(made: Made):
    with open_answerer(made.registry, []) as answerer:
        assert answerer.ask("How is glass annealed?").tokens_out <= 8  # evaluation.max_new_tokens of the recipe


def test_without_passages_it_is_said_that_the_model_was_taught_with_them(made: Made):
    told: list[str] = []
    with open_answerer(made.registry, [], retrieval=False, on_note=told.append):
        pass
    assert "was taught to answer with a passage at hand" in told[0]


@pytest.mark.parametrize("options", [("--from", "serve"), ("--stage", "Serve"), ("--to", "6")])
def test_serving_asks_for_a_token_before_any_work_when_others_could_reach_it(made: Made, options: tuple[str, str]):
    command = [*GLOSSATOR, "run", str(made.recipe), *options, "--set", "serving.host=0.0.0.0"]
    failed = subprocess.run(
        [*command, "--runs-dir", str(made.folder / "runs")], capture_output=True, text=True, timeout=120, check=False
    )
    assert failed.returncode == 2
    assert "API_TOKEN" in failed.stderr


def test_verify_takes_the_names_that_serve_takes(made: Made):
    for name in ("crafts-qa-qlora", "crafts-qa-qlora@latest", "crafts-qa-qlora@v1.0"):
        command = [*GLOSSATOR, "registry", "verify", name, "--registry-dir", str(made.registry)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        assert done.stdout == "crafts-qa-qlora@v1.0: whole\n"
