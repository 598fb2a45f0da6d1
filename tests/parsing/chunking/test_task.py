import json
import pickle
from pathlib import Path

import pytest
from tests.parsing.chunking.building import paragraph, parsed

from glossator.embedded import base_model_path
from glossator.errors import ModelError
from glossator.parsing import fast
from glossator.parsing.chunking import Chunked, ChunkTask, chunk_document, chunk_task, task
from glossator.records import from_dict, to_dict
from glossator.text.quality import problem_of
from glossator.text.tokens import TokenCounter

TOKENIZER = base_model_path() / "tokenizer.json"
PAPER = Path(__file__).parents[2] / "fixtures" / "papers" / "jose.00100.pdf"


def test_a_task_gives_what_the_function_gives_and_both_travel_as_plain_data():
    document = fast.parse(PAPER, "d")
    order = ChunkTask(document, str(TOKENIZER), chunk_by="token", min_tokens=10, max_tokens=90, overlap=30)
    arrived = from_dict(ChunkTask, json.loads(json.dumps(to_dict(order))))
    assert arrived == order
    result = chunk_task(arrived)
    chunks, rejects = chunk_document(
        document,
        count_tokens=TokenCounter(TOKENIZER),
        chunk_by="token",
        min_tokens=10,
        max_tokens=90,
        overlap=30,
        check=problem_of,
    )
    assert result == Chunked("d", tuple(chunks), tuple(rejects))
    assert len(chunks) > 10
    assert rejects
    assert from_dict(Chunked, json.loads(json.dumps(to_dict(result)))) == result


def test_the_tokenizer_is_opened_once_in_a_process():
    order = ChunkTask(parsed(), str(TOKENIZER))
    chunk_task(order)
    before = task._counter.cache_info().misses
    chunk_task(order)
    assert task._counter.cache_info().misses == before


def test_text_in_another_language_than_asked_for_is_left_out():
    german = (
        "Die Bienen fliegen im Frühling von Blüte zu Blüte und sammeln dort den Nektar, aus dem sie im Stock ihren"
        " Honig machen. Im Herbst nimmt der Imker einen Teil davon und gibt ihnen dafür Zucker für den langen Winter."
    )
    english = (
        "In spring the bees fly from flower to flower and gather the nectar that they turn into honey in the hive."
        " In autumn the keeper takes a part of it and gives them sugar for the long winter in return."
    )
    document = parsed(paragraph(german), paragraph(english))
    result = chunk_task(ChunkTask(document, str(TOKENIZER), max_tokens=90, languages=("en",)))
    assert english.startswith(result.chunks[0].text)
    assert {reject.reason for reject in result.rejects} == {"other_language"}
    assert len(chunk_task(ChunkTask(document, str(TOKENIZER), max_tokens=90)).rejects) == 0


def test_the_embedder_is_opened_for_semantic_chunks_only():
    document = fast.parse(PAPER, "d")
    result = chunk_task(ChunkTask(document, str(TOKENIZER), chunk_by="semantic"))
    assert len(result.chunks) >= 4
    assert chunk_task(ChunkTask(document, str(TOKENIZER), embedder="no such folder")).chunks


def test_a_task_can_be_sent_to_another_process():
    order = ChunkTask(parsed(paragraph("A few words.")), str(TOKENIZER))
    assert pickle.loads(pickle.dumps(order)) == order


def test_a_missing_tokenizer_is_named():
    with pytest.raises(ModelError, match=r"absent\.json"):
        chunk_task(ChunkTask(parsed(), "absent.json"))
