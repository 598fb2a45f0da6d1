from __future__ import annotations

import dataclasses
import html.parser
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from glossator.errors import EvaluationError
from glossator.evaluation import (
    Checkpoint,
    Example,
    Funnel,
    LossPoint,
    RejectCount,
    ReportData,
    compare,
    judge,
    read_report,
    write_report,
)
from glossator.evaluation.charts import scores_chart, training_chart
from glossator.evaluation.report import escape_markdown
from glossator.records import Score

HOSTILE = (
    "<script>alert('x')</script><img src=http://evil.example/a.png onerror=alert(1)> & | cell [a](javascript:x) "
    "![b](http://evil.example/b.png)\n# heading\n- item\n</p></main>\n`code` **bold** http://evil.example "
    "\x00\x1b[31m \u202eabc \ud800"
)
METRICS = ["token_f1", "rougeL"]


class Page(html.parser.HTMLParser):
    """Collects tags, attributes and text of a page, and sees to it that tags are closed in order."""

    void = frozenset({"meta", "br", "line", "circle", "polyline", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def data(make_sample) -> ReportData:
    samples = [
        make_sample(f"{split}{index}", split=split, group=f"g{index % 2}", documents=(f"{split}{index % 7}",))
        for split, count in (("test", 28), ("test_seen", 14))
        for index in range(count)
    ]
    base, tuned = (
        [Score(s.id, model, m, start + 0.01 * (i % 5)) for m in METRICS for i, s in enumerate(samples)]
        for model, start in (("base", 0.3), ("tuned", 0.5))
    )
    comparison = compare(base, tuned, samples, metrics=METRICS, primary_metric="token_f1", resamples=200)
    return ReportData(
        recipe="quickstart",
        base_model="small-1",
        adapter="checkpoint-20",
        verdict=judge(comparison),
        comparison=comparison,
        test_looks=1,
        funnel=Funnel(documents=14, pages=1168, chunks=912, samples=430, rejected=193),
        rejects=(RejectCount("process", "encrypted", 1), RejectCount("generate", "no evidence", 192)),
        splits={"train": 260, "dev": 49, "test": 28, "test_seen": 14, "pool": 0},
        checkpoints=(
            Checkpoint("checkpoint-10", 10, 0.4, {"token_f1": 0.4}, chosen=False),
            Checkpoint("checkpoint-20", 20, 0.5, {"token_f1": 0.5}, chosen=True),
        ),
        loss=tuple(LossPoint(step, 3 - step / 10) for step in range(1, 21)),
        dev_loss=(LossPoint(10, 2.2), LossPoint(20, 1.4)),
        examples=(
            Example(
                "e1", "test", "Why?", "Because.", "", "Because so.", {"token_f1": 0.0}, {"token_f1": 0.5}, "Tides", 3
            ),
        ),
        generation={"temperature": 0.0, "max_new_tokens": 64},
        timings={"collect": 0.2, "finetune": 3725.0},
        versions={"glossator": "0.1.0"},
        run="r1",
    )


def written(data: ReportData, directory) -> dict[str, str]:
    return {kind: path.read_text(encoding="utf-8") for kind, path in write_report(data, directory).items()}


def hostile(data: ReportData) -> ReportData:
    """Put hostile text wherever a report takes text."""
    example = Example("e", "test", *[HOSTILE] * 4, {"token_f1": 0.1}, {"token_f1": 0.2}, HOSTILE, None)
    rename = {"g0": HOSTILE, "g1": "plain"}
    groups = tuple(dataclasses.replace(row, group=rename[row.group]) for row in data.comparison.groups)
    return dataclasses.replace(
        data,
        recipe=HOSTILE,
        base_model=HOSTILE,
        adapter=HOSTILE,
        run=HOSTILE,
        verdict=dataclasses.replace(data.verdict, sentence=HOSTILE),
        comparison=dataclasses.replace(data.comparison, groups=groups),
        rejects=(RejectCount(HOSTILE, HOSTILE, 2),),
        splits={**data.splits, HOSTILE: 3},
        checkpoints=(Checkpoint(HOSTILE, 1, 0.2, {HOSTILE: 0.2}, chosen=True),),
        examples=(example,),
        generation={HOSTILE: HOSTILE},
        timings={HOSTILE: 1.0},
        versions={HOSTILE: HOSTILE},
    )


def test_page_opens_with_the_verdict_and_shows_every_part(data, tmp_path):
    page = Page(written(data, tmp_path)["html"])
    assert page.open == []
    text = page.text
    assert text.index(data.verdict.sentence) < text.index("Base against tuned")
    for expected in (
        ".32 → .52",
        "1,168 pages",
        "step 20",
        "checkpoint chosen on dev, out of 2",
        "1 h 2 min",
        "+.200",
        "no evidence 192",
        "Why?",
        "Tides, p. 3",
        "Because so.",
        "said nothing",
        "max_new_tokens 64",
        "glossator 0.1.0",
        "The test documents were scored once",
        "42 of 42 questions improved, 0 worsened, 0 stayed",
        "train 260",
    ):
        assert expected in text
    assert [tag for tag, _ in page.tags].count("svg") == 2


def test_markdown_opens_with_the_verdict_and_its_tables_keep_their_columns(data, tmp_path):
    lines = written(data, tmp_path)["md"].splitlines()
    assert lines[0] == "# quickstart"
    assert data.verdict.sentence in "\n".join(lines[:4])
    for head in [index for index, line in enumerate(lines) if line.startswith("|---")]:
        width = lines[head - 1].count("|")
        assert lines[head].count("|") == width
        rows = lines[head + 1 :]
        body = rows[: next((i for i, line in enumerate(rows) if not line.startswith("|")), len(rows))]
        assert body
        assert all(line.count("|") == width for line in body)


def test_report_is_read_back_as_it_was_written(data, tmp_path):
    paths = write_report(data, tmp_path)
    assert read_report(paths["json"]) == data


def test_same_data_gives_the_same_bytes(data, tmp_path):
    assert written(data, tmp_path / "one") == written(data, tmp_path / "two")


def test_page_loads_nothing_and_runs_nothing_whatever_the_texts_say(data, tmp_path):
    text = written(hostile(data), tmp_path)["html"]
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "a", "link", "iframe", "object", "style"} & {
        tag for tag, attributes in page.tags if tag != "style" or attributes
    }
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {"src", "href", "onerror", "srcset", "xlink:href"} & names
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert "alert('x')" in page.text


def test_no_text_adds_markup_to_the_page(data, tmp_path):
    clean = Page(written(hostile(data), tmp_path / "a")["html"])
    harmless = json.loads(json.dumps("plain words"))
    tame = dataclasses.replace(hostile(data), recipe=harmless, base_model=harmless, run=harmless)
    again = Page(written(tame, tmp_path / "b")["html"])
    assert [tag for tag, _ in clean.tags] == [tag for tag, _ in again.tags]


def test_control_characters_direction_marks_and_half_surrogates_reach_no_file(data, tmp_path):
    for text in written(hostile(data), tmp_path).values():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", text)


def test_hostile_text_adds_no_markup_to_the_markdown(data, tmp_path):
    text = written(hostile(data), tmp_path)["md"]
    assert "<" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not re.search(r"https?:", text)
    assert [line for line in text.splitlines() if line.lstrip("> ").startswith("# ")] == [text.splitlines()[0]]
    rows = [line for line in text.splitlines() if line.startswith("|") and "cell" in line]
    assert rows
    assert all(re.match(r"\|( .*?(?<!\\) ?\|){2,}$", line) for line in rows)


def test_markdown_renders_hostile_text_as_text(data, tmp_path):
    files = written(hostile(data), tmp_path)
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(files["md"])
    page = Page(rendered)
    assert page.open == []
    tags = {tag for tag, _ in page.tags}
    assert tags <= {
        "h1",
        "h2",
        "h3",
        "p",
        "strong",
        "em",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "blockquote",
        "br",
    }
    shown = " ".join(HOSTILE.split("\x00", maxsplit=1)[0].split())
    assert page.text.startswith(shown)
    assert page.text.count("<script>alert('x')</script>") == page.text.count("http://evil.example/a.png") > 10


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a | b", r"a \| b"),
        ("<b>", "&lt;b&gt;"),
        ("&lt;", "&amp;lt;"),
        ("two\nlines", "two lines"),
        ("- item", r"\- item"),
        ("12. item", r"12\. item"),
        ("# head", r"\# head"),
        ("snake_case *x* `y`", r"snake\_case \*x\* \`y\`"),
        ("back\\slash", r"back\\slash"),
        ("https://a.example", r"https\://a.example"),
        ("www.a.example", r"www\.a.example"),
        ("me@a.example", r"me\@a.example"),
        ("plain words, as they are (1.5 %)", "plain words, as they are (1.5 %)"),
    ],
)
def test_markdown_shows_text_as_it_is(text, escaped):
    assert escape_markdown(text) == escaped


def test_multi_line_answer_stays_inside_its_quote(data, tmp_path):
    example = dataclasses.replace(data.examples[0], tuned_answer="one\n\n    two\n# three")
    text = written(dataclasses.replace(data, examples=(example,)), tmp_path)["md"]
    assert "> one  \n>\n> two  \n> \\# three  \n" in text


def test_report_of_a_run_without_test_questions_or_training_is_still_written(data, tmp_path, make_sample):
    comparison = compare([], [], [], metrics=METRICS, primary_metric="token_f1")
    bare = ReportData(
        recipe="bare",
        base_model="small-1",
        adapter=None,
        verdict=judge(comparison),
        comparison=comparison,
        test_looks=0,
        funnel=Funnel(0, 0, 0, 0, 0),
        rejects=(),
        splits={},
    )
    files = written(bare, tmp_path)
    assert "It cannot be told" in Page(files["html"]).text
    assert "<svg" not in files["html"]
    assert read_report(tmp_path / "report.json") == bare


def test_loss_that_is_no_number_is_kept_as_null_and_left_out_of_the_chart(data, tmp_path):
    broken = dataclasses.replace(data, loss=(LossPoint(1, 2.0), LossPoint(2, float("nan")), LossPoint(3, 1.0)))
    files = written(broken, tmp_path)
    assert json.loads(files["json"])["loss"][1] == {"step": 2, "loss": None}
    assert "nan" not in files["html"].lower().replace("finance", "")


def test_several_looks_at_the_test_questions_are_confessed(data, tmp_path):
    files = written(dataclasses.replace(data, test_looks=3), tmp_path)
    for kind in ("html", "md"):
        assert "The test documents were scored for 3 different tuned models" in files[kind]
        assert "Whatever was changed after the first was changed with its scores known" in files[kind]
    assert "too friendly" in files["md"]


def test_report_says_what_its_intervals_are(data, tmp_path):
    files = written(data, tmp_path)
    for kind in ("html", "md"):
        assert "wider of a bootstrap and a t interval" in files[kind]


def test_unseen_sections_are_explained(data, tmp_path):
    sections = dataclasses.replace(data, comparison=dataclasses.replace(data.comparison, unit="section"))
    files = written(sections, tmp_path)
    assert "unseen sections of documents that training knew" in files["html"]
    assert "unseen sections of documents that training knew" in files["md"]


def test_scores_chart_draws_a_dot_and_a_whisker_for_both_models_in_every_row(data):
    root = ET.fromstring(scores_chart(data.comparison.scores, {"test": "<Unseen>"}))
    classes = [element.get("class") for element in root.iter()]
    rows = len(METRICS) * 2
    assert classes.count("dot base") == classes.count("dot tuned") == rows + 1  # one more in the legend
    assert classes.count("whisker base") == classes.count("whisker tuned") == rows
    assert "<Unseen>" in [element.text for element in root.iter()]


def test_everything_drawn_lies_inside_the_picture(data):
    for drawing in (
        scores_chart(data.comparison.scores, {}),
        training_chart(data.loss, data.dev_loss, data.checkpoints),
        training_chart([LossPoint(1, 2.0)], [], data.checkpoints[:1]),
        training_chart([], [], data.checkpoints),
        training_chart([LossPoint(5, 1e-9), LossPoint(10, 4e4)], [], []),
    ):
        root = ET.fromstring(drawing)
        _, _, width, height = map(float, root.get("viewBox").split())
        for element in root.iter():
            for key, value in element.items():
                if key in {"x", "x1", "x2", "cx"}:
                    assert 0 <= float(value) <= width
                if key in {"y", "y1", "y2", "cy"}:
                    assert 0 <= float(value) <= height
            for point in element.get("points", "").split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_scores_below_zero_stay_right_of_their_labels(data):
    lowest = [
        dataclasses.replace(score, base=dataclasses.replace(score.base, mean=-0.4, low=-0.7))
        for score in data.comparison.scores
    ]
    root = ET.fromstring(scores_chart(lowest, {}))
    assert all(float(line.get("x1")) >= 150 for line in root.iter() if line.get("class") == "whisker base")


def test_training_chart_rings_the_chosen_checkpoint_only(data):
    root = ET.fromstring(training_chart(data.loss, data.dev_loss, data.checkpoints))
    assert [element.get("class") for element in root.iter()].count("ring") == 1


def test_charts_without_data_are_empty():
    assert scores_chart([], {}) == ""
    assert training_chart([], [], []) == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "odd": 2}', "not json"])
def test_file_that_is_no_report_is_an_expected_error(tmp_path, content):
    path = tmp_path / "report.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match="evaluate the run again"):
        read_report(path)


def test_missing_report_is_an_expected_error(tmp_path):
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_report(tmp_path / "nowhere.json")


def test_importing_the_room_loads_no_heavy_library():
    heavy = ["numpy", "torch", "matplotlib", "jinja2", "rouge_score", "nltk", "rapidfuzz", "transformers", "pyarrow"]
    code = f"import sys, glossator.evaluation; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_run_without_documents_tells_of_no_pages(data, tmp_path):
    told = dataclasses.replace(data, funnel=Funnel(documents=3, pages=0, chunks=0, samples=40, rejected=2))
    paths = write_report(told, tmp_path)
    markdown, html = paths["md"].read_text(encoding="utf-8"), paths["html"].read_text(encoding="utf-8")
    assert "3 documents → 40 questions kept" in markdown
    assert "0 pages" not in html
    assert "files of ready questions" in html
