import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.sources.web_server import QuickClock, pdf

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources import web_search

RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "api-serpapi"
KEY = "a-key-that-nobody-may-see"


class SearchEngine:
    """Speaks the API: `count` results, ten a page, each with a file on the same server."""

    def __init__(self, web, count, answers=None):
        self.web, self.count, self.answers = web, count, answers or {}
        self.searches = []
        web.routes["/search.json"] = self.answer
        web.routes |= {f"/{n}.pdf": pdf(n) for n in range(count)}

    def answer(self, handler):
        query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        self.searches.append(query)
        start = int(query.get("start", 0))
        if start in self.answers:
            answer = self.answers[start]
            return answer if isinstance(answer, tuple) else json.dumps(answer).encode()
        return json.dumps(self.page(start, query)).encode()

    def page(self, start, query):
        numbers = range(start, min(start + 10, self.count))
        results = [
            {"position": n - start + 1, "title": f"Paper <{n}>", "link": f"{self.web.url}/{n}.pdf", "source": "Here"}
            for n in numbers
        ]
        page = {"search_metadata": {"status": "Success"}, "search_parameters": {"q": query["q"]}}
        if not results:
            return {**page, "error": "Google hasn't returned any results for this query."}
        more = {"next": f"{self.web.url}/search.json?q=x&start={start + 10}"} if start + 10 < self.count else {}
        return {**page, "organic_results": results, "serpapi_pagination": {"current": start // 10 + 1, **more}}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SERP_API_KEY", KEY)


def collect(web, store, query="coffee", **options):
    options = {"delay_seconds": 0, "allow_private": True, "clock": QuickClock(), **options}
    found = list(web_search.collect(query, store=store, base_url=f"{web.url}/search.json", **options))
    return [one for one in found if isinstance(one, Document)], [one for one in found if isinstance(one, Reject)]


def test_pages_are_followed_until_there_is_enough(web, tmp_path):
    engine = SearchEngine(web, 40)
    documents, _ = collect(web, tmp_path, max_results=25, language="en", country="us")
    assert [d.id for d in documents] == [content_id(pdf(n)) for n in range(25)]
    asked = {"engine": "google", "q": "coffee filetype:pdf", "hl": "en", "gl": "us", "api_key": KEY}
    assert engine.searches == [asked, {**asked, "start": "10"}, {**asked, "start": "20"}]
    third = documents[12]
    assert (third.title, third.source_id) == ("Paper <12>", f"{web.url}/12.pdf")
    assert third.origins == (f"web_search:{web.url}/12.pdf",)
    told = {name: third.metadata[name] for name in ("query", "position", "source")}
    assert told == {"query": "coffee filetype:pdf", "position": 13, "source": "Here"}


def test_pages_are_followed_until_there_are_no_more(web, tmp_path):
    engine = SearchEngine(web, 23)
    documents, _ = collect(web, tmp_path, max_results=500)
    assert (len(documents), len(engine.searches)) == (23, 3)


def test_a_second_run_pays_for_no_search_and_needs_no_key(web, tmp_path, monkeypatch):
    engine = SearchEngine(web, 12)
    first = collect(web, tmp_path)
    monkeypatch.delenv("SERP_API_KEY")
    web.asked.clear()
    assert collect(web, tmp_path) == first
    assert web.asked == []
    monkeypatch.setenv("SERP_API_KEY", "another")
    collect(web, tmp_path, as_of="2026-01-01")
    assert len(engine.searches) == 4
    assert web.files == [path for path in web.files if path.startswith("/search.json")]


def test_credit_that_runs_out_keeps_the_pages_that_were_paid(web, tmp_path):
    broke = (
        200,
        {},
        (RECORDED / "error_sample.json").read_bytes()
        if RECORDED.exists()
        else b'{"error": "Your account credit is too low"}',
    )
    engine = SearchEngine(web, 30, {20: broke})
    with pytest.raises(SourceError, match=r"Your account credit is too low; add credit, then run again"):
        collect(web, tmp_path)
    engine.answers.clear()
    documents, _ = collect(web, tmp_path)
    assert len(documents) == 30
    assert [search.get("start") for search in engine.searches] == [None, "10", "20", "20"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            (401, {}, b'{"error": "Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key"}'),
            "check SERP_API_KEY",
        ),
        ((429, {}, b'{"error": "Your account has run out of searches."}'), "add credit"),
        ((429, {}, b'{"error": "Too many requests"}'), "run again later"),
        ((500, {}, b"<html>"), "no JSON object; run again later"),
        ((200, {}, b"[1]"), "no JSON object"),
        ((200, {}, b"[" * 100_000), "no JSON object"),
        ({"search_metadata": {"status": "Error"}}, "status Error"),
        (
            (400, {}, b'{"error": "Unsupported `xx`\\n\\u001b[31m' + KEY.encode() + b'"}'),
            r"Unsupported `xx` \[31mHIDDEN",
        ),
    ],
)
def test_a_refused_search_is_one_clear_line_without_the_key(web, tmp_path, answer, message):
    SearchEngine(web, 5, {0: answer})
    with pytest.raises(SourceError, match=message) as told:
        collect(web, tmp_path)
    assert KEY not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_key_is_told_before_anyone_is_asked(web, tmp_path, monkeypatch):
    SearchEngine(web, 5)
    monkeypatch.setenv("SERP_API_KEY", " ")
    with pytest.raises(SourceError, match="SERP_API_KEY is not set"):
        collect(web, tmp_path)
    with pytest.raises(SourceError, match="MY_KEY is not set"):
        collect(web, tmp_path, key_variable="MY_KEY")
    assert web.asked == []


def test_the_key_is_sent_to_no_other_machine_without_encryption(tmp_path):
    with pytest.raises(SourceError, match="would send the key unprotected; use https"):
        list(web_search.collect("coffee", store=tmp_path, base_url="http://198.51.100.1/search.json"))


def test_the_key_lies_nowhere(web, tmp_path):
    engine = SearchEngine(web, 12)
    engine.answers[10] = {
        **engine.page(10, {"q": "x"}),
        "search_metadata": {"json_endpoint": f"https://h/?api_key={KEY}"},
    }
    documents, _ = collect(web, tmp_path)
    assert len(documents) == 12
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in kept


def test_addresses_titles_and_outcomes_of_all_results_lie_beside_the_files(web, tmp_path):
    SearchEngine(web, 3)
    web.routes |= {"/1.pdf": 404, "/2.pdf": b"<html>log in</html>"}
    _, rejects = collect(web, tmp_path)
    assert [r.reason for r in rejects] == ["not_found", "not_pdf"]
    [file] = tmp_path.glob("web_search/*/metadata.json")
    told = json.loads(file.read_text())
    assert told["query"] == "coffee filetype:pdf"
    kept = [
        (row["position"], row["url"], row["title"], row["source"], row["status"], row["problem"])
        for row in told["results"]
    ]
    assert kept == [
        (1, f"{web.url}/0.pdf", "Paper <0>", "Here", 200, ""),
        (2, f"{web.url}/1.pdf", "Paper <1>", "Here", 404, "not_found"),
        (3, f"{web.url}/2.pdf", "Paper <2>", "Here", None, "not_pdf"),
    ]
    assert (tmp_path / told["results"][0]["path"]).read_bytes() == pdf(0)


def test_pages_are_taken_in_the_other_mode_and_no_operator_is_added(web, tmp_path):
    engine = SearchEngine(web, 2)
    web.routes["/1.pdf"] = b"<!doctype html><title>Its own title</title>"
    [document], [reject] = collect(web, tmp_path, mode="html")
    assert engine.searches[0]["q"] == "coffee"
    assert (document.media_type, document.title) == ("text/html", "Paper <1>")
    assert reject.reason == "unknown_type"


def test_what_two_queries_find_is_fetched_once_and_belongs_to_the_first(web, tmp_path):
    SearchEngine(web, 4)
    documents, _ = collect(web, tmp_path, ["coffee", "tea"], max_results=3)
    assert [d.metadata["query"] for d in documents] == ["coffee filetype:pdf"] * 3
    assert [d.metadata["position"] for d in documents] == [1, 2, 3]
    assert sorted(path for path in web.files if path.endswith(".pdf")) == ["/0.pdf", "/1.pdf", "/2.pdf"]
    assert len(list(tmp_path.glob("web_search/*/metadata.json"))) == 2


def test_nothing_found_names_the_query(web, tmp_path):
    SearchEngine(web, 0)
    with pytest.raises(SourceError, match="nothing is found for 'coffee'"):
        collect(web, tmp_path)


def test_an_engine_that_repeats_itself_is_not_asked_forever(web, tmp_path):
    engine = SearchEngine(web, 10)
    page = {**engine.page(0, {"q": "x"}), "serpapi_pagination": {"next": "?start=10"}}
    engine.answers = {0: page, 10: {**page, "serpapi_pagination": {"next": "?start=20"}}, 20: page}
    documents, _ = collect(web, tmp_path)
    assert (len(documents), len(engine.searches)) == (10, 2)


def test_the_state_asks_nobody_and_stays(web, tmp_path):
    SearchEngine(web, 2)
    before = web_search.state("coffee", store=tmp_path, mode="pdf")
    assert web.asked == []
    collect(web, tmp_path)
    assert web_search.state("coffee", store=tmp_path, mode="pdf") == before


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not on this machine")
def test_recorded_answers_of_both_shapes_are_read(web, tmp_path, monkeypatch):
    """The older one knows no pages, the newer one is the second page and has a third."""
    old = json.loads((RECORDED / "search_coffee_sample.json").read_text())
    new = json.loads((RECORDED / "basic_search_result.json").read_text())
    engine = SearchEngine(web, 0, {0: old, 10: new})
    # Nothing but this machine may be asked: what was found is asked for here, under its own path.
    monkeypatch.setattr("glossator.sources.serpapi._organic", here(web))
    _, rejects = collect(web, tmp_path, max_results=100)
    assert [search.get("start") for search in engine.searches] == [None, "10", "20"]
    [file] = tmp_path.glob("web_search/*/metadata.json")
    rows = json.loads(file.read_text())["results"]
    assert len(rejects) == len(rows) == 19
    assert rows[0]["title"] == "All About Coffee - Page 522 - Google Books Result"
    assert (rows[9]["title"], rows[9]["source"]) == (
        "What is Coffee? - National Coffee Association",
        "www.ncausa.org › About Coffee › What is Coffee?",
    )


def here(web):
    from glossator.sources.serpapi import _organic

    return lambda answer: [(f"{web.url}/{content_id(link)}", title, source) for link, title, source in _organic(answer)]


def test_another_as_of_searches_anew_and_asks_again_only_for_what_failed(web, tmp_path):
    engine = SearchEngine(web, 4)
    web.routes |= {"/1.pdf": 404, "/2.pdf": 503}
    watch = Watching()
    assert [one.reason for one in collect(web, tmp_path, watch=watch)[1]] == ["not_found", "http_503"]
    assert watch.said[-1] == "1 of 4 could not be fetched for now (1 http_503); another as_of asks for them again"
    web.routes |= {"/1.pdf": pdf(1), "/2.pdf": pdf(2)}
    web.asked.clear()
    documents, rejects = collect(web, tmp_path, as_of="2026-11", watch=watch)
    assert (len(documents), rejects, len(engine.searches)) == (4, [], 2)
    assert sorted(path for path in web.files if path.endswith(".pdf")) == ["/1.pdf", "/2.pdf"]
    assert len(watch.said) == 3


class Watching:
    def __init__(self):
        self.said = []

    def expect(self, total, unit):
        pass

    def advance(self, count=1):
        pass

    def say(self, text):
        self.said.append(text)
