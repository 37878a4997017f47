"""Which night a run is for: the one place that knows how Airflow's dates become a run date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_WITH_INTERVAL = frozenset({"scheduled", "backfill"})
_ONE_DAY = timedelta(days=1)


def run_date(
    *,
    run_type: str,
    data_interval_end: datetime | None,
    logical_date: datetime | None,
    run_after: datetime,
    time_zone: ZoneInfo,
) -> date:
    """The run date of a run to which no day was given: a local day of the shop that is over.

    - A scheduled or backfilled run is for the last local day that is over when its window ends.
    - Any other run is for the last complete local day before its logical date, or before `run_after` where
      it has none. Its inferred interval is not used: it lies one day earlier than the scheduled one.

    All datetimes carry a time zone; `time_zone` is the shop's clock.
    """
    newest = _last_complete_day(run_after, time_zone)
    if run_type in _WITH_INTERVAL and data_interval_end is not None:
        return min(_last_complete_day(data_interval_end, time_zone), newest)
    return newest if logical_date is None else _last_complete_day(logical_date, time_zone)


def _last_complete_day(moment: datetime, time_zone: ZoneInfo) -> date:
    return moment.astimezone(time_zone).date() - _ONE_DAY
