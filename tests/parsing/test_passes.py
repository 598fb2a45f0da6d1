"""The passes over documents: what is lost on the way is told as what it was, and the rest is kept."""

import dataclasses
import functools
from pathlib import Path

import pytest
from tests.parsing.made_pdfs import many_pages
from tests.parsing.scanned import picture, write_scan

from glossator.executors import Result, map_records
from glossator.parsing.options import ParseOptions
from glossator.parsing.passes import Finished, Passes
from glossator.parsing.tasks import ImageTask, ParseTask, read_images
from glossator.records import content_id


def task(path: Path, **options: object) -> ParseTask:
    return ParseTask(content_id(path.read_bytes()), "application/pdf", str(path), None, ParseOptions(**options))


def losing(lost):
    """The real mapping, except that the tasks for which `lost` says so end as they would at a time-out."""

    def run(function, items, *, leaves):
        items = list(items)
        for result in map_records(function, items, leaves=leaves):
            if lost(items[result.index]):
                yield Result(result.index, None, "timeout", "took longer than 9 seconds", 9.0)
            else:
                yield result

    return run


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [picture("jose.00021.pdf", number, dpi=90) for number in (1, 2, 3)]
    return write_scan(tmp_path_factory.mktemp("scan") / "scan.pdf", pictures, dpi=90)


def test_a_scan_whose_images_all_time_out_is_a_time_out(scan: Path):
    (finished,) = Passes(losing(lambda item: isinstance(item, ImageTask))).parse([task(scan, dpi=90)])
    assert (finished.document.outcome, finished.lost) == ("timeout", True)
    assert finished.document.reason == "took longer than 9 seconds"


def test_a_scan_that_lost_some_images_keeps_the_others_and_names_them(scan: Path):
    lost = losing(lambda item: isinstance(item, ImageTask) and item.pages == (1, 2))
    (finished,) = Passes(lost).parse([task(scan, dpi=90)])
    assert (finished.document.outcome, finished.lost) == ("repaired", True)
    assert {block.page for block in finished.document.blocks} == {3}
    assert "1" in finished.document.reason


def test_images_are_read_two_pages_a_task(scan: Path):
    seen = []

    def run(function, items, *, leaves):
        items = list(items)
        seen.extend(item.pages for item in items if function is read_images)
        return map_records(function, items, leaves=leaves)

    (finished,) = Passes(run).parse([task(scan, dpi=90)])
    assert (finished.document.outcome, finished.lost) == ("ok", False)
    assert seen == [(1, 2), (3,)]


def test_a_long_file_that_lost_a_range_keeps_the_others(tmp_path: Path):
    pages = [f"Here page {number} tells its own short story to the end.".encode() for number in range(1, 451)]
    (tmp_path / "long.pdf").write_bytes(many_pages(pages))
    lost = losing(lambda item: item.options.pages is not None and item.options.pages[0] == 1)
    (finished,) = Passes(lost).parse([task(tmp_path / "long.pdf")])
    assert isinstance(finished, Finished)
    assert (finished.document.outcome, finished.lost, finished.document.pages) == ("repaired", True, 450)
    told = " ".join(block.text for block in finished.document.blocks)
    assert "page 450 tells" in told
    assert "page 1 tells" not in told


def test_every_document_finishes_once_whatever_passes_it_needs(tmp_path: Path, scan: Path):
    paper = Path(__file__).parents[1] / "fixtures" / "papers" / "jcon.00091.pdf"
    (tmp_path / "cut.pdf").write_bytes(paper.read_bytes()[:2000])
    tasks = [task(path, dpi=90) for path in (scan, paper, tmp_path / "cut.pdf")]
    run = functools.partial(map_records, workers=2)
    finished = list(Passes(run).parse(tasks))
    assert sorted(one.document.document_id for one in finished) == sorted(one.document_id for one in tasks)
    assert all(dataclasses.is_dataclass(one) and one.seconds > 0 for one in finished)


def test_a_scan_is_finished_before_the_images_of_the_next_ones_are_read(scan: Path, tmp_path: Path):
    other = tmp_path / "other.pdf"
    other.write_bytes(scan.read_bytes() + b"\n% another one\n")
    seen = []

    def run(function, items, *, leaves):
        items = list(items)
        seen.append([item.document_id for item in items if function is read_images])
        return map_records(function, items, leaves=leaves)

    tasks = [task(path, dpi=90) for path in (scan, other)]
    finished = []
    for one in Passes(run, images_at_once=3).parse(tasks):
        finished.append(one.document.document_id)
        read = {document_id for wave in seen for document_id in wave}
        assert read == set(finished)
    assert sorted(finished) == sorted(one.document_id for one in tasks)
