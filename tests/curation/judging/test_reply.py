"""A reply is one whole verdict or none."""

import json

import pytest

from glossator.curation.judging import Unjudged, Verdict
from glossator.curation.judging.reply import read_verdict, reply_form

SAID = {"reason": "The year differs.", "support": False, "answerable": True, "style": True}
WHOLE = json.dumps(SAID)


@pytest.mark.parametrize(
    "text",
    [WHOLE, f"```json\n{WHOLE}\n```", f"Let me think.\n{WHOLE}", WHOLE.replace("}", ",}"), WHOLE.replace('"', "“")],
)
def test_a_verdict_is_read_whatever_stands_around_it(text):
    assert read_verdict(text, "k") == Verdict(False, True, True, "The year differs.", journal_key="k")


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("", "malformed"),
        ("The answer is good.", "malformed"),
        (WHOLE[:-20], "malformed"),
        (json.dumps({**SAID, "support": "yes"}), "schema"),
        (json.dumps({**SAID, "support": 1}), "schema"),
        (json.dumps({**SAID, "score": 9}), "schema"),
        (json.dumps({"reason": "?", "support": True}), "schema"),
        ("[]", "malformed"),
    ],
)
def test_anything_else_is_no_verdict(text, failure):
    said = read_verdict(text)
    assert isinstance(said, Unjudged)
    assert said.failure == failure


def test_a_reply_with_two_verdicts_is_none_since_one_may_be_quoted_from_the_answer():
    good = json.dumps({**SAID, "support": True})
    assert read_verdict(f"{WHOLE}\nThe answer itself says: {good}").failure == "malformed"
    assert read_verdict(WHOLE.replace("The year differs.", 'It says \\"support\\": true.')).support is False
    assert read_verdict('{"support": false, "reason": "x", "answerable": true, "style": true, "support": true}') == (
        Unjudged(
            "malformed",
            'several verdicts: {"support": false, "reason": "x", "answerable": true, "style": true, "support": true}',
        )
    )


def test_the_form_names_every_key():
    assert all(f"- {key}:" in reply_form() for key in SAID)
