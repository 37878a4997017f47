"""Make the shop: settings as files tell them, copies of the files as deliveries; all of it or nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from mandje.adapters.recognise import CANONICAL
from mandje.errors import MandjeError
from mandje.from_files.plan import Found, Placed, look_at, place_all
from mandje.shop.known_adapters import known_adapter
from mandje.shop.settings import source_policies
from mandje.shop.sources import ALL
from mandje.starter import About, shop_files, write_files

MAIN = "main"
RATES = "exchange_rates"
_OF_RATES = (RATES, "ecb")
_LOCAL_TIME = Path("/etc/localtime")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Made:
    """A shop that was made: its settings as they were told, files in place, and files that nobody reads.

    `currencies` are all that rows are in, most rows first; none where no file tells any.
    """

    about: About
    currencies: tuple[str, ...]
    placed: tuple[Placed, ...]
    left: tuple[Found, ...]

    @property
    def guessed(self) -> dict[str, list[tuple[str, float]]]:
        """By source, options without which its adapter cannot do, with the usual value."""
        adapters = {one.source: one.found.recognised.adapter for one in self.placed if one.found.recognised}
        needs = {source: list(known_adapter(str(name)).needs.items()) for source, name in adapters.items()}
        return {source: options for source, options in sorted(needs.items()) if options}

    @property
    def lacks_rates_of(self) -> tuple[str, ...]:
        """Currencies besides the reporting one, where no file holds rates."""
        if any(one.source in _OF_RATES for one in self.placed):
            return ()
        return tuple(code for code in self.currencies if code != self.about.currency)


def shop_from_files(folder: Path, paths: Sequence[Path]) -> Made:
    """Make a shop in a new folder that reads these files, or all files in these folders.

    The files are copied, each into the delivery of the newest day that it tells.

    Raises:
        MandjeError: a file is not there, none can be read, the folder is not empty, or cannot be written.
            Nothing is left then.
    """
    _check(folder, paths)
    time_zone = machine_time_zone()
    today = datetime.now(ZoneInfo(time_zone)).date()
    found = look_at(paths, today)
    placed = place_all(found, today - timedelta(days=1))
    left = tuple(one for one in found if one.source is None)
    if not placed:
        raise _nothing_to_read(found)
    currencies = Counter[str]()
    for one in placed:
        currencies.update(one.found.look.currencies)
    ordered = tuple(code for code, _ in currencies.most_common())
    sites = _sites(placed, ordered[0] if ordered else About().currency)
    reporting = ordered[0] if ordered else About().currency
    sources = _sources(placed, sites, needs_rates=len(ordered) > 1)
    about = About(_shop_name(folder), reporting, time_zone, sites, sources)
    _write(folder, about, placed)
    return Made(about, ordered, tuple(placed), left)


def machine_time_zone() -> str:
    """The name of this machine's clock, UTC where it tells none: no export names its own."""
    named = os.environ.get("TZ", "").lstrip(":")
    linked = os.path.realpath(_LOCAL_TIME).rpartition("zoneinfo/")[2]
    names = [short for name in (named, linked) for short in (name.removeprefix("Etc/"), name)]
    return next((name for name in names if name in available_timezones()), "UTC")


def _check(folder: Path, paths: Sequence[Path]) -> None:
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise MandjeError(
            "there is no such file",
            file=str(missing[0]),
            next_step="name files, or folders of them, after --from; nothing was written",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MandjeError(
            f"{folder} holds something already",
            file=str(folder),
            next_step="name a new folder; nothing was written",
        )


def _nothing_to_read(found: Sequence[Found]) -> MandjeError:
    return MandjeError(
        "none of these files can be read",
        found="; ".join(f"{one.path}: {what_it_is(one)}" for one in found[:10]) or "no file",
        expected="a file of a platform with an adapter, or of a feed",
        next_step="`mandje init FOLDER` makes a shop with an example of every feed; nothing was written",
    )


def what_it_is(one: Found) -> str:
    """What a file is, in words, and why nobody reads it."""
    if one.recognised is None:
        return "nobody knows what it is"
    return "; ".join(part for part in (one.recognised.words, one.recognised.note, one.fault) if part)


def _shop_name(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", folder.absolute().name.lower()).strip("_")
    return name if _NAME.fullmatch(name) else About().name


def _sites(placed: Sequence[Placed], currency: str) -> dict[str, str]:
    """The sites that rows name, each with the currency that most of its rows have; else one."""
    rows: dict[str, Counter[str]] = {}
    for one in placed:
        for (site, code), count in one.found.look.sites.items():
            rows.setdefault(site, Counter()).update({code: count} if code else {})
    named = {site: next((code for code, _ in codes.most_common(1)), currency) for site, codes in rows.items()}
    return dict(sorted(named.items())) or {MAIN: currency}


def _sources(placed: Sequence[Placed], sites: dict[str, str], *, needs_rates: bool) -> str:
    """The sources of shop.toml, one per platform or feed, and one of rates where they are needed."""
    adapters = {
        one.source: one.found.recognised.adapter or CANONICAL for one in placed if one.found.recognised
    }
    if needs_rates and adapters.keys().isdisjoint(_OF_RATES):
        adapters[RATES] = CANONICAL
    return "".join(_source(source, adapter, sites) for source, adapter in sorted(adapters.items()))


def _source(source: str, adapter: str, sites: dict[str, str]) -> str:
    lines = [f"\n[sources.{source}]", f'adapter = "{adapter}"']
    lines += [f'{name} = "{word}"' for name, word in source_policies(source, {"adapter": adapter}).items()]
    lines += [f"{name} = {value}" for name, value in known_adapter(adapter).needs.items()]
    if "sites" in known_adapter(adapter).options and len(sites) > 1:
        lines.append(f'sites = {{"{ALL}" = "{next(iter(sites))}"}}')
    return "\n".join(lines) + "\n"


def _write(folder: Path, about: About, placed: Sequence[Placed]) -> None:
    """Beside the place first, then there in one rename."""
    private = folder.absolute().parent / f".{folder.absolute().name}.{os.getpid()}.tmp"
    try:
        private.mkdir(parents=True)
        for one in placed:
            target = private / one.place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one.found.path, target)
        write_files(shop_files(private, about))
        private.rename(folder)
    except OSError as fault:
        raise MandjeError(
            "the shop cannot be written",
            file=str(fault.filename or folder),
            found=fault.strerror,
            next_step="name a folder that you may write to, and files that you may read; nothing was written",
        ) from None
    finally:
        shutil.rmtree(private, ignore_errors=True)
