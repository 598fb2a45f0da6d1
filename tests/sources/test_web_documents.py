import pytest

from glossator.errors import SourceError
from glossator.records import Document
from glossator.sources.fetched import PDF, Fetched
from glossator.sources.web_documents import Harvest


class Watch:
    def __init__(self):
        self.said = []

    def expect(self, total, unit):
        pass

    def advance(self, count=1):
        pass

    def say(self, text):
        self.said.append(text)


def outcome(name, problem="", *, transient=False):
    file = ("", "", "", 0) if problem else (PDF, "0" * 64, f"/store/{name}", 9)
    url = f"https://example.org/{name}"
    return Fetched(url, url, 200, *file, problem, problem, transient, 0.1, f"2026-01-0{len(name)}T00:00:00+00:00")


def test_of_the_same_bytes_the_first_addresss_title_and_metadata_count_and_gaps_are_filled():
    harvest = Harvest("web_search", "CC0")
    harvest.add(outcome("a"), title="First", metadata={"query": "tides", "position": 1})
    harvest.add(outcome("bb"), title="Second", metadata={"query": "moons", "position": 2, "source": "There"})
    [document] = harvest.leave()
    assert isinstance(document, Document)
    assert (document.title, document.source_id) == ("First", "https://example.org/a")
    assert document.origins == ("web_search:https://example.org/a", "web_search:https://example.org/bb")
    told = {name: document.metadata[name] for name in ("query", "position", "source", "final_url", "fetched_at")}
    assert told == {
        "query": "tides",
        "position": 1,
        "source": "There",
        "final_url": "https://example.org/a",
        "fetched_at": "2026-01-01T00:00:00+00:00",
    }


def test_what_failed_for_now_is_said_in_one_line():
    watch = Watch()
    harvest = Harvest("urls", None, watch)
    for number, problem in enumerate(["timeout", "http_503", "timeout", "not_found", *[""] * 4]):
        harvest.add(outcome("a" * (number + 1), problem, transient=problem not in ("", "not_found")))
    assert len(list(harvest.leave())) == 5
    assert watch.said == [
        "3 of 8 could not be fetched for now (2 timeout, 1 http_503); another as_of asks for them again"
    ]


def test_nothing_is_said_where_nothing_failed_for_now_or_most_did():
    watch = Watch()
    harvest = Harvest("urls", None, watch)
    harvest.add(outcome("a", "not_found"))
    assert len(list(harvest.leave())) == 1
    harvest.add(outcome("b", "timeout", transient=True))
    harvest.add(outcome("c", "timeout", transient=True))
    with pytest.raises(SourceError, match="2 of 3 could not be fetched for now"):
        list(harvest.leave())
    assert watch.said == []
