"""Prices are found by exact name or version, given ones stand, and what nobody knows is not free."""

from datetime import date
from pathlib import Path

import pytest

from glossator.errors import ModelError
from glossator.llm import prices
from glossator.llm.prices import Price, price_of, read_prices

PACKAGED = Path(prices.__file__).with_name("prices.yaml")


def test_a_known_model_costs_what_the_table_says_with_its_date():
    found = price_of("openai", "gpt-5-mini")
    assert found is not None
    assert found == read_prices(PACKAGED)["openai"]["gpt-5-mini"]
    assert found.cost(1_000_000, 0) == found.usd_in
    assert date.fromisoformat(found.as_of)


@pytest.mark.parametrize(
    ("provider", "version", "model"),
    [
        ("openai", "gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gemini", "gemini-2.5-flash-lite-preview-06-17", "gemini-2.5-flash-lite"),
        ("mistral", "mistral-small-latest", "mistral-small"),
        ("mistral", "mistral-small-2506", "mistral-small"),
    ],
)
def test_a_version_costs_what_the_longest_name_that_it_goes_on_from_does(provider: str, version: str, model: str):
    assert price_of(provider, version) == read_prices(PACKAGED)[provider][model]


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-5-pro"),  # another model, though its name begins with that of a known one
        ("openai", "gpt-4o-audio-preview"),
        ("openai", "gpt-5.9"),
        ("gemini", "gemini-2.5-flash-preview-tts"),
        ("gemini", "gemini-2.0-flash-exp-image-generation"),
        ("gemini", "gemini-2.5-flash-preview-native-audio"),
        ("openai", "gpt-4o-mini-2024-12-17-audio"),
        ("openai", "nothing-like-it"),
        ("openai", "gemini-2.5-flash"),
        (None, "gpt-5-mini"),
        ("https://models.example.org/v1", "gpt-5-mini"),
    ],
)
def test_what_nobody_knows_has_no_price(provider: str | None, model: str):
    assert price_of(provider, model) is None


@pytest.mark.parametrize(
    "provider", ["vllm", "ollama", "lmstudio", "http://127.0.0.1:8001/v1", "http://localhost:9/v1", "http://[::1]:1/v1"]
)
def test_a_server_of_ones_own_costs_nothing(provider: str):
    assert price_of(provider, "anything") == Price(0.0, 0.0)


def test_only_openrouter_gives_models_for_free():
    assert price_of("openrouter", "someone/model:free") == Price(0.0, 0.0)
    assert price_of("openai", "model:free") is None


def test_what_the_recipe_gives_stands():
    given = Price(7.0, 9.0)
    assert price_of("openai", "gpt-5-mini", given=given) is given
    assert price_of("ollama", "own", given=given) is given


def test_a_table_of_ones_own_comes_first_and_the_packaged_one_after_it(tmp_path: Path):
    table = tmp_path / "prices.yaml"
    table.write_text("openai:\n  as_of: 2030-01-31\n  models:\n    gpt-5-mini: {in: 1, out: 2}\n")
    assert price_of("openai", "gpt-5-mini-2025-08-07", table=table) == Price(1.0, 2.0, "2030-01-31")
    assert price_of("openai", "gpt-4.1", table=table) == read_prices(PACKAGED)["openai"]["gpt-4.1"]


def test_a_changed_table_is_read_again(tmp_path: Path):
    table = tmp_path / "prices.yaml"
    table.write_text("own:\n  models: {m: {in: 1, out: 2}}\n")
    assert price_of("own", "m", table=table) == Price(1.0, 2.0)
    table.write_text("own:\n  models: {m: {in: 3, out: 4}, other: {in: 0, out: 0}}\n")
    assert price_of("own", "m", table=table) == Price(3.0, 4.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- 1\n", "names no provider"),
        ("openai: 3\n", "openai in .* has no models"),
        ("openai: {models: {m: 4}}\n", "m of openai in .* is 4"),
        ("openai: {models: {m: {in: 1}}}\n", "write {in: 0.25, out: 2}"),
        ("openai: {models: {m: {in: -1, out: 2}}}\n", "m of openai"),
        ("openai: {models: {m: {in: .inf, out: 2}}}\n", "m of openai"),
        ("openai: [\n", "is no YAML"),
        ("openai: {as_of: 2026-02-31, models: {m: {in: 1, out: 2}}}\n", "is no YAML: day is out of range"),
    ],
)
def test_a_table_of_another_form_is_refused_by_its_first_wrong_entry(tmp_path: Path, text: str, told: str):
    table = tmp_path / "prices.yaml"
    table.write_text(text)
    with pytest.raises(ModelError, match=told):
        price_of("openai", "m", table=table)


def test_a_table_that_is_not_there_is_one_line(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.yaml cannot be read: .*; correct the path"):
        price_of("openai", "m", table=tmp_path / "none.yaml")


def test_every_packaged_price_is_dated_and_its_source_named():
    import yaml

    for provider, block in yaml.safe_load(PACKAGED.read_text("utf-8")).items():
        assert isinstance(block["as_of"], date), provider
        assert "." in block["source"]
        assert all(price.usd_in <= price.usd_out for price in read_prices(PACKAGED)[provider].values())


def test_a_server_on_this_machine_costs_what_ones_own_table_says(tmp_path: Path):
    table = tmp_path / "prices.yaml"
    table.write_text("http://127.0.0.1:4000/v1:\n  models: {gpt-5: {in: 1, out: 2}}\n")
    assert price_of("http://127.0.0.1:4000/v1", "gpt-5", table=table) == Price(1.0, 2.0)
    assert price_of("http://127.0.0.1:4000/v1", "other", table=table) == Price(0.0, 0.0)
