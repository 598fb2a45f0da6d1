import pytest

from glossator.sources.sniffing import is_html, is_page, is_pdf

REAL = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
MENTION = b"# Notes\n\nThe header is `%PDF-1.7`, as everyone knows. K\xc3\xa4se.\n"


@pytest.mark.parametrize(
    ("head", "called_text", "expected"),
    [
        (REAL, False, True),
        (REAL, True, True),
        (b"\xef\xbb\xbf \r\n%PDF-1.4\n1 0 obj", True, True),
        (b"HTTP/1.1 200 OK\r\n\r\n" + REAL, True, True),
        (b"junk before it\n%PDF-1.4\n1 0 obj", False, True),
        (b"junk before it\n%PDF-1.4\n1 0 obj", True, False),
        (MENTION, True, False),
        ((b"x" * 40 + MENTION * 200)[:8192], True, False),
        (b"<html><title>caf\xe9 %PDF-1.7</title>", True, False),
        (b"x" * 1020 + b"%PDF-", False, False),
        (b"words", False, False),
    ],
)
def test_a_text_that_mentions_a_pdf_header_is_none(head, called_text, expected):
    assert is_pdf(head, called_text=called_text) is expected


def test_a_letter_that_the_last_byte_cuts_makes_no_text_binary():
    assert not is_pdf("words %PDF-1.7 €".encode()[:-1], called_text=True)


@pytest.mark.parametrize(
    ("head", "page", "markup"),
    [
        (b" \n<!-- a --><!-- > --b --> <!DOCTYPE  html>", True, True),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<html >', True, True),
        (b"\xef\xbb\xbf<p>words", False, True),
        ("<html>".encode("utf-16"), True, True),
        (b"<!-- never closed <html>", False, False),
        (b"<?xml version='1.0'><html>", False, False),
        (b"<!----><htmlx>", False, False),
        (b"words <html>", False, False),
        (b"", False, False),
    ],
)
def test_space_comments_and_declarations_may_stand_before_the_first_tag(head, page, markup):
    assert (is_page(head), is_html(head)) == (page, markup)
