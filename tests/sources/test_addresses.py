import ipaddress
import socket

import pytest

from glossator.sources.addresses import RefusedAddressError, check_url, guarded_socket, hide_secrets, is_allowed


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://0.0.0.0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[::127.0.0.1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[fec0::1]/",
        "file:///etc/passwd",
        "ftp://example.org/a.pdf",
        "gopher://example.org/",
        "/relative",
        "http://user:word@example.org/",
        "http://user@example.org/",
        "http://:word@example.org/",
    ],
)
def test_a_url_that_leads_inside_or_is_not_for_the_web_is_refused(url):
    with pytest.raises(RefusedAddressError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http:///a.pdf",
        "http://[::1",
        "http://example.org:99999999/",
        "http://exa mple.org/",
        "http://a\0b/",
    ],
)
def test_what_is_no_url_is_told_without_repeating_it(url):
    with pytest.raises((ValueError, RefusedAddressError)) as told:
        check_url(url)
    assert "example" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a%20b.pdf?x=1",
        "http://8.8.8.8/",
        "http://[2001:4860:4860::8888]:8080/",
        "http://müller.de/ö",
    ],
)
def test_a_public_url_passes_without_its_fragment(url):
    assert "#" not in str(check_url(url + "#page=2"))


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("127.0.0.1", True),
        ("10.0.0.1", True),
        ("::1", True),
        ("fc00::1", True),
        ("::ffff:192.168.0.1", True),
        ("8.8.8.8", True),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("::ffff:169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("240.0.0.1", False),
    ],
)
def test_private_networks_may_be_allowed_but_never_link_local_or_reserved_ones(address, inside):
    assert is_allowed(ipaddress.ip_address(address), allow_private=True) is inside


def test_the_socket_itself_refuses_an_address_whatever_was_resolved_before():
    inside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(RefusedAddressError, match=r"127\.0\.0\.1"):
        guarded_socket(inside, allow_private=False)
    guarded_socket(inside, allow_private=True).close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/p?q=a+b&page=2", "https://h/p?q=a+b&page=2"),
        ("https://h/p?q=a+b&api_key=k3y#top", "https://h/p?q=a%20b&api_key=HIDDEN"),
        ("https://h/p?X-Amz-Signature=abc&X-Amz-Date=1", "https://h/p?X-Amz-Signature=HIDDEN&X-Amz-Date=1"),
        ("https://me:pass@h:8/p", "https://h:8/p"),
        ("https://h/p?TOKEN=1&token=2", "https://h/p?TOKEN=HIDDEN&token=HIDDEN"),
        ("http://[::1", "HIDDEN"),
    ],
)
def test_secrets_in_a_url_are_hidden_and_the_rest_stays(url, shown):
    assert hide_secrets(url) == shown
