"""Why a request is not answered, each reason with the word and the HTTP status that tell it to a program.

ServingError
└── Refusal
    ├── MalformedBody      400  the body is not JSON
    ├── Unauthorized       401  the token is missing or wrong
    ├── ForeignHost        403  without a token, only loopback names are served
    ├── UnknownModel       404
    ├── BodyTimedOut       408  the body did not come in time
    ├── BodyTooLarge       413
    ├── NotJson            415  the body is not called JSON
    ├── BadQuestion        422  JSON, but not a question that can be taken
    ├── Busy               503  the queue is full
    ├── NotReady           503  models are not warm yet, or the gateway is ending
    └── TimedOut           504  the answer did not come in time
"""

from __future__ import annotations

from glossator.errors import ServingError


class Refusal(ServingError):
    """A request that is not answered; the message is for the one who asked."""

    status = 500
    code = "refused"

    @property
    def headers(self) -> dict[str, str]:
        """What the reply's head has to say besides."""
        return {}


class MalformedBody(Refusal):
    """The body is not JSON."""

    status, code = 400, "bad_json"


class Unauthorized(Refusal):
    """The token is missing or wrong."""

    status, code = 401, "unauthorized"

    @property
    def headers(self) -> dict[str, str]:
        """Says which form of authentication is wanted (RFC 6750)."""
        return {"WWW-Authenticate": 'Bearer realm="glossator"'}


class ForeignHost(Refusal):
    """The request names a host that is not this machine, and there is no token that would vouch for it."""

    status, code = 403, "foreign_host"


class UnknownModel(Refusal):
    """No such model is served; the message lists those that are."""

    status, code = 404, "unknown_model"


class BodyTimedOut(Refusal):
    """The body did not come in time."""

    status, code = 408, "body_timed_out"

    @property
    def headers(self) -> dict[str, str]:
        """The rest of the body is not waited for."""
        return {"Connection": "close"}


class BodyTooLarge(Refusal):
    """The body is longer than is read."""

    status, code = 413, "body_too_large"

    @property
    def headers(self) -> dict[str, str]:
        """The rest of the body is not read."""
        return {"Connection": "close"}


class NotJson(Refusal):
    """The body is not declared as JSON.

    A web page can send other types to this machine without being asked for permission first; JSON it cannot.
    """

    status, code = 415, "not_json"


class BadQuestion(Refusal):
    """JSON, but not a question that can be taken; the message names the field and the limit."""

    status, code = 422, "bad_question"


class Busy(Refusal):
    """As many requests wait as may wait."""

    status, code = 503, "busy"

    @property
    def headers(self) -> dict[str, str]:
        """When to try again, in seconds."""
        return {"Retry-After": "2"}


class NotReady(Refusal):
    """Models are still being warmed up, or the gateway is ending."""

    status, code = 503, "not_ready"

    @property
    def headers(self) -> dict[str, str]:
        """When to try again, in seconds."""
        return {"Retry-After": "5"}


class TimedOut(Refusal):
    """The answer did not come in time."""

    status, code = 504, "timed_out"
