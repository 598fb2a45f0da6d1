"""Joined pairs in, groups out: a union–find forest."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Forest(Generic[Member]):
    """Members that were joined, directly or through others, have one root; a member not seen before is its own."""

    def __init__(self) -> None:
        self._parents: dict[Member, Member] = {}

    def root(self, member: Member) -> Member:
        """Take a member, leave the member that stands for its group."""
        while (parent := self._parents.get(member, member)) != member:
            self._parents[member] = self._parents.get(parent, parent)
            member = self._parents[member]
        return member

    def join(self, one: Member, other: Member) -> None:
        """Take two members, make their groups one; the root of the first stands for it."""
        first, second = self.root(one), self.root(other)
        if first != second:
            self._parents[second] = first
