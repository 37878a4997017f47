"""Load: move what validation staged to its place, in renames, and say so in `current.json` last.

State depends only on the final content of `exports/`. So a delivery whose changed bytes are refused loses its
former rows too: what the shop delivers under that name today is not known, and the night that saw the former
bytes must leave nothing that a night which never saw them would not have.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mandje.delivery_names import delivery_day
from mandje.errors import ExitCode, MandjeError
from mandje.ingest.rules.refusals import Refusal, newest_first
from mandje.ingest.store.partitions import CURRENT, CURRENT_SHAPE, Current, current_of
from mandje.ingest.store.quarantine import refused_in
from mandje.ingest.store.staging import FROM_ITS_START, Staging
from mandje.shop.settings import Shop
from mandje.system.own_files import Json, read_own


@dataclass(frozen=True, slots=True)
class Load:
    """What night `run_date` changed, and what is loaded now.

    `loaded`, `refused` and `gone` count deliveries of this night, `taken_in` the loaded ones by source;
    `partitions` counts all that are loaded, `rows` their rows in all feeds;
    `refusals` are all deliveries up to the run date that are refused and not mended (see `Refusal`).
    """

    run_date: str
    loaded: int
    taken_in: dict[str, int]
    refused: int
    gone: int
    partitions: int
    rows: int
    refusals: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """What `load` is about to do, as `<source>/<delivery date>`.

    `new` were not loaded before; `changed` come in place of what was; `gone` have left the exports.
    `quarantined` are folders that stand in the quarantine already under the name of a new one.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    quarantined: tuple[str, ...]


def moves(shop: Shop) -> Moves:
    """What validation staged, set beside what is loaded; nothing where it did not end."""
    manifest = Staging(shop).manifest() or {"staged": [], "gone": []}
    staged, gone = (["/".join(one) for one in manifest[kind]] for kind in ("staged", "gone"))
    new = tuple(one for one in staged if not (shop.raw / one / CURRENT).exists())
    changed = tuple(sorted(set(staged) - set(new)))
    quarantined = [f"{one}/{entry.name}" for one in new for entry in _folders(shop.quarantine / one)]
    return Moves(new, changed, tuple(gone), tuple(quarantined))


def load(shop: Shop, run_date: date) -> Load:
    """Move staged partitions to `raw/`, refused deliveries to `quarantine/`, and drop what is gone.

    Killed anywhere and run again, by itself or after `validate`, it ends as if nothing had happened. Run
    twice, the second run writes nothing.

    Raises:
        MandjeError: validation did not end; or, after all that is good is loaded, a source with
            `on_refused = "stop"` has a refused delivery up to the run date (exit code NIGHT_STOPPED).
    """
    staging = Staging(shop)
    manifest = _manifest(staging)
    _move_all(shop, staging, manifest)
    states = {source: current_of(shop, source) for source in shop.settings.sources}
    _sweep(shop, states)
    refusals = [r for r in refused_in(shop, states) if r.delivery_date <= run_date.isoformat()]
    _stop_if_refused(shop, refusals)
    moved = [(source, states[source][date.fromisoformat(day)].status) for source, day in manifest["staged"]]
    taken_in = Counter(source for source, status in moved if status == "accepted")
    return Load(
        run_date.isoformat(),
        loaded=taken_in.total(),
        taken_in=dict(sorted(taken_in.items())),
        refused=len(moved) - taken_in.total(),
        gone=len(manifest["gone"]),
        partitions=sum(state.status == "accepted" for days in states.values() for state in days.values()),
        rows=sum(sum(state.feeds.values()) for days in states.values() for state in days.values()),
        refusals=tuple(refusal.to_json() for refusal in refusals),
    )


def _manifest(staging: Staging) -> Json:
    manifest = staging.manifest()
    if manifest is None and staging.root.is_dir():
        raise MandjeError(
            "validation did not end, so there is nothing sound to load",
            file=str(staging.root),
            next_step="run the night again: it begins with validation",
        )
    return manifest or {"staged": [], "gone": []}


def _move_all(shop: Shop, staging: Staging, manifest: Json) -> None:
    if not (manifest["staged"] or manifest["gone"]):
        return
    os.sync()  # all that was staged is on the disk before the first of it counts
    for source, day in manifest["staged"]:
        _move(shop, staging.root / source / day, source, day)
    for source, day in manifest["gone"]:
        (shop.raw / source / day / CURRENT).unlink(missing_ok=True)
    staging.clear()


def _move(shop: Shop, staged: Path, source: str, day: str) -> None:
    """Move one delivery; what an earlier run moved already is not there any more."""
    current = read_own(staged / CURRENT, CURRENT_SHAPE, FROM_ITS_START)
    if current is None:
        return
    place = shop.raw if current["status"] == "accepted" else shop.quarantine
    target = place / source / day / current["folder"]
    if (staged / current["folder"]).exists():
        _make_room(target, staged / "former")
        (staged / current["folder"]).rename(target)
    (shop.raw / source / day).mkdir(parents=True, exist_ok=True)
    (staged / CURRENT).replace(shop.raw / source / day / CURRENT)


def _make_room(target: Path, aside: Path) -> None:
    """Put aside what has the target's name: the same bytes, moved by a killed night or under other rules."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
        target.rename(aside)


def _sweep(shop: Shop, states: Mapping[str, Mapping[date, Current]]) -> None:
    """Remove partitions that no `current.json` names: nobody reads them any more."""
    for source, days in states.items():
        for folder in _folders(shop.raw / source):
            day = delivery_day(folder.name)
            current = days.get(day) if day is not None else None
            _keep_only(folder, current)


def _keep_only(folder: os.DirEntry[str], current: Current | None) -> None:
    if current is None:
        shutil.rmtree(folder)
        return
    for partition in _folders(folder):
        if current.status == "refused" or partition.name != current.sha256[:12]:
            shutil.rmtree(partition)


def _folders(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.is_dir()]
    except FileNotFoundError:
        return []


def _stop_if_refused(shop: Shop, refusals: list[Refusal]) -> None:
    stopping = [r for r in refusals if shop.settings.sources[r.source].on_refused == "stop"]
    if stopping:
        first, *others = newest_first(stopping)
        raise first.as_error(others)


def check_not_empty(loaded: Load) -> None:
    """Stop a night without a single row: it would build, check and predict for nothing.

    Raises:
        MandjeError: nothing is loaded (exit code NIGHT_STOPPED).
    """
    if loaded.rows:
        return
    refused = newest_first(Refusal(**one) for one in loaded.refusals)
    found = [f"{len(refused)} refused, newest: {one.as_error()}" for one in refused[:1]]
    raise MandjeError(
        "no delivered row is loaded, so there is nothing to build from",
        found=found[0] if found else "no refused delivery either",
        expected="at least one delivery with a row that is kept",
        next_step="put sound files into exports/<source>/<YYYY-MM-DD>/ and run the night again",
        exit_code=ExitCode.NIGHT_STOPPED,
    )
