"""The night: nine stages in a row, each a plain function of shop and run date that may be run twice.

What each does stands in `night.stages`. The command line calls `run_stage`, for a person (`night`) and for
Airflow (`stage`); nothing else runs a stage.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from mandje.errors import BusyError, ExitCode, MandjeError
from mandje.night import stages
from mandje.observe.records.machine_clock import check_clock
from mandje.observe.records.nights import (
    Record,
    begin_night,
    close_gate,
    end_nights,
    gate_open_for,
    newest_night,
    note_stop,
    open_gate,
    read_record,
    unfinished_night,
    write_record,
)
from mandje.shop.settings import Shop, load_shop
from mandje.system.garbage import seldom_collected
from mandje.system.machine import look_before_night, plain_faults
from mandje.system.own_files import make_folder
from mandje.system.permissions import private_files, settle_modes

Progress = Callable[[str, int, int], None]


def _discover(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.ingest import discover
    from mandje.ingest.due.plan import plan_night
    from mandje.ingest.due.preflight import check_all_there, check_not_gone
    from mandje.ingest.store import secret_key

    plans = plan_night(shop, run_date)
    check_not_gone(shop, plans, run_date)
    as_of = as_of_date(shop, run_date)
    newest = plans if as_of == run_date else plan_night(shop, as_of)  # what is published is the newest day
    check_all_there(shop, newest, as_of)
    secret_key.secret_key(shop, create=True)
    return discover.discovered(shop, run_date, plans)


def _validate(shop: Shop, run_date: date, progress: Progress | None) -> object:
    from mandje.ingest import validate

    return validate.validate(shop, run_date, progress)


def _load(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.ingest import load
    from mandje.night.unmake_log import note_moves

    note_moves(shop, run_date)
    loaded = load.load(shop, run_date)
    load.check_not_empty(loaded)
    return loaded


def _build(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.ingest.accounts.reading_warnings import told_of_reading
    from mandje.ingest.due.delivery_schedule import missing_deliveries
    from mandje.ingest.store.partitions import partitions_until
    from mandje.ingest.store.people import with_known_people
    from mandje.observe.records.warning_tables import keep_keys
    from mandje.warehouse.build import build

    as_of = as_of_date(shop, run_date)
    close_gate(shop)
    read = partitions_until(shop, as_of)
    built = build(with_known_people(shop), as_of, read, missing_deliveries(shop, as_of))
    findings = (*built.findings, *told_of_reading(read))
    return replace(built, findings=keep_keys(shop, run_date, "build", findings))


def _check(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.ingest.due.delivery_schedule import last_open_days
    from mandje.observe.id_checks.checks import check_ids
    from mandje.observe.records.warning_tables import keep_keys
    from mandje.observe.set_checks.expectations import check_staging

    as_of = as_of_date(shop, run_date)
    checked, ids = check_staging(shop, as_of, last_open_days(shop, as_of)), check_ids(shop, as_of)
    findings = keep_keys(shop, run_date, "check", (*checked.findings, *ids.findings))
    return asdict(replace(checked, findings=findings)) | {"holds": [asdict(one) for one in ids.holds]}


def _predict(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.night.predict.experiments import read_experiments
    from mandje.night.predict.forecast import look_ahead
    from mandje.night.predict.recommendation import offer

    as_of = as_of_date(shop, run_date)
    found = look_ahead(shop, as_of)
    broken = read_experiments(shop, as_of)
    offered = offer(shop, as_of)
    return found | {"warnings": [*found["warnings"], *broken], "recommendations": offered}


def _build_customers(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.ingest.store.people import with_known_people
    from mandje.night.comparison import compare_night
    from mandje.observe.records.warning_tables import keep_keys
    from mandje.predict.drift import watch_forecasts
    from mandje.warehouse.build import build_customers
    from mandje.warehouse.connection import open_warehouse

    built = build_customers(with_known_people(shop), as_of_date(shop, run_date))
    built = replace(built, findings=keep_keys(shop, run_date, "build_customers", built.findings))
    with open_warehouse(shop, read_only=True) as connection:
        forecasts = watch_forecasts(connection)
    compared = compare_night(shop, as_of_date(shop, run_date))
    return asdict(built) | {"forecasts": forecasts, "comparison": asdict(compared)}


def _gate(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.night.gate_inputs import judge

    verdict = judge(shop, run_date, as_of_date(shop, run_date))
    if not verdict.passed:
        write_record(shop, run_date, "gate", {"stage": "gate", "seconds": 0, "result": verdict})
        raise MandjeError(
            f"the gate is closed for {len(verdict.reasons)} reason(s), yesterday's snapshot stays",
            found=" | ".join(verdict.reasons),
            next_step="`mandje publish SHOP --check` lists them",
            exit_code=ExitCode.GATE_CLOSED,
        )
    open_gate(shop, as_of_date(shop, run_date))
    return verdict


def _publish(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    from mandje.night.morning_page import page_maker
    from mandje.night.ops_tables import ops_tables
    from mandje.publish.snapshot import Beside, publish

    as_of = as_of_date(shop, run_date)
    if gate_open_for(shop) != as_of:
        raise MandjeError(
            "the gate has not let this build through",
            expected=f"an open gate for {as_of}",
            next_step="run the night again, or `mandje publish SHOP`",
            exit_code=ExitCode.GATE_CLOSED,
        )
    return publish(shop, as_of, Beside(ops_tables(shop), page_maker(shop, as_of)))


STAGES: tuple[str, ...] = tuple(stages.STAGES)
_WORK: dict[str, Callable[[Shop, date, Progress | None], object]] = dict(
    zip(
        STAGES,
        (_discover, _validate, _load, _build, _check, _predict, _build_customers, _gate, _publish),
        strict=True,
    )
)

SEPARATE_NIGHTS = 3  # at the end of a long history, one by one


def as_of_date(shop: Shop, run_date: date) -> date:
    """The last complete local day that the warehouse shows: the newest night ever run."""
    newest = newest_night(shop)
    return run_date if newest is None else max(run_date, newest)


def due_nights(shop: Shop) -> list[date]:
    """Nights to run: history as one night, then the last three delivery dates as a night each.

    Where no delivery is newer than the newest night, that night is run again if it did not end, or if an
    older delivery came, changed or went.
    """
    from mandje.ingest.discover import due_dates, pending

    newest = newest_night(shop)
    dates = due_dates(shop, newest)
    if dates:
        return dates[-SEPARATE_NIGHTS - 1 :]
    unfinished = unfinished_night(shop)
    if unfinished is not None:
        return [unfinished if newest is None else max(newest, unfinished)]
    return [newest] if newest is not None and pending(shop, newest) else []


def next_night(shop: Shop) -> date | None:
    """The one night that takes in everything due, or None where nothing is.

    Raises:
        MandjeError: the clock stands before the newest night, so that nothing newer seems to be there.
    """
    check_clock(shop)
    return max(due_nights(shop), default=None)


def run_stage(folder: Path, run_date: date, stage: str, progress: Progress | None = None) -> Record:
    """Run one stage of one night and write its record.

    Raises:
        MandjeError: whatever a person can mend; another process is working on this shop.
    """
    from mandje.night.page_follows import page_follows
    from mandje.night.unmake_log import note_begin
    from mandje.night.unmake_steps import settle

    shop = load_shop(folder)
    with private_files(), plain_faults(shop), alone(shop), seldom_collected():
        settle(shop)
        if stage == STAGES[0]:
            _check_date(shop, run_date)
            look_before_night(shop)
            settle_modes(shop)
            note_begin(shop, run_date)
            begin_night(shop, run_date)
        with page_follows(shop, is_end=stage == STAGES[-1]):
            run_and_record(shop, run_date, stage, progress)
            if stage == STAGES[-1]:
                end_nights(shop, as_of_date(shop, run_date))
    record = read_record(shop, run_date, stage)
    if record is None:
        raise MandjeError(f"the record of {stage} is gone", file=str(shop.ops))
    return record


def run_and_record(shop: Shop, run_date: date, stage: str, progress: Progress | None) -> None:
    """Run one stage and write its record, for whoever holds the shop (`alone`).

    Raises:
        MandjeError: whatever a person can mend.
    """
    began = time.monotonic()
    result = _run(shop, run_date, stage, progress)
    seconds = round(time.monotonic() - began, 2)
    write_record(shop, run_date, stage, {"stage": stage, "seconds": seconds, "result": result})


def _run(shop: Shop, run_date: date, stage: str, progress: Progress | None) -> object:
    """Run the stage itself; why it stopped is kept for `mandje status`."""
    try:
        with plain_faults(shop):
            return _WORK[stage](shop, run_date, progress)
    except MandjeError as fault:
        with suppress(OSError):  # where the disk is full, nothing can be kept
            note_stop(shop, run_date, stage, str(fault), fault.exit_code)
        raise


def _check_date(shop: Shop, run_date: date) -> None:
    """Refuse a night that a mistyped date or a wrong clock asks for: nothing goes back before it."""
    from mandje.ingest.due.preflight import check_not_ahead

    today = check_clock(shop)
    if run_date >= today:
        raise MandjeError(
            "the night's date is not over yet",
            found=str(run_date),
            expected=f"a day before {today}",
            next_step="`mandje night SHOP` takes the newest night that is due",
        )
    check_not_ahead(shop, run_date)


@contextmanager
def alone(shop: Shop) -> Iterator[None]:
    """Hold a shop against other nights.

    Raises:
        BusyError: another process works on it.
    """
    make_folder(shop.ops)
    with (shop.ops / "night.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                "another night is working on this shop",
                file=str(shop.ops / "night.lock"),
                next_step="wait until it ends; `mandje status` shows what it does",
                exit_code=ExitCode.NIGHT_STOPPED,
            ) from None
        yield
