"""An adapter says in which form of its base it was trained."""

from pathlib import Path

import pytest

from glossator.errors import ModelError
from glossator.llm.adapter_form import FILE, AdapterForm, read_adapter_form, write_adapter_form


def test_the_form_is_read_back_as_it_was_written(tmp_path: Path):
    write_adapter_form(tmp_path, AdapterForm("nf4", bf16=True))
    assert read_adapter_form(tmp_path) == AdapterForm("nf4", bf16=True)
    assert AdapterForm("nf4", bf16=True).dtype == "bfloat16"
    assert AdapterForm("none", bf16=False).dtype == "float32"


def test_an_adapter_of_another_program_says_nothing(tmp_path: Path):
    assert read_adapter_form(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"quantization": "int2", "bf16": true}'])
def test_an_unreadable_note_is_told(tmp_path: Path, text: str):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ModelError, match="unreadable"):
        read_adapter_form(tmp_path)
