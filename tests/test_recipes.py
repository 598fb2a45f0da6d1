"""Every shipped recipe is valid, comes with the package, and names only what is there."""

from importlib.resources import files
from pathlib import Path

import pytest

from glossator.pipeline.context import Road
from glossator.pipeline.preflight import check_before_work
from glossator.recipe import load_recipe

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_valid_and_can_begin(path: Path, tmp_path: Path):
    recipe = load_recipe(path, (), {})
    assert recipe.name == path.stem.replace("_", "-")
    check_before_work(Road(recipe, path, tmp_path))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_comes_with_the_package(path: Path):
    packaged = files("glossator") / "recipes" / path.name
    assert packaged.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_the_quickstart_reads_the_committed_papers():
    path = ROOT / "recipes" / "quickstart.yaml"
    road = Road(load_recipe(path, (), {}), path, ROOT)
    papers = sorted(road.resolve(road.recipe.sources[0].path).glob("*.pdf"))
    assert len(papers) == 12
    attribution = (ROOT / "examples" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert all(f"`{paper.name}`" in attribution for paper in papers)


def test_the_readme_shows_the_quickstart_as_it_is():
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "recipes" / "quickstart.yaml").read_text(encoding="utf-8").strip() in shown
