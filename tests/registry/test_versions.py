"""Versions are read as they are written, are ordered as numbers, and only rise; names fit every file system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.errors import RegistryError
from glossator.registry import VersionNumber, model_name
from glossator.registry.versions import check_name, is_name, is_number, next_number, parse_number

numbers = st.builds(VersionNumber, st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))


@given(numbers)
def test_a_version_is_read_back_as_it_was_written(number):
    assert is_number(str(number))
    assert parse_number(str(number)) == number


@given(numbers, numbers)
def test_versions_are_ordered_by_their_numbers_and_not_by_their_letters(one, other):
    assert (one < other) == ((one.major, one.minor) < (other.major, other.minor))
    assert (str(one) == str(other)) == (one == other)


def test_version_ten_follows_version_nine():
    assert sorted(map(parse_number, ["v1.10", "v10.0", "v1.9", "v2.0"])) == [
        VersionNumber(1, 9),
        VersionNumber(1, 10),
        VersionNumber(2, 0),
        VersionNumber(10, 0),
    ]


@given(numbers, st.booleans())
def test_the_next_version_is_higher_and_keeps_its_major_number_only_for_compatible_models(highest, compatible):
    following = next_number(highest, compatible=compatible)
    assert following > highest
    assert (following.major == highest.major) == compatible


@pytest.mark.parametrize("compatible", [True, False])
def test_the_first_version_is_one(compatible):
    assert str(next_number(None, compatible=compatible)) == "v1.0"


@given(st.text(max_size=12))
def test_any_other_text_is_refused_or_is_exactly_a_version(text):
    if is_number(text):
        assert str(parse_number(text)) == text
    else:
        with pytest.raises(RegistryError, match="is none"):
            parse_number(text)


@pytest.mark.parametrize(
    "text", ["", "1.0", "v1", "v01.0", "v1.00", "v1.0\n", " v1.0", "v1.0.0", "V1.0", "v-1.0", "v1.٣"]
)
def test_near_misses_are_no_versions(text):
    assert not is_number(text)


@pytest.mark.parametrize("name", ["a", "papers-qa-qlora", "0.x_y", "a" * 96])
def test_plain_names_are_taken(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "-a", ".a", "..", "a/b", "a\\b", "a b", "a@b", "ä", "a\n", "a" * 97])
def test_names_that_could_lead_astray_are_refused(name):
    assert not is_name(name)
    with pytest.raises(RegistryError, match="cannot be used"):
        check_name(name)


def test_a_models_name_is_made_of_domain_use_case_and_method():
    assert model_name("papers", "qa", "qlora") == "papers-qa-qlora"
    with pytest.raises(RegistryError, match="use_case 'Q&A' cannot be part"):
        model_name("papers", "Q&A", "qlora")
    with pytest.raises(RegistryError, match="cannot be used"):
        model_name("a" * 90, "qa", "qlora")
