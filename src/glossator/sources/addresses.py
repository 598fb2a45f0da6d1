"""Takes URLs and network addresses, leaves those that may be asked: public ones, over http or https."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver
    from yarl import URL

    IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

HIDDEN = "HIDDEN"
"""What stands for a secret wherever a URL is kept or shown."""

_SECRET_WORDS = ("key", "token", "secret", "passw", "pwd", "signature", "credential", "auth", "session", "cookie")
_SECRET_NAMES = {"sig", "sign", "code", "jwt", "sid", "policy"}
_HOST = re.compile(r"[\w.:%-]{1,255}", re.ASCII)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 as seen from networks that speak IPv6 only (RFC 6052)."""


class RefusedAddressError(OSError):
    """An address that must not be asked; an `OSError`, so that it walks through the connector unharmed."""


def check_url(text: str, *, allow_private: bool = False) -> URL:
    """Turn a URL as written into one that may be asked, without its fragment.

    Hosts that are numbers, in whatever notation, are checked here; names are checked when they are resolved.

    Args:
        text: the URL.
        allow_private: see `is_allowed`.

    Raises:
        ValueError: it is no URL; the message says why and does not repeat it.
        RefusedAddressError: its scheme, user name, password or address rules it out.
    """
    from yarl import URL

    try:
        url = URL(text.strip()).with_fragment(None)
        url.raw_path.encode("ascii")
        port = url.port
    except (ValueError, UnicodeError) as error:
        raise ValueError("it cannot be read as a URL") from error
    if url.scheme not in ("http", "https"):
        scheme = f"the scheme {url.scheme}:" if url.scheme else "no scheme"
        raise RefusedAddressError(f"it has {scheme}, only http and https are asked")
    if not url.raw_host or not port or not _HOST.fullmatch(url.raw_host):
        raise ValueError("it names no host")
    if url.raw_user is not None or url.raw_password is not None:
        raise RefusedAddressError("it holds a user name or password")
    address = _numeric(url.raw_host)
    if address is not None:
        check_address(address, allow_private=allow_private)
    return url


def check_address(address: IPAddress, *, allow_private: bool) -> None:
    """Take an address and pass it if it may be asked.

    Raises:
        RefusedAddressError: it may not.
    """
    if not is_allowed(address, allow_private=allow_private):
        raise RefusedAddressError(f"{address} is no public address")


def is_allowed(address: IPAddress, *, allow_private: bool) -> bool:
    """Take an address, leave whether it may be asked.

    Args:
        address: IPv4 or IPv6; IPv4 that is wrapped in IPv6 is unwrapped first.
        allow_private: also those of this machine and of private networks. Link-local addresses, where clouds answer
            questions about their machines, multicast and reserved ones are refused in any case.
    """
    address = _unwrap(address)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address.is_global and not address.is_reserved:
        return not (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    return allow_private and (address.is_loopback or (address.is_private and not address.is_reserved))


def _unwrap(address: IPAddress) -> IPAddress:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    return inner if inner is not None else address


def _numeric(host: str) -> IPAddress | None:
    """The address that a host is, also in the forms `2130706433`, `0177.0.0.1`, `0x7f.1` and `fe80::1%eth0`."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, ValueError):
        return None


def public_resolver(*, allow_private: bool) -> AbstractResolver:
    """Make a resolver that turns names into those of their addresses that may be asked.

    Raises (when asked):
        RefusedAddressError: there are addresses and none of them may be asked.
    """
    from aiohttp.abc import ResolveResult
    from aiohttp.resolver import ThreadedResolver

    class Resolver(ThreadedResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await super().resolve(host, port, family)
            allowed = [one for one in found if _may_ask(one["host"], allow_private=allow_private)]
            if found and not allowed:
                raise RefusedAddressError(f"{host} is at {found[0]['host']}, which is no public address")
            return allowed

    return Resolver()


def _may_ask(host: str, *, allow_private: bool) -> bool:
    address = _numeric(host)
    return address is not None and is_allowed(address, allow_private=allow_private)


def guarded_socket(target: tuple[Any, ...], *, allow_private: bool) -> socket.socket:
    """Take what is about to be connected to, leave a socket for it: the last look, after every lookup and redirect.

    Args:
        target: as `socket.getaddrinfo` gives it.
        allow_private: see `is_allowed`.

    Raises:
        RefusedAddressError: the address may not be asked.
    """
    family, kind, protocol, _, address = target
    if not _may_ask(str(address[0]), allow_private=allow_private):
        raise RefusedAddressError(f"{address[0]} is no public address")
    return socket.socket(family=family, type=kind, proto=protocol)


def hide_secrets(url: str, names: tuple[str, ...] = ()) -> str:
    """Take a URL, leave it without user name, password and fragment, and without the values of secret parameters.

    Args:
        url: the URL.
        names: parameters that are secret besides those that are called key, token, signature and the like.
    """
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return HIDDEN
    if any(is_secret(name) or name in names for name, _ in query):
        hidden = [(name, HIDDEN if is_secret(name) or name in names else value) for name, value in query]
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in hidden)
        parts = parts._replace(query=text)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def is_secret(name: str) -> bool:
    """Take the name of a parameter, leave whether its value is to be hidden."""
    name = name.lower()
    return name in _SECRET_NAMES or any(word in name for word in _SECRET_WORDS)
