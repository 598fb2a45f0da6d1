"""Stages are chosen by number or name."""

import pytest

from glossator.errors import GlossatorError
from glossator.pipeline.stages import BY_NAME, STAGES, choose_stages, stages_named
from glossator.recipe import Recipe


def names(stages) -> list[str]:
    return [stage.name for stage in stages]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", ["collect"]),
        ("2", ["parse", "chunk", "index"]),
        ("process", ["parse", "chunk", "index"]),
        ("2b", ["chunk"]),
        ("CHUNK", ["chunk"]),
        ("generate", ["split", "synthesize", "curate"]),
        ("4", ["baseline", "train", "select", "evaluate"]),
        ("4b", ["train"]),
        ("5", ["register"]),
    ],
)
def test_a_stage_is_meant_by_its_number_its_name_or_its_part_of_the_road(text: str, expected: list[str]):
    assert names(stages_named(text)) == expected


def test_an_unknown_stage_lists_the_known_ones():
    with pytest.raises(GlossatorError, match="no stage is called 'tune'; there are 1 collect, 2a parse"):
        stages_named("tune")


def test_a_range_takes_in_both_its_ends():
    assert names(choose_stages(first="2", last="3")) == ["parse", "chunk", "index", "split", "synthesize", "curate"]
    assert names(choose_stages(last="process")) == ["collect", "parse", "chunk", "index"]
    assert choose_stages() == STAGES


def test_a_range_backwards_is_refused():
    with pytest.raises(GlossatorError, match="swap them"):
        choose_stages(first="4b", last="2")


def test_one_stage_and_a_range_exclude_each_other():
    with pytest.raises(GlossatorError, match="cannot go with"):
        choose_stages(stage="4b", last="4d")


def test_every_stage_needs_only_what_earlier_ones_leave():
    seen: set[str] = set()
    for stage in STAGES:
        assert set(stage.inputs) <= seen
        seen.add(stage.name)


def test_the_stage_that_never_ends_is_listed_among_the_known_ones():
    with pytest.raises(GlossatorError, match="5 register, 6 serve"):
        stages_named("deploy")


def test_a_stage_has_only_those_inputs_whose_rooms_the_recipe_enters():
    recipe = Recipe.model_validate({"name": "x", "sources": [{"kind": "qa_files", "path": "a"}]})
    assert BY_NAME["split"].inputs_under(recipe) == ("collect",)
    assert BY_NAME["curate"].inputs_under(recipe) == ("collect", "split")


def test_an_empty_name_is_not_the_whole_road():
    with pytest.raises(GlossatorError, match="no stage is called ''"):
        choose_stages(stage="")
