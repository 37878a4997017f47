"""The night: nine stages in a row, each a plain function of shop and run date that may be run twice.

The Airflow DAG and the command line both call `run_stage`; nothing else runs a stage.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mandje.errors import ExitCode, MandjeError
from mandje.observe.nights import (
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
from mandje.settings import Shop, load_shop

Progress = Callable[[str, int, int], None]


def discover(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """List what is new, changed, gone or missing among the deliveries up to the night's date."""
    from mandje.ingest import discover, secret_key

    secret_key.secret_key(shop, create=True)
    return discover.discover(shop, run_date)


def validate(shop: Shop, run_date: date, progress: Progress | None) -> object:
    """Parse new and changed deliveries strictly into a private place, with a ledger each."""
    from mandje.ingest import validate

    return validate.validate(shop, run_date, progress)


def load(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Move what passed into place, set refused deliveries aside."""
    from mandje.before import note_moves
    from mandje.ingest import load

    note_moves(shop, run_date)
    return load.load(shop, run_date)


def build(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Build staging, intermediate and marts, and test them."""
    from mandje.ingest.partitions import partitions_until
    from mandje.warehouse.build import build

    as_of = as_of_date(shop, run_date)
    close_gate(shop)
    return build(shop, as_of, partitions_until(shop, as_of))


def check(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Look at the staged sets as a whole: volumes, null shares, keys, references, freshness."""
    from mandje.observe.expectations import check_staging

    return check_staging(shop, as_of_date(shop, run_date))


def predict(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Fit the customer models in the form that the month's back-tests chose, and score every customer."""
    from mandje.outlook import look_ahead

    return look_ahead(shop, as_of_date(shop, run_date))


def build_customers(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Build the customer marts that read predictions; see whether earlier forecasts came true."""
    from mandje.predict.drift import watch_forecasts
    from mandje.warehouse.build import build_customers
    from mandje.warehouse.connection import open_warehouse

    built = build_customers(shop, as_of_date(shop, run_date))
    with open_warehouse(shop, read_only=True) as connection:
        return asdict(built) | {"forecasts": watch_forecasts(connection)}


def gate(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Judge the night; a closed gate ends it, and yesterday's snapshot stays."""
    from mandje.evidence import judge

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


def publish(shop: Shop, run_date: date, _progress: Progress | None) -> object:
    """Copy what the gate let through to a snapshot and send readers to it."""
    from mandje.evidence import ops_tables
    from mandje.publish.snapshot import publish

    as_of = as_of_date(shop, run_date)
    if gate_open_for(shop) != as_of:
        raise MandjeError(
            "the gate has not let this build through",
            expected=f"an open gate for {as_of}",
            next_step="run the night again, or `mandje publish SHOP`",
            exit_code=ExitCode.GATE_CLOSED,
        )
    return publish(shop, as_of, ops_tables(shop))


_STAGES: dict[str, Callable[[Shop, date, Progress | None], object]] = {
    "discover": discover,
    "validate": validate,
    "load": load,
    "build": build,
    "check": check,
    "predict": predict,
    "build_customers": build_customers,
    "gate": gate,
    "publish": publish,
}
STAGES: tuple[str, ...] = tuple(_STAGES)

# Nights of their own at the end of a long history.
SEPARATE_NIGHTS = 3


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
    """The one night that takes in everything due, or None where nothing is."""
    return max(due_nights(shop), default=None)


def run_stage(folder: Path, run_date: date, stage: str, progress: Progress | None = None) -> Record:
    """Run one stage of one night and write its record.

    Raises:
        MandjeError: whatever a person can mend; another process is working on this shop.
    """
    from mandje.before import note_begin
    from mandje.take_away import settle

    shop = load_shop(folder)
    with alone(shop):
        settle(shop)
        if stage == STAGES[0]:
            _check_over(shop, run_date)
            note_begin(shop, run_date)
            begin_night(shop, run_date)
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
        return _STAGES[stage](shop, run_date, progress)
    except MandjeError as fault:
        note_stop(shop, run_date, stage, str(fault), fault.exit_code)
        raise


def _check_over(shop: Shop, run_date: date) -> None:
    """Refuse a day that is not over, such as a mistyped year: no later night could go back before it."""
    today = datetime.now(ZoneInfo(shop.settings.time_zone)).date()
    if run_date >= today:
        raise MandjeError(
            "the night's date is not over yet", found=str(run_date), expected=f"a day before {today}"
        )


@contextmanager
def alone(shop: Shop) -> Iterator[None]:
    """Hold a shop against other nights.

    Raises:
        MandjeError: another process works on it.
    """
    shop.ops.mkdir(parents=True, exist_ok=True)
    with (shop.ops / "night.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MandjeError(
                "another night is working on this shop",
                file=str(shop.ops / "night.lock"),
                next_step="wait until it ends; `mandje status` shows what it does",
                exit_code=ExitCode.NIGHT_STOPPED,
            ) from None
        yield
