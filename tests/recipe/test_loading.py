"""A recipe is read once, strictly, and all its mistakes are told at once."""

from pathlib import Path

import pytest

from glossator.errors import RecipeError
from glossator.recipe import FiguresSection, load_recipe, resolve_path

MINIMAL = "name: tiny\nsources: [{kind: local_files, path: papers}]\n"


@pytest.fixture(autouse=True)
def _empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def recipe_file(text: str) -> Path:
    path = Path("recipe.yaml")
    path.write_text(text)
    return path


def problems_of(text: str, overrides=(), environment=None) -> dict[str, str]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe_file(text), overrides, environment or {})
    return {problem.path: f"{problem.message}; {problem.remedy}" for problem in caught.value.problems}


def test_what_a_recipe_leaves_out_has_its_default_or_is_not_entered():
    recipe = load_recipe(recipe_file(MINIMAL), (), {})
    assert recipe.parsing.max_tokens == 500
    assert recipe.training is None


def test_three_mistakes_are_told_at_once_with_paths_and_remedies():
    text = MINIMAL + "traning: {}\nparsing: {min_tokens: 0, chunk_by: nonsense}\n"
    found = problems_of(text)
    assert set(found) == {"traning", "parsing.min_tokens", "parsing.chunk_by"}
    assert "did you mean training?" in found["traning"]
    assert "0 is not valid; give at least 1" in found["parsing.min_tokens"]
    assert "'nonsense' is not valid; use 'section'" in found["parsing.chunk_by"]


def test_the_message_lists_every_problem():
    with pytest.raises(RecipeError, match="2 problems") as caught:
        load_recipe(recipe_file(MINIMAL + "seed: -1\nspeed: fast\n"), (), {})
    assert "seed" in str(caught.value)
    assert "speed" in str(caught.value)


def test_an_outward_layout_that_no_room_can_write_yet_is_refused_not_ignored():
    assert problems_of(MINIMAL + "synthesis: {}\nexports: {formats: [csv], layout: s1}\n").keys() == {"exports.layout"}


def test_exports_and_a_round_trip_need_what_they_stand_on():
    assert "exports hands out samples" in str(problems_of(MINIMAL + "exports: {formats: [csv]}\n"))
    assert "add a retrieval section" in str(problems_of(MINIMAL + "synthesis: {}\ncuration: {round_trip: {}}\n"))


def test_what_nothing_would_honour_is_refused():
    told = str(problems_of(MINIMAL + "synthesis: {budget: {calls: 5}}\n"))
    assert "a teacher of kind extractive makes no calls" in told
    assert "curation.languages.0" in problems_of(MINIMAL + "curation: {languages: [english]}\n")


def test_a_kind_that_does_not_exist_is_told_with_those_that_do():
    found = problems_of(MINIMAL + "synthesis: {teacher: {kind: oracle}}\ncuration: {splits: {kind: halves}}\n")
    assert "'oracle' is not valid; use extractive, chat" in found["synthesis.teacher.kind"]
    assert "'halves' is not valid; use fractions, per_group" in found["curation.splits.kind"]


def test_a_source_without_kind_is_told_the_kinds():
    found = problems_of("name: x\nsources: [{path: a}]\n")
    assert "is missing; use local_files, table, qa_files" in found["sources.0.kind"]


def test_a_mistake_inside_a_kind_is_told_by_its_place_alone():
    found = problems_of(
        "name: x\nsources: [{kind: qa_files, pth: a}]\ncuration: {splits: {kind: per_group, holdout: 1}}\n"
    )
    assert found["sources.0.path"].startswith("is missing")
    assert "did you mean path?" in found["sources.0.pth"]
    assert "give at least 2" in found["curation.splits.holdout"]


def test_a_kind_that_has_a_default_may_be_left_out():
    recipe = load_recipe(recipe_file(MINIMAL + "curation: {splits: {train: 0.5, dev: 0.25, test: 0.25}}\n"), (), {})
    assert recipe.curation.splits.kind == "fractions"


@pytest.mark.parametrize("given", ["", "provider: openai, base_url: 'http://127.0.0.1:1/v1', "])
def test_a_chat_teacher_has_exactly_one_endpoint(given: str):
    found = problems_of(MINIMAL + f"synthesis: {{teacher: {{kind: chat, {given}model: m}}}}\n")
    assert "give one of them" in found["synthesis.teacher"]


def test_ready_questions_need_no_teacher():
    text = "name: x\nsources: [{kind: qa_files, path: a}]\ntraining: {}\n"
    assert load_recipe(recipe_file(text), (), {}).synthesis is None


def test_a_teacher_needs_documents():
    found = problems_of("name: x\nsources: [{kind: qa_files, path: a}]\nsynthesis: {}\n")
    assert "synthesis needs documents" in found["(whole file)"]


def test_a_kind_in_the_environment_chooses_the_section_it_belongs_to():
    text = MINIMAL + "synthesis: {}\n"
    variables = {"GLOSSATOR_CURATION__SPLITS__KIND": "per_group", "GLOSSATOR_CURATION__SPLITS__HOLDOUT": "4"}
    recipe = load_recipe(recipe_file(text), (), variables)
    assert recipe.curation.splits.kind == "per_group"
    assert recipe.curation.splits.holdout == 4


def test_later_layers_win_over_earlier_ones():
    text = MINIMAL + "synthesis: {}\ntraining: {learning_rate: 1.0e-3, num_train_epochs: 2, lora: {r: 4}}\nseed: 1\n"
    Path(".env").write_text("GLOSSATOR_TRAINING__NUM_TRAIN_EPOCHS=5\nGLOSSATOR_SEED=2\nGLOSSATOR_TRAINING__LORA__R=8\n")
    recipe = load_recipe(
        recipe_file(text), ["training.lora.r=32"], {"GLOSSATOR_SEED": "3", "GLOSSATOR_TRAINING__LORA__R": "16"}
    )
    assert recipe.training is not None
    assert recipe.training.learning_rate == 1e-3  # recipe over default
    assert recipe.training.num_train_epochs == 5  # .env over recipe
    assert recipe.seed == 3  # environment over .env
    assert recipe.training.lora.r == 32  # --set over environment


def test_scientific_notation_is_a_number_everywhere():
    recipe = load_recipe(recipe_file(MINIMAL + "synthesis: {}\ntraining: {learning_rate: 5e-5}\n"), (), {})
    assert recipe.training is not None
    assert recipe.training.learning_rate == 5e-5


def test_a_list_item_is_overridden_by_its_index():
    recipe = load_recipe(recipe_file(MINIMAL), ["sources.0.path=elsewhere"], {})
    assert recipe.sources[0].path == "elsewhere"


def test_an_override_of_an_item_that_is_not_there_is_refused():
    assert "has no item '3'" in problems_of(MINIMAL, ["sources.3.path=x"])["--set sources.3.path"]


def test_an_override_without_a_value_is_refused():
    assert "is not KEY=VALUE" in problems_of(MINIMAL, ["seed"])["--set seed"]


def test_a_misspelt_key_in_the_environment_is_refused():
    found = problems_of(MINIMAL, (), {"GLOSSATOR_TRAINING__LEARNING_RAT": "1e-4"})
    assert "did you mean learning_rate?" in found["training.learning_rat"]


def test_one_underscore_too_few_in_the_environment_is_told():
    found = problems_of(MINIMAL, (), {"GLOSSATOR_TRAINING_LEARNING_RATE": "1e-4"})
    assert "write GLOSSATOR_TRAINING__LEARNING_RATE" in found["GLOSSATOR_TRAINING_LEARNING_RATE"]


def test_a_metric_named_in_the_environment_keeps_its_case():
    text = MINIMAL + "synthesis: {}\ntraining: {}\nevaluation: {select_by: {token_f1: 0.5}}\n"
    recipe = load_recipe(recipe_file(text), (), {"GLOSSATOR_EVALUATION__SELECT_BY__rougeL": "0.5"})
    assert recipe.evaluation is not None
    assert recipe.evaluation.select_by == {"token_f1": 0.5, "rougeL": 0.5}


@pytest.mark.parametrize("path", ["papers #2", "a: b", "it's", "~/x", "[red]"])
def test_a_path_typed_at_set_means_itself(path: str):
    quoted = f'"{path}"' if path.startswith("[") else path
    assert load_recipe(recipe_file(MINIMAL), [f"sources.0.path={quoted}"], {}).sources[0].path == path


def test_a_value_whose_key_looks_like_a_secret_is_not_shown():
    with pytest.raises(RecipeError, match="unknown key") as caught:
        load_recipe(recipe_file(MINIMAL), (), {"GLOSSATOR_SYNTHESIS__TEACHER__API_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_room_without_what_it_needs_is_told():
    assert "add a synthesis section" in problems_of(MINIMAL + "training: {}\n")["(whole file)"]
    assert "add a training section" in problems_of(MINIMAL + "synthesis: {}\nevaluation: {}\n")["(whole file)"]


def test_samples_longer_than_training_takes_are_told():
    text = MINIMAL + "synthesis: {}\ncuration: {max_tokens: 600}\ntraining: {max_length: 512}\n"
    assert "curation.max_tokens (600) must not exceed" in problems_of(text)["(whole file)"]


def test_variables_of_the_environment_that_name_no_section_are_let_be():
    load_recipe(recipe_file(MINIMAL), (), {"GLOSSATOR_HOME": "/somewhere"})


def test_plain_variables_are_filled_in_with_their_defaults():
    text = "name: tiny\nseed: ${SEED:-7}\nsources: [{kind: local_files, path: '${PAPERS}/pdf'}]\n"
    recipe = load_recipe(recipe_file(text), (), {"PAPERS": "library"})
    assert recipe.seed == 7
    assert recipe.sources[0].path == "library/pdf"


def test_the_default_stands_for_an_empty_variable_as_well():
    text = MINIMAL + "synthesis: {}\ntraining: {base_model: '${BASE:-embedded}', max_steps: '${STEPS:-12}'}\n"
    recipe = load_recipe(recipe_file(text), (), {"BASE": "", "STEPS": ""})
    assert recipe.training.base_model == "embedded"
    assert recipe.training.max_steps == 12


def test_an_empty_variable_without_default_is_empty_text():
    text = "name: tiny\nsources: [{kind: local_files, path: 'a${PART}b'}]\n"
    assert load_recipe(recipe_file(text), (), {"PART": ""}).sources[0].path == "ab"
    text = "name: tiny\nsources: [{kind: table, path: a, group_field: '${GROUP}', license_field: '${L:-null}'}]\n"
    (source,) = load_recipe(recipe_file(text), (), {"GROUP": ""}).sources
    assert (source.group_field, source.license_field) == ("", None)


def test_a_variable_without_value_or_default_is_told():
    text = "name: tiny\nsources: [{kind: local_files, path: '${PAPERS}'}]\n"
    assert "${PAPERS} is not set" in problems_of(text)["sources.0.path"]


@pytest.mark.parametrize("name", ["API_KEY", "HF_TOKEN", "my_secret", "DB_PASSWORD"])
def test_a_name_that_looks_like_a_secret_is_refused_and_its_value_never_shown(name: str):
    text = f"name: tiny\nsources: [{{kind: local_files, path: '${{{name}}}'}}]\n"
    with pytest.raises(RecipeError, match="looks like a secret") as caught:
        load_recipe(recipe_file(text), (), {name: "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_key_given_twice_is_refused():
    assert "given twice" in next(iter(problems_of(MINIMAL + "seed: 1\nseed: 2\n").values()))


def test_broken_yaml_is_told_with_its_line():
    assert "line 3" in problems_of(MINIMAL + "parsing: {a: [}\n")


def test_a_missing_file_is_told():
    with pytest.raises(RecipeError, match="does not exist"):
        load_recipe(Path("nowhere.yaml"), (), {})


def test_fractions_that_do_not_add_up_are_told():
    found = problems_of(MINIMAL + "curation: {splits: {train: 0.9}}\n")
    assert "train + dev + test + pool is 1.2 and must be 1" in found["curation.splits"]


def test_a_primary_metric_that_is_not_measured_is_told():
    found = problems_of(MINIMAL + "evaluation: {metrics: [rougeL], primary: token_f1}\n")
    assert "primary 'token_f1' is not among metrics rougeL" in found["evaluation"]


def test_paths_in_a_recipe_start_at_the_recipe():
    assert resolve_path("../papers", Path("recipes/a.yaml")) == Path.cwd() / "papers"
    assert resolve_path("/papers", Path("recipes/a.yaml")) == Path("/papers")


def test_a_recipe_cannot_be_changed_after_it_was_read():
    recipe = load_recipe(recipe_file(MINIMAL), (), {})
    with pytest.raises(ValueError, match="frozen"):
        recipe.seed = 3


@pytest.mark.parametrize("text", ["? {a: 1}\n: b\n", "? [a, b]\n: c\n", "a: &a [*a]\n"])
def test_yaml_that_holds_strange_keys_or_itself_is_told(text: str):
    assert problems_of(text)


def test_a_dotenv_file_that_is_no_text_is_told():
    Path(".env").write_bytes(b"A=\xff\xfe\n")
    assert "save it as UTF-8" in problems_of(MINIMAL)["(file)"]


def test_a_secret_has_no_place_in_the_settings_of_spark(tmp_path: Path):
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: r\nsources: [{kind: local_files, path: a}]\n"
        "parsing: {spark: {config: {spark.hadoop.fs.s3a.secret.key: hush-hush}}}\n"
    )
    with pytest.raises(RecipeError, match=r"spark-defaults\.conf") as told:
        load_recipe(path, (), {})
    assert "hush-hush" not in str(told.value)


def test_days_ids_and_ranges_of_a_search_are_checked_before_anything_is_asked(tmp_path: Path):
    path = tmp_path / "r.yaml"
    path.write_text("name: r\nsources: [{kind: arxiv, ids: [1707.08567], date_from: yesterday}]\n")
    with pytest.raises(RecipeError, match="put the id in quotes") as told:
        load_recipe(path, (), {})
    assert "'yesterday' is no day" in str(told.value)
    path.write_text("name: r\nsources: [{kind: arxiv, date_from: 2026-02-01, date_to: 2026-01-01}]\n")
    with pytest.raises(RecipeError, match="swap them"):
        load_recipe(path, (), {})


def test_a_day_that_does_not_exist_is_told_in_one_line(tmp_path: Path):
    path = tmp_path / "r.yaml"
    path.write_text("name: r\nsources: [{kind: arxiv, query: tides, date_from: 2026-02-30}]\n")
    with pytest.raises(RecipeError, match="mend the date"):
        load_recipe(path, (), {})
    path.write_text("name: r\nsources: [{kind: arxiv, query: tides}]\n")
    with pytest.raises(RecipeError, match="is no day"):
        load_recipe(path, ["sources.0.date_from=2026-02-30"], {})


def test_true_means_figures_as_they_come_and_false_none(tmp_path: Path):
    path = tmp_path / "r.yaml"
    path.write_text("name: r\nsources: [{kind: local_files, path: a}]\n")
    assert load_recipe(path, ["parsing.figures=true"], {}).parsing.figures == FiguresSection()
    assert load_recipe(path, ["parsing.figures=false"], {}).parsing.figures is None


def test_what_is_no_address_is_refused_before_anything_is_asked(tmp_path: Path):
    path = tmp_path / "r.yaml"
    path.write_text("name: r\nsources: [{kind: urls, urls: ['ftp://x/y']}]\n")
    with pytest.raises(RecipeError, match="begins with https://"):
        load_recipe(path, (), {})
