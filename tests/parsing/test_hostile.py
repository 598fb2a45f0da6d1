import functools
from collections import Counter
from pathlib import Path

import pytest
from tests.parsing.made_pdfs import bomb, circular_tree, many_pages, one_page, show

from glossator.executors.local import map_isolated
from glossator.parsing import fast, parse_documents
from glossator.parsing.options import ParseOptions
from glossator.records import Document, content_id

BAD_PDFS = Path(__file__).parents[2].parent / "shared" / "data" / "bad-pdfs"
needs_bad_pdfs = pytest.mark.skipif(not BAD_PDFS.is_dir(), reason="shared data (bad-pdfs) is not present")


def document(path):
    return Document(content_id(path.read_bytes()), path.name, (), path.stem, "application/pdf", path=str(path))


@pytest.fixture
def parse(tmp_path):
    """Parses the bytes of a file in this process."""

    def parse_bytes(data):
        path = tmp_path / "made.pdf"
        path.write_bytes(data)
        return fast.parse(path, "made")

    return parse_bytes


def texts(parsed):
    return [block.text for block in parsed.blocks]


def test_a_page_that_unpacks_to_gigabytes_costs_its_own_document_only(tmp_path):
    bombed, sound = tmp_path / "bomb.pdf", tmp_path / "sound.pdf"
    bombed.write_bytes(bomb(3000))
    sound.write_bytes(many_pages([b"A sound page"]))
    assert bombed.stat().st_size < 4 << 20
    parsed = {
        p.document_id: p
        for p in parse_documents([document(bombed), document(sound)], timeout_seconds=60, memory_mb=512)
    }
    assert parsed[document(bombed).id].outcome == "memory"
    assert parsed[document(bombed).id].reason
    assert parsed[document(sound).id].outcome == "ok"


def test_ten_thousand_pages_are_read(parse):
    parsed = parse(many_pages([b"Page %d says hello." % number for number in range(1, 10_001)]))
    assert (parsed.outcome, parsed.pages, len(parsed.blocks)) == ("ok", 10_000, 10_000)
    assert (parsed.blocks[-1].page, parsed.blocks[-1].text) == (10_000, "Page 10000 says hello.")


def test_a_file_with_more_pages_than_are_read_is_refused_with_the_limit(parse):
    parsed = parse(many_pages([b"x"] * (fast.MAX_PAGES + 1)))
    assert parsed.outcome == "unreadable"
    assert parsed.reason == "it says it has 20,001 pages; at most 20,000 are read"


def test_a_file_that_says_it_has_fewer_pages_loses_none(parse):
    parsed = parse(many_pages([b"First page.", b"Second page.", b"Third page."], count=1))
    assert (parsed.outcome, parsed.pages) == ("ok", 3)
    assert [block.page for block in parsed.blocks] == [1, 2, 3]


def test_a_file_that_says_it_has_a_few_more_pages_is_repaired_and_names_them(parse):
    parsed = parse(many_pages([b"First page.", b"Second page.", b"Third page."], count=10))
    assert (parsed.outcome, parsed.reason) == ("repaired", "pages that could not be read: 4-10")
    assert len(parsed.blocks) == 3


def test_a_file_that_says_it_has_a_million_pages_is_read_as_it_is_or_refused(parse):
    parsed = parse(many_pages([b"First page.", b"Second page.", b"Third page."], count=1_000_000))
    assert parsed.pages <= fast.MAX_PAGES
    assert len(parsed.blocks) == 3 or (parsed.outcome == "unreadable" and "at most 20,000" in parsed.reason)


def test_a_page_tree_that_holds_itself_ends(tmp_path):
    path = tmp_path / "circle.pdf"
    path.write_bytes(circular_tree())
    (parsed,) = parse_documents([document(path)], timeout_seconds=30)
    assert parsed.outcome in ("ok", "repaired", "unreadable")
    assert parsed.outcome == "ok" or parsed.reason


def test_bytes_that_are_zero_do_not_reach_the_text(parse):
    parsed = parse(one_page(show([(72, 700, 11, b"before\x00 and\x00after")])))
    assert parsed.outcome == "ok"
    assert "\x00" not in "".join(texts(parsed))
    assert "before" in texts(parsed)[0]


def test_zero_bytes_around_a_file_do_not_hide_it(parse):
    parsed = parse(b"\x00" * 200 + many_pages([b"A page within zeros"]) + b"\x00" * 5000)
    assert parsed.outcome in ("ok", "repaired", "unreadable")
    assert parsed.outcome == "unreadable" or texts(parsed) == ["A page within zeros"]


def test_a_file_without_pages_is_empty_and_says_so(parse):
    parsed = parse(many_pages([]))
    assert (parsed.outcome, parsed.reason) == ("empty", "it has no pages")


ENCRYPTED = {"aes-128": "ok", "rc4-128": "ok", "aes-256": "repaired", "aes-256-m": "repaired"}


@needs_bad_pdfs
@pytest.mark.parametrize(("name", "outcome"), ENCRYPTED.items())
def test_passwords_are_tried_in_order_and_the_right_one_opens_a_file(name, outcome, monkeypatch):
    path = BAD_PDFS / f"bad-pdfminer--encryption__{name}.pdf"
    monkeypatch.setenv("PDF_PASSWORDS", "wrong\n\nfoo\n")
    parsed = fast.parse(path, name, ParseOptions(passwords_variable="PDF_PASSWORDS"))
    assert (parsed.outcome, texts(parsed)) == (outcome, ["Secret!"])
    monkeypatch.setenv("PDF_PASSWORDS", "wrong\nfoo bar")
    parsed = fast.parse(path, name, ParseOptions(passwords_variable="PDF_PASSWORDS"))
    assert (parsed.outcome, parsed.blocks) == ("encrypted", ())
    assert "foo" not in parsed.reason


@needs_bad_pdfs
def test_text_that_only_the_second_library_finds_is_read_and_told():
    for name in (
        "bad-format-corpus--pdf-handbuilt-test-corpus__T02-05-01_014_endstream-missing.pdf",
        "bad-pdfminer--contrib__issue-1062-filters.pdf",
    ):
        (path,) = BAD_PDFS.glob(f"{name[:66]}*")
        parsed = fast.parse(path, name)
        assert (parsed.outcome, parsed.reason.split(":")[0]) == ("repaired", "pages read by pypdfium2")
        assert parsed.blocks


@functools.cache
def parsed_hostile():
    paths = [str(path) for path in sorted(BAD_PDFS.glob("*.pdf"))]
    return dict(zip(paths, _by_index(map_isolated(parse_path, paths, workers=2, timeout_seconds=30)), strict=True))


def _by_index(results):
    return sorted(results, key=lambda result: result.index)


def parse_path(path):
    """In a worker: parse a file, which must come to an outcome without an exception."""
    parsed = fast.parse(Path(path), "d")
    return parsed.outcome, parsed.reason, len(parsed.blocks)


@needs_bad_pdfs
def test_every_hostile_file_comes_to_an_outcome_with_a_reason():
    results = parsed_hostile()
    assert len(results) == 272
    assert [path for path, result in results.items() if result.failure] == []
    for outcome, reason, blocks in (result.value for result in results.values()):
        assert (outcome in ("ok", "repaired")) == bool(blocks)
        assert bool(reason) == (outcome != "ok")
    counts = Counter(result.value[0] for result in results.values())
    assert counts["ok"] > 200
    assert set(counts) <= {"ok", "repaired", "encrypted", "unreadable", "empty"}
