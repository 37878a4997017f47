"""Which file goes where: the source that reads it, and the day of the delivery that it is part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain, count
from pathlib import Path
from zoneinfo import ZoneInfo

from mandje.adapters import kinds_by_adapter
from mandje.adapters.recognise import CANONICAL, Recognised, recognise
from mandje.from_files.looks import Look, look
from mandje.shop.known_adapters import mapping_name

_ENDINGS = {"csv": ".csv", "json": ".jsonl", "parquet": ".parquet"}


@dataclass(frozen=True, slots=True)
class Found:
    """One given file: what it is, what it tells, and the `fault` for which it is not read though known."""

    path: Path
    recognised: Recognised | None
    look: Look = field(default_factory=Look)
    fault: str = ""

    @property
    def source(self) -> str | None:
        """The source that will read it; None: none does."""
        one = self.recognised
        if one is None or not one.is_whole or one.adapter is None or self.fault:
            return None
        if one.adapter == CANONICAL:
            return one.kind.name
        return (mapping_name(one.adapter) or one.adapter).replace("-", "_")


@dataclass(frozen=True, slots=True)
class Placed:
    """A file with the place that it is copied to: exports/<source>/<day>/<name>."""

    found: Found
    source: str
    day: date
    name: str

    @property
    def place(self) -> str:
        """The place from the shop's folder."""
        return f"exports/{self.source}/{self.day}/{self.name}"


def look_at(paths: Iterable[Path], today: date) -> list[Found]:
    """What files are and tell; of a folder, all files in it and below, but for hidden ones."""
    files = [file for path in paths for file in _files(path)]
    found = [
        Found(file, recognised, fault=_fault(recognised))
        for file in dict.fromkeys(files)
        for recognised in (recognise(file),)
    ]
    once = [replace(one, fault=one.fault or _repeats(one, found)) for one in found]
    return [
        replace(one, look=look(one.path, one.recognised, today)) if one.recognised and one.source else one
        for one in once
    ]


def _fault(one: Recognised | None) -> str:
    """Why a file of a feed would be refused though it has the feed's columns."""
    head = one.head if one is not None and one.adapter == CANONICAL and one.is_whole else None
    if head is None or head.form == "parquet":
        return ""
    if head.is_list:
        return "a feed comes as JSON lines, without a list around them"
    return "a feed comes with its header first" if head.lines_before else ""


def _repeats(one: Found, found: Sequence[Found]) -> str:
    """Whether a platform's csv tells what another file tells in full: the same orders would come twice.

    Kinds say it by their names: `orders`, and as csv `orders_csv` or `csv_orders`.
    """
    words = _kind(one).split("_")
    told = "_".join(word for word in words if word != "csv")
    fuller = (other for other in found if _kind(other) == told and other.source == one.source)
    first = next(fuller, None) if "csv" in words and one.source else None
    return f"{first.path.name} tells the same and more" if first else ""


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    below = (file for file in sorted(path.rglob("*")) if file.is_file())
    return [file for file in below if not any(part.startswith(".") for part in file.relative_to(path).parts)]


def place_all(found: Sequence[Found], last: date) -> list[Placed]:
    """The files that a source reads, each in its place; no delivery is of a day after `last`.

    A file belongs to the newest day that it tells; one that tells none to the day that its folder is named
    by, to the newest day of all, or to the day of the file itself. What a platform writes beside its first
    kind (refunds beside orders) goes into the delivery that comes with it, since the one cannot be read
    without the other.
    """
    newest = max((day for one in found if (day := _told_day(one))), default=None)
    by_source: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        if one.source is not None:
            by_source[one.source].append(one)
    placed = []
    for source, files in by_source.items():
        days = _delivery_days(files, [_told_day(one) or newest or _file_day(one.path) for one in files])
        placed += [
            Placed(one, source, min(day, last), _name(one)) for one, day in zip(files, days, strict=True)
        ]
    return _with_own_names(placed)


def _delivery_days(files: Sequence[Found], told: Sequence[date]) -> list[date]:
    """For each file the day of its delivery: deliveries are of the days of the first kind of file."""
    first = _first_kind(files)
    starts = sorted({day for one, day in zip(files, told, strict=True) if _kind(one) == first})
    chosen = [next((start for start in starts if start >= day), starts[-1]) for day in told]
    newest: dict[date, date] = {}
    for start, day in zip(chosen, told, strict=True):
        newest[start] = max(newest.get(start, day), day)
    return [newest[start] for start in chosen]


def _first_kind(files: Sequence[Found]) -> str:
    """The kind of file that the adapter names first, of those that are there."""
    there = {_kind(one) for one in files}
    adapter = next((one.recognised.adapter for one in files if one.recognised), None)
    kinds = [kind.name for kind in kinds_by_adapter().get(adapter or "", ())]
    return next((name for name in kinds if name in there), min(there))


def _kind(one: Found) -> str:
    return one.recognised.kind.name if one.recognised else ""


def _told_day(one: Found) -> date | None:
    """The newest day in the file, or the day of the delivery that it lies in."""
    try:
        return one.look.newest or date.fromisoformat(one.path.absolute().parent.name)
    except ValueError:
        return None


def _file_day(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, ZoneInfo("UTC")).date()


def _name(one: Found) -> str:
    """The file's own name, plain and seen, with the ending of what it is."""
    own = "".join(letter if letter.isprintable() else "_" for letter in one.path.name).lstrip(".")
    head = one.recognised.head if one.recognised else None
    if head is None:
        return own
    ending = (".json" if head.is_list else _ENDINGS[head.form]) + (".gz" if head.is_packed else "")
    return own if own.lower().endswith(ending) else f"{own}{ending}"


def _with_own_names(placed: Sequence[Placed]) -> list[Placed]:
    """Two files of one delivery do not have one name."""
    named: dict[str, Placed] = {}
    for one in placed:
        others = (replace(one, name=f"{number}-{one.name}") for number in count(2))
        free = next(each for each in chain((one,), others) if each.place not in named)
        named[free.place] = free
    return list(named.values())
