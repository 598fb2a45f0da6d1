"""What was forgotten is gone from every file, does not come back, and costs nothing else its place."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from tests.conftest import write_corpus, write_recipe
from tests.teaching import write_reply

from glossator.artifacts import Draft, read_records, read_table, write_records, write_text
from glossator.curation.reviews import Decision
from glossator.errors import ArtifactError, GlossatorError, MissingArtifactError
from glossator.llm.journal import Journal
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import Run, clean_runs, list_stages, purging, run_recipe
from glossator.pipeline.forgetting import forget_document
from glossator.pipeline.runs import locked
from glossator.recipe import load_recipe
from glossator.records import Document, Reject, Sample, content_id

WORDS = (b"wild yeast", b"Four things", b"crystalline", b"rye loaf", b"Bread from four")
"""What only bread.md says."""


@dataclass
class House:
    """A folder with documents, a recipe over them and the runs of it."""

    folder: Path
    server: ScriptedServer

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    def recipe(self, name: str = "tiny", corpus: Path | None = None) -> Path:
        """A recipe whose questions the scripted teacher writes and whose passages can be searched."""
        path = write_recipe(self.folder, corpus or self.corpus)
        teacher = {"kind": "chat", "base_url": self.server.base_url, "model": "scripted", "concurrency": 4}
        recipe = yaml.safe_load(path.read_text()) | {"name": name, "retrieval": {}}
        recipe["synthesis"] = {"teacher": teacher, "tasks": [{"prompt": "grounded_qa"}]}
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(recipe))
        return path

    def walk(self, name: str = "tiny", last: str = "3c", corpus: Path | None = None) -> Run:
        path = self.recipe(name, corpus)
        return run_recipe(load_recipe(path, (), {}), path, self.runs, last=last)

    def files(self) -> dict[Path, bytes]:
        return {path.relative_to(self.runs): path.read_bytes() for path in self.runs.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def teacher() -> Iterator[ScriptedServer]:
    with ScriptedServer(write_reply) as server:
        yield server


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, teacher: ScriptedServer) -> House:
    """One run over the eight documents of the corpus, made once."""
    house = House(tmp_path_factory.mktemp("walked"), teacher)
    write_corpus(house.corpus)
    house.walk()
    return house


@pytest.fixture
def house(walked: House, tmp_path: Path) -> House:
    """The same, for one test to change."""
    shutil.copytree(walked.folder, tmp_path / "house")
    return House(tmp_path / "house", walked.server)


def says(path: Path, *words: bytes) -> bool:
    """Whether any of some words stands in a file, in tables behind their compression too."""
    stored = path.read_bytes()
    if path.suffix == ".parquet":
        stored += json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
    return any(word in stored for word in words)


def places_of(house: House, *words: bytes) -> list[str]:
    return [
        str(path.relative_to(house.runs)) for path in house.runs.rglob("*") if path.is_file() and says(path, *words)
    ]


def forget(house: House, name: str = "bread.md", *, purged: bool = True) -> dict:
    return forget_document(name, house.runs, purged=purged)


def assignment(house: House) -> dict:
    return json.loads((house.runs / "tiny" / "splits.json").read_text())["assignment"]


def rejects(run: Run, stage: str = "collect") -> list[Reject]:
    return list(read_records(run.need(stage).file("rejects.jsonl"), Reject))


def documents(run: Run) -> dict[str, Document]:
    return {row.source_id: row for row in read_table(run.need("collect").file("documents.parquet"), Document)}


def test_a_dry_run_lists_what_depends_on_a_document_and_touches_nothing(house: House):
    before = house.files()
    told = forget(house, purged=False)
    assert house.files() == before
    assert [row["source_id"] for row in told["documents"]] == ["bread.md"]
    (recipe,) = told["recipes"]
    assert set(recipe["artifacts"]) == {"collect", "parse", "chunk", "index", "split", "synthesize", "curate"}
    assert recipe["chunks"] == told["journal"]["replies"] == 3
    assert recipe["samples"]["written"] >= 3
    assert recipe["cache"] == {"parsed": 1, "figures": 0, "vectors": 1}
    assert recipe["split_keys"] == 1
    assert told["anything"]
    assert not told["purged"]


def test_no_word_of_a_forgotten_document_is_left_in_any_file(house: House):
    assert len(places_of(house, *WORDS)) >= 6
    forget(house)
    assert places_of(house, *WORDS) == []
    run = house.walk()
    assert places_of(house, *WORDS) == []
    assert len(documents(run)) == 7
    assert not forget(house, purged=False)["anything"]


def test_the_next_run_asks_nothing_again_and_no_other_document_changes_its_split(house: House, teacher: ScriptedServer):
    before, asked = assignment(house), teacher.requests
    (gone,) = forget(house)["documents"]
    run = house.walk()
    assert teacher.requests == asked
    assert run.need("synthesize").manifest.counts["from_journal"] == 21
    assert assignment(house)["split_of"] == before["split_of"]
    samples = [
        row
        for name in ("train", "dev", "test")
        for row in read_records(run.need("curate").file(f"{name}.jsonl"), Sample)
    ]
    assert len(samples) > 20
    assert not [sample for sample in samples if gone["id"] in sample.document_ids]


def test_a_file_that_still_lies_there_does_not_come_back_nor_changed_nor_under_another_name(house: House):
    (old,) = forget(house)["documents"]
    shutil.copyfile(house.corpus / "bread.md", house.corpus / "copied.md")
    text = (house.corpus / "bread.md").read_text()
    (house.corpus / "bread.md").write_text(f"{text}\nA new line.\n")
    run = house.walk(last="1")
    assert set(documents(run)) == {path.name for path in house.corpus.glob("*.md")} - {"bread.md", "copied.md"}
    told = [reject for reject in rejects(run) if reject.reason == "forgotten"]
    assert len(told) == 2
    assert old["id"] in {reject.subject_id for reject in told}
    assert all("forgotten.json" in reject.detail for reject in told)
    assert places_of(house, *WORDS) == []


def test_a_document_is_found_by_its_id_the_beginning_of_it_its_name_and_its_origin(house: House):
    (row,) = forget(house, purged=False)["documents"]
    for name in (row["id"], row["id"][:8], "local_files:bread.md"):
        assert [found["id"] for found in forget(house, name, purged=False)["documents"]] == [row["id"]]


def test_a_name_that_nothing_or_too_much_has_is_told(house: House):
    with pytest.raises(MissingArtifactError, match=r"no recipe in .* knows a document 'nowhere.md'; give its id"):
        forget(house, "nowhere.md")
    with pytest.raises(MissingArtifactError, match="knows a document ''"):
        forget(house, "")
    for number in range(20):  # until two ids begin with the same digit
        (house.corpus / f"more{number}.md").write_text(f"# Number {number}\n\nA text about the number {number}.\n")
    firsts = Counter(row.id[0] for row in documents(house.walk(last="1")).values())
    digit = firsts.most_common(1)[0][0]
    with pytest.raises(
        MissingArtifactError, match=rf"documents have an id that begins with '{digit}'.*give more of it"
    ):
        forget(house, digit)
    assert not (house.runs / "forgotten.json").exists()


def test_every_recipe_that_had_it_is_purged_and_one_that_had_not_stays_finished(house: House):
    house.walk("again", last="2b")
    apart = write_corpus(house.folder / "apart")
    (apart / "bread.md").unlink()
    other = house.walk("other", corpus=apart)
    before = {name: found for name, found in house.files().items() if name.parts[0] == "other"}
    told = forget(house)
    assert {row["recipe"] for row in told["recipes"]} == {"tiny", "again"}
    assert places_of(house, *WORDS) == []
    assert {name: found for name, found in house.files().items() if name.parts[0] == "other"} == before
    path = house.folder / "other.yaml"
    rows = list_stages(load_recipe(path, (), {}), path, house.runs)
    assert [row["status"] for row in rows[:7]] == ["done"] * 7
    assert other.artifact("curate") is not None


def test_older_versions_of_a_file_go_with_it(house: House):
    text = (house.corpus / "bread.md").read_text()
    (house.corpus / "bread.md").write_text(f"{text}\nAn unheard-of sentence stands at the end of this text.\n")
    house.walk(last="2b")
    told = forget(house)
    assert len(told["documents"]) == 2
    assert places_of(house, *WORDS, b"unheard-of") == []


def test_decisions_about_its_samples_go_and_others_stay(house: House):
    run = house.walk()
    samples = list(read_records(run.need("curate").file("train.jsonl"), Sample))
    (bread,) = (row.id for row in documents(run).values() if row.source_id == "bread.md")
    about = next(sample for sample in samples if bread in sample.document_ids)
    other = next(sample for sample in samples if bread not in sample.document_ids)
    decisions = [Decision(row.id, "edit", "now", answer=f"about {row.question}") for row in (about, other)]
    write_records(house.runs / "tiny" / "reviews.jsonl", decisions)
    assert forget(house)["recipes"][0]["reviews"] == 1
    assert list(read_records(house.runs / "tiny" / "reviews.jsonl", Decision)) == decisions[1:]


def test_what_a_failed_stage_said_is_taken_out_of_its_run(house: House):
    run = house.walk()
    stages = tuple(
        replace(row, error="such as: wild yeast") if row.name == "baseline" else row for row in run.record.stages
    )
    Run(run.path, replace(run.record, stages=stages)).save()
    forget(house)
    assert places_of(house, *WORDS) == []
    told = [stage["error"] for stage in json.loads((run.path / "run.json").read_text())["stages"] if stage["error"]]
    assert told == ["not told: a document of this run was forgotten"]


def test_exported_samples_go_with_the_runs_they_came_from(house: House):
    run = house.walk()
    for folder in (run.path / "exports" / "alpaca", house.runs / "tiny" / "exports" / "csv"):
        folder.mkdir(parents=True)
        (folder / "train.txt").write_text("wild yeast")
    assert len(forget(house)["recipes"][0]["exports"]) == 2
    assert places_of(house, *WORDS) == []


def test_unfinished_work_goes_unless_a_run_tells_that_it_is_free_of_the_document(house: House):
    apart = write_corpus(house.folder / "apart")
    (apart / "bread.md").unlink()
    house.walk(corpus=apart)
    free = house.walk(corpus=apart, last="2b")
    stages = tuple(replace(row, fingerprint="f" * 16) if row.name == "index" else row for row in free.record.stages)
    Run(free.path.with_name("2999-01-01T00-00-00Z"), replace(free.record, stages=stages)).save()
    artifacts = house.runs / "tiny" / "artifacts"
    drafts = [Draft(artifacts / name) for name in (f"index-{'f' * 16}", f"train-{'0' * 16}")]
    for draft in drafts:
        write_text(draft.path / "notes.txt", "work")
    (artifacts / ".forgetting-chunk-abc").mkdir()
    forget(house)
    assert [draft.path.exists() for draft in drafts] == [True, False]
    assert not list(artifacts.glob(".forgetting-*"))
    assert free.artifact("chunk") is not None


def write_long_document(path: Path, name: str) -> None:
    """A document of eight sections, each of several passages and about something of its own."""
    parts = [f"# All about {name}"]
    for section in range(8):
        parts.append(f"## Oven {name} {section}")
        for number in range(8):
            words = " ".join(content_id(f"{name} {section} {number} {place}") for place in range(12))
            parts.append(f"The {name} of number {number} has the marks {words} in section {section}.")
    path.write_text("\n\n".join(parts))


def test_headings_of_a_document_that_is_split_by_sections_go_too(tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    for name in ("bread", "glass", "tides"):
        write_long_document(tmp_path / "corpus" / f"{name}.md", name)
    path = write_recipe(tmp_path, tmp_path / "corpus")
    recipe = load_recipe(path, ("parsing.max_tokens=400",), {})
    run_recipe(recipe, path, tmp_path / "runs", last="3a")
    splits = tmp_path / "runs" / "tiny" / "splits.json"
    before = json.loads(splits.read_text())["assignment"]
    assert before["unit"] == "section"
    assert b"#Oven bread" in splits.read_bytes()
    (gone,) = forget_document("bread.md", tmp_path / "runs", purged=True)["documents"]
    after = json.loads(splits.read_text())["assignment"]
    kept = {key: split for key, split in before["split_of"].items() if not key.startswith(gone["id"])}
    assert after["split_of"] == kept != before["split_of"]
    assert b"#Oven bread" not in splits.read_bytes()
    run = run_recipe(recipe, path, tmp_path / "runs", last="3a")
    assert json.loads(splits.read_text())["assignment"]["split_of"] == kept
    assert len(documents(run)) == 2


def test_a_recipe_that_is_working_is_not_disturbed(house: House):
    before = house.files()
    with locked(house.runs / "tiny"), pytest.raises(GlossatorError, match="another run is working"):
        forget(house)
    assert house.files() | {Path(".lock"): b""} == before | {Path(".lock"): b""}


def test_a_list_of_the_forgotten_that_cannot_be_read_stops_everything(house: House):
    forget(house)
    (house.runs / "forgotten.json").write_text("[{")
    with pytest.raises(ArtifactError, match=r"forgotten.json is unreadable .*restore it"):
        house.walk()
    with pytest.raises(ArtifactError, match=r"forgotten.json is unreadable"):
        forget(house)


def test_forgetting_twice_changes_nothing_more(house: House):
    forget(house)
    before = json.loads((house.runs / "forgotten.json").read_text())
    again = forget(house)
    assert json.loads((house.runs / "forgotten.json").read_text()) == before
    assert not again["anything"]
    assert before[0]["recipes"] == ["tiny"]
    assert b"four things" not in (house.runs / "forgotten.json").read_bytes()


def test_interrupted_anywhere_the_same_command_finishes(house: House, monkeypatch: pytest.MonkeyPatch):
    real = {name: getattr(purging, name) for name in ("_drop_lines", "_silence", "_drop_sections", "_delete")}
    allowed = 0

    def counted(name):
        def step(*arguments):
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return real[name](*arguments)

        return step

    for name in real:
        monkeypatch.setattr(purging, name, counted(name))
    while True:
        allowed += 1
        left = allowed
        try:
            forget(house)
        except KeyboardInterrupt:
            continue
        break
    assert allowed > 3
    assert places_of(house, *WORDS) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL exists on POSIX systems only")
@pytest.mark.parametrize("place", [1, 4])
def test_killed_half_way_through_a_folder_the_same_command_finishes(house: House, place: int):
    code = f"""
import os, shutil, signal, sys
from pathlib import Path
from glossator.pipeline import purging
from glossator.pipeline.forgetting import forget_document
folders = 0
def emptied(path):
    global folders
    folders += 1
    if folders == {place}:
        next(file for file in sorted(Path(path).rglob("*")) if file.is_file()).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    real(path)
real, shutil.rmtree = shutil.rmtree, emptied
forget_document("bread.md", Path(sys.argv[1]), purged=True)
"""
    command = [sys.executable, "-c", code, str(house.runs)]
    died = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=120, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert list((house.runs / "tiny" / "artifacts").glob(".forgetting-*"))
    assert len(documents(house.walk())) == 7  # also without finishing, nothing of it is used any more
    forget(house)
    assert places_of(house, *WORDS) == []
    assert not list((house.runs / "tiny" / "artifacts").glob(".*"))


def test_replies_that_no_sample_came_of_are_dropped_as_well(house: House):
    with Journal(house.runs / "journal.sqlite") as journal:
        kept = journal.count()
        some = journal.get_many(journal.keys_about([forget(house, purged=False)["documents"][0]["id"]]))
        journal.put(replace(next(iter(some.values())), key="a reply in vain"))
    assert forget(house)["journal"]["replies"] == 4
    with Journal(house.runs / "journal.sqlite") as journal:
        assert journal.count() == kept - 3


def test_a_document_of_which_only_pages_in_the_cache_are_left_can_be_forgotten(house: House):
    (row,) = forget(house, purged=False)["documents"]
    shutil.rmtree(house.runs / "tiny" / "artifacts")
    told = forget(house, row["id"][:10])
    assert told["recipes"][0]["cache"]["parsed"] == 1
    assert told["journal"]["replies"] == 3
    assert places_of(house, *WORDS) == []


def test_ready_questions_of_a_forgotten_file_do_not_come_back(tmp_path: Path):
    folder = tmp_path / "questions"
    folder.mkdir()
    for name, subject in (("public", "tin"), ("private", "mercury")):
        rows = [
            {"question": f"What is {subject} {n} used for?", "answer": f"Use {n} of {subject} is it."}
            for n in range(30)
        ]
        (folder / f"{name}.json").write_text(json.dumps(rows))
    path = write_recipe(tmp_path, folder)
    recipe = yaml.safe_load(path.read_text())
    recipe["sources"] = [{"kind": "qa_files", "path": str(folder)}]
    del recipe["synthesis"], recipe["parsing"]
    path.write_text(yaml.safe_dump(recipe))
    runs = tmp_path / "runs"
    run_recipe(load_recipe(path, (), {}), path, runs, last="3c")
    assert forget_document("private.json", runs, purged=True)["recipes"][0]["samples"]["ready"] == 30
    assert not [file for file in runs.rglob("*") if file.is_file() and says(file, b"mercury")]
    run = run_recipe(load_recipe(path, (), {}), path, runs, last="3c")
    assert run.need("collect").manifest.counts == {"documents": 1, "ready_questions": 30, "rejected": 1}
    assert not [file for file in runs.rglob("*") if file.is_file() and says(file, b"mercury")]


def test_models_that_saw_a_document_are_named_and_stay(tmp_path: Path, tiny_model: Path):
    path = write_recipe(tmp_path, write_corpus(tmp_path / "corpus"), tiny_model)
    rooms = {"retrieval": {}, "registry": {"domain": "crafts", "use_case": "qa"}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | rooms))
    runs = tmp_path / "runs"
    run = run_recipe(load_recipe(path, (), {}), path, runs)
    named = {row.id: row.source_id for row in documents(run).values()}
    learned = next(read_records(run.need("curate").file("train.jsonl"), Sample)).document_ids[0]
    examined = next(read_records(run.need("curate").file("test.jsonl"), Sample)).document_ids[0]
    told = forget_document(examined, runs, purged=False)
    assert told["recipes"][0]["predictions"] >= 3  # of the base twice, of the tuned model once
    (model,) = told["models"]
    assert set(model["samples"]) == {"test"}
    assert "was not trained on" in model["advice"]
    told = forget_document(named[learned], runs, purged=True)
    (model,) = told["models"]
    assert model["samples"]["train"] >= 1
    assert model["latest"]
    assert f"glossator registry rollback {model['label'].partition('@')[0]}" in model["advice"]
    assert (Path(model["path"]) / "manifest.json").is_file()
    assert not [folder for folder in (runs / "tiny" / "artifacts").iterdir() if folder.name.startswith("train-")]
    assert json.loads((runs / "forgotten.json").read_text())[0]["registered"] == [model["label"]]
    assert forget_document(learned, runs, purged=False)["documents"][0]["registered_before"] == [model["label"]]


def test_an_index_that_outlived_its_run_is_found(house: House):
    run = house.walk()
    index = run.need("index").path
    for folder in (house.runs / "tiny" / "artifacts").iterdir():
        if folder != index:
            shutil.rmtree(folder)
    shutil.rmtree(run.path)
    shutil.rmtree(house.runs / "tiny" / "cache")
    assert house.walk(last="1").artifact("collect")  # some run must be there for the name to be known
    told = forget(house)
    assert told["recipes"][0]["artifacts"]["index"] == 1
    assert not index.exists()
    assert places_of(house, *WORDS) == []


def test_cleaning_and_forgetting_get_along(house: House):
    forget(house)
    house.walk()
    clean_runs(house.runs, recipe=None, keep=1, delete=True)
    assert places_of(house, *WORDS) == []
    assert (house.runs / "forgotten.json").is_file()


def write_namesake(house: House) -> Path:
    """A folder of another recipe: other texts, one of them in a file that is called `bread.md` by chance."""
    folder = house.folder / "metals"
    folder.mkdir()
    for name in ("glass", "tides", "copper"):
        write_long_document(folder / f"{name}.md", name)
    (folder / "copper.md").rename(folder / "bread.md")
    return folder


def list_rows(house: House) -> dict[str, dict]:
    return {row["id"]: row for row in json.loads((house.runs / "forgotten.json").read_text())}


def test_a_file_of_another_recipe_that_is_called_the_same_stays_when_one_is_forgotten_by_its_id(house: House):
    metals = write_namesake(house)
    house.walk("two", corpus=metals)
    before = {name: found for name, found in house.files().items() if name.parts[0] == "two"}
    (bread,) = (row.id for row in documents(house.walk()).values() if row.source_id == "bread.md")
    for name in (bread, bread[:10]):
        told = forget(house, name, purged=False)
        assert [row["id"] for row in told["documents"]] == [bread]
        assert told["documents"][0]["recipes"] == ["tiny"]
        (place,) = told["places"]
        assert place.startswith("local_files:bread.md: whatever it ever held, or comes to hold, is forgotten in tiny,")
    assert [row["recipe"] for row in forget(house, bread)["recipes"]] == ["tiny"]
    assert {name: found for name, found in house.files().items() if name.parts[0] == "two"} == before
    assert "bread.md" in documents(house.walk("two", last="1", corpus=metals))
    (metals / "bread.md").write_text("# Changed\n\nAnother text, about gold.\n")
    assert "bread.md" in documents(house.walk("two", last="1", corpus=metals))
    (house.corpus / "bread.md").write_text("# Changed\n\nAnother text, about crust.\n")
    assert "bread.md" not in documents(house.walk(last="1"))


def test_a_name_stands_for_the_files_of_all_recipes_that_are_called_so_and_the_list_says_which(house: House):
    house.walk("two", last="2b", corpus=write_namesake(house))
    told = forget(house)
    assert sorted(row["recipes"] for row in told["documents"]) == [["tiny"], ["two"]]
    assert {row["recipe"] for row in told["recipes"]} == {"tiny", "two"}
    assert places_of(house, *WORDS, b"Oven copper") == []


def test_the_list_says_of_each_version_which_recipes_had_it(house: House):
    (old,) = (row.id for row in documents(house.walk(last="1")).values() if row.source_id == "bread.md")
    text = (house.corpus / "bread.md").read_text()
    (house.corpus / "bread.md").write_text(f"{text}\nAn unheard-of sentence stands at the end of this text.\n")
    (new,) = (row.id for row in documents(house.walk("b", last="2b")).values() if row.source_id == "bread.md")
    forget(house)
    assert {name: row["recipes"] for name, row in list_rows(house).items()} == {old: ["tiny"], new: ["b"]}


def test_a_document_whose_row_is_deleted_comes_back_to_recipes_that_had_it_and_to_those_that_had_not(house: House):
    forget(house)
    runs = {name: house.walk(name, last="2b") for name in ("tiny", "fresh")}
    for run in runs.values():
        assert len(documents(run)) == 7
    again = house.walk("fresh", last="2b")  # nothing is made anew while the list stays as it is
    assert again.stage("chunk").artifact == runs["fresh"].stage("chunk").artifact
    (house.runs / "forgotten.json").write_text("[]")
    back = {name: house.walk(name, last="2b") for name in ("tiny", "fresh")}
    for name, run in back.items():
        assert len(documents(run)) == 8
        assert run.stage("chunk").artifact != runs[name].stage("chunk").artifact
    once_more = house.walk("fresh", last="2b")
    assert once_more.stage("collect").artifact == back["fresh"].stage("collect").artifact
    forget(house)
    assert len(documents(house.walk("fresh", last="2b"))) == 7
    assert places_of(house, *WORDS) == []
