from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

pytestmark = pytest.mark.usefixtures("airflow_home")  # the package imports Airflow
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AUCKLAND = ZoneInfo("Pacific/Auckland")  # up to 13 h east
HONOLULU = ZoneInfo("Pacific/Honolulu")  # 10 h west
NIGHT = datetime(2026, 11, 22, 3, tzinfo=AMSTERDAM)


def tell(zone: ZoneInfo = AMSTERDAM, **facts: Any) -> date:
    from mandje.airflow.run_date import run_date

    known = {"run_type": "manual", "data_interval_end": None, "logical_date": None}
    return run_date(**known | {"run_after": NIGHT, "time_zone": zone} | facts)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
@pytest.mark.parametrize(
    "window", [timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(weeks=1)]
)
def test_a_window_of_any_length_is_for_the_last_day_that_is_over_when_it_ends(
    run_type: str, window: timedelta
) -> None:
    end = datetime(2011, 12, 10, 3, tzinfo=AMSTERDAM)
    assert tell(run_type=run_type, data_interval_end=end, logical_date=end - window) == date(2011, 12, 9)


@pytest.mark.parametrize(
    ("zone", "begin_utc", "day"),
    [
        (AUCKLAND, datetime(2011, 12, 8, 14, tzinfo=UTC), date(2011, 12, 9)),
        (HONOLULU, datetime(2011, 12, 9, 13, tzinfo=UTC), date(2011, 12, 9)),
        (HONOLULU, datetime(2011, 12, 10, 3, tzinfo=UTC), date(2011, 12, 9)),
    ],
)
def test_the_window_is_read_on_the_shops_clock(zone: ZoneInfo, begin_utc: datetime, day: date) -> None:
    assert tell(zone, run_type="scheduled", data_interval_end=begin_utc + timedelta(days=1)) == day


def test_two_windows_a_day_never_take_a_day_that_is_not_over() -> None:
    afternoon = datetime(2026, 11, 22, 15, tzinfo=AMSTERDAM)
    facts = {"run_type": "scheduled", "data_interval_end": afternoon, "run_after": afternoon}
    assert tell(**facts) == date(2026, 11, 21)


@pytest.mark.parametrize(
    "run_type", ["manual", "operator_triggered", "asset_triggered", "asset_materialization"]
)
def test_without_a_logical_date_it_is_the_last_day_that_is_over(run_type: str) -> None:
    assert tell(run_type=run_type) == date(2026, 11, 21)


def test_a_manual_runs_inferred_interval_is_not_used() -> None:
    earlier = NIGHT - timedelta(days=2)
    logical = datetime(2011, 12, 10, 12, tzinfo=AMSTERDAM)
    assert tell(data_interval_end=earlier, logical_date=logical) == date(2011, 12, 9)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        (AMSTERDAM, datetime(2026, 11, 21, 23, 0, tzinfo=UTC), date(2026, 11, 21)),  # local midnight sharp
        (AMSTERDAM, datetime(2026, 11, 21, 22, 59, tzinfo=UTC), date(2026, 11, 20)),
        (AUCKLAND, datetime(2026, 11, 21, 11, 0, tzinfo=UTC), date(2026, 11, 21)),
        (HONOLULU, datetime(2026, 11, 22, 9, 59, tzinfo=UTC), date(2026, 11, 20)),
        (AMSTERDAM, datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 28)),  # clocks go forward
        (AMSTERDAM, datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 29)),  # a day of 23 hours
        (AMSTERDAM, datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 24)),
        (AMSTERDAM, datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 25)),  # a day of 25 hours
    ],
)
def test_a_day_ends_at_local_midnight(zone: ZoneInfo, moment: datetime, day: date) -> None:
    assert tell(zone, run_after=moment) == day
    assert tell(zone, logical_date=moment) == day
