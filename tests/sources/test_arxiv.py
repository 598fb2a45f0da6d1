import subprocess
import sys
from pathlib import Path

import pytest
from tests.sources.arxiv_server import ArxivServer, StillClock, feed, serving

from glossator.errors import MissingExtraError, SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources import arxiv

SHARED = Path(__file__).parents[2].parent / "shared/data/api-arxiv"
FIRST_PAGE = ("testing", "", "0", "10")


@pytest.fixture
def server():
    return ArxivServer(clock=StillClock())


@pytest.fixture
def address(server):
    with serving(server) as url:
        yield url


class Watch:
    def __init__(self):
        self.expected, self.done, self.said = [], 0, []

    def expect(self, total, unit):
        self.expected.append((total, unit))

    def advance(self, count=1):
        self.done += count

    def say(self, text):
        self.said.append(text)


def read(address, tmp_path, query="testing", **options):
    """What `collect` yields, by kind."""
    given = {
        "store": tmp_path / "store",
        "sort": "relevance",
        "page_size": 10,
        "delay_seconds": 0,
        "base_url": f"{address}/api/query",
        "pdf_base_url": f"{address}/pdf",
        "allow_private": True,
        "clock": StillClock(),
    }
    found = list(arxiv.collect(query, **{**given, **options}))
    return [one for one in found if isinstance(one, Document)], [one for one in found if isinstance(one, Reject)]


def test_a_search_gives_its_papers_with_what_arxiv_tells_of_them(address, tmp_path):
    documents, rejects = read(address, tmp_path, max_results=10, content="abstracts")
    assert (len(documents), rejects) == (10, [])
    first = documents[0]
    assert first.source_id == first.metadata["arxiv_id"] == "2202.12139v1"
    assert first.origins == (f"arxiv:{first.source_id}",)
    assert (first.path, first.media_type, first.license) == (None, "text/plain", None)
    assert first.id == content_id(first.text)
    assert "  " not in first.title + first.text
    assert first.group == first.metadata["primary_category"] in first.metadata["categories"]
    assert first.metadata["url"] == f"https://arxiv.org/abs/{first.source_id}"
    assert first.published == first.metadata["published"] <= first.metadata["updated"]
    assert all(first.metadata["authors"])


def test_old_ids_with_a_slash_keep_it_and_their_version(address, tmp_path):
    documents, _ = read(address, tmp_path, query=None, ids=["arXiv:quant-ph/0201082v1"], page_size=100)
    (paper,) = documents
    assert paper.source_id == "quant-ph/0201082v1"
    assert (paper.group, paper.published) == ("quant-ph", "2002-01-18")
    assert paper.metadata["comment"] == "32 pages"
    assert Path(paper.path).read_bytes().endswith(b"% /pdf/quant-ph/0201082v1\n")
    assert paper.id == content_id(Path(paper.path).read_bytes())


def test_pages_are_asked_for_one_after_the_other_until_there_are_enough(server, address, tmp_path):
    documents, _ = read(address, tmp_path, max_results=25, content="abstracts")
    assert len({document.source_id for document in documents}) == 25
    assert server.requests == [("testing", "", str(start), "10") for start in (0, 10, 20)]


def test_no_page_holds_more_results_than_are_wanted(server, address, tmp_path):
    read(address, tmp_path, max_results=10, page_size=100, content="abstracts")
    assert server.requests == [FIRST_PAGE]


def test_a_second_run_asks_nothing_and_gives_the_same(server, address, tmp_path):
    first = read(address, tmp_path, max_results=12)
    asked = len(server.requests)
    assert asked == 2 + 12
    assert read(address, tmp_path, max_results=12) == first
    assert len(server.requests) == asked
    read(address, tmp_path, max_results=12, as_of="2026-05")
    assert server.requests[asked:] == [FIRST_PAGE, ("testing", "", "10", "10")]


def test_never_two_requests_at_once_and_three_seconds_between_them(server, address, tmp_path):
    clock = server.clock
    read(address, tmp_path, max_results=12, delay_seconds=3.0, clock=clock)
    assert server.most_at_once == 1
    gaps = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert len(gaps) == 2 + 12 - 1
    assert min(gaps) == pytest.approx(3.0, abs=1e-6)


def test_another_run_that_shares_the_store_keeps_its_distance_too(server, address, tmp_path):
    read(address, tmp_path, max_results=10, content="abstracts", delay_seconds=3.0, clock=server.clock)
    other = StillClock()  # of another process: it has not seen the first one's requests
    other.time = server.clock.time + 1.0
    read(address, tmp_path, max_results=10, content="abstracts", delay_seconds=3.0, clock=other, as_of="again")
    assert other.time == pytest.approx(server.times[0] + 3.0)


def test_every_request_is_made_while_no_other_run_can_make_one(server, address, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    locked = []

    def try_to_ask(path):
        with (tmp_path / "store" / "arxiv.turn").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                locked.append(path)

    server.on_request = try_to_ask
    read(address, tmp_path, max_results=12)
    assert len(locked) == len(server.requests) == 2 + 12


def test_what_lies_in_the_store_is_not_waited_for(server, address, tmp_path):
    read(address, tmp_path, max_results=10, delay_seconds=3.0, clock=server.clock)
    before = server.clock.time
    read(address, tmp_path, max_results=10, delay_seconds=3.0, clock=server.clock)
    assert server.clock.time == before


@pytest.mark.parametrize(
    "fault", [(503, b"Retry later"), (429, b"Rate exceeded."), (200, b"<feed xmlns='http://www.w")]
)
def test_a_page_that_fails_in_the_middle_is_asked_for_again(server, address, tmp_path, fault):
    second = ("testing", "", "10", "10")
    server.faults[second] = [fault]
    documents, _ = read(address, tmp_path, max_results=20, content="abstracts")
    assert len(documents) == 20
    assert server.counts == {FIRST_PAGE: 1, second: 2}


def test_an_empty_page_in_the_middle_is_asked_for_again_and_not_kept(server, address, tmp_path):
    second = ("testing", "", "10", "10")
    server.faults[second] = [(200, feed(214881, 10))]
    documents, _ = read(address, tmp_path, max_results=20, content="abstracts")
    assert (len(documents), server.counts[second]) == (20, 2)


def test_a_search_broken_off_by_a_server_that_stays_down_goes_on_where_it_was(server, address, tmp_path):
    second = ("testing", "", "10", "10")
    server.faults[second] = [(503, b"")] * 50
    with pytest.raises(SourceError, match=r"HTTP 503|no answer"):
        read(address, tmp_path, max_results=20, content="abstracts")
    server.faults.clear()
    documents, _ = read(address, tmp_path, max_results=20, content="abstracts")
    assert len(documents) == 20
    assert server.counts[FIRST_PAGE] == 1


def test_pdfs_that_come_back_later_are_fetched_by_the_next_run_and_the_others_not_again(server, address, tmp_path):
    names = [document.source_id for document in read(address, tmp_path, max_results=10)[0]]
    broken, other = names[:6], tmp_path / "other"
    server.requests.clear()
    for name in broken:
        server.faults[f"/pdf/{name}"] = [(503, b"")] * 20
    with pytest.raises(SourceError, match=r"6 of 10 PDFs could not be fetched .* run again"):
        read(address, other, max_results=10)
    server.faults.clear()
    once = server.counts
    assert len(read(address, other, max_results=10)[0]) == 10
    assert {name: server.counts[f"/pdf/{name}"] - once[f"/pdf/{name}"] for name in names} == {
        name: int(name in broken) for name in names
    }


def test_a_server_that_gives_nothing_any_more_is_left_alone(server, address, tmp_path):
    names = [document.source_id for document in read(address, tmp_path, max_results=20, content="abstracts")[0]]
    for name in names[:10]:
        server.faults[f"/pdf/{name}"] = [(503, b"")] * 20
    with pytest.raises(SourceError, match=r"10 of 20 PDFs .* no more were asked for"):
        read(address, tmp_path, max_results=20)
    assert not {f"/pdf/{name}" for name in names[10:]} & set(server.requests)


def test_a_pdf_that_is_not_there_or_is_none_is_a_reject_and_not_asked_for_again(server, address, tmp_path):
    names = [document.source_id for document in read(address, tmp_path, max_results=10, content="abstracts")[0]]
    server.faults = {f"/pdf/{names[0]}": [(404, b"")], f"/pdf/{names[1]}": [(200, b"<html><body>No PDF</body></html>")]}
    documents, rejects = read(address, tmp_path, max_results=10)
    assert [document.source_id for document in documents] == names[2:]
    assert [reject.reason for reject in rejects] == ["not_found", "not_pdf"]
    assert [names[n] in rejects[n].detail for n in range(2)] == [True, True]
    asked = len(server.requests)
    assert read(address, tmp_path, max_results=10)[1] == rejects
    assert len(server.requests) == asked


def test_a_run_killed_in_the_middle_goes_on_without_asking_again(server, address, tmp_path):
    names = [document.source_id for document in read(address, tmp_path, max_results=20, content="abstracts")[0]]
    server.held = f"/pdf/{names[12]}"
    code = (
        "import sys; from pathlib import Path; from glossator.sources import arxiv\n"
        "list(arxiv.collect('testing', store=Path(sys.argv[1]), sort='relevance', page_size=10, max_results=20,"
        " delay_seconds=0, base_url=sys.argv[2] + '/api/query', pdf_base_url=sys.argv[2] + '/pdf', allow_private=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "store"), address]) as process:
        assert server.arrived.wait(60)
        process.kill()
    server.held = None
    server.released.set()
    documents, _ = read(address, tmp_path, max_results=20)
    assert [document.source_id for document in documents] == names
    assert server.counts[FIRST_PAGE] == 1
    asked = [server.counts[f"/pdf/{name}"] for name in names]
    assert asked[:10] == [1] * 10  # those of the turn before
    assert max(asked) == asked[12] == 2


def test_a_bad_id_is_an_error_with_arxivs_own_words_and_asked_once(server, address, tmp_path):
    with pytest.raises(SourceError, match=r"incorrect id format for abc.*id_list 'abc'"):
        read(address, tmp_path, query=None, ids=["abc"], page_size=100)
    assert len(server.requests) == 1


def test_a_search_that_matches_nothing_is_an_error_that_names_it(address, tmp_path):
    with pytest.raises(SourceError, match=r"the id '0000.0000' matches nothing"):
        read(address, tmp_path, query=None, ids=["0000.0000"], page_size=100)
    with pytest.raises(SourceError, match=r"the query 'all:no AND all:such AND all:thing' matches nothing"):
        read(address, tmp_path, query="no such thing")


def test_an_id_that_arxiv_does_not_know_is_a_reject_beside_those_it_does(address, tmp_path):
    documents, rejects = read(address, tmp_path, query=None, ids=["0808.05394", "1707.08567"], page_size=100)
    assert [document.source_id for document in documents] == ["1707.08567v1"]
    assert [(reject.reason, reject.detail) for reject in rejects] == [
        ("not_found", "arXiv 0808.05394: arXiv knows no such paper")
    ]


def test_fewer_papers_than_asked_for_is_said(server, address, tmp_path):
    known = server.answers[FIRST_PAGE]
    server.answers[FIRST_PAGE] = (200, known[1].replace(b">214881<", b">10<"))
    server.answers["testing", "", "0", "30"] = server.answers[FIRST_PAGE]
    watch = Watch()
    documents, _ = read(address, tmp_path, max_results=30, page_size=100, watch=watch)
    assert (len(documents), watch.expected, watch.done) == (10, [(10, "papers")], 10)
    assert watch.said == ["arXiv has 10 papers for the query 'testing'; that is all, 30 were asked for"]


def test_successive_abstracts_are_joined_by_the_set_size(address, tmp_path):
    single, _ = read(address, tmp_path, max_results=10, content="abstracts")
    joined, _ = read(address, tmp_path, max_results=10, content="abstracts", group_size=4)
    assert [document.title for document in joined] == ["papers 1–4", "papers 5–8", "papers 9–10"]
    assert [origin for document in joined for origin in document.origins] == [one.origins[0] for one in single]
    assert joined[0].text.startswith(f"{single[0].title}\n\n{single[0].text}\n\n{single[1].title}")
    assert [paper["arxiv_id"] for paper in joined[2].metadata["papers"]] == [one.source_id for one in single[8:]]


@pytest.mark.parametrize("content", ["pdf", "abstracts"])
def test_a_withdrawn_paper_is_a_reject_and_its_pdf_not_asked_for(server, address, tmp_path, content):
    status, body = server.answers[FIRST_PAGE]
    text = body.decode()
    start = text.index("<summary>") + len("<summary>")
    changed = text[:start] + "This paper has been withdrawn by the authors due to an error." + text[start:]
    server.answers[FIRST_PAGE] = (status, changed.encode())
    documents, rejects = read(address, tmp_path, max_results=10, content=content)
    assert (len(documents), [reject.reason for reject in rejects]) == (9, ["withdrawn"])
    assert sum(str(key).startswith("/pdf/") for key in server.requests) == (9 if content == "pdf" else 0)


def test_a_paper_without_a_link_to_a_pdf_is_a_reject(server, address, tmp_path):
    status, body = server.answers[FIRST_PAGE]
    server.answers[FIRST_PAGE] = (status, body.replace(b'title="pdf"', b'title="none"', 1))
    documents, rejects = read(address, tmp_path, max_results=10)
    assert (len(documents), [reject.reason for reject in rejects]) == (9, ["no_pdf"])


def test_a_paper_that_slides_onto_the_next_page_comes_once(server, address, tmp_path):
    pages = [("testing", "", str(start), "10") for start in (0, 10, 20)]
    third = server.answers[pages[1]]
    server.answers |= {pages[1]: server.answers[pages[0]], pages[2]: third}
    watch = Watch()
    documents, _ = read(address, tmp_path, max_results=20, content="abstracts", watch=watch)
    assert len(documents) == len({document.source_id for document in documents}) == 20
    assert (server.requests, watch.said) == (pages, [])


def test_fewer_different_papers_than_arxiv_counts_are_told_apart(server, address, tmp_path):
    pages = [("testing", "", str(start), "10") for start in (0, 10)]
    first = server.answers[pages[0]][1].replace(b">214881<", b">20<")
    server.answers |= dict.fromkeys(pages, (200, first))
    watch = Watch()
    documents, _ = read(address, tmp_path, max_results=20, content="abstracts", watch=watch)
    assert len(documents) == 10
    assert watch.said == [
        "arXiv has 20 papers for the query 'testing'; 10 different ones of them came, 20 were asked for"
    ]


def test_categories_and_days_become_one_expression_newest_first(server, address, tmp_path):
    with pytest.raises(SourceError, match="matches nothing"):
        read(
            address,
            tmp_path,
            query="graph networks",
            sort="submitted",
            categories=["cs.LG", "stat.ML"],
            date_from="2024-01-01",
            date_to="2024-01-31",
        )
    assert server.requests[0][0] == (
        "(all:graph AND all:networks) AND (cat:cs.LG OR cat:stat.ML) AND submittedDate:[202401010000 TO 202401312359]"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"query": None}, "nothing is asked"),
        ({"date_from": "01/02/2024"}, "date_from '01/02/2024' is no date"),
        ({"date_from": "2024-02-01", "date_to": "2024-01-01"}, "is after date_to"),
        ({"categories": ["cs LG"]}, "category 'cs LG' is none"),
        ({"max_results": 0}, "max_results 0"),
        ({"max_results": 30_001}, "max_results 30001"),
        ({"page_size": 2001}, "page_size 2001"),
        ({"sort": "newest"}, "sort 'newest' is unknown; use one of: submitted, relevance"),
        ({"content": "html"}, "content 'html' is unknown"),
        ({"delay_seconds": -1}, "delay_seconds -1"),
    ],
)
def test_what_cannot_be_asked_is_an_error_before_anything_is(server, address, tmp_path, options, words):
    with pytest.raises(SourceError, match=words):
        read(address, tmp_path, **options)
    assert server.requests == []


def test_a_server_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(SourceError) as caught:
        read("http://127.0.0.1:9", tmp_path)
    assert "\n" not in str(caught.value)


def test_the_state_asks_nobody_and_does_not_change_by_collecting(server, address, tmp_path):
    before = arxiv.state("testing", store=tmp_path / "store", max_results=10)
    read(address, tmp_path, max_results=10)
    asked = len(server.requests)
    assert arxiv.state("testing", store=tmp_path / "store", max_results=10) == before
    assert len(server.requests) == asked


def test_a_missing_library_names_its_extra(address, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "arxiv", None)
    with pytest.raises(MissingExtraError, match=r"glossator\[documents\]"):
        read(address, tmp_path)


def test_programs_say_who_they_are(server, address, tmp_path):
    read(address, tmp_path, max_results=10)
    assert all(agent.startswith("glossator/") for agent in server.agents)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared recordings are not here")
def test_every_recorded_answer_is_read(tmp_path):
    server = ArxivServer(SHARED)
    with serving(server) as address:
        documents, rejects = read(address, tmp_path, max_results=100, page_size=100, content="abstracts")
        many, _ = read(address, tmp_path, max_results=30, content="abstracts")
        assert (len(documents), rejects) == (100, [])
        assert len(many) == 30
        for name in ("2104.12255v1", "1707.08567", "quant-ph/0201082v1"):
            assert len(read(address, tmp_path, query=None, ids=[name], page_size=100)[0]) == 1


def test_ten_failures_one_after_the_other_end_the_run_wherever_they_begin(server, address, tmp_path):
    names = [document.source_id for document in read(address, tmp_path, max_results=30, content="abstracts")[0]]
    for name in [*names[2:8], *names[13:23]]:
        server.faults[f"/pdf/{name}"] = [(503, b"")] * 20
    with pytest.raises(SourceError, match=r"16 of 30 PDFs .*\(16 http_503\) and no more were asked for"):
        read(address, tmp_path, max_results=30)
    asked = {key for key in server.requests if str(key).startswith("/pdf/")}
    assert asked == {f"/pdf/{name}" for name in names[:23]}


def test_another_as_of_searches_anew_and_asks_again_only_for_the_pdfs_that_failed(server, address, tmp_path):
    names = [document.source_id for document in read(address, tmp_path, max_results=10, content="abstracts")[0]]
    server.faults = {f"/pdf/{names[0]}": [(404, b"")], f"/pdf/{names[1]}": [(503, b"")] * 4}
    watch = Watch()
    _, rejects = read(address, tmp_path, max_results=10, watch=watch)
    assert [one.reason for one in rejects] == ["not_found", "http_503"]
    assert watch.said == ["1 of 10 could not be fetched for now (1 http_503); another as_of asks for them again"]
    server.requests.clear()
    assert len(read(address, tmp_path, max_results=10, as_of="2026-11")[0]) == 10
    assert server.requests == [FIRST_PAGE, f"/pdf/{names[0]}", f"/pdf/{names[1]}"]
