"""Takes a request's head, leaves a refusal unless whoever sent it may ask."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from glossator.errors import ServingError
from glossator.serving.refusals import ForeignHost, Unauthorized

VARIABLE = "API_TOKEN"
"""The environment variable that holds the token."""


class ApiToken:
    """A secret that a request must show; it is kept as a hash only, so nothing that prints it can tell it.

    Args:
        secret: printable ASCII without spaces, as an HTTP header can carry it.

    Raises:
        ServingError: the secret has other characters; it is not quoted.
    """

    __slots__ = ("_digest",)

    def __init__(self, secret: str) -> None:
        if not secret or not all("!" <= character <= "~" for character in secret):
            raise ServingError(f"{VARIABLE} holds characters that a header cannot carry; use letters and digits")
        self._digest = hashlib.sha256(secret.encode("ascii")).digest()

    def matches(self, shown: bytes) -> bool:
        """Say whether this is the secret, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(hashlib.sha256(shown).digest(), self._digest)

    def __repr__(self) -> str:
        return "ApiToken('**********')"


def read_token(environment: Mapping[str, str]) -> ApiToken | None:
    """Take the token from the environment variable `API_TOKEN`; None when it is not set or blank.

    Raises:
        ServingError: it holds characters that a header cannot carry.
    """
    secret = environment.get(VARIABLE, "").strip()
    return ApiToken(secret) if secret else None


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine as seen from itself: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_listen(host: str, token: ApiToken | None) -> None:
    """Refuse to listen where others can reach the gateway while it asks for no token.

    Raises:
        ServingError: the host is not loopback and there is no token.
    """
    if token is None and not is_loopback(host):
        raise ServingError(
            f"host {host or '(all)'} can be reached from other machines; set {VARIABLE}, or listen on 127.0.0.1"
        )


def check_bearer(authorization: bytes | None, token: ApiToken) -> None:
    """Check the `Authorization` header of a request.

    Raises:
        Unauthorized: it is missing, or shows another token.
    """
    scheme, _, shown = (authorization or b"").partition(b" ")
    if scheme.lower() != b"bearer" or not shown.strip():
        raise Unauthorized("this needs a token; send the header 'Authorization: Bearer TOKEN'")
    if not token.matches(shown.strip()):
        raise Unauthorized(f"the token is wrong; send the one that {VARIABLE} holds where the gateway runs")


def check_host(host: bytes | None) -> None:
    """Check the `Host` header of a request that needs no token.

    A page on the web can have its own name resolve to 127.0.0.1 and so reach a gateway that listens there (DNS
    rebinding). The browser then still sends the page's name as the host.

    Raises:
        ForeignHost: the header is missing or names no loopback host.
    """
    try:
        name = urlsplit(f"//{(host or b'').decode('latin-1')}").hostname or ""
    except ValueError:
        name = ""
    if not is_loopback(name):
        raise ForeignHost("the request does not name this machine as its host; use 127.0.0.1 or localhost, or a token")
