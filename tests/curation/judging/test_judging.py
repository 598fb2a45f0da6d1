"""Judges are opened by kind."""

import pytest

from glossator.curation.judging import Case, aspects_of, open_judge
from glossator.errors import CurationError
from glossator.llm.scripted import ScriptedModel


def test_a_judge_is_opened_by_its_kind():
    assert open_judge("lexical").name == "lexical/1"
    assert open_judge("chat", model=ScriptedModel({}, name="m")).name.startswith("chat/m temperature=0 ")


def test_an_unknown_kind_and_wrong_parameters_are_told():
    with pytest.raises(CurationError, match="no judge of kind 'oracle'; choose one of: chat, lexical"):
        open_judge("oracle")
    with pytest.raises(CurationError, match="judge 'lexical' does not take the parameters model"):
        open_judge("lexical", model=None)


@pytest.mark.parametrize(
    ("kind", "style", "aspects"),
    [
        ("pair", None, ("support", "answerable")),
        ("pair", "Be short.", ("support", "answerable", "style")),
        ("persona", "Be short.", ("support",)),
        ("unanswerable", None, ("answerable",)),
    ],
)
def test_each_kind_is_asked_what_fits_it(kind, style, aspects):
    assert aspects_of(Case("Q?", "A", ("P",), kind=kind, style=style)) == aspects
