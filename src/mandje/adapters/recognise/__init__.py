"""What a file is, by the names in its first record: of a feed, of a platform with an adapter, or another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mandje.adapters import kinds_by_adapter
from mandje.adapters.base import Kind
from mandje.adapters.recognise.heads import Head, heads_of
from mandje.adapters.recognise.platforms import UNREAD
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table

CANONICAL = "canonical"
# A file is nearly of a kind when it has so many of its names, and half of them.
_LEAST_NEAR_NAMES = 3
# So many names that lack are told.
_TOLD = 10


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is, or with `lacks` or `is_strange` nearly is.

    `adapter` reads it; None: no adapter does, and `note` says what then. `names_known` of `names_found` names
    are the kind's. `lacks` are names that it needs; `is_strange`: the feed does not know all of its columns.
    """

    kind: Kind
    adapter: str | None
    note: str = ""
    names_known: int = 0
    names_found: int = 0
    lacks: tuple[str, ...] = ()
    is_strange: bool = False
    head: Head | None = field(default=None, repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether it is of that kind, not only nearly."""
        return not self.lacks and not self.is_strange

    @property
    def words(self) -> str:
        """What it is, in a sentence without an end; no name of it is shown that is not the kind's own."""
        if self.lacks:
            more = f" and {len(self.lacks) - _TOLD} more" if len(self.lacks) > _TOLD else ""
            return f"this looks like {self.kind.title}, but lacks {', '.join(self.lacks[:_TOLD])}{more}"
        count = f" ({self.names_known} of {self.names_found} names)" if self.kind.known else ""
        strange = ", but has columns that it does not know" if self.is_strange else ""
        return f"this looks like {self.kind.title}{count}{strange}"


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: Kind
    adapter: str | None
    note: str = ""
    is_strict: bool = False  # as a feed, which knows all of its columns


def recognise(path: Path) -> Recognised | None:
    """What a file is: of the kinds whose names it has, the one that needs most; else what it nearly is.

    None where nobody knows it, or where it cannot be read. Never raises.
    """
    candidates = tuple(_candidates())
    found = [_compared(one, head) for head in heads_of(path) for one in candidates if _may_be(one, head)]
    whole = [one for one in found if one.is_whole]
    if whole:
        return max(whole, key=_rank)
    return max(filter(_is_near, found), key=_nearness, default=None)


def kind_of(path: Path, kinds: Iterable[Kind]) -> Kind | None:
    """Which of these kinds a file is; None where it is none of them, or cannot be read. Never raises."""
    candidates = [_Candidate(kind, None) for kind in kinds]
    found = [_compared(one, head) for head in heads_of(path) for one in candidates if _may_be(one, head)]
    best = max((one for one in found if one.is_whole), key=_rank, default=None)
    return best.kind if best else None


def _candidates() -> Iterator[_Candidate]:
    for adapter, kinds in kinds_by_adapter().items():
        yield from (_Candidate(kind, adapter) for kind in kinds)
    for feed in FEEDS.values():
        yield _Candidate(_feed_kind(feed), CANONICAL, is_strict=True)
    yield from (_Candidate(one.kind, None, one.note) for one in UNREAD)


def _feed_kind(feed: Table) -> Kind:
    needed = frozenset(column.name for column in feed.columns if not column.nullable)
    emails = {"email" for column in feed.columns if column.is_email}
    return Kind(feed.name, f"the feed {feed.name}", "csv", needed, frozenset(feed.names) | emails)


def _may_be(one: _Candidate, head: Head) -> bool:
    """Whether form and the values that every record has are the kind's; a feed may have any form."""
    has_form = one.is_strict or head.form in {"parquet", one.kind.form}
    return has_form and all(head.values.get(name, "").startswith(value) for name, value in one.kind.fixed)


def _compared(one: _Candidate, head: Head) -> Recognised:
    names, found = one.kind.needed | one.kind.known, head.names | head.bare_names
    return Recognised(
        one.kind,
        one.adapter,
        one.note,
        len(head.names & names),
        len(head.names),
        tuple(sorted(one.kind.needed - found)),
        is_strange=one.is_strict and not head.names <= names,
        head=head,
    )


def _rank(one: Recognised) -> tuple[int, bool]:
    return len(one.kind.needed) + len(one.kind.fixed), one.adapter is not None


def _is_near(one: Recognised) -> bool:
    there = len(one.kind.needed) - len(one.lacks)
    return there >= _LEAST_NEAR_NAMES and there * 2 >= len(one.kind.needed)


def _nearness(one: Recognised) -> tuple[int, int]:
    return len(one.kind.needed) - len(one.lacks), -len(one.lacks)
