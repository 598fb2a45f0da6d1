import dataclasses
import gzip
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest
from tests.sources.web_server import PDF, QuickClock, cut, pdf, serving

from glossator.errors import SourceError
from glossator.records import content_id
from glossator.sources import addresses, requesting
from glossator.sources.fetch_store import FetchStore
from glossator.sources.fetched import HTML, MARKDOWN, PLAIN
from glossator.sources.fetched import PDF as PDF_TYPE
from glossator.sources.fetching import Policy, Wanted, fetch, get_page
from glossator.sources.pacing import Turns

HERE = Policy(delay_seconds=0, allow_private=True, timeout_seconds=20)
PROGRAM = Path(__file__).with_name("fetched_files.py")


def get(store, *urls, policy=HERE, accept=(PDF_TYPE,), clock=None, **options):
    """What became of each URL."""
    wanted = [Wanted(url, url, accept) for url in urls]
    return [one for _, one in fetch(wanted, store, policy=policy, clock=clock or QuickClock(), **options)]


def problems(fetched):
    return [one.problem for one in fetched]


def test_files_come_in_the_order_wanted_and_lie_under_their_content(web, tmp_path):
    late = threading.Event()
    web.routes["/0.pdf"] = lambda _: (late.wait(20), pdf(0))[1]
    web.routes["/1.pdf"] = pdf(1)
    arrived = []

    def on_done(one):
        arrived.append(one)
        late.set()

    found = get(tmp_path, f"{web.url}/0.pdf", f"{web.url}/1.pdf", on_done=on_done)
    assert [one.url[-6:] for one in found] == ["/0.pdf", "/1.pdf"]
    assert [one.url[-6:] for one in arrived] == ["/1.pdf", "/0.pdf"]
    assert [Path(one.path) for one in found] == [tmp_path / "files" / f"{content_id(pdf(n))}.pdf" for n in (0, 1)]
    assert [Path(one.path).read_bytes() for one in found] == [pdf(0), pdf(1)]
    assert {(one.status, one.media_type, one.problem) for one in found} == {(200, PDF_TYPE, "")}


def test_what_is_in_the_store_is_not_asked_for_again(web, tmp_path):
    web.routes["/a.pdf"] = PDF
    first = get(tmp_path, f"{web.url}/a.pdf")
    assert get(tmp_path, f"{web.url}/a.pdf") == first
    assert web.files == ["/a.pdf"]
    Path(first[0].path).unlink()
    assert get(tmp_path, f"{web.url}/a.pdf")[0].id == first[0].id
    assert web.files == ["/a.pdf"] * 2
    assert get(tmp_path, f"{web.url}/a.pdf", as_of="tomorrow")[0].id == first[0].id
    assert web.files == ["/a.pdf"] * 2


def test_what_failed_for_good_is_asked_again_under_another_as_of_and_what_failed_for_now_always(web, tmp_path):
    web.routes |= {"/page.pdf": b"<html>no</html>", "/busy.pdf": 503, "/robots.txt": b"User-agent: *\nDisallow: /shut"}
    urls = [f"{web.url}/{name}.pdf" for name in ("gone", "page", "shut", "busy")]
    policy = dataclasses.replace(HERE, attempts=1)
    expected = ["not_found", "not_pdf", "robots", "http_503"]
    first = get(tmp_path, *urls, policy=policy)
    assert problems(first) == expected
    assert [one.transient for one in first] == [False, False, False, True]
    web.asked.clear()
    assert problems(get(tmp_path, *urls, policy=policy)) == expected
    assert web.files == ["/busy.pdf"]
    web.routes |= {"/gone.pdf": PDF, "/busy.pdf": pdf(1)}
    web.asked.clear()
    assert problems(get(tmp_path, *urls, policy=policy, as_of="tomorrow")) == ["", *expected[1:3], ""]
    assert sorted(web.files) == ["/busy.pdf", "/gone.pdf", "/page.pdf"]
    web.asked.clear()
    for as_of in ("", "tomorrow", "later"):  # what came under one counts under all
        assert problems(get(tmp_path, urls[0], urls[3], policy=policy, as_of=as_of)) == ["", ""]
    assert problems(get(tmp_path, urls[1], policy=policy, as_of="tomorrow")) == ["not_pdf"]
    assert web.files == []


def test_a_failure_counts_only_under_the_limits_it_failed_under(web, tmp_path):
    web.routes |= {"/page": b"<!doctype html><p>Words.", "/big": PDF + b"x" * 1000}
    small = dataclasses.replace(HERE, max_bytes=500)
    assert problems(get(tmp_path, f"{web.url}/page", f"{web.url}/big", policy=small)) == ["not_pdf", "too_large"]
    assert problems(get(tmp_path, f"{web.url}/page", accept=(HTML,))) == [""]
    assert problems(get(tmp_path, f"{web.url}/big")) == [""]
    assert problems(get(tmp_path, f"{web.url}/big", policy=small)) == ["too_large"]


@pytest.mark.parametrize(
    ("path", "body", "media_type"),
    [
        ("/paper.html", PDF, PDF_TYPE),
        ("/late.pdf", b"x" * 900 + PDF, PDF_TYPE),
        ("/paper.pdf", b"\n<!-- a --><!DOCTYPE html><title>x</title>", HTML),
        ("/long.txt", b"<!-- " + b"licence " * 500 + b"--><html><body>", HTML),
        ("/xhtml", b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', HTML),
        ("/wide", "<html><p>Übung".encode("utf-16"), HTML),
        ("/latin", b"<html><p>caf\xe9", HTML),
        ("/read.md", b"# Title\n\nText.", MARKDOWN),
        ("/logo.md", b'<p align="center"><img src="x"></p>\n\n# Title', MARKDOWN),
        ("/page.md", b"<!doctype html><p>not found", HTML),
        ("/note.txt", "Käse.".encode(), PLAIN),
        ("/mention.txt", b"A file that opens with %PDF-1.7 is a PDF.", PLAIN),
        ("/mention.md", b"# Formats\n\n%PDF-1.7 opens a PDF.", MARKDOWN),
        ("/late.txt", b"\0\1" + PDF, PDF_TYPE),
        ("/marked", b"\xef\xbb\xbfText with a mark.", PLAIN),
    ],
)
def test_the_type_is_told_by_the_content_whatever_the_server_says(web, tmp_path, path, body, media_type):
    web.routes[path] = 200, {"Content-Type": "application/pdf" if media_type != PDF_TYPE else "text/html"}, body
    [found] = get(tmp_path, web.url + path, accept=(PDF_TYPE, HTML, MARKDOWN, PLAIN))
    assert (found.media_type, found.id, found.problem) == (media_type, content_id(body), "")
    assert Path(found.path).read_bytes() == body


@pytest.mark.parametrize(
    ("body", "accept", "problem"),
    [
        (b"<html>log in first</html>", (PDF_TYPE,), "not_pdf"),
        (b"PK\x03\x04zip", (PDF_TYPE,), "not_pdf"),
        (b"words", (PDF_TYPE, HTML), "unknown_type"),
        (b"PK\x03\x04zip", (HTML, PLAIN), "unknown_type"),
        (b'{"error": "no"}', (HTML, PLAIN), "unknown_type"),
        (b"<?xml version='1.0'?><rss>", (HTML, PLAIN), "unknown_type"),
        (b"words \xff and more", (PLAIN,), "unknown_type"),
        (b"words" * 3000 + b"\0", (PLAIN,), "unknown_type"),
        (b"cut in the middle of \xc3", (PLAIN,), "unknown_type"),
        (b"", (PDF_TYPE,), "empty"),
    ],
)
def test_what_is_no_document_is_refused_and_leaves_no_file(web, tmp_path, body, accept, problem):
    web.routes["/a.pdf"] = 200, {"Content-Type": "application/pdf"}, body
    [found] = get(tmp_path, f"{web.url}/a.pdf", accept=accept)
    assert (found.problem, found.path, found.id, found.transient) == (problem, "", "", False)
    assert [*(tmp_path / "files").iterdir(), *(tmp_path / "unfinished").iterdir()] == []


def test_this_machine_is_not_asked_unless_that_is_allowed(web, tmp_path, monkeypatch):
    web.routes["/a.pdf"] = PDF
    port = web.url.rpartition(":")[2]
    lookup = socket.getaddrinfo

    def rebound(host, *arguments, **options):
        return lookup("127.0.0.1" if host == "papers.example.org" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    hosts = ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "papers.example.org")
    urls = [f"http://{host}:{port}/a.pdf" for host in hosts]
    found = get(tmp_path, *urls, policy=dataclasses.replace(HERE, allow_private=False, attempts=2))
    assert problems(found) == ["refused_address"] * len(hosts)
    assert "papers.example.org is at 127.0.0.1" in found[-1].detail
    assert web.asked == []
    assert problems(get(tmp_path, urls[-1])) == [""]


def test_an_address_is_checked_when_it_is_connected_to_whatever_the_lookup_said(web, tmp_path, monkeypatch):
    from aiohttp.resolver import ThreadedResolver

    monkeypatch.setattr(requesting, "public_resolver", lambda **_: ThreadedResolver())
    port = web.url.rpartition(":")[2]
    policy = dataclasses.replace(HERE, allow_private=False)
    assert problems(get(tmp_path, f"http://localhost:{port}/a.pdf", policy=policy)) == ["refused_address"]
    assert web.asked == []


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("file:///etc/passwd", "refused_address"),
        ("http://169.254.169.254/latest/", "refused_address"),
        ("http://[::ffff:169.254.169.254]/", "refused_address"),
        ("http://me:s3cret@127.0.0.1/", "refused_address"),
        ("//0.0.0.0/a.pdf", "refused_address"),
        ("http://[", "redirect"),
        ("/around", "redirect"),
    ],
)
def test_a_redirect_leads_nowhere_that_a_url_may_not(web, tmp_path, target, problem):
    web.routes["/around"] = 302, {"Location": target}, b""
    [found] = get(tmp_path, f"{web.url}/around")
    assert (found.problem, found.transient, found.url) == (problem, False, f"{web.url}/around")
    assert "s3cret" not in str(found)
    assert set(web.files) == {"/around"}
    assert len(web.files) == (11 if target == "/around" else 1)


def test_a_redirect_from_a_public_server_into_the_own_network_is_refused(web, tmp_path, monkeypatch):
    original = addresses.is_allowed

    def outside(address, *, allow_private):
        return str(address) == "127.0.0.1" or original(address, allow_private=allow_private)

    monkeypatch.setattr(addresses, "is_allowed", outside)
    with serving("127.0.0.2") as inner:
        inner.routes["/a.pdf"] = PDF
        web.routes["/a.pdf"] = 302, {"Location": f"{inner.url}/a.pdf"}, b""
        [found] = get(tmp_path, f"{web.url}/a.pdf", policy=dataclasses.replace(HERE, allow_private=False))
        assert (found.problem, found.final_url) == ("refused_address", f"{inner.url}/a.pdf")
        assert inner.asked == []


def test_redirects_are_followed_and_the_last_address_is_kept(web, tmp_path):
    web.routes |= {f"/{n}": (307, {"Location": f"{n + 1}?token=s3cret#x"}, b"") for n in range(10)}
    web.routes["/10"] = PDF
    [found] = get(tmp_path, f"{web.url}/0")
    assert (found.problem, found.final_url) == ("", f"{web.url}/10?token=HIDDEN")
    web.routes["/10"] = 307, {"Location": "/11"}, b""
    assert problems(get(tmp_path / "other", f"{web.url}/0")) == ["redirect"]


def packed(data, level=9):
    return 200, {"Content-Encoding": "gzip", "Content-Type": "application/pdf"}, gzip.compress(data, level)


def test_a_packed_body_is_unpacked_and_a_bomb_stops_at_the_limit(web, tmp_path):
    bomb = packed(PDF + bytes(200_000_000), 1)
    assert len(bomb[2]) < 1_000_000
    web.routes |= {
        "/good.pdf": packed(pdf(1)),
        "/parts.pdf": (200, {"Content-Encoding": "gzip"}, gzip.compress(pdf(1)[:9]) + gzip.compress(pdf(1)[9:])),
        "/raw.pdf": (200, {"Content-Encoding": "deflate"}, zlib.compress(pdf(1))[2:-4]),
        "/bomb.pdf": bomb,
        "/broken.pdf": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08garbage"),
        "/odd.pdf": (200, {"Content-Encoding": "br"}, PDF),
        "/cut.pdf": (200, {"Content-Encoding": "gzip"}, gzip.compress(pdf(1))[:-9]),
    }
    names = ("good", "parts", "raw", "bomb", "broken", "odd", "cut")
    found = get(
        tmp_path,
        *(f"{web.url}/{name}.pdf" for name in names),
        policy=dataclasses.replace(HERE, max_bytes=900_000, attempts=1),
    )
    assert [one.problem or one.id for one in found] == [
        *[content_id(pdf(1))] * 3,
        "too_large",
        "bad_encoding",
        "bad_encoding",
        "connection",
    ]
    assert list((tmp_path / "unfinished").iterdir()) == []


def test_a_file_beyond_the_limit_is_refused_by_its_length_and_by_what_comes(web, tmp_path):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(PDF)
        while not web.ended.is_set():
            handler.wfile.write(b"x" * 65_536)

    web.routes |= {"/told.pdf": (200, {"Content-Length": "10000001"}, PDF), "/endless.pdf": endless}
    limited = dataclasses.replace(HERE, max_bytes=10_000_000)
    found = get(tmp_path, f"{web.url}/told.pdf", f"{web.url}/endless.pdf", policy=limited)
    assert problems(found) == ["too_large"] * 2
    assert web.files.count("/endless.pdf") == 1


def test_a_connection_that_is_cut_is_tried_again(web, tmp_path):
    short = 200, {"Content-Length": str(len(PDF))}, PDF[:20]
    web.routes |= {
        "/cut.pdf": [cut, short, PDF],
        "/never.pdf": cut,
        "/nonsense.pdf": lambda handler: handler.wfile.write(b"\x00\x01 what?\r\n\r\n") and None,
    }
    found = get(tmp_path, *(f"{web.url}/{name}.pdf" for name in ("cut", "never", "nonsense")))
    assert problems(found) == ["", "connection", "connection"]
    assert [one.transient for one in found] == [False, True, True]
    assert "4 tries" in found[1].detail
    assert (web.files.count("/cut.pdf"), web.files.count("/never.pdf")) == (3, 4)


def test_a_server_that_is_not_there_is_a_failure_for_now(tmp_path):
    with serving() as gone:
        url = f"{gone.url}/a.pdf"
    [found] = get(tmp_path, url, policy=dataclasses.replace(HERE, obey_robots=False))
    assert (found.problem, found.transient, found.status) == ("connection", True, None)
    [found] = get(tmp_path, "http://no-such-host.invalid/a.pdf", policy=dataclasses.replace(HERE, obey_robots=False))
    assert (found.problem, found.transient) == ("connection", True)


def test_a_server_that_says_nothing_or_trickles_is_given_up(web, tmp_path):
    def headers_then_silence(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(PDF)
        web.ended.wait(60)

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(PDF)
        while not web.ended.wait(0.01):
            handler.wfile.write(b"x")

    def trickling_headers(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            if web.ended.wait(0.05):
                return
            handler.wfile.write(b"X-%d: y\r\n" % (number % 50))

    web.routes |= {
        "/silent.pdf": lambda _: web.ended.wait(60) and None,
        "/stalled.pdf": headers_then_silence,
        "/trickle.pdf": trickle,
        "/headers.pdf": trickling_headers,
    }
    impatient = dataclasses.replace(HERE, timeout_seconds=0.5, attempts=1, per_host=4, obey_robots=False)
    found = get(tmp_path, *(f"{web.url}{path}" for path in web.routes), policy=impatient)
    assert [(one.problem, one.transient) for one in found] == [("timeout", True)] * 4


def test_a_busy_server_is_left_alone_as_long_as_it_asks_and_no_longer_than_anyone_may(web, tmp_path, clock):
    web.routes |= {
        "/a.pdf": [(429, {"Retry-After": "7"}, b""), PDF],
        "/b.pdf": [(503, {"Retry-After": "999999999"}, b""), PDF],
    }
    assert problems(get(tmp_path, f"{web.url}/a.pdf", clock=clock)) == [""]
    assert 7 <= sum(clock.slept) <= 7.7
    assert problems(get(tmp_path, f"{web.url}/b.pdf", clock=clock)) == [""]
    assert 120 <= sum(clock.slept) <= 7.7 + 2 * 132


def test_what_a_busy_host_asks_for_holds_for_all_that_is_wanted_of_it(web, tmp_path, monkeypatch):
    rested = []
    monkeypatch.setattr(Turns, "rest", lambda _, host, seconds: rested.append((host, 7 <= seconds <= 7.7)))
    web.routes["/a.pdf"] = [(429, {"Retry-After": "7"}, b""), 503, PDF]
    assert problems(get(tmp_path, f"{web.url}/a.pdf")) == [""]
    assert rested == [("127.0.0.1", True)]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_server_in_trouble_is_asked_as_often_as_the_policy_says_and_ever_later(web, tmp_path, clock, status):
    web.routes["/a.pdf"] = status
    [found] = get(tmp_path, f"{web.url}/a.pdf", clock=clock)
    assert (found.problem, found.transient, found.status) == (f"http_{status}", True, status)
    assert web.files == ["/a.pdf"] * 4
    assert [0.5, 1, 2] <= clock.slept <= [1, 2, 4]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, "not_found"),
        (410, "not_found"),
        (403, "http_403"),
        (206, "http_206"),
        (204, "http_204"),
        (300, "http_300"),
        (501, "http_501"),
    ],
)
def test_an_answer_that_will_not_change_is_asked_for_once(web, tmp_path, status, problem):
    web.routes["/a.pdf"] = status, {}, b"" if status == 204 else PDF
    [found] = get(tmp_path, f"{web.url}/a.pdf")
    assert (found.problem, found.transient, web.files) == (problem, False, ["/a.pdf"])


def test_a_host_is_asked_by_so_many_at_once_and_so_far_apart(web, tmp_path, clock):
    web.routes |= {f"/{n}.pdf": pdf(n) for n in range(8)}
    started = []
    original = clock.sleep

    async def sleep(seconds):
        await original(seconds)
        started.append(clock.time)

    clock.sleep = sleep
    urls = [f"{web.url}/{n}.pdf" for n in range(8)]
    policy = dataclasses.replace(HERE, delay_seconds=3, per_host=1)
    begin = clock.time
    assert set(problems(get(tmp_path, *urls, policy=policy, clock=clock))) == {""}
    assert web.most_running == 1
    assert clock.time - begin >= 3 * 8  # robots.txt and eight files
    assert all(later - earlier >= 2.999 for earlier, later in itertools.pairwise(started))


def test_at_most_so_many_requests_run_at_one_host(web, tmp_path):
    full = threading.Barrier(3, timeout=20)
    web.routes |= {f"/{n}.pdf": lambda _, n=n: (full.wait(), pdf(n))[1] for n in range(9)}
    policy = dataclasses.replace(HERE, per_host=3, obey_robots=False)
    assert set(problems(get(tmp_path, *(f"{web.url}/{n}.pdf" for n in range(9)), policy=policy))) == {""}
    assert web.most_running == 3


def test_a_url_that_is_wanted_twice_is_asked_for_once(web, tmp_path):
    web.routes["/a.pdf"] = PDF
    found = get(tmp_path, *[f"{web.url}/a.pdf"] * 5)
    assert len({one.id for one in found}) == 1
    assert len(found) == 5
    assert web.files == ["/a.pdf"]


def test_no_more_is_read_of_what_is_wanted_than_is_needed(web, tmp_path):
    web.routes |= {f"/{n}.pdf": pdf(n) for n in range(3)}
    endless = (Wanted(f"{web.url}/{n}.pdf", str(n)) for n in itertools.count())
    results = fetch(endless, tmp_path, policy=HERE, clock=QuickClock())
    assert [one.problem for _, one in itertools.islice(results, 4)] == ["", "", "", "not_found"]
    results.close()
    web.asked.clear()
    assert problems(get(tmp_path, *(f"{web.url}/{n}.pdf" for n in range(3)))) == [""] * 3
    assert web.files == []


def wait_for_lines(process, count):
    return [process.stdout.readline().split()[0] for _ in range(count)]


def test_a_killed_run_goes_on_where_it_stopped(web, tmp_path):
    half, hold = threading.Event(), threading.Event()
    web.routes |= {f"/{n}.pdf": pdf(n) for n in range(6)}

    def half_then_wait(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(pdf(3))))
        handler.end_headers()
        handler.wfile.write(pdf(3)[:20])
        half.set()
        hold.wait(60)

    web.routes["/3.pdf"] = [half_then_wait, pdf(3)]
    command = [sys.executable, str(PROGRAM), web.url, str(tmp_path / "store"), "6"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert wait_for_lines(process, 3) == ["0", "1", "2"]
        assert half.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    finally:
        process.kill()
        process.stdout.close()
        hold.set()
    web.asked.clear()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    assert done.stdout.split("\n")[:6] == [f"{n} {content_id(pdf(n))}" for n in range(6)]
    assert web.asked == ["/3.pdf", "/4.pdf", "/5.pdf"]  # robots.txt is kept too


def test_two_processes_share_a_store(web, tmp_path):
    web.routes |= {f"/{n}.pdf": pdf(n) for n in range(20)}
    command = [sys.executable, str(PROGRAM), web.url, str(tmp_path / "store"), "20"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    expected = "".join(f"{n} {content_id(pdf(n))}\n" for n in range(20))
    assert [process.communicate(timeout=120)[0] for process in both] == [expected, expected]
    assert len(list((tmp_path / "store" / "files").iterdir())) == 20
    assert list((tmp_path / "store" / "unfinished").iterdir()) == []


def test_what_a_killed_run_left_unfinished_is_swept_a_day_later(web, tmp_path):
    (tmp_path / "unfinished").mkdir()
    old, new = tmp_path / "unfinished" / "old", tmp_path / "unfinished" / "new"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (1, 1))
    get(tmp_path, f"{web.url}/a.pdf")
    assert list((tmp_path / "unfinished").iterdir()) == [new]


def test_a_secret_in_a_url_is_sent_and_never_kept(web, tmp_path):
    web.routes |= {"/a.pdf": PDF, "/b.pdf": 404}
    urls = [f"{web.url}/{name}.pdf?token=s3cr3tvalue&v=1" for name in "ab"]
    found = get(tmp_path, *urls)
    assert sorted(web.files) == ["/a.pdf?token=s3cr3tvalue&v=1", "/b.pdf?token=s3cr3tvalue&v=1"]
    assert found[0].url == found[0].final_url == f"{web.url}/a.pdf?token=HIDDEN&v=1"
    assert "s3cr3tvalue" not in str(found)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"s3cr3tvalue" not in kept
    assert get(tmp_path, *urls) == found
    assert len(web.files) == 2


def test_a_store_that_cannot_be_used_names_itself(web, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SourceError, match=r"file: fetched files cannot be kept here"):
        get(tmp_path / "file", f"{web.url}/a.pdf")
    (tmp_path / "fetched.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match=r"fetched\.sqlite is damaged"):
        get(tmp_path, f"{web.url}/a.pdf")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_ends_the_run_and_is_no_fault_of_the_server(web, tmp_path, monkeypatch):
    full = tmp_path / "full"
    monkeypatch.setattr(FetchStore, "open_unfinished", lambda _: (os.open("/dev/full", os.O_WRONLY), full))
    web.routes["/a.pdf"] = PDF + bytes(100_000)
    with pytest.raises(SourceError, match=r"full: it cannot be written \(No space left on device\); check the disk"):
        get(tmp_path, f"{web.url}/a.pdf")
    monkeypatch.undo()
    assert problems(get(tmp_path, f"{web.url}/a.pdf")) == [""]


def test_it_says_who_asks_and_sends_no_cookies(web, tmp_path):
    web.routes |= {"/a.pdf": (302, {"Location": "/b.pdf", "Set-Cookie": "a=b"}, b""), "/b.pdf": PDF}
    assert problems(get(tmp_path, f"{web.url}/a.pdf")) == [""]
    agents = {sent["User-Agent"] for sent in web.headers}
    assert all(re.fullmatch(r"glossator/[\w.]+ \(.*; obeys robots\.txt\)", agent) for agent in agents)
    assert [sent for sent in web.headers if "Cookie" in sent] == []


def test_it_says_that_it_obeys_robots_txt_only_where_it_does(web, tmp_path):
    web.routes |= {"/a.pdf": PDF, "/api": b"answer"}
    get(tmp_path, f"{web.url}/a.pdf", policy=dataclasses.replace(HERE, obey_robots=False))
    get_page(f"{web.url}/api", tmp_path, policy=HERE, clock=QuickClock())
    assert web.asked == ["/a.pdf", "/api"]
    assert [sent["User-Agent"] for sent in web.headers if "robots" in sent["User-Agent"]] == []
    get(tmp_path, f"{web.url}/b.pdf", policy=dataclasses.replace(HERE, user_agent="mine/1 (obeys nobody)"))
    assert web.headers[-1]["User-Agent"] == "mine/1 (obeys nobody)"


def test_a_text_by_the_servers_word_that_mentions_a_pdf_header_is_none(web, tmp_path):
    body = b"# Formats\n\nFiles open with %PDF-1.7."
    web.routes |= {"/as-text": (200, {"Content-Type": "text/markdown"}, body), "/as-it-is": body}
    accept = (PDF_TYPE, MARKDOWN, PLAIN)
    found = get(tmp_path, f"{web.url}/as-text", f"{web.url}/as-it-is", accept=accept)
    assert [one.media_type for one in found] == [PLAIN, PDF_TYPE]
