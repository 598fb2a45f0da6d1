"""What is noted of requests: enough to run a gateway by, and no word of anyone's question."""

import json
import logging
import stat

import pytest

from glossator.errors import ServingError
from glossator.serving.answers import Answer
from glossator.serving.telemetry import Metrics, RequestLog, RequestRecord

ANSWER = Answer("Near\u2028flowers.\n", "tuned", (), True, False, 40, 3, 0.5, 0.125)


def record(number=0, **changes):
    values = {"id": f"r{number}", "path": "/ask", "status": 200, "seconds": 0.51234567}
    return RequestRecord(**{**values, "question": "Where do bees dance?", "answer": ANSWER, **changes})


def open_log(path, **changes):
    return RequestLog(path, **{"max_bytes": 10_000, "backups": 2, "log_content": False, **changes})


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_tells_what_became_of_a_request_and_nothing_of_its_content(tmp_path):
    path = tmp_path / "logs" / "requests.jsonl"
    log = open_log(path)
    log.write(record())
    log.write(record(1, status=401, answer=None, question=None))
    log.close()
    first, second = lines(path)
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "request_id": "r0",
        "path": "/ask",
        "status": 200,
        "seconds": 0.5123,
        "model": "tuned",
        "tokens_in": 40,
        "tokens_out": 3,
    }
    assert set(second) == {"time", "request_id", "path", "status", "seconds"}
    assert "bees" not in path.read_text()


def test_content_is_written_only_when_asked_for_and_never_breaks_a_line(tmp_path):
    path = tmp_path / "requests.jsonl"
    log = open_log(path, log_content=True)
    log.write(record(question='two\nlines "\x85"'))
    log.close()
    [line] = lines(path)
    assert (line["question"], line["answer"]) == ('two\nlines "\x85"', ANSWER.text)


def test_the_file_is_put_aside_when_full_so_that_all_files_together_are_bounded(tmp_path):
    log = open_log(tmp_path / "requests.jsonl", max_bytes=1_000)
    for number in range(100):
        log.write(record(number))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["requests.jsonl", "requests.jsonl.1", "requests.jsonl.2"]
    assert all(file.stat().st_size <= 1_000 for file in files)
    assert lines(files[0])[-1]["request_id"] == "r99"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_without_a_file_lines_go_to_a_logger_of_their_own(caplog):
    caplog.set_level(logging.INFO, logger="glossator.requests")
    open_log(None).write(record())
    [line] = caplog.records
    assert (line.name, json.loads(line.getMessage())["request_id"]) == ("glossator.requests", "r0")


def test_two_logs_in_one_process_do_not_mix(tmp_path):
    first, second = open_log(tmp_path / "first"), open_log(tmp_path / "second")
    first.write(record(1))
    second.write(record(2))
    first.close()
    second.close()
    assert [line["request_id"] for line in lines(tmp_path / "first")] == ["r1"]


def test_a_log_that_cannot_be_written_is_told_of_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ServingError, match="cannot be written"):
        open_log(tmp_path / "file" / "requests.jsonl")


def figures(metrics):
    text, media_type = metrics.render()
    assert media_type.startswith("text/plain")
    rows = (line.rpartition(" ") for line in text.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in rows}


def test_requests_answers_tokens_and_waiting_questions_are_counted():
    waiting = [5]
    metrics = Metrics(lambda: waiting[0])
    for finished in (record(), record(), record(status=503, answer=None), record(path="/health", answer=None)):
        metrics.count(finished)
    seen = figures(metrics)
    assert seen['glossator_requests_total{path="/ask",status="200"}'] == 2
    assert seen['glossator_requests_total{path="/ask",status="503"}'] == 1
    assert seen['glossator_requests_total{path="/health",status="200"}'] == 1
    assert seen['glossator_request_seconds_count{path="/ask"}'] == 3
    assert seen['glossator_request_seconds_bucket{le="0.5",path="/ask"}'] == 0
    assert seen['glossator_request_seconds_bucket{le="1.0",path="/ask"}'] == 3
    assert seen['glossator_answers_total{model="tuned"}'] == 2
    assert seen['glossator_tokens_in_total{model="tuned"}'] == 80
    assert seen['glossator_tokens_out_total{model="tuned"}'] == 6
    assert seen["glossator_retrieval_seconds_count"] == 2
    assert seen["glossator_retrieval_seconds_sum"] == 0.25
    assert seen["glossator_queue_length"] == 5
    waiting[0] = 0
    assert figures(metrics)["glossator_queue_length"] == 0


def test_answers_without_a_search_leave_its_seconds_alone():
    metrics = Metrics(lambda: 0)
    metrics.count(record(answer=Answer("Yes.", "base", (), False, False, 4, 1, 0.5, 0.0)))
    assert figures(metrics)["glossator_retrieval_seconds_count"] == 0
