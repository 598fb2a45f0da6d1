"""Takes a fault that nothing can be answered after, leaves the one line that says what it was and what to do."""

from __future__ import annotations

import difflib

from glossator.errors import EndpointError
from glossator.llm.faults import Fault, one_line
from glossator.llm.http_client import HttpClient
from glossator.llm.providers import Endpoint

_LISTED_MODELS = 10


def unreachable(endpoint: Endpoint, fault: Fault) -> EndpointError:
    """Say that a server was never there."""
    return EndpointError(
        f"model server at {endpoint.base_url} does not answer: {fault.detail}; start it, or correct base_url"
    )


def gone(endpoint: Endpoint, fault: Fault, conversations: int) -> EndpointError:
    """Say that a server has stopped answering."""
    return EndpointError(
        f"model server at {endpoint.base_url} has answered none of the last {conversations}"
        f" conversations: {fault.detail}; look after it and run again, what it answered is kept"
    )


async def hopeless(endpoint: Endpoint, model: str, fault: Fault, client: HttpClient) -> EndpointError:
    """Say what is wrong with key, account, model or address; of an unknown model also which ones there are."""
    place = f"{endpoint.label} ({endpoint.base_url})"
    if endpoint.label == endpoint.base_url:
        place = endpoint.base_url
    if fault.kind == "key":
        variable = endpoint.key_variable
        remedy = f"check {variable}" if variable else "name the environment variable of a key as key_variable"
        return EndpointError(f"{place} refuses the key (HTTP {fault.status}); {remedy}")
    if fault.kind == "credit":
        return EndpointError(f"the account at {place} is used up: {fault.detail}; top it up and run again")
    names = await client.list_models() if fault.kind == "model" else None
    if names is None:
        return EndpointError(f"{place} takes no chat requests: {fault.detail}; check base_url, it mostly ends in /v1")
    near = difflib.get_close_matches(model, names, n=_LISTED_MODELS, cutoff=0.0)
    listed = one_line(", ".join(near) + (", …" if len(names) > len(near) else "")) or "none"
    return EndpointError(f"{place} has no model {model!r}; it lists {listed}")
