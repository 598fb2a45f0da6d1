import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.arxiv_server import FIXTURES, ArxivServer, StillClock, serving

from glossator.errors import SourceError
from glossator.records import Document, Reject
from glossator.sources import kaggle, kaggle_snapshot
from glossator.sources.arxiv_papers import Paper
from glossator.sources.kaggle_records import paper_of
from glossator.sources.reading import Fault

SHARED = Path(__file__).parents[2].parent / "shared/data/api-kaggle-arxiv"
SNAPSHOT = FIXTURES / "arxiv" / "snapshot.jsonl"
RECORDS = [json.loads(line) for line in SNAPSHOT.read_text().splitlines()]


def read(path, tmp_path, **options):
    """What `collect` yields, by kind."""
    given_ = {"store": tmp_path / "store", "content": "abstracts", "max_results": 100, "delay_seconds": 0}
    found = list(kaggle.collect(path, **{**given_, "clock": StillClock(), **options}))
    return [one for one in found if isinstance(one, Document)], [one for one in found if isinstance(one, Reject)]


def write(path, records):
    path.write_text("".join(json.dumps(one) + "\n" if isinstance(one, dict) else one + "\n" for one in records))
    return path


def record(number, **values):
    return {**RECORDS[0], "id": f"2401.{number:05d}", "abstract": f"  Abstract {number}.\n", **values}


def created(text):
    return [{"version": "v1", "created": text}, {"version": "v3", "created": "Tue, 2 Jan 2029 10:00:00 GMT"}]


def test_every_record_becomes_a_paper_in_its_latest_version(tmp_path):
    documents, rejects = read(SNAPSHOT, tmp_path)
    assert (len(documents), rejects) == (len(RECORDS), [])
    (paper,) = (document for document in documents if document.source_id == "0704.0002v2")
    assert paper.title == "Sparsity-certifying Graph Decompositions"
    assert paper.origins == ("arxiv:0704.0002v2",)
    assert (paper.published, paper.metadata["updated"], paper.group) == ("2007-03-31", "2008-12-13", "math.CO")
    assert paper.license == "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
    assert paper.metadata["authors"] == ["Ileana Streinu", "Louis Theran"]
    assert paper.metadata["categories"] == ["math.CO", "cs.CG"]
    assert paper.text.startswith(
        "We describe a new algorithm, the $(k,\\ell)$-pebble game with colors, and use it obtain"
    )


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared records are not here")
def test_every_real_record_is_read(tmp_path):
    records = json.loads((SHARED / "test_data_100.json").read_text())
    documents, rejects = read(write(tmp_path / "all.json", records), tmp_path, max_results=1000)
    assert len({document.source_id for document in documents}) + len(rejects) == len({one["id"] for one in records})
    assert {reject.reason for reject in rejects} <= {"withdrawn"}


def test_the_newest_come_first_by_their_first_version(tmp_path):
    days = ["Mon, 1 Jan 2024 00:00:00 GMT", "Sat, 10 Feb 2024 23:59:59 GMT", "Mon, 2 Apr 2007 10:09:43 GMT"]
    path = write(tmp_path / "s.json", [record(n, versions=created(day)) for n, day in enumerate(days)])
    documents, _ = read(path, tmp_path, max_results=2)
    assert [(document.source_id, document.published) for document in documents] == [
        ("2401.00001v3", "2024-02-10"),
        ("2401.00000v3", "2024-01-01"),
    ]
    assert [one.source_id for one in read(path, tmp_path, max_results=2, sort="file")[0]] == [
        "2401.00000v3",
        "2401.00001v3",
    ]


def test_categories_days_and_licences_choose(tmp_path):
    assert {one.group for one in read(SNAPSHOT, tmp_path, categories=["hep-th"])[0]} >= {"hep-th"}
    every = read(SNAPSHOT, tmp_path, categories=["math.*"])[0]
    assert every
    assert all(any(name.startswith("math.") for name in one.metadata["categories"]) for one in every)
    days = {one.published for one in read(SNAPSHOT, tmp_path, date_from="2007-04-02", date_to="2007-04-02")[0]}
    assert days == {"2007-04-02"}
    licenses = {one.license for one in read(SNAPSHOT, tmp_path, licenses=["nonexclusive-distrib"])[0]}
    assert licenses == {"http://arxiv.org/licenses/nonexclusive-distrib/1.0/"}
    with pytest.raises(SourceError, match=r"no paper in .*snapshot\.jsonl is as wanted"):
        read(SNAPSHOT, tmp_path, licenses=["creativecommons.org/licenses/by/"])


@pytest.mark.parametrize("packed", ["json", "gz", "zip"])
def test_a_packed_snapshot_gives_what_the_plain_one_does(tmp_path, packed):
    plain = read(SNAPSHOT, tmp_path)
    path = tmp_path / f"arxiv.{packed}"
    if packed == "gz":
        path.write_bytes(gzip.compress(SNAPSHOT.read_bytes()))
    elif packed == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("LICENSE.txt", "CC0")
            archive.writestr("arxiv-metadata-oai-snapshot.json", SNAPSHOT.read_bytes())
    else:
        path.write_bytes(b"\xef\xbb\xbf" + SNAPSHOT.read_bytes())
    assert read(path, tmp_path) == plain


@pytest.mark.parametrize("packed", ["gz", "zip"])
def test_a_bomb_is_not_unpacked(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(kaggle_snapshot, "FREE_BYTES", 1_000_000)
    path = tmp_path / f"bomb.{packed}"
    zeros = b"\0" * 30_000_000
    if packed == "gz":
        path.write_bytes(gzip.compress(zeros))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("arxiv.json", zeros)
    with pytest.raises(SourceError, match="unpacks to more than 50 times its size"):
        read(path, tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no archive", "cannot be read as the arXiv snapshot"),
        (gzip.compress(SNAPSHOT.read_bytes())[:-4000], "cannot be read as the arXiv snapshot"),
        (b"\x1f\x8b no gzip either", "cannot be read as the arXiv snapshot"),
        (b"", "no paper in"),
        (b"[\n1,\n2\n]\n", "and 4 of its lines are no record"),
    ],
)
def test_a_file_that_is_no_snapshot_is_an_error_that_names_it(tmp_path, content, words):
    path = tmp_path / "arxiv.json"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        read(path, tmp_path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_archive_must_hold_one_snapshot_and_a_path_must_be_there(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.json", "{}")
        archive.writestr("b.json", "{}")
    with pytest.raises(SourceError, match="holds 2 files called"):
        read(tmp_path / "two.zip", tmp_path)
    for ask in (lambda: read(tmp_path / "absent.json", tmp_path), lambda: kaggle.state(tmp_path / "absent.json")):
        with pytest.raises(SourceError, match=r"absent\.json"):
            ask()


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "null",
        '"text"',
        "[1]",
        '{"id": 5}',
        '{"id": "../../etc/passwd", "title": "T", "abstract": "A"}',
        '{"id": "0704.0001", "title": null, "abstract": "A"}',
        '{"id": "0704.0001", "title": "T"}',
        '{"id": "0704.0001", "title": "T\\u0000", "abstract": "A"}',
        '{"id": "0704.0001", "title": "\\ud800", "abstract": "A"}',
        "[" * 100_000,
        "x" * 2_100_000,
    ],
)
def test_a_bad_line_is_rejected_with_its_number_and_costs_itself_only(tmp_path, line):
    path = write(tmp_path / "s.json", [RECORDS[0], line, RECORDS[1]])
    documents, rejects = read(path, tmp_path)
    assert len(documents) == 2
    assert [(reject.stage, "s.json, line 2:" in reject.detail) for reject in rejects] == [("collect", True)]


def test_after_a_thousand_bad_lines_they_are_only_counted(tmp_path):
    path = write(tmp_path / "s.json", ["{"] * 1500 + [RECORDS[0]])
    documents, rejects = read(path, tmp_path)
    assert len(documents) == 1
    assert len(rejects) == 1001
    assert (rejects[-1].reason, "500 more lines" in rejects[-1].detail) == ("broken_rows", True)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(RECORDS[0])), inner),
        max_leaves=12,
    )
)
def test_whatever_stands_in_a_line_gives_a_paper_or_a_fault(value):
    if isinstance(value, dict):
        value = {"id": "0704.0001", "title": "T", "abstract": "A", **value}
    found = paper_of(json.dumps(value).encode())
    assert isinstance(found, Paper | Fault)
    if isinstance(found, Paper):
        json.dumps([found.title, *found.authors, *found.categories]).encode("utf-8")


def test_withdrawn_papers_become_rejects(tmp_path):
    words = [
        "This paper has been withdrawn by the author due to a crucial error.",
        "Withdrawn.",
        "The manuscript was temporarily withdrawn.",
    ]
    path = write(tmp_path / "s.json", [record(n, comments=text) for n, text in enumerate(words)] + [record(9)])
    documents, rejects = read(path, tmp_path)
    assert [document.source_id for document in documents] == ["2401.00009v2"]
    assert [reject.reason for reject in rejects] == ["withdrawn"] * 3
    other = "We study how deposits are withdrawn from banks. The troops were withdrawn."
    assert read(write(tmp_path / "t.json", [record(1, abstract=other)]), tmp_path)[1] == []


def test_pdfs_are_fetched_by_id_one_at_a_time_and_only_once(tmp_path):
    server = ArxivServer(clock=StillClock())
    with serving(server) as address:
        options = {
            "content": "pdf",
            "max_results": 5,
            "pdf_base_url": f"{address}/pdf",
            "allow_private": True,
            "delay_seconds": 3.0,
            "clock": server.clock,
        }
        documents, rejects = read(SNAPSHOT, tmp_path, **options)
        assert (len(documents), rejects, server.most_at_once) == (5, [], 1)
        assert sorted(server.requests) == sorted(f"/pdf/{document.source_id}" for document in documents)
        gaps = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
        assert min(gaps) == pytest.approx(3.0, abs=1e-6)
        assert read(SNAPSHOT, tmp_path, **options) == (documents, rejects)
        assert len(server.requests) == 5


def test_another_as_of_asks_again_only_for_the_pdfs_that_failed(tmp_path):
    server = ArxivServer(clock=StillClock())
    with serving(server) as address:
        options = {
            "max_results": 5,
            "pdf_base_url": f"{address}/pdf",
            "allow_private": True,
            "delay_seconds": 0,
            "clock": server.clock,
        }
        names = [one.source_id for one in read(SNAPSHOT, tmp_path, **{**options, "content": "abstracts"})[0]]
        server.faults = {f"/pdf/{names[3]}": [(404, b"")]}
        assert [one.reason for one in read(SNAPSHOT, tmp_path, **options, content="pdf")[1]] == ["not_found"]
        assert [one.reason for one in read(SNAPSHOT, tmp_path, **options, content="pdf")[1]] == ["not_found"]
        assert len(server.requests) == 5
        assert len(read(SNAPSHOT, tmp_path, **options, content="pdf", as_of="2026-11")[0]) == 5
        assert server.requests[5:] == [f"/pdf/{names[3]}"]


def test_the_state_follows_the_snapshot_and_neither_its_place_nor_the_network(tmp_path):
    path = tmp_path / "s.json"
    path.write_bytes(SNAPSHOT.read_bytes())
    before = kaggle.state(path, store=tmp_path)
    assert kaggle.state(SNAPSHOT) == before
    path.write_bytes(SNAPSHOT.read_bytes() + b"\n")
    assert kaggle.state(path) != before
    assert kaggle.state(None, store=tmp_path) == kaggle.state()


def test_millions_of_lines_take_the_memory_of_few(tmp_path):
    big = tmp_path / "big.json"
    block = b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in RECORDS)
    with big.open("wb") as file:
        written = 0
        while written < 300_000_000:
            written += file.write(block * 20)
    code = (
        "import sys, resource; from glossator.sources import kaggle\n"
        "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = sum(1 for _ in kaggle.collect(sys.argv[1], store=sys.argv[2], content='abstracts', max_results=100,"
        " categories=['cs.*', 'math.*']))\n"
        "print(found, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(big), str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    found, more_mb = map(int, told.stdout.split())
    assert found == 100
    assert more_mb < 20
