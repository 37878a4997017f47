"""What stood before a night, so that it can be unmade: `ops/before/<night>.json`.

A night may run twice, or be killed and run again; other nights may run in between. The file then says what
would stand had this night never run at all: it is added to, and an older night that runs later takes over
what it would have loaded itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from mandje.ingest.load import moves
from mandje.observe.records.nights import (
    Record,
    nights,
    read_record,
    stopped_nights,
    unfinished_nights,
)
from mandje.publish.published_folder import newest_name, snapshots
from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, remove_own, write_own


@dataclass(frozen=True, slots=True)
class Before:
    """Deliveries are named `<source>/<delivery date>`, days are ISO text.

    Attributes:
        unfinished: other nights that had begun and not ended.
        stopped: why other nights had stopped.
        snapshots: names of all snapshots of earlier as-of dates.
        newest_snapshot: the one that readers were sent to, or would be without a rollback.
        has_moved: whether the night came so far as to load.
        is_overtaken: whether an older night ran later.
        late: deliveries that the night loaded first, of days up to the night before. Those of later days
            need no list.
        changed: deliveries that it read in place of what was loaded of them before.
        gone: deliveries that it dropped, for they had left the exports.
        quarantined: folders of the quarantine that were there before.
    """

    unfinished: tuple[str, ...] = ()
    stopped: tuple[Record, ...] = ()
    snapshots: tuple[str, ...] = ()
    newest_snapshot: str | None = None
    has_moved: bool = False
    is_overtaken: bool = False
    late: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()


_SHAPE = {"has_moved": bool, "late": [str], "changed": [str], "gone": [str]}
_MEND = "restore {file} from your backup, or remove it: that night can then be unmade less exactly"


def read_before(shop: Shop, night: date) -> Before | None:
    """What stood before a night; None for a night of a version that did not note it."""
    content = read_own(_path(shop, night), _SHAPE, _MEND)
    if content is None:
        return None
    fields: Record = {name: tuple(one) if isinstance(one, list) else one for name, one in content.items()}
    return Before(**fields)


def note_begin(shop: Shop, night: date) -> None:
    """Note what stands as a night begins, before it is noted as unfinished itself."""
    known = read_before(shop, night) or Before()
    own, newest = night.isoformat(), newest_name(shop)
    stopped = {record["run_date"]: record for record in (*known.stopped, *stopped_nights(shop))}
    earlier = [one.name for one in snapshots(shop) if one.as_of_date < night]
    now = replace(
        known,
        unfinished=_joined(known.unfinished, (day.isoformat() for day in unfinished_nights(shop)), but=own),
        stopped=tuple(record for day, record in sorted(stopped.items()) if day != own),
        snapshots=_joined(known.snapshots, earlier),
        newest_snapshot=newest if newest is not None and newest[:10] < own else known.newest_snapshot,
    )
    write_own(_path(shop, night), now)


def note_moves(shop: Shop, night: date) -> None:
    """Note what a night is about to load, before the first of it moves: a killed load is remembered too."""
    known, now = read_before(shop, night) or Before(), moves(shop)
    last = newest_moved(shop, night)
    new = [*now.new, *_taken_over(shop, night)]
    late = _joined(known.late, (one for one in new if last is not None and _day(one) <= last))
    noted = replace(
        known,
        has_moved=True,
        late=late,
        changed=_joined(known.changed, _of_others(now.changed, last, late)),
        gone=_joined(known.gone, _of_others(now.gone, last, late)),
        quarantined=_joined(known.quarantined, now.quarantined),
    )
    write_own(_path(shop, night), noted)


def newest_moved(shop: Shop, night: date) -> date | None:
    """The newest night before `night` that came so far as to load: older deliveries are its own."""
    earlier = (day for day in reversed(nights(shop)) if day < night)
    return next((day for day in earlier if read_record(shop, day, "load") or _has_moved(shop, day)), None)


def forget_before(shop: Shop, night: date) -> None:
    """Remove the note."""
    remove_own(_path(shop, night))


def _of_others(deliveries: Iterable[str], last: date | None, late: Collection[str]) -> list[str]:
    """Those that were loaded before this night first ran; the rest is its own."""
    return [one for one in deliveries if last is not None and _day(one) <= last and one not in late]


def _taken_over(shop: Shop, night: date) -> list[str]:
    """Late deliveries of newer nights that this one would have loaded, were they not there already."""
    taken: list[str] = []
    for later in (day for day in nights(shop) if day > night):
        known = read_before(shop, later)
        if known is not None:
            taken += [one for one in known.late if _day(one) <= night]
            write_own(_path(shop, later), _overtaken(known, night))
    return taken


def _overtaken(known: Before, night: date) -> Before:
    return replace(
        known,
        is_overtaken=True,
        unfinished=tuple(day for day in known.unfinished if day > night.isoformat()),
        stopped=tuple(record for record in known.stopped if record["run_date"] > night.isoformat()),
        late=tuple(one for one in known.late if _day(one) > night),
        changed=tuple(one for one in known.changed if _day(one) > night),
        gone=(),
    )


def _has_moved(shop: Shop, night: date) -> bool:
    known = read_before(shop, night)
    return known is not None and known.has_moved


def _joined(known: Iterable[str], more: Iterable[str], but: str = "") -> tuple[str, ...]:
    return tuple(sorted({*known, *more} - {but}))


def _day(delivery: str) -> date:
    return date.fromisoformat(delivery.rpartition("/")[2])


def _path(shop: Shop, night: date) -> Path:
    return shop.ops / "before" / f"{night.isoformat()}.json"
