"""Takes the folder of a registry, leaves the versions in it: every one for a list, or one that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glossator.errors import RegistryError
from glossator.registry.latest import LATEST, read_latest
from glossator.registry.record import Registration, read_registration
from glossator.registry.verify import ADAPTER, REGISTRATION, TOKENIZER, verify
from glossator.registry.versions import VersionNumber, is_name, is_number, parse_number


@dataclass(frozen=True, slots=True)
class Version:
    """A registered model whose files are the ones that were registered."""

    name: str
    number: VersionNumber
    path: Path
    registration: Registration
    latest: bool

    @property
    def label(self) -> str:
        """The name that `open_version` finds it by, such as `papers-qa-qlora@v1.0`."""
        return f"{self.name}@{self.number}"

    @property
    def adapter(self) -> Path:
        """The folder of its adapter."""
        return self.path / ADAPTER

    @property
    def tokenizer(self) -> Path:
        """The folder of its tokenizer and chat template."""
        return self.path / TOKENIZER


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of versions."""

    name: str
    version: str
    """Such as `v1.0`; empty where the folder of the name itself cannot be read."""
    path: Path
    latest: bool
    registration: Registration | None
    """None if it cannot be read."""
    problem: str = ""
    """What is wrong with it; empty if nothing was noticed. Hashes are compared by `verify` and on opening."""


def list_versions(registry: Path) -> list[Listed]:
    """Read a registry's folder; gives every version, by name and number, damaged ones with what is wrong.

    Files are not hashed here, only counted and measured.
    """
    listed: list[Listed] = []
    for name in model_names(registry):
        try:
            latest, problem = read_latest(registry / name), ""
        except RegistryError as error:
            latest, problem = None, str(error)
        try:
            numbers = version_numbers(registry / name)
        except OSError as error:
            listed.append(Listed(name, "", registry / name, latest=False, registration=None, problem=str(error)))
            continue
        listed.extend(_list_one(registry, name, number, latest, problem) for number in numbers)
    return listed


def _list_one(
    registry: Path, name: str, number: VersionNumber, latest: VersionNumber | None, latest_problem: str
) -> Listed:
    path = registry / name / str(number)
    try:
        registration = read_registration(path / REGISTRATION)
    except RegistryError:
        registration = None
    problems = [*verify(path, content=False), *([latest_problem] if latest_problem else [])]
    return Listed(name, str(number), path, number == latest, registration, "; ".join(problems))


def model_names(registry: Path) -> list[str]:
    """List the names that have versions, sorted."""
    if not registry.is_dir():
        return []
    return sorted(path.name for path in registry.iterdir() if is_name(path.name) and path.is_dir() and _holds(path))


def _holds(folder: Path) -> bool:
    try:
        return bool(version_numbers(folder))
    except OSError:
        return True  # what cannot be read is told of rather than passed over


def version_numbers(folder: Path) -> list[VersionNumber]:
    """List the versions in the folder of a name, damaged ones included, by rising number."""
    if not folder.is_dir():
        return []
    return sorted(parse_number(path.name) for path in folder.iterdir() if is_number(path.name) and path.is_dir())


def open_version(registry: Path, reference: str | None = None) -> Version:
    """Find a version and compare all of its files with what was registered.

    Args:
        registry: the registry's folder.
        reference: `name@v1.0`; `name` or `name@latest` for the latest; None for the latest of the only name there is.

    Raises:
        RegistryError: there is no such version, or a file of it is missing, altered or does not belong there.
    """
    name, separator, asked = (_only_name(registry) if reference is None else reference).partition("@")
    folder = find_name(registry, name)
    number = _latest_of(folder) if not separator or asked == LATEST else parse_number(asked)
    path = folder / str(number)
    if not path.is_dir():
        raise RegistryError(f"{name} has no version {number}; it has {_known(folder)}")
    problems = verify(path)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        others = ", ".join(str(other) for other in version_numbers(folder) if other != number)
        instead = f"promote another version ({others}), or " if others else ""
        raise RegistryError(
            f"{name}@{number} in {registry} cannot be trusted: {problems[0]}{more}; {instead}delete {path} and register"
            " its run again (glossator run RECIPE)"
        )
    registration = read_registration(path / REGISTRATION)
    try:
        latest = read_latest(folder)
    except RegistryError:
        latest = None  # it was asked for by its number, which needs no pointer
    return Version(name, number, path, registration, number == latest)


def find_name(registry: Path, name: str) -> Path:
    """Give the folder of a name.

    Raises:
        RegistryError: there is no such name; lists those that are there.
    """
    names = model_names(registry)
    if not names:
        raise RegistryError(f"nothing is registered in {registry}; register a run first, or give another registry")
    if name not in names:
        raise RegistryError(f"no model {name!r} in {registry}; registered there: {', '.join(names)}")
    return registry / name


def _only_name(registry: Path) -> str:
    names = model_names(registry)
    if len(names) > 1:
        raise RegistryError(f"{registry} holds {len(names)} models; say which one: {', '.join(names)}")
    return names[0] if names else ""


def _latest_of(folder: Path) -> VersionNumber:
    latest = read_latest(folder)
    if latest is None:
        raise RegistryError(f"{folder} has no latest version; promote one of {_known(folder)}")
    if not (folder / str(latest)).is_dir():
        raise RegistryError(f"{folder / LATEST} names {latest}, which is not there; promote one of {_known(folder)}")
    return latest


def _known(folder: Path) -> str:
    return ", ".join(map(str, version_numbers(folder)))
