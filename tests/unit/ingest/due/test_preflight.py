"""What must be there before a night begins, and what stops it before anything is dropped."""

import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest_clock import set_clock
from mandje.errors import ExitCode, MandjeError
from mandje.findings.holds import keep_passes
from mandje.ingest.due import preflight
from mandje.ingest.due.plan import plan_night
from mandje.ingest.store.partitions import current_of
from mandje.shop.settings import Shop
from store_support import LAST_NIGHT, SHOP_TOML, adjustments, drop, lines, make_shop, night

DAYS = [date(2025, 1, 6) + timedelta(days=number) for number in range(30)]
DAILY = SHOP_TOML.replace("[sources.adjustments]", 'expected = "daily"\n[sources.adjustments]')


def shop_with(folder: Path, settings: str, count: int = 10) -> Shop:
    """Order lines on the first `count` days, adjustments on all of them."""
    shop = make_shop(folder, settings)
    for day in DAYS[:count]:
        drop(shop, "order_lines", day, lines(2, label=f"o{day}"))
    for day in DAYS:
        drop(shop, "adjustments", day, adjustments(day, 1, label=f"a{day}"))
    return shop


def stop_of(guard: Callable[[], None]) -> MandjeError | None:
    try:
        guard()
    except MandjeError as stop:
        return stop
    return None


def all_there(shop: Shop, day: date) -> None:
    preflight.check_all_there(shop, plan_night(shop, day), day)


def test_the_newest_day_is_waited_for(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, DAILY)
    all_there(shop, DAYS[9])
    with pytest.raises(MandjeError) as stop:
        all_there(shop, DAYS[10])
    assert stop.value.exit_code == ExitCode.WAITING
    for part in ("2025-01-16", "newest delivery is of 2025-01-15", "on_missing"):
        assert part in str(stop.value)
    assert "night 2025-01-16 waits no longer: " in str(stop.value)
    assert "order_lines (daily, until 2025-01-17 07:00)" in str(stop.value)
    assert f"file: {shop.exports / 'order_lines' / '2025-01-16'};" in str(stop.value)


def test_a_day_that_has_waited_counts_again_once_it_is_there(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, DAILY)
    folder = drop(shop, "order_lines", DAYS[10], lines(0)).parent  # a header says that nothing was due
    all_there(shop, DAYS[10])
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(MandjeError, match="no delivery of order_lines"):
        all_there(shop, DAYS[10])


@pytest.mark.parametrize(
    ("setting", "exit_code"),
    [
        ('on_missing = "stop"', ExitCode.NIGHT_STOPPED),
        ('on_missing = "wait"', ExitCode.WAITING),
        ('on_missing = "go_on"', None),
        ('closed = ["thursday"]', None),
        ('closed = ["2025-01-10..2025-01-20"]', None),
    ],
)
def test_what_a_missing_newest_day_does_is_the_sources_setting(
    tmp_path: Path, setting: str, exit_code: ExitCode | None
) -> None:
    shop = shop_with(tmp_path, DAILY.replace('expected = "daily"', f'expected = "daily"\n{setting}'))
    assert DAYS[10].strftime("%A") == "Thursday"
    stop = stop_of(lambda: all_there(shop, DAYS[10]))
    assert (stop.exit_code if stop else None) == exit_code


def test_an_older_gap_and_a_source_without_rhythm_stop_nothing(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, DAILY, count=30)
    shutil.rmtree(shop.exports / "order_lines" / DAYS[4].isoformat())
    shutil.rmtree(shop.exports / "adjustments" / DAYS[29].isoformat())
    assert stop_of(lambda: all_there(shop, DAYS[29])) is None


@pytest.mark.parametrize(
    ("settings", "stopped_from"),
    [
        (DAILY, 13),
        (DAILY.replace("[sites.nl]", "most_days_ahead = 0\n[sites.nl]", 1).replace("\n\n\n", "\n"), 10),
        (DAILY.replace('expected = "daily"', 'expected = "daily"\nclosed = ["2025-01-17..2025-01-24"]'), 21),
        (SHOP_TOML, None),
    ],
)
def test_a_night_far_past_the_newest_delivery_stops(
    tmp_path: Path, settings: str, stopped_from: int | None
) -> None:
    shop = shop_with(tmp_path, settings)
    stops = [stop_of(lambda day=day: preflight.check_not_ahead(shop, day)) for day in DAYS]
    stopped = [number for number, stop in enumerate(stops) if stop]
    assert stopped == ([] if stopped_from is None else list(range(stopped_from, len(DAYS))))
    assert {stop.exit_code for stop in stops if stop} <= {ExitCode.NIGHT_STOPPED}
    assert all("order_lines 2025-01-15" in str(stop) for stop in stops if stop)


def loaded(shop: Shop) -> dict[str, int]:
    return {source: len(current_of(shop, source)) for source in shop.settings.sources}


@pytest.mark.parametrize(
    ("gone", "left"), [(range(1), 9), (range(4), 6), (range(5), None), (range(10), None)]
)
def test_deliveries_that_are_gone_en_masse_stop_the_night_before_any_is_dropped(
    tmp_path: Path, gone: range, left: int | None
) -> None:
    shop = shop_with(tmp_path, SHOP_TOML)
    night(shop)
    before = loaded(shop)
    for number in gone:
        shutil.rmtree(shop.exports / "order_lines" / DAYS[number].isoformat())
    if left is not None:
        night(shop)
        assert loaded(shop)["order_lines"] == left
        return
    with pytest.raises(MandjeError, match=rf"{len(gone)} of 10 loaded deliveries of order_lines") as stop:
        night(shop)
    assert stop.value.exit_code == ExitCode.NIGHT_STOPPED
    assert "mandje pass SHOP gone:order_lines" in str(stop.value)
    assert loaded(shop) == before


def test_a_folder_of_exports_that_is_gone_or_a_few_of_many(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, SHOP_TOML)
    night(shop)
    for day in DAYS[:6]:  # a fifth of 30: not more than 20 %
        shutil.rmtree(shop.exports / "adjustments" / day.isoformat())
    night(shop)
    before = loaded(shop)
    shutil.rmtree(shop.exports)
    with pytest.raises(MandjeError, match=r"order_lines are gone.*adjustments are gone"):
        night(shop)
    assert loaded(shop) == before


def test_a_person_lets_exactly_this_loss_through(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, SHOP_TOML)
    night(shop)
    shutil.rmtree(shop.exports / "order_lines")
    held = preflight.gone_en_masse(shop, plan_night(shop, LAST_NIGHT))
    keep_passes(shop, LAST_NIGHT, held, "the till was sold")
    shutil.rmtree(shop.exports / "adjustments")
    with pytest.raises(MandjeError, match="adjustments") as stop:
        night(shop)
    assert "order_lines" not in str(stop.value)
    for day in DAYS:
        drop(shop, "adjustments", day, adjustments(day, 1, label=f"a{day}"))
    night(shop)
    assert loaded(shop) == {"order_lines": 0, "adjustments": 30}


def test_go_on_drops_what_is_gone(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, DAILY.replace('expected = "daily"', 'on_gone = "go_on"'))
    night(shop)
    shutil.rmtree(shop.exports / "order_lines")
    night(shop)
    assert loaded(shop)["order_lines"] == 0


def test_a_clock_that_goes_back_makes_nothing_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shop_with(tmp_path, SHOP_TOML)
    night(shop)
    before = loaded(shop)
    set_clock(monkeypatch, datetime(2025, 1, 9, 12, tzinfo=ZoneInfo("UTC")))
    night(shop, DAYS[2])
    assert loaded(shop) == before


def test_another_loss_of_the_same_size_is_another_question(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, SHOP_TOML)
    night(shop)
    for day in DAYS[:8]:
        shutil.rmtree(shop.exports / "adjustments" / day.isoformat())
    keep_passes(shop, LAST_NIGHT, preflight.gone_en_masse(shop, plan_night(shop, LAST_NIGHT)), "old ones")
    drop(shop, "adjustments", DAYS[0], adjustments(DAYS[0], 1, label=f"a{DAYS[0]}"))
    shutil.rmtree(shop.exports / "adjustments" / DAYS[20].isoformat())
    with pytest.raises(MandjeError, match="8 of 30 loaded deliveries of adjustments"):
        night(shop)


def test_a_month_that_is_gone_does_not_hide_in_many_years(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SHOP_TOML)
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(58)]
    for day in days:
        drop(shop, "adjustments", day, adjustments(day, 1, label=f"a{day}"))
    night(shop)
    for day in days[-9:-2]:  # 7 of 58, but 7 of the newest 28
        shutil.rmtree(shop.exports / "adjustments" / day.isoformat())
    with pytest.raises(MandjeError, match="7 of 58 loaded deliveries"):
        night(shop)


def test_a_weekly_source_may_be_quiet_for_its_week(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, DAILY.replace('"daily"', '"weekly"'))
    stops = [stop_of(lambda day=day: preflight.check_not_ahead(shop, day)) for day in DAYS]
    assert [number for number, stop in enumerate(stops) if stop] == list(range(19, len(DAYS)))
