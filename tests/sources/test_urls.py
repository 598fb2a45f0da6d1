from pathlib import Path

import pytest
from tests.sources.web_server import PDF, QuickClock, pdf

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources import urls

PAGE = "<!doctype html><title>Tides &amp; Moons</title><p>Über".encode("latin-1")


class Watching:
    def __init__(self):
        self.told = []

    def expect(self, total, unit):
        self.told.append((total, unit))

    def advance(self, count=1):
        self.told.append(count)

    def say(self, text):
        self.told.append(text)


def collect(*addresses, store, **options):
    options = {"delay_seconds": 0, "allow_private": True, "clock": QuickClock(), **options}
    found = list(urls.collect(addresses, store=store, **options))
    return [one for one in found if isinstance(one, Document)], [one for one in found if isinstance(one, Reject)]


def test_files_and_pages_become_documents_and_what_cannot_be_had_rejects(web, tmp_path):
    web.routes |= {
        "/a%20paper.pdf": PDF,
        "/moved": (302, {"Location": "/page"}, b""),
        "/page": (200, {"Content-Type": "text/html; charset=ISO-8859-1"}, PAGE),
        "/read.md": b"# A Title\n\nText.",
        "/x.zip": b"PK\x03\x04",
    }
    names = ("a%20paper.pdf", "moved", "read.md", "x.zip", "gone.pdf?key=s3cr3t")
    documents, rejects = collect(*(f"{web.url}/{name}" for name in names), store=tmp_path, license="CC0")
    assert [(d.title, d.media_type) for d in documents] == [
        ("a paper", "application/pdf"),
        ("Tides & Moons", "text/html"),
        ("A Title", "text/markdown"),
    ]
    page = documents[1]
    assert (page.id, page.source_id, page.license) == (content_id(PAGE), f"{web.url}/moved", "CC0")
    assert page.origins == (f"urls:{web.url}/moved",)
    assert Path(page.path).read_bytes() == PAGE
    told = {name: page.metadata[name] for name in ("final_url", "status", "charset", "bytes")}
    assert told == {"final_url": f"{web.url}/page", "status": 200, "charset": "iso-8859-1", "bytes": len(PAGE)}
    assert [(r.stage, r.reason) for r in rejects] == [("collect", "unknown_type"), ("collect", "not_found")]
    assert rejects[1].detail == f"{web.url}/gone.pdf?key=HIDDEN: HTTP 404"


def test_the_same_bytes_at_two_addresses_are_one_document_with_both_origins(web, tmp_path):
    web.routes |= {"/a.pdf": PDF, "/b.pdf": PDF}
    [document], _ = collect(f"{web.url}/a.pdf", f"{web.url}/b.pdf", store=tmp_path)
    assert document.origins == (f"urls:{web.url}/a.pdf", f"urls:{web.url}/b.pdf")


def test_addresses_are_read_from_a_file(web, tmp_path):
    web.routes |= {f"/{n}.pdf": pdf(n) for n in range(3)}
    listed = tmp_path / "list.txt"
    lines = ("\ufeff# papers", f"{web.url}/1.pdf  # the first", "", f"  {web.url}/2.pdf#page=3 ", f"{web.url}/1.pdf")
    listed.write_text("\r\n".join(lines), encoding="utf-8")
    documents, _ = collect(f"{web.url}/0.pdf", store=tmp_path / "store", path=listed)
    assert [d.id for d in documents] == [content_id(pdf(n)) for n in range(3)]
    assert sorted(web.files) == ["/0.pdf", "/1.pdf", "/2.pdf"]


def test_the_state_follows_the_addresses_and_asks_nobody(web, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"{web.url}/1.pdf\n")
    before = urls.state((), path=listed, store=tmp_path, allow_private=True)
    listed.write_text(f"# a comment\n\n{web.url}/1.pdf\n")
    assert urls.state((), path=listed) == before
    collect(store=tmp_path / "store", path=listed, obey_robots=False)
    assert urls.state((), path=listed) == before
    listed.write_text(f"{web.url}/2.pdf\n")
    assert urls.state((), path=listed) != before
    assert web.asked == ["/1.pdf"]


def test_a_run_in_which_most_failed_for_now_keeps_what_came_and_says_to_run_again(web, tmp_path):
    web.routes |= {"/a.pdf": PDF, "/b.pdf": 503, "/c.pdf": 429}
    addresses = [f"{web.url}/{name}.pdf" for name in "abc"]
    with pytest.raises(SourceError, match=r"2 of 3 .* \(1 http_503, 1 http_429\); what came is kept, run again"):
        collect(*addresses, store=tmp_path)
    web.asked.clear()
    web.routes["/b.pdf"] = pdf(1)
    documents, rejects = collect(*addresses, store=tmp_path)
    assert "/a.pdf" not in web.asked
    assert (len(documents), [r.reason for r in rejects]) == (2, ["http_429"])


def test_most_failed_for_good_is_no_reason_to_stop(web, tmp_path):
    web.routes["/a.pdf"] = PDF
    documents, rejects = collect(*(f"{web.url}/{name}.pdf" for name in "abc"), store=tmp_path)
    assert (len(documents), [r.reason for r in rejects]) == (1, ["not_found"] * 2)


def test_whoever_watches_hears_how_many_there_are_and_of_each(web, tmp_path):
    watching = Watching()
    collect(*(f"{web.url}/{name}.pdf" for name in "abc"), store=tmp_path, watch=watching)
    assert watching.told == [(3, "file"), 1, 1, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no address in urls"),
        ({"path": "empty.txt"}, r"no address in .*empty\.txt"),
        ({"path": "absent.txt"}, r"absent\.txt: the list of addresses cannot be read"),
        ({"path": "binary.txt"}, "not UTF-8"),
    ],
)
def test_no_address_at_all_names_where_one_was_looked_for(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("# nothing\n")
    Path("binary.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SourceError, match=message):
        collect(store=tmp_path, **options)


def test_text_that_is_no_url_is_a_reject_like_any_other(web, tmp_path):
    web.routes["/a.pdf"] = PDF
    _, rejects = collect("papers/a.pdf", "http://[", f"{web.url}/a.pdf", "http://", store=tmp_path)
    assert [r.reason for r in rejects] == ["refused_address", "bad_url", "bad_url"]


def test_another_as_of_asks_again_for_whatever_failed_and_for_nothing_else(web, tmp_path):
    web.routes |= {"/a.pdf": PDF, "/b.pdf": 503, "/d.pdf": pdf(4)}
    addresses = [f"{web.url}/{name}.pdf" for name in "abcd"]
    watching = Watching()
    assert [r.reason for r in collect(*addresses, store=tmp_path, watch=watching)[1]] == ["http_503", "not_found"]
    assert watching.told[-1] == "1 of 4 could not be fetched for now (1 http_503); another as_of asks for them again"
    web.asked.clear()
    web.routes |= {"/a.pdf": pdf(1), "/b.pdf": pdf(2), "/c.pdf": pdf(3)}
    documents, rejects = collect(*addresses, store=tmp_path, as_of="2026-11")
    assert ([d.id for d in documents], rejects) == ([content_id(one) for one in (PDF, pdf(2), pdf(3), pdf(4))], [])
    assert sorted(web.files) == ["/b.pdf", "/c.pdf"]
