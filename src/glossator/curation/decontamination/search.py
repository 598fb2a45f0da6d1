"""All measures together, twice: what teaches and what examines in, what the one holds of the other out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glossator.curation.decontamination.again import find_equal, find_overlaps_again
from glossator.curation.decontamination.likeness import find_alike, find_alike_again
from glossator.curation.decontamination.overlap import Finding, Rule, compared, find_overlaps
from glossator.curation.decontamination.pieces import Piece
from glossator.curation.normalize import normalize
from glossator.curation.vectors import Embed, embed_all

if TYPE_CHECKING:
    from glossator.curation.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Rules:
    """When two texts count as one."""

    overlap: Rule
    """For all texts."""
    short: Rule
    """For two questions with their answers, of which changed words leave no long run whole."""
    cosine: float
    embed: Embed | None
    """Takes texts, leaves a vector of each; None leaves that measure out."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in what, with the vectors of both sides' questions and answers."""

    taught: Sequence[Piece]
    held: Sequence[Piece]
    rules: Rules
    vectors: tuple[Vectors, Vectors] | None

    @classmethod
    def of(cls, taught: Sequence[Piece], held: Sequence[Piece], rules: Rules) -> Search:
        """Take the pieces of both sides, embed them if there is something to embed with."""
        vectors = None
        if rules.embed is not None:
            one, other = (
                embed_all([side[place].text for place in _spoken(side)], rules.embed) for side in (taught, held)
            )
            vectors = one, other
        return cls(taught, held, rules, vectors)

    def find(self) -> dict[int, Finding]:
        """Leave, of each taught piece that holds a held one, the first measure that tells: equal, runs, vectors."""
        found: dict[int, Finding] = {}
        for finding in _equal(self.taught, self.held):
            found.setdefault(finding.taught, finding)
        for finding in find_overlaps(self.taught, self.held, self.rules.overlap):
            found.setdefault(finding.taught, finding)
        some, others = _spoken(self.taught), _spoken(self.held)
        pieces = [self.taught[place] for place in some], [self.held[place] for place in others]
        for finding in find_overlaps(*pieces, self.rules.short):
            found.setdefault(some[finding.taught], _moved(finding, some, others))
        if self.vectors is not None:
            for finding in find_alike(*self.vectors, self.rules.cosine):
                found.setdefault(some[finding.taught], _moved(finding, some, others))
        return found

    def find_again(self) -> set[int]:
        """Leave the places of the taught pieces that hold a held one, found in another way than by `find`."""
        found = find_equal(self.taught, self.held) | find_overlaps_again(self.taught, self.held, self.rules.overlap)
        some, others = _spoken(self.taught), _spoken(self.held)
        pieces = [self.taught[place] for place in some], [self.held[place] for place in others]
        found.update(some[place] for place in find_overlaps_again(*pieces, self.rules.short))
        if self.vectors is not None:
            found.update(some[place] for place in find_alike_again(*self.vectors, self.rules.cosine))
        return found


def _moved(finding: Finding, some: Sequence[int], others: Sequence[int]) -> Finding:
    """Name the places among all pieces instead of those among some."""
    return Finding(some[finding.taught], others[finding.held], finding.measure, finding.value)


def _equal(taught: Sequence[Piece], held: Sequence[Piece]) -> Iterable[Finding]:
    first_with: dict[tuple[str, str], int] = {}
    for place, piece in enumerate(held):
        first_with.setdefault((piece.part, normalize(piece.text)), place)
    for place, piece in enumerate(taught):
        text = normalize(piece.text)
        twin = first_with.get((piece.part, text)) if text else None
        if twin is not None and compared(piece, held[twin]):
            yield Finding(place, twin, "equal", 1.0)


def _spoken(pieces: Sequence[Piece]) -> list[int]:
    return [place for place, piece in enumerate(pieces) if piece.part == "dialogue"]
