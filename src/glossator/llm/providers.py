"""Takes the name or address of a model server, leaves where to send requests, with which key and in which dialect."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import SplitResult, urlsplit

from glossator.errors import EndpointError

JsonMode = Literal["json_schema", "json_object", "none"]
"""How a server is asked for JSON: it enforces a schema, it enforces any JSON object, or it only reads of it."""


class Secret:
    """A value that neither `repr`, `str`, logs nor pickles show; `reveal` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; read it from the environment where it is needed")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where OpenAI-compatible servers differ; what is wrong here is found out by a refused request and mended."""

    json_modes: tuple[JsonMode, ...] = ("json_schema", "json_object", "none")
    """How JSON may be asked for, best first; a refused way is followed by the next."""
    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the limit of a reply's length is called; some servers ignore the other name without a word."""
    seed: Literal["seed", "random_seed"] = "seed"
    """What the seed of sampling is called."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider that is known by name."""

    base_url: str
    key_variables: tuple[str, ...] = ()
    """Environment variables that may hold the key, the first one set counts; empty where none is needed."""
    dialect: Dialect = Dialect()


PRESETS: Mapping[str, Preset] = {
    "openai": Preset("https://api.openai.com/v1", ("OPENAI_API_KEY",), Dialect(max_tokens="max_completion_tokens")),
    "gemini": Preset("https://generativelanguage.googleapis.com/v1beta/openai", ("GEMINI_API_KEY",)),
    "mistral": Preset("https://api.mistral.ai/v1", ("MISTRAL_API_KEY",), Dialect(seed="random_seed")),
    "openrouter": Preset("https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",)),
    "vllm": Preset("http://127.0.0.1:8001/v1"),
    "ollama": Preset("http://127.0.0.1:11434/v1"),
    "lmstudio": Preset("http://127.0.0.1:1234/v1", dialect=Dialect(json_modes=("json_schema", "none"))),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server of models: where it is, what opens it and how it wants to be asked."""

    base_url: str
    """Without a slash at the end; `/chat/completions` follows it."""
    key: Secret | None
    label: str
    """The provider's name, or the address: what lineage and the journal know the server by. Never holds a secret."""
    key_variable: str | None = None
    """The environment variable that the key came from, for messages."""
    dialect: Dialect = Dialect()

    @property
    def on_this_machine(self) -> bool:
        """Whether requests never leave this machine."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")

    def redact(self, text: str) -> str:
        """Return a text of the server's without the key, should it have been repeated there."""
        return text.replace(self.key.reveal(), "…") if self.key else text


def endpoint(
    provider: str | None, base_url: str | None, key_variable: str | None, environment: Mapping[str, str]
) -> Endpoint:
    """Turn a provider's name, or an address, into an endpoint; the key is read from the environment.

    Args:
        provider: one of `PRESETS`; None if `base_url` is given.
        base_url: such as `http://127.0.0.1:8001/v1`; None if `provider` is given.
        key_variable: the environment variable that holds the key; None for the provider's own, or for no key at all
            with `base_url`.
        environment: where variables are looked up, such as `os.environ`.

    Raises:
        EndpointError: not exactly one of `provider` and `base_url`, an unknown provider, a missing key, an address
            that cannot be used, or one that would send the key unencrypted through a network.
    """
    if (provider is None) == (base_url is None):
        raise EndpointError(f"provider {provider!r} and base_url {base_url and 'given'!r}: give exactly one of the two")
    if provider is not None:
        if provider not in PRESETS:
            raise EndpointError(f"provider {provider!r} is unknown; use one of {', '.join(PRESETS)}, or base_url")
        preset, label = PRESETS[provider], provider
        address = preset.base_url
    else:
        address = label = _checked_address(base_url or "")
        preset = Preset(address)
    variable, key = _read_key(label, (key_variable,) if key_variable else preset.key_variables, environment)
    if key and address.startswith("http:") and not _is_loopback(urlsplit(address).hostname or ""):
        raise EndpointError(
            f"base_url {address} would send the key of {variable} unencrypted; use https, or a server on this machine"
        )
    return Endpoint(address, key, label, variable, preset.dialect)


def _read_key(
    label: str, variables: tuple[str, ...], environment: Mapping[str, str]
) -> tuple[str | None, Secret | None]:
    if not variables:
        return None, None
    variable = next((name for name in variables if environment.get(name, "").strip()), None)
    if variable is None:
        raise EndpointError(f"{label} needs a key and {' or '.join(variables)} is not set; set it in the environment")
    key = environment[variable].strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EndpointError(f"{variable} holds characters that no key has; copy the key of {label} again")
    return variable, Secret(key)


def _checked_address(base_url: str) -> str:
    """Return the address in the one form it is known by; never quote what might be a password in a message."""
    try:
        parts = urlsplit(base_url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointError(f"base_url is not an address: {error}; write http://HOST:PORT/v1") from error
    if parts.username is not None or parts.password is not None:
        raise EndpointError(f"base_url holds a user or password before {host}; name a key_variable instead")
    if parts.query or parts.fragment:
        raise EndpointError(f"base_url of {host} goes on after its path with ? or #; leave that out")
    if parts.scheme not in ("http", "https") or not host:
        raise EndpointError(f"base_url {base_url!r} is not an http address; write http://HOST:PORT/v1")
    path = parts.path.rstrip("/")
    if path.endswith("/chat/completions"):
        raise EndpointError(f"base_url {base_url} is the address of one call; leave /chat/completions out")
    return _join(parts, host, port, path)


def _join(parts: SplitResult, host: str, port: int | None, path: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{path}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
