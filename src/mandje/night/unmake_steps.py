"""Take the newest night away, so that what stands is what would stand had it never run.

First a plan is written to `ops/unmaking/plan.json`: from that moment the night counts as never run. Then all
that it left is removed, which may be done twice, and the night before is built again (`mandje.night.unmake`).
Killed anywhere, the same command goes on; a night that begins instead takes the rest away first (`settle`).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mandje.errors import MandjeError
from mandje.experiments.kept_plans import forget_plans
from mandje.experiments.results import forget_results
from mandje.ingest.forget import forget, forget_all, loaded_after
from mandje.ingest.store.staging import Staging
from mandje.night.unmake_log import UnmakeLog, forget_before, newest_moved, read_unmake_log
from mandje.observe.records.judgements import forget_judgements
from mandje.observe.records.nights import (
    Record,
    begin_night,
    close_gate,
    forget_marks,
    forget_night,
    newest_begun,
    nights,
    note_stop,
    read_record,
    unfinished_nights,
    unmaking,
)
from mandje.predict.journal import forget_predictions
from mandje.publish.published_folder import newest_name, read_pin, snapshots, withdraw
from mandje.shop.settings import Shop
from mandje.system.own_files import remove_own, write_own
from mandje.warehouse.marker import remove_marker


@dataclass(frozen=True, slots=True)
class Unmaking:
    """What is taken away and what stands then; deliveries are `<source>/<delivery date>`, days ISO text.

    Attributes:
        night: the night that is unmade.
        stand: the night at which the warehouse stands again; None: none has loaded before.
        is_first: whether no night at all had begun before.
        stages: stages to run again for `stand`; none where the unmade night never came so far as to build.
        has_ended: whether `stand` had ended well before; else it stays unfinished.
        is_exact: whether nothing that cannot be brought back has changed: its records then stay as they were.
        deliveries: to be forgotten.
        quarantined: folders of the quarantine that stay.
        snapshots: to be removed.
        newest_snapshot: where readers go, if to any.
        ends_rollback: whether a rollback holds readers at one that is removed.
        pruned: snapshots that the night pruned: they stay gone.
        changed: deliveries that it read in place of what was loaded of them before: they stay.
        gone: deliveries that it dropped: they stay gone.
        unfinished: nights that had not ended when it began.
        stopped: why nights had stopped when it began.
    """

    night: str
    stand: str | None
    is_first: bool
    stages: list[str]
    has_ended: bool
    is_exact: bool
    deliveries: list[str]
    quarantined: list[str]
    snapshots: list[str]
    newest_snapshot: str | None
    ends_rollback: bool
    pruned: list[str]
    changed: list[str]
    gone: list[str]
    unfinished: list[str]
    stopped: list[Record]

    @property
    def run_date(self) -> date:
        """The night that is unmade."""
        return date.fromisoformat(self.night)

    @property
    def stand_date(self) -> date | None:
        """The night at which the warehouse stands again."""
        return date.fromisoformat(self.stand) if self.stand else None


def begin_unmaking(shop: Shop, night: date, stages: Collection[str]) -> Unmaking:
    """Decide what is to be done, or find what was decided before a kill. From here on the night never ran.

    `stages` are those that build and publish what is loaded, in order.

    Raises:
        MandjeError: it is not the newest night, or another one is being unmade.
    """
    known = unmaking(shop)
    expected = known["night"] if known else newest_begun(shop)
    if str(expected) != night.isoformat():
        raise _not_newest(shop, night, expected, is_under_way=known is not None)
    if known:
        return Unmaking(**known)
    plan = _plan(shop, night, list(stages))
    shutil.rmtree(_kept_records(shop), ignore_errors=True)
    write_own(_folder(shop) / "plan.json", plan)
    return plan


def unmake_newest(shop: Shop, plan: Unmaking) -> None:
    """Remove what the night left; a second time changes nothing. Readers move before their snapshot goes."""
    if plan.stages or plan.stand is None:
        close_gate(shop)
        remove_marker(shop)
    if plan.stand_date is not None and plan.stages:
        _keep_records(shop, plan.stand_date)
    if plan.snapshots:
        withdraw(shop, plan.snapshots, plan.newest_snapshot)
    Staging(shop).clear()
    forget(shop, plan.deliveries, plan.quarantined)
    if plan.stand is None:
        shutil.rmtree(shop.warehouse.parent, ignore_errors=True)
    if plan.is_first:
        forget_all(shop)
    _forget_forecasts(shop, plan.run_date)
    forget_night(shop, plan.run_date)
    forget_before(shop, plan.run_date)


def end_unmaking(shop: Shop, plan: Unmaking, *, stands: bool) -> None:
    """Put back what was noted of the nights before; `stands` says that the night before is built again."""
    for day in plan.unfinished:
        begin_night(shop, date.fromisoformat(day))
    for stop in plan.stopped:
        note_stop(shop, date.fromisoformat(stop["run_date"]), stop["stage"], stop["line"], stop["exit_code"])
    if plan.stand_date is not None and plan.stages:
        _end_rebuilding(shop, plan, plan.stand_date, stands=stands)
    remove_own(_folder(shop) / "plan.json")
    shutil.rmtree(_folder(shop), ignore_errors=True)


def _end_rebuilding(shop: Shop, plan: Unmaking, night: date, *, stands: bool) -> None:
    if stands and plan.has_ended:
        forget_marks(shop, night)
    else:
        begin_night(shop, night)
    if plan.is_exact and (stands or not plan.has_ended):
        _put_back_records(shop, night)


def settle(shop: Shop) -> None:
    """Before a night begins: take away what is left of one that was being unmade when that was killed."""
    known = unmaking(shop)
    if known:
        plan = Unmaking(**known)
        unmake_newest(shop, plan)
        end_unmaking(shop, plan, stands=not plan.stages)


def _plan(shop: Shop, night: date, stages: list[str]) -> Unmaking:
    before = read_unmake_log(shop, night)
    noted = before or UnmakeLog()
    others = [day for day in nights(shop) if day != night]
    stand = max((day for day in others if read_record(shop, day, "load")), default=None)
    last = newest_moved(shop, night)
    unfinished = unfinished_nights(shop) - {night} | {date.fromisoformat(day) for day in noted.unfinished}
    is_exact = before is not None and not (noted.is_overtaken or noted.changed or noted.gone)
    has_ended = stand not in unfinished
    removed, pin = [one.name for one in snapshots(shop) if one.as_of_date >= night], read_pin(shop)
    is_built = not is_exact or read_record(shop, night, "load") is not None
    return Unmaking(
        night=night.isoformat(),
        stand=stand.isoformat() if stand else None,
        is_first=not others and not unfinished,
        stages=_stages(shop, stand, stages, has_ended=has_ended) if is_built else [],
        has_ended=has_ended,
        is_exact=is_exact,
        deliveries=sorted({*loaded_after(shop, last), *noted.late}),
        quarantined=list(noted.quarantined),
        snapshots=removed,
        newest_snapshot=_newest_snapshot(shop, night, noted),
        ends_rollback=pin is not None and pin.pinned in removed,
        pruned=sorted(set(noted.snapshots) - {one.name for one in snapshots(shop)}),
        changed=list(noted.changed),
        gone=list(noted.gone),
        unfinished=list(noted.unfinished),
        stopped=list(noted.stopped),
    )


def _stages(shop: Shop, stand: date | None, stages: list[str], *, has_ended: bool) -> list[str]:
    """All of them for a night that had ended; else as far as it had come, and never to its gate."""
    if stand is None or has_ended:
        return stages if stand else []
    return [stage for stage in stages[: stages.index("gate")] if read_record(shop, stand, stage)]


def _newest_snapshot(shop: Shop, night: date, noted: UnmakeLog) -> str | None:
    """Where readers were before, or were sent since; at least the newest that is left."""
    left = [one.name for one in snapshots(shop) if one.as_of_date < night]
    chosen = (name for name in (newest_name(shop), noted.newest_snapshot) if name in left)
    return next(chosen, left[-1] if left else None)


def _forget_forecasts(shop: Shop, night: date) -> None:
    """What was predicted and read, plans that it kept, and the judgement of a month without another night."""
    forget_predictions(shop, night)
    forget_results(shop, night)
    forget_plans(shop, night)
    months = {
        day.replace(day=1) for day in nights(shop) if day != night and read_record(shop, day, "predict")
    }
    if night.replace(day=1) not in months:
        forget_judgements(shop, night.replace(day=1))


def _keep_records(shop: Shop, night: date) -> None:
    """Set aside what a night said of itself: building it again says it anew."""
    kept, private = _kept_records(shop), _folder(shop) / "records.tmp"
    if not kept.exists():
        shutil.rmtree(private, ignore_errors=True)
        shutil.copytree(shop.ops / "nights" / night.isoformat(), private)
        private.rename(kept)


def _put_back_records(shop: Shop, night: date) -> None:
    """With their times: which record is the last is told by them."""
    place, kept = shop.ops / "nights" / night.isoformat(), _kept_records(shop)
    for path in kept.iterdir():
        private = place / f"{path.name}.tmp"
        shutil.copy2(path, private)
        private.replace(place / path.name)
    for path in place.iterdir():
        if not (kept / path.name).exists():
            path.unlink()


def _folder(shop: Shop) -> Path:
    return shop.ops / "unmaking"


def _kept_records(shop: Shop) -> Path:
    return _folder(shop) / "records"


def _not_newest(shop: Shop, night: date, expected: object, *, is_under_way: bool) -> MandjeError:
    if expected is None:
        return MandjeError("no night was run yet", found=str(night), next_step="there is nothing to unmake")
    why = "another night is being unmade" if is_under_way else "only the newest night can be unmade"
    step = f"`mandje unmake {shop.folder.name} {expected}`" + (
        " ends it" if is_under_way else " unmakes that"
    )
    return MandjeError(why, found=str(night), expected=str(expected), next_step=step)
