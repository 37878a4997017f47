"""How a night ended, for people: those of `[notify]` in shop.toml, once per cause."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mandje.cli.screens.terminal import complain
from mandje.cli.told.fault import told_fault
from mandje.errors import WAITS_NO_LONGER, BusyError, ExitCode, MandjeError, WaitingError
from mandje.notify.delivery import not_sent, send_everywhere, ways_here
from mandje.notify.notice import Notice, Place, published, stopped
from mandje.notify.recipients import read_recipients
from mandje.observe.records.nights import stopped_nights
from mandje.shop.settings import Shop, load_shop
from mandje.system.own_files import remembered, write_own

Json = dict[str, Any]
_TOLD = {"digests": [str], "stopped": [str]}


@dataclass
class Begun:
    """How far a night came; nothing where it has not begun."""

    night: date | None = None
    stage: str | None = None


@dataclass(frozen=True)
class _Cause:
    """What a notice is about; `told` stand for causes that were told before."""

    text: str
    told: Sequence[str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def stands_no_more(shop: Shop, as_of_date: date) -> list[str]:
    """Nights that somebody was told of, and that stand no more once one is published at that date."""
    return [
        stop["run_date"]
        for stop in stopped_nights(shop)
        if stop["run_date"] <= as_of_date.isoformat()
        and (stop["exit_code"] != ExitCode.WAITING or WAITS_NO_LONGER in stop["line"])
    ]


def told_night(shop: Shop, run_date: date, mended: Sequence[str]) -> Json:
    """What is told of a night that is published: nights it makes good, new warnings by name and count."""
    from mandje.observe.records.warnings import night_warnings

    new = [one for one in night_warnings(shop, run_date) if one.is_new and one.severity != "note"]
    return {"mended": list(mended), "new_warnings": [(one.check, one.count) for one in new]}


@contextmanager
def who_is_told(folder: Path) -> Iterator[Begun]:
    """Tell those of `[notify]` how the night within ends, once per cause; no fault here harms it."""
    begun = Begun()
    try:
        yield begun
    except Exception as fault:
        with _harmless():
            # No news: another night is at work, or a delivery may still come.
            if not isinstance(fault, BusyError | WaitingError):
                _tell_stop(fault, folder, begun)
        raise
    if begun.night is not None:
        with _harmless():
            _tell_end(load_shop(folder), begun.night)


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        yield
    except Exception as fault:  # noqa: BLE001  whatever it is, the night stands as it ended
        complain(not_sent("mail or webhook", fault))


def _tell_stop(fault: Exception, folder: Path, begun: Begun) -> None:
    night = str(begun.night) if begun.night else None
    told = told_fault(fault, folder, begun.stage or "", night)
    again = "run it again: `mandje night SHOP" + (f" --date {night}`" if night else "`")
    notice = stopped(Place(_name(folder), folder.absolute()), night, begun.stage, told, again)
    before = _told_before(folder)
    nights = [*before["stopped"], night or "a night that could not begin"]
    cause = f"{night} {begun.stage} {told['exit_code']} {told['message']}"
    _tell(folder, notice, _Cause(cause, before["digests"]), nights)


def _tell_end(shop: Shop, night: date) -> None:
    before = _told_before(shop.folder)
    told = told_night(shop, night, before["stopped"])
    place = Place(shop.settings.name, shop.folder)
    notice = published(place, str(night), told["mended"], told["new_warnings"])
    # Run again, a night has the same news.
    cause = _Cause(f"{night} {told['new_warnings']}", [] if told["mended"] else before["digests"])
    _tell(shop.folder, notice, cause, [])


def _tell(folder: Path, notice: Notice | None, cause: _Cause, stopped: Sequence[str]) -> None:
    """Send what was not told yet; remember what went out, and nights that stopped, until one ends well."""
    is_told = notice is None or cause.digest in cause.told or _went_out(folder, notice)
    if is_told or not stopped:
        digests = {*(cause.told if stopped else ()), *((cause.digest,) if is_told else ())}
        write_own(_memory(folder), {"digests": sorted(digests), "stopped": sorted(set(stopped))})


def _went_out(folder: Path, notice: Notice) -> bool:
    """Send it; False where it reached nobody."""
    ways = ways_here(notice, read_recipients(folder))
    if not ways:
        complain("nobody is told: [notify] in shop.toml names neither mail_to nor webhook")
    faults = send_everywhere(ways)
    for line in faults:
        complain(line)
    return len(faults) < len(ways)


def _told_before(folder: Path) -> Json:
    return remembered(_memory(folder), _TOLD) or {"digests": [], "stopped": []}


def _memory(folder: Path) -> Path:
    return folder / "ops" / "told.json"


def _name(folder: Path) -> str:
    """The shop's name as far as it can be told."""
    with suppress(MandjeError):
        return load_shop(folder).settings.name
    return folder.absolute().name
