"""What a teacher is shown at one time never crosses a split, and what is shown first covers most."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import CORPUS
from tests.synthesis.conftest import chunk, task_with

from glossator.records import Chunk, Figure, Split, content_id
from glossator.synthesis import Material, load_task, make_materials, spread
from glossator.synthesis.materials import figure_text
from glossator.synthesis.related import Likeness

FIGURE = Figure("f1", "doc", 0, 4, "Figure 3", "Figure 3: Stress over time.", 640, 480)


def corpus_chunks() -> list[Chunk]:
    chunks = []
    for path in sorted(CORPUS.glob("*.md")):
        for index, text in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
            if not text.startswith("#"):
                chunks.append(chunk(content_id(path.stem, text), text, document=path.stem, index=index))
    return chunks


def halves(chunks: list[Chunk]) -> list[tuple[Chunk, Split | None]]:
    documents = sorted({one.document_id for one in chunks})
    return [(one, "train" if documents.index(one.document_id) % 2 else "test") for one in chunks]


def texts(count: int, about: str = "annealing kiln", document: str = "doc") -> list[Chunk]:
    """Chunks that share rare words with one another and have words of their own."""
    own = ["copper", "silver", "barium", "cobalt", "nickel", "indium", "osmium", "radium"]
    return [
        chunk(
            f"{document}{number}",
            f"For {own[number]}, an {about} has {own[number]} alloys. Thick {own[number]} plates rest; rods do not.",
            document=f"{document}{number}",
        )
        for number in range(count)
    ]


def test_chunks_of_the_pool_and_without_a_split_are_passed_over() -> None:
    told: list[tuple[Chunk, Split | None]] = [(chunk("a"), "pool"), (chunk("b"), None), (chunk("c"), "dev")]
    assert make_materials(told, load_task("grounded_qa")) == [Material((chunk("c"),), "dev")]


def test_small_neighbours_are_grouped_up_to_the_tokens_of_a_call() -> None:
    chunks = [chunk(f"c{number}", index=number, tokens=250) for number in range(5)]
    materials = make_materials([(one, "train") for one in chunks], load_task("brief_qa"), tokens_per_call=600)
    assert [[one.id for one in material.chunks] for material in materials] == [["c0", "c1"], ["c2", "c3"], ["c4"]]


def test_a_group_never_crosses_documents_splits_or_a_gap_and_a_large_chunk_stays_alone() -> None:
    told: list[tuple[Chunk, Split | None]] = [
        (chunk("a0", index=0), "train"),
        (chunk("a1", index=1), "dev"),
        (chunk("a2", index=2, tokens=900), "dev"),
        (chunk("a3", index=3), "dev"),
        (chunk("a5", index=5), "dev"),
        (chunk("b6", index=6, document="b"), "dev"),
    ]
    materials = make_materials(told, load_task("brief_qa"), tokens_per_call=600)
    assert [[one.id for one in material.chunks] for material in materials] == [[one.id] for one, _ in told]


@pytest.mark.parametrize("task", ["eli5", "multi_turn", "unanswerable"])
def test_what_is_about_one_passage_is_not_grouped(task: str) -> None:
    chunks = [chunk(f"c{number}", index=number) for number in range(3)]
    assert len(make_materials([(one, "train") for one in chunks], load_task(task), tokens_per_call=600)) == 3


def test_related_chunks_are_of_one_split_alike_and_no_pair_comes_twice() -> None:
    chunks = corpus_chunks() + texts(4)
    told = halves(chunks)
    split_of = {one.id: split for one, split in told}
    materials = make_materials(told, load_task("multi_hop"))
    assert len(materials) >= 2
    assert all({split_of[one.id] for one in material.chunks} == {material.split} for material in materials)
    pairs = [frozenset(one.id for one in material.chunks) for material in materials]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(set(pairs)) == len(pairs)


def test_repetitions_and_neighbours_are_not_related() -> None:
    one, two, *_ = texts(2)
    copy = replace(one, id="copy", document_id="elsewhere")
    neighbour = replace(two, id="next", document_id=one.document_id, index=1)
    likeness = Likeness([one, copy, neighbour, two])
    assert likeness.repeat(0, 1)
    assert likeness.repeat(0, 2)
    assert list(likeness.nearest(0)) == [3]


def test_a_chunk_that_nothing_is_related_to_is_passed_over() -> None:
    alone = chunk("alone", "Dandelions bloom in meadows during the spring.", document="flora")
    materials = make_materials([(one, "train") for one in [*texts(3), alone]], load_task("multi_hop"))
    assert materials
    assert all(alone not in material.chunks for material in materials)


def test_distractors_are_others_of_the_same_split_drawn_by_the_seed() -> None:
    told = [*((one, "train") for one in texts(6)), *((one, "test") for one in texts(4, document="held"))]
    task = load_task("distractor")
    first, again, other = (make_materials(told, task, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    split_of = {one.id: split for one, split in told}
    for material in first:
        assert len(material.distractors) == task.distractors == len({one.id for one in material.distractors})
        assert material.chunks[0] not in material.distractors
        assert {split_of[one.id] for one in material.distractors} == {material.split}


def test_where_few_chunks_are_alike_distractors_are_filled_up_and_a_lone_chunk_is_passed_over() -> None:
    chunks = [one for one in corpus_chunks() if one.index == 2][:4]
    materials = make_materials([(one, "train") for one in chunks], load_task("distractor"))
    assert [len(material.distractors) for material in materials] == [3, 3, 3, 3]
    assert make_materials([(chunk(), "train")], load_task("distractor")) == []


def test_a_figure_is_shown_once_with_the_chunk_that_tells_most_of_it() -> None:
    mentions = chunk("mention", "Stress falls, as Figure 3 shows.", figures=("f1",))
    tells = chunk("tells", f"{FIGURE.caption}\n\nA falling line.", index=1, figures=("f1",))
    read: list[str] = []

    def images(figure: Figure) -> bytes | None:
        read.append(figure.id)
        return b"png"

    (material,) = make_materials(
        [(mentions, "dev"), (tells, "dev")], load_task("figure_qa"), figures={"f1": FIGURE}, images=images
    )
    assert (material.chunks, material.figure, material.id) == ((tells,), FIGURE, "f1")
    assert read == []  # a run holds no image that it does not ask about
    assert (material.image, read) == (b"png", ["f1"])


def test_figures_without_a_word_or_unknown_ones_are_passed_over() -> None:
    silent = replace(FIGURE, label="", caption="", description="")
    of = chunk(figures=("f1", "f2"))
    assert make_materials([(of, "train")], load_task("figure_qa"), figures={"f1": silent}) == []


def test_a_figure_s_words_are_label_caption_and_description_without_saying_the_label_twice() -> None:
    assert figure_text(FIGURE) == "Figure 3: Stress over time."
    assert figure_text(replace(FIGURE, caption="Stress.", description="A line falls.")) == (
        "Figure 3\n\nStress.\n\nA line falls."
    )


def sectioned(document: str, *sections: str) -> list[Material]:
    return [
        Material((chunk(f"{document}{number}", document=document, heading=(section, "x"), index=number),), "train")
        for number, section in enumerate(sections)
    ]


def test_every_section_has_its_first_material_before_any_has_a_second() -> None:
    materials = [*sectioned("a", "I", "I", "I", "II"), *sectioned("b", "I", "II", "II")]
    order = [material.id for material in spread(materials)]
    assert order == ["a0", "b0", "a3", "b1", "a1", "b2", "a2"]
    assert sorted(order) == sorted(material.id for material in materials)


def test_the_order_of_a_spread_is_stable(tmp_path: Path) -> None:
    materials = make_materials([(one, "train") for one in corpus_chunks()], task_with(tmp_path))
    assert spread(spread(materials)) == spread(materials)
    assert spread([]) == []
