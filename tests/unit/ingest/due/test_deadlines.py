"""Until when a night waits for the deliveries of its day: per source, by hours that really pass."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest_clock import set_clock
from mandje.errors import ExitCode, MandjeError, WaitingError
from mandje.ingest.due.plan import plan_night
from mandje.ingest.due.preflight import check_all_there, missing_deadline
from mandje.shop.settings import Shop, load_shop
from tiny_shop import SHOP_TOML

NIGHT = date(2025, 1, 16)
SOURCES = """
[sources.orders]
adapter = "canonical"
expected = "daily"
[sources.order_lines]
adapter = "canonical"
expected = "daily"
missing_deadline_hours = 6
[sources.returns]
adapter = "canonical"
expected = "weekly"
on_missing = "wait"
missing_deadline_hours = 9
"""


def shop_with(folder: Path, sources: str = SOURCES, cron: str = "0 3 * * *", zone: str = "UTC") -> Shop:
    head = SHOP_TOML.partition("[sources.")[0].replace("Europe/Amsterdam", zone)
    (folder / "shop.toml").write_text(f'{head}{sources}\n[schedule]\ncron = "{cron}"\n')
    return load_shop(folder)


def deliver(shop: Shop, source: str, day: date, name: str = "rows.csv") -> None:
    place = shop.exports / source / day.isoformat()
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text("a header\n")


def said(shop: Shop, patch: pytest.MonkeyPatch, moment: str, night: date = NIGHT) -> MandjeError | None:
    """What a night that looks at that moment says of what is missing."""
    set_clock(patch, datetime.fromisoformat(moment).replace(tzinfo=UTC))
    try:
        check_all_there(shop, plan_night(shop, night, keep_hashes=False), night)
    except MandjeError as fault:
        return fault
    return None


def test_the_first_deadline_of_what_is_missing_ends_the_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_with(tmp_path)
    fault = said(shop, monkeypatch, "2025-01-17 03:00")
    assert isinstance(fault, WaitingError)
    assert fault.until == datetime(2025, 1, 17, 7, tzinfo=UTC)
    assert [len(folders) for folders in fault.folders] == [1, 1, 7]
    assert fault.folders[0] == [str(shop.exports / "orders" / "2025-01-16")]
    assert fault.folders[2][::6] == [str(shop.exports / "returns" / f"2025-01-{day}") for day in (16, 10)]
    for part in ("night 2025-01-16 waits: no delivery of orders (daily, until 2025-01-17 07:00), ", *(
        "order_lines (daily, until 2025-01-17 09:00)", "returns (weekly, until 2025-01-17 12:00)"
    )):  # fmt: skip
        assert part in str(fault)
    deliver(shop, "orders", NIGHT)
    fault = said(shop, monkeypatch, "2025-01-17 07:30")
    assert isinstance(fault, WaitingError)
    assert fault.until == datetime(2025, 1, 17, 9, tzinfo=UTC)
    deliver(shop, "returns", NIGHT - timedelta(days=6))
    late = said(shop, monkeypatch, "2025-01-17 09:00")
    assert late is not None
    assert (type(late), late.exit_code) == (MandjeError, ExitCode.WAITING)
    assert str(late).startswith("night 2025-01-16 waits no longer: no delivery of order_lines (daily, until")
    assert "returns" not in str(late)
    deliver(shop, "order_lines", NIGHT)
    assert said(shop, monkeypatch, "2025-01-17 23:00") is None


def test_what_is_hidden_or_still_written_has_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_with(tmp_path, SOURCES.partition("[sources.returns]")[0])
    deliver(shop, "orders", NIGHT)
    for name in (".rows.csv", "rows.csv.tmp"):
        deliver(shop, "order_lines", NIGHT, name)
        assert isinstance(said(shop, monkeypatch, "2025-01-17 03:00"), WaitingError)
    deliver(shop, "order_lines", NIGHT)
    assert said(shop, monkeypatch, "2025-01-17 03:00") is None


def test_a_deadline_may_be_half_an_hour(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, SOURCES.replace("hours = 6", "hours = 0.5"))
    assert missing_deadline(shop, "order_lines", NIGHT) == datetime(2025, 1, 17, 3, 30, tzinfo=UTC)


def test_nothing_is_awaited_of_a_day_that_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shop_with(tmp_path, SOURCES.replace('"daily"', '"daily"\nclosed = ["thursday"]'))
    deliver(shop, "returns", NIGHT)
    assert NIGHT.strftime("%A") == "Thursday"
    assert said(shop, monkeypatch, "2025-01-17 03:00") is None


def test_a_weekly_source_may_deliver_on_any_of_seven_open_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly = SOURCES[SOURCES.index("[sources.returns]") :]
    shop = shop_with(tmp_path, weekly + 'closed = ["2025-01-01..2025-01-12"]\n')
    fault = said(shop, monkeypatch, "2025-01-17 03:00")
    assert isinstance(fault, WaitingError)
    assert fault.folders[0][-1] == str(shop.exports / "returns" / "2024-12-29")
    deliver(shop, "returns", date(2024, 12, 28))
    assert isinstance(said(shop, monkeypatch, "2025-01-17 03:00"), WaitingError)
    deliver(shop, "returns", date(2024, 12, 29))
    assert said(shop, monkeypatch, "2025-01-17 03:00") is None


def test_one_that_is_not_waited_for_stops_the_night_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_with(tmp_path, SOURCES.replace('on_missing = "wait"', 'on_missing = "stop"'))
    fault = said(shop, monkeypatch, "2025-01-17 03:00")
    assert fault is not None
    assert (type(fault), fault.exit_code) == (MandjeError, ExitCode.NIGHT_STOPPED)
    assert "returns (weekly)" in str(fault)


@pytest.mark.parametrize(
    ("zone", "cron", "night", "deadline"),
    [
        ("Europe/Amsterdam", "0 3 * * *", date(2026, 1, 10), "2026-01-11T07:00:00+01:00"),
        # Clocks go forward at 02:00: four hours after 01:00 it is six.
        ("Europe/Amsterdam", "0 1 * * *", date(2026, 3, 28), "2026-03-29T06:00:00+02:00"),
        # 02:30 is skipped; the hour that stands for it is 03:30.
        ("Europe/Amsterdam", "30 2 * * *", date(2026, 3, 28), "2026-03-29T07:30:00+02:00"),
        # Clocks go back at 03:00: four hours after 01:00 it is four.
        ("Europe/Amsterdam", "0 1 * * *", date(2026, 10, 24), "2026-10-25T04:00:00+01:00"),
        # 02:30 comes twice; the first time counts.
        ("Europe/Amsterdam", "30 2 * * *", date(2026, 10, 24), "2026-10-25T05:30:00+01:00"),
        ("Pacific/Auckland", "0 3 * * *", date(2026, 1, 10), "2026-01-11T07:00:00+13:00"),
        ("UTC", "*/15 4,3 * * mon", date(2026, 1, 10), "2026-01-11T07:00:00+00:00"),
        ("UTC", "@daily", date(2026, 1, 10), "2026-01-11T04:00:00+00:00"),
    ],
)
def test_the_hours_until_the_deadline_are_those_that_pass(
    tmp_path: Path, zone: str, cron: str, night: date, deadline: str
) -> None:
    shop = shop_with(tmp_path, cron=cron, zone=zone)
    assert missing_deadline(shop, "orders", night).isoformat() == deadline
