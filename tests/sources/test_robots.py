import dataclasses

import pytest
from tests.sources.web_server import PDF, QuickClock, cut, serving

from glossator.sources.fetching import Policy, Wanted, fetch

HERE = Policy(delay_seconds=0, allow_private=True, timeout_seconds=20)


def get(store, *urls, policy=HERE, clock=None):
    wanted = [Wanted(url, url) for url in urls]
    return [one for _, one in fetch(wanted, store, policy=policy, clock=clock or QuickClock())]


def test_what_robots_txt_forbids_is_not_asked_for(web, tmp_path):
    web.routes |= {
        "/robots.txt": b"User-agent: *\nAllow: /\n\nUser-agent: glossator\nDisallow: /private/\nDisallow: /*.cgi$",
        "/private/a.pdf": PDF,
        "/a.pdf": PDF,
    }
    found = get(tmp_path, *(f"{web.url}/{name}" for name in ("private/a.pdf", "a.pdf", "b.cgi")))
    assert [(one.problem, one.transient) for one in found] == [("robots", False), ("", False), ("robots", False)]
    assert sorted(web.asked) == ["/a.pdf", "/robots.txt"]
    found = get(tmp_path, f"{web.url}/private/a.pdf", policy=dataclasses.replace(HERE, obey_robots=False))
    assert [one.problem for one in found] == [""]


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_a_server_without_rules_may_be_asked(web, tmp_path, status):
    web.routes |= {"/robots.txt": status, "/a.pdf": PDF}
    assert [one.problem for one in get(tmp_path, f"{web.url}/a.pdf")] == [""]


@pytest.mark.parametrize("route", [503, 429, cut])
def test_rules_that_cannot_be_read_forbid_everything_for_now(web, tmp_path, route):
    web.routes |= {"/robots.txt": route, "/a.pdf": PDF, "/b.pdf": PDF}
    urls = [f"{web.url}/{name}.pdf" for name in "ab"]
    found = get(tmp_path, *urls)
    assert [(one.problem, one.transient) for one in found] == [("robots_unreachable", True)] * 2
    assert web.asked == ["/robots.txt"] * 4
    assert [one.final_url for one in found] == urls
    web.routes["/robots.txt"] = 404
    assert [one.problem for one in get(tmp_path, *urls)] == ["", ""]


def test_rules_are_read_once_a_day(web, tmp_path, clock):
    web.routes |= {f"/{n}.pdf": PDF for n in range(4)}
    get(tmp_path, f"{web.url}/0.pdf", f"{web.url}/1.pdf", clock=clock)
    get(tmp_path, f"{web.url}/2.pdf", clock=clock)
    assert web.asked.count("/robots.txt") == 1
    clock.time += 86_401
    get(tmp_path, f"{web.url}/3.pdf", clock=clock)
    assert web.asked.count("/robots.txt") == 2


def test_the_server_that_a_redirect_leads_to_has_rules_too(web, tmp_path):
    with serving() as other:
        other.routes |= {"/robots.txt": b"User-agent: *\nDisallow: /", "/a.pdf": PDF}
        web.routes["/a.pdf"] = 302, {"Location": f"{other.url}/a.pdf"}, b""
        [found] = get(tmp_path, f"{web.url}/a.pdf")
        assert (found.problem, found.final_url) == ("robots", f"{other.url}/a.pdf")
        assert other.asked == ["/robots.txt"]


def test_a_host_that_asks_for_more_time_gets_it_within_reason(web, tmp_path, clock):
    web.routes |= {"/robots.txt": b"User-agent: *\nCrawl-delay: 20", "/a.pdf": PDF, "/b.pdf": PDF}
    begin = clock.time
    get(tmp_path, f"{web.url}/a.pdf", f"{web.url}/b.pdf", clock=clock)
    assert 20 <= clock.time - begin <= 40
    with serving("127.0.0.3") as slow:
        slow.routes |= {**web.routes, "/robots.txt": b"User-agent: *\nCrawl-delay: 86400"}
        begin = clock.time
        get(tmp_path / "other", f"{slow.url}/a.pdf", f"{slow.url}/b.pdf", clock=clock)
        assert 60 <= clock.time - begin <= 120


def test_rules_of_any_size_and_bytes_are_read_as_far_as_they_go(web, tmp_path):
    long = b"User-agent: *\nDisallow: /a.pdf\n" + b"# \xff\0\n" * 2_000_000
    web.routes |= {"/robots.txt": long, "/a.pdf": PDF, "/b.pdf": PDF}
    found = get(tmp_path, f"{web.url}/a.pdf", f"{web.url}/b.pdf")
    assert [one.problem for one in found] == ["robots", ""]


@pytest.mark.parametrize("told", [True, False])
def test_rules_longer_than_a_file_may_be_are_read_all_the_same(web, tmp_path, told):
    rules = b"User-agent: *\nDisallow: /a.pdf\n" + b"# words\n" * 10_000 + b"Disallow: /c.pdf\n"
    rules += b"# words\n" * 100_000 + b"Disallow: /b.pdf\n"
    headers = {} if told else {"Transfer-Encoding": "chunked"}
    body = rules if told else b"%x\r\n%b\r\n0\r\n\r\n" % (len(rules), rules)
    web.routes |= {"/robots.txt": lambda handler: raw(handler, headers, body), "/b.pdf": PDF}
    small = dataclasses.replace(HERE, max_bytes=1000)
    found = get(tmp_path, *(f"{web.url}/{name}.pdf" for name in "abc"), policy=small)
    assert [one.problem for one in found] == ["robots", "", "robots"]  # what stands behind 512 kB does not count


def raw(handler, headers, body):
    """Answer without the length of what comes in pieces."""
    handler.send_response(200)
    for name, value in (headers or {"Content-Length": str(len(body))}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


@pytest.mark.parametrize(
    "route",
    [
        (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08 no such thing"),
        (200, {"Content-Encoding": "br"}, b"User-agent: *\nAllow: /"),
        (200, {"Content-Length": "200000000"}, b"User-agent: *\nAllow: /"),
        501,
    ],
)
def test_rules_that_no_one_can_read_forbid_everything_for_now(web, tmp_path, route):
    web.routes |= {"/robots.txt": route, "/a.pdf": PDF}
    [found] = get(tmp_path, f"{web.url}/a.pdf")
    assert (found.problem, found.transient, web.files) == ("robots_unreachable", True, [])


def test_rules_that_lead_nowhere_are_not_there(web, tmp_path):
    web.routes |= {"/robots.txt": (302, {"Location": "/robots.txt"}, b""), "/a.pdf": PDF}
    assert [one.problem for one in get(tmp_path, f"{web.url}/a.pdf")] == [""]
