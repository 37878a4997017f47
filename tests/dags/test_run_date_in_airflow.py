"""The run date from the intervals that Airflow's own timetable gives, not from what we believe of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

Timetable = Any
pytestmark = pytest.mark.usefixtures("airflow_home")  # the package imports Airflow
ZONES = ["Europe/Amsterdam", "America/Los_Angeles", "Pacific/Auckland", "UTC"]
CRONS = ["0 3 * * *", "30 2 * * *", "0 0 * * *"]


@pytest.fixture
def timetable(airflow_home: str) -> Timetable:
    del airflow_home
    from airflow.timetables.interval import CronDataIntervalTimetable

    return CronDataIntervalTimetable


def scheduled(timetable: Timetable, first: Any, count: int) -> Iterator[Any]:
    from airflow.timetables.base import TimeRestriction

    info = None
    for _ in range(count):
        restriction = TimeRestriction(earliest=first, latest=None, catchup=True)
        last = info.data_interval if info else None
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        yield info


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", CRONS)
def test_scheduled_runs_take_every_day_once_through_both_clock_changes(
    timetable: Timetable, zone: str, cron: str
) -> None:
    import pendulum

    from mandje.airflow.run_date import run_date

    first = pendulum.datetime(2026, 1, 10, tz="UTC")
    runs = list(scheduled(timetable(cron, zone), first, 366))
    days = [
        run_date(
            run_type="scheduled",
            data_interval_end=run.data_interval.end,
            logical_date=run.logical_date,
            run_after=run.run_after,
            time_zone=ZoneInfo(zone),
        )
        for run in runs
    ]
    assert days == [days[0] + timedelta(days=number) for number in range(366)]
    assert all(
        day < run.run_after.astimezone(ZoneInfo(zone)).date() for day, run in zip(days, runs, strict=True)
    )


def test_a_manual_run_takes_the_same_day_as_the_scheduled_one(timetable: Timetable) -> None:
    """Airflow infers an interval for it that began a day earlier than it should."""
    import pendulum

    from mandje.airflow.run_date import run_date

    table = timetable("0 3 * * *", "Europe/Amsterdam")
    now = pendulum.datetime(2026, 11, 22, 10, tz="UTC")
    inferred = table.infer_manual_data_interval(run_after=now)
    by_schedule = next(
        run for run in scheduled(table, now.subtract(days=3), 9) if run.run_after > now.subtract(days=1)
    )
    same = {"time_zone": ZoneInfo("Europe/Amsterdam")}
    manual = run_date(
        **same, run_type="manual", data_interval_end=inferred.end, logical_date=now, run_after=now
    )
    bare = run_date(**same, run_type="manual", data_interval_end=None, logical_date=None, run_after=now)
    planned = run_date(
        **same,
        run_type="scheduled",
        data_interval_end=by_schedule.data_interval.end,
        logical_date=by_schedule.logical_date,
        run_after=by_schedule.run_after,
    )
    assert manual == bare == planned == date(2026, 11, 21)
    at_the_same_moment = table.infer_manual_data_interval(run_after=by_schedule.logical_date)
    assert at_the_same_moment.start < by_schedule.data_interval.start
    assert datetime(2026, 11, 22, 2, tzinfo=UTC) == by_schedule.run_after


@pytest.mark.parametrize(
    ("kind", "day"), [("SCHEDULED", "2026-11-21"), ("BACKFILL", "2026-11-21"), ("MANUAL", "2026-11-20")]
)
def test_the_task_knows_the_kind_of_its_run(kind: str, day: str, tmp_path: Path) -> None:
    """In the words of the interface that Airflow's workers speak, which are not those of its database."""
    from airflow.sdk.api.datamodels._generated import DagRunType

    from mandje.airflow import nightly

    (tmp_path / "shop.toml").write_text('name = "tiny"\ntime_zone = "UTC"\n')
    begin = datetime(2026, 11, 21, 3, tzinfo=UTC)
    run = SimpleNamespace(
        run_type=DagRunType[kind],
        data_interval_end=begin + timedelta(days=1),
        logical_date=begin,
        run_after=begin + timedelta(days=1),
    )
    task = SimpleNamespace(xcom_pull=lambda **_: None)
    context = {"dag_run": run, "ti": task, "params": {"run_date": None}}
    assert nightly(tmp_path).get_task("discover").night_of(context) == day
