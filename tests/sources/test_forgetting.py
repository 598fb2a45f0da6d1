"""What was fetched is dropped from the store, with every answer that names it, and nothing else."""

import pytest
from tests.sources.web_server import pdf

from glossator.errors import SourceError
from glossator.records import content_id
from glossator.sources.fetching import Policy, Wanted, fetch, get_page
from glossator.sources.forgetting import find_fetched, forget_fetched

POLICY = Policy(allow_private=True, delay_seconds=0, attempts=1)


def fill(web, clock, store):
    """Two files, and two answers of a service of which one names the first file."""
    web.routes |= {"/1.pdf": pdf(1), "/2.pdf": pdf(2)}
    list(fetch([Wanted(f"{web.url}/{n}.pdf", str(n)) for n in (1, 2)], store, policy=POLICY, clock=clock))
    web.routes["/search"] = (
        b'{"found": "' + f"{web.url}/1.pdf".replace("/", "\\/").encode() + b'", "says": "unheard-of"}'
    )
    web.routes["/other"] = b'{"found": "nothing"}'
    for path in ("/search", "/other"):
        get_page(f"{web.url}{path}", store, policy=POLICY, clock=clock)


def test_files_records_and_answers_go_and_the_rest_stays(web, clock, tmp_path):
    store = tmp_path / "downloads"
    fill(web, clock, store)
    first, place = content_id(pdf(1)), f"{web.url}/1.pdf"
    found = find_fetched(store, {first}, {place})
    assert (len(found.files), found.records, found.pages, found.bytes) == (1, 1, 1, len(pdf(1)))
    assert forget_fetched(store, {first}, {place}) == found
    assert not find_fetched(store, {first}, {place})
    stored = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    for word in (b"%% number 1", b"unheard-of", first.encode(), place.encode()):
        assert word not in stored
    asked = len(web.files)
    list(fetch([Wanted(f"{web.url}/2.pdf", "2")], store, policy=POLICY, clock=clock))
    get_page(f"{web.url}/other", store, policy=POLICY, clock=clock)
    assert len(web.files) == asked


def test_a_place_alone_finds_what_came_from_it(web, clock, tmp_path):
    fill(web, clock, tmp_path)
    assert find_fetched(tmp_path, set(), {f"{web.url}/2.pdf"}).records == 1


def test_a_store_that_is_not_there_holds_nothing_and_is_not_made(tmp_path):
    assert not forget_fetched(tmp_path / "downloads", {"0" * 20}, {"http://nowhere"})
    assert not (tmp_path / "downloads").exists()


def test_a_damaged_record_is_told(tmp_path):
    (tmp_path / "fetched.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match=r"fetched.sqlite cannot be used: .*check it"):
        find_fetched(tmp_path, {"0" * 20}, set())
