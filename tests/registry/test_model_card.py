"""The card says the verdict first, shows text as text, names no folder of this machine, and its code runs."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from tests.registry.submissions import CLOSED_BOOK, GROUNDED, make_submission

from glossator.embedded import base_model_path
from glossator.llm.adapter_form import AdapterForm, write_adapter_form
from glossator.llm.answer_styles import AnswerStyle
from glossator.llm.chat_format import ChatFormat, load_tokenizer, student_messages
from glossator.llm.loading import weights_hash
from glossator.llm.local import LocalModel
from glossator.records import content_id
from glossator.registry import BaseModel, Difference, PromptForm, Verdict, register
from glossator.registry.model_card import base_label, escape_markdown

HOSTILE = "| a ![x](http://evil.example/x.png) <script>alert(1)</script> [go](http://evil.example) `b` **c** \u202e\x07"


def split_card(text):
    head, body = text.removeprefix("---\n").split("\n---\n", 1)
    return yaml.safe_load(head), body


def tokens(body):
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(body):
        found.extend([token, *(token.children or [])])
    return found


def table_rows(body):
    """The text of every row of every table, cell by cell."""
    rows, before = [], ""
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(body):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before in ("td_open", "th_open"):
            rows[-1].append("".join(child.content for child in token.children))
        before = token.type
    return rows


@pytest.fixture
def card(registry, submit):
    def read(**changes):
        return split_card((register(registry, "papers-qa-qlora", submit(**changes)).path / "README.md").read_text())

    return read


def test_the_verdict_is_the_first_sentence(card):
    _, body = card()
    first = next(line for line in body.splitlines() if line and not line.startswith("#"))
    assert first == "**Tuning helped: token F1 on 39 questions rose from .12 to .46.**"


def test_base_stands_beside_tuned_with_the_questions_counted(card):
    _, body = card()
    assert "(test): 39 questions" in body
    assert "(test_seen): 5 questions" in body
    rows = table_rows(body)
    assert ["token_f1", "0.120", "0.465", "+0.345", "+0.199 to +0.491"] in rows
    assert ["rougeL", "0.140", "0.469", "+0.329", ""] in rows
    assert ["token_f1", "0.057", "0.328", "+0.271", ""] in rows


def test_without_intervals_the_counts_come_from_the_samples(card):
    _, body = card(differences=(), confidence=None, metrics_test_seen={}, samples={"test": 1, "train": 1200})
    assert "(test): 1 question\n" in body
    assert "Not scored." in body
    assert ["token_f1", "0.120", "0.465", "+0.345"] in table_rows(body)
    assert ["train", "1,200"] in table_rows(body)


def test_the_head_is_what_model_hubs_read(card):
    head, body = card(license="apache-2.0")
    assert "Licence of this adapter: apache-2.0." in body
    assert head["base_model"] == "embedded"
    assert head["library_name"] == "peft"
    assert head["license"] == "apache-2.0"
    assert {"lora", "qlora"} <= set(head["tags"])
    assert head["metrics"] == ["token_f1", "rougeL"]
    [result] = head["model-index"][0]["results"]
    assert result["metrics"][0] == {"type": "token_f1", "value": 0.465}


def test_a_licence_that_nobody_stated_is_not_made_up(card):
    head, body = card(licenses=())
    assert "license" not in head
    assert "as their sources tell them: not told" in body
    assert "licence of this adapter was not stated" in body


def test_it_is_said_how_often_test_was_looked_at(card):
    assert "were scored once" in card()[1]
    assert "were scored for 3 tuned models" in card(test_looks=3, run="a" * 16)[1]
    assert "were scored" not in card(test_looks=0, run="b" * 16)[1]


def test_the_words_of_the_style_stand_there_to_the_letter(card):
    text = "Be short.\n\n```\n# not a heading\n~~~\n<b>&amp;</b> | cell"
    style = replace(GROUNDED, style_text=text, style_hash=content_id(text))
    _, body = card(prompts=(style, CLOSED_BOOK))
    fences = [token.content for token in tokens(body) if token.type == "fence"]
    assert f"{text}\n" in fences
    assert ["extractive_qa", "one passage, then the question", f"brief {style.style_hash}", "papers"] in table_rows(
        body
    )
    assert ["qa", "the question alone", "none", ""] in table_rows(body)


def test_text_of_documents_and_recipes_is_shown_and_never_becomes_markup(card):
    harmless = card(metrics_test_seen={})[1]
    tables = [token.type for token in tokens(harmless)].count("table_open")
    head, body = card(
        verdict=Verdict(helped=None, sentence=HOSTILE),
        licenses=(HOSTILE, "- x", "1. y"),
        method="q|lora\n---\nlicense: mit",
        prompts=(PromptForm(HOSTILE, "none", groups=(HOSTILE,)),),
        training={HOSTILE: HOSTILE, "nested": {"deep": [HOSTILE, "---"]}},
        versions={HOSTILE: HOSTILE},
        metrics={"base": {HOSTILE: 0.1}, "tuned": {HOSTILE: 0.2}},
        metrics_test_seen={},
        differences=(Difference("test", HOSTILE, 0.1, 0.0, 0.2, 3, 2),),
        base_model=BaseModel(f"models\\{HOSTILE}", "/srv/base", "0123456789ab"),
        samples={HOSTILE: 1},
    )
    assert "license" not in head
    kinds = [token.type for token in tokens(body)]
    assert not {"html_block", "html_inline", "image", "link_open", "hr"} & set(kinds)
    assert kinds.count("table_open") == tables
    assert kinds.count("bullet_list_open") == 1  # the limits
    assert "ordered_list_open" not in kinds
    assert {len(row) for row in table_rows(body)} <= {2, 4, 5}
    shown = HOSTILE.replace("\u202e", "\ufffd").replace("\x07", "\ufffd")
    assert shown in "".join(token.content for token in tokens(body) if token.type in ("text", "text_special"))
    assert not re.search("[\u202e\x07]", body)


@pytest.mark.parametrize(
    "text", ["# x", "- x", "1. x", "a_b_c", "www.evil.example", "a@b.example", "&lt;", "x\ny", "\\"]
)
def test_escaped_text_reads_as_it_was(text):
    [paragraph, inline, _] = MarkdownIt("commonmark").parse(escape_markdown(text))
    assert paragraph.type == "paragraph_open"
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    assert "".join(child.content for child in inline.children) == " ".join(text.split())


def test_no_folder_of_this_machine_is_on_the_card(card, registry, tmp_path):
    elsewhere = {"output": "/home/me/out", "cache": "~/cache", "windows": "C:\\Users\\me\\x", "up": "../data", "r": 16}
    head, body = card(
        base_model=BaseModel("/srv/models/llama", "/srv/models/llama", "0123456789ab"),
        training=elsewhere,
        recipe={"sources": [{"path": "/home/me/papers"}]},
    )
    whole = yaml.safe_dump(head) + body
    for secret in ("/srv", "/home", "Users", "~/", "../", str(tmp_path), str(registry.parent)):
        assert secret not in whole
    assert head["base_model"] == "llama"
    assert ["output", "out"] in table_rows(body)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("embedded", "embedded"),
        ("meta-llama/Llama-3.2-3B-Instruct", "meta-llama/Llama-3.2-3B-Instruct"),
        ("/srv/models/llama", "llama"),
        ("~/models/llama/", "llama"),
        ("../llama", "llama"),
        ("C:\\models\\llama", "llama"),
        ("/", "/"),
    ],
)
def test_a_base_is_named_without_its_folder(name, label):
    assert base_label(name) == label


@pytest.mark.parametrize(
    ("quantization", "said"), [("nf4", "base held in nf4"), ("int8", "base held in int8"), ("none", "unquantised base")]
)
def test_the_limits_name_the_form_that_was_measured(registry, submit, quantization, said):
    submission = submit()
    write_adapter_form(submission.adapter, AdapterForm(quantization, bf16=True))
    body = (register(registry, "qa", submission).path / "README.md").read_text()
    assert f"The figures are of the {said} with the adapter on top." in body


def write_real_adapter(base, folder, std):
    """Write an adapter with random weights that are large enough to change what the base says."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=std)
    model.save_pretrained(folder, save_embedding_layers=False)
    path = folder / "adapter_config.json"
    recorded = {"base_model_name_or_path": f"{base.name}@{weights_hash(base)}"}
    path.write_text(json.dumps(json.loads(path.read_text()) | recorded))
    return folder


def write_dated_base(model, folder):
    """Copy a model, and let its template write a date into the prompt."""
    shutil.copytree(model, folder)
    template = folder / "chat_template.jinja"
    template.write_text("{{ date_string if date_string is defined else 'some day' }}\n" + template.read_text())
    return folder


def run_code(code, folder):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("quantization", "bf16", "dated"), [("none", False, True), ("nf4", True, False)], ids=["dated", "nf4"]
)
def test_both_pieces_of_code_on_the_card_run_and_answer_as_the_evaluation_did(
    tmp_path, tiny_model, quantization, bf16, dated
):
    pytest.importorskip("bitsandbytes")
    # The packaged model has widths that some processors' 4-bit kernels cannot take.
    base = write_dated_base(tiny_model, tmp_path / "base") if dated else base_model_path()
    adapter = write_real_adapter(base, tmp_path / "adapter", std=0.5 if dated else 0.05)
    write_adapter_form(adapter, AdapterForm(quantization, bf16=bf16))
    submission = make_submission(
        adapter,
        base_model=BaseModel(str(base), str(base), weights_hash(base)),
        chat_format_hash=ChatFormat(load_tokenizer(base)).hash,
        tokenizer=base,
    )
    version = register(tmp_path / "registry", "papers-qa-qlora", submission)
    card = (version.path / "README.md").read_text()
    assert str(base) not in card
    with_glossator, with_peft = re.findall(r"```python\n(.*?)\n```", card, re.DOTALL)

    model = LocalModel.open(
        base, adapter=version.adapter, quantization=quantization, dtype=AdapterForm(quantization, bf16).dtype
    )
    style = AnswerStyle(GROUNDED.answer_style, GROUNDED.style_text, GROUNDED.style_hash)
    asked = student_messages("THE QUESTION", context="THE PASSAGE", answer_style=style)
    [reply] = model.generate([asked], max_new_tokens=64)
    assert reply.text
    [untuned] = model.with_adapter(None).generate([asked], max_new_tokens=64)
    assert reply.text != untuned.text

    assert run_code(with_glossator, tmp_path) == reply.text
    here = with_peft.replace("FOLDER_OF_THE_BASE_MODEL", str(base)) + "\nprint(ids['input_ids'][0].tolist())"
    answer, _, ids = run_code(here, version.path).rpartition("\n")
    assert json.loads(ids) == model.chat_format.prompt_ids(asked)
    assert answer == reply.text


def test_every_packaged_template_is_found_in_the_package():
    from glossator.registry import model_card

    assert (Path(model_card.__file__).parent / "templates" / "model_card.md.jinja").is_file()
