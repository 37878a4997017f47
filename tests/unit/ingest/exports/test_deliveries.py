"""What lies in the exports: hashes, and entries that are no delivery."""

from __future__ import annotations

import random
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.ingest.discover import Days, days_between, discover, due_dates, missing_days, pending
from mandje.ingest.exports import file_hashes
from mandje.ingest.exports.deliveries import (
    Delivery,
    check_unchanged,
    delivery_dates,
    list_source,
    read_delivery,
)
from mandje.ingest.exports.file_hashes import FileHashes
from mandje.shop.settings import Shop
from store_support import LAST_NIGHT, drop, lines, make_shop, night

DAY = date(2025, 1, 6)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def read(shop: Shop, day: date = DAY) -> Delivery | None:
    folder = shop.exports / "order_lines" / day.isoformat()
    return read_delivery("order_lines", day, folder, FileHashes(shop))


def test_hash_is_what_sha256sum_prints(shop: Shop) -> None:
    for name in ("b.csv", "a.csv", "Z.csv", "é.csv"):
        path = drop(shop, "order_lines", DAY, name, name=name)
    printed = subprocess.run(
        ["sh", "-c", "LC_ALL=C; sha256sum * | sha256sum"],
        cwd=path.parent,
        capture_output=True,
        check=True,
    )
    assert read(shop).sha256 == printed.stdout.split()[0].decode()


def test_hidden_files_and_files_under_way_do_not_count(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, "half", name=".order_lines.csv.swp")
    drop(shop, "order_lines", DAY, "half", name="order_lines.csv.tmp")
    assert read(shop) is None
    assert discover(shop, LAST_NIGHT).sources[0].empty.first == ("2025-01-06",)


def test_entries_that_are_no_delivery_are_named_and_not_read(shop: Shop) -> None:
    drop(shop, "order_lines", "2025-02-30", lines(1))
    drop(shop, "order_lines", "20250106", lines(1))
    drop(shop, "order_lines", "2025-W02-1", lines(1))
    drop(shop, "order_lines", ".", "read me", name="readme.txt")
    drop(shop, "weather", DAY, lines(1))
    (shop.exports / ".git").mkdir()
    found = discover(shop, LAST_NIGHT).unexpected
    places = [entry.split(":")[0] for entry in found]
    assert places == [
        "exports/weather",
        "exports/order_lines/2025-02-30",
        "exports/order_lines/2025-W02-1",
        "exports/order_lines/20250106",
        "exports/order_lines/readme.txt",
    ]
    assert not pending(shop, LAST_NIGHT)
    assert night(shop)[1].partitions == 0


def test_what_a_loader_keeps_for_itself_is_passed_over(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(1))
    for name in ("_dlt_loads", "_dlt_version", "_dlt_pipeline_state"):
        (shop.exports / name).mkdir()
        (shop.exports / name / "1.jsonl").write_text("{}", encoding="utf-8")
    for place in ("init", "order_lines/init", "order_lines/_dlt_loads"):
        (shop.exports / place).touch()
    drop(shop, "_dlt", DAY, lines(1))
    unexpected = discover(shop, LAST_NIGHT).unexpected
    assert [entry.split(":")[0] for entry in unexpected] == ["exports/_dlt"]
    assert night(shop)[1].partitions == 1


def test_a_file_is_hashed_again_only_when_it_was_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_hashes, "SETTLED_AFTER_NS", -(10**9))
    path = drop(shop, "order_lines", DAY, lines(1))
    discover(shop, LAST_NIGHT)
    first = read(shop).sha256
    monkeypatch.setattr(file_hashes.hashlib, "file_digest", None)  # hashing now fails
    assert read(shop).sha256 == first
    path.write_text(lines(2))
    with pytest.raises(TypeError):
        read(shop)


def test_a_fresh_file_is_not_trusted_to_stay(shop: Shop) -> None:
    path = drop(shop, "order_lines", DAY, lines(1, label="a"))
    discover(shop, LAST_NIGHT)
    first = read(shop).sha256
    path.write_text(lines(1, label="b"))
    assert read(shop).sha256 != first


def test_a_file_that_changes_while_it_is_read_stops(shop: Shop) -> None:
    path = drop(shop, "order_lines", DAY, lines(1))
    delivery = read(shop)
    check_unchanged(delivery)
    path.write_text(lines(2))
    with pytest.raises(MandjeError, match="changed while it was read"):
        check_unchanged(delivery)


def test_missing_days_lie_between_the_first_and_the_newest() -> None:
    days = [date(2025, 1, day) for day in (6, 7, 9, 12)]
    assert missing_days(days) == [date(2025, 1, day) for day in (8, 10, 11)]
    assert days_between(days) == missing_days(days)
    assert missing_days([]) == days_between([]) == []
    assert missing_days(days[:1]) == []


def test_a_feed_that_comes_every_week_or_quarter_misses_no_day_between() -> None:
    weeks = [date(2025, 1, 6) + timedelta(7 * n) for n in range(20)]
    shifted = [day + timedelta(n % 3 == 0) for n, day in enumerate(weeks)]
    quarters = [date(year, month, 1) for year in (2023, 2024, 2025) for month in (1, 4, 7, 10)]
    for days in (weeks, shifted, quarters):
        assert missing_days(days) == []
        for number in range(1, len(days) - 1):
            (missed,) = missing_days(days[:number] + days[number + 1 :])
            assert abs((missed - days[number]).days) <= 2
    assert missing_days([*weeks[:5], *weeks[8:]]) == weeks[5:8]


@pytest.mark.parametrize("seed", range(4))
def test_a_feed_without_a_rhythm_misses_every_day_between(seed: int) -> None:
    chance = random.Random(seed)
    for share in (2, 4, 8, 16):
        days = [date(2025, 1, 1) + timedelta(n) for n in range(200) if not chance.randrange(share)]
        between = {days[0] + timedelta(n) for n in range((days[-1] - days[0]).days)}
        assert missing_days(days) == sorted(between - set(days))


def test_discovery_tells_a_night_what_it_will_find(shop: Shop) -> None:
    for day in (6, 7, 9, 20):
        drop(shop, "order_lines", date(2025, 1, day), lines(1, label=str(day)))
    found = discover(shop, date(2025, 1, 10)).sources[0]
    assert (found.delivered.count, found.new.count, found.missing, found.later) == (
        3,
        3,
        Days(1, ("2025-01-08",)),
        Days(1, ("2025-01-20",)),
    )
    night(shop, date(2025, 1, 10))
    drop(shop, "order_lines", date(2025, 1, 7), lines(2))
    (shop.exports / "order_lines" / "2025-01-06" / "order_lines.csv").unlink()
    found = discover(shop, date(2025, 1, 10)).sources[0]
    assert (found.new.count, found.changed.first, found.gone.first) == (0, ("2025-01-07",), ("2025-01-06",))


def test_long_lists_of_days_are_shortened(shop: Shop) -> None:
    for day in range(1, 29):
        drop(shop, "order_lines", date(2025, 1, day), lines(1))
    assert discover(shop, LAST_NIGHT).sources[0].new == Days(
        28, ("2025-01-01", "2025-01-02", "2025-01-03"), ("2025-01-26", "2025-01-27", "2025-01-28")
    )


def test_due_are_delivery_dates_after_the_newest_night(shop: Shop) -> None:
    for source, day in (("order_lines", 6), ("adjustments", 6), ("adjustments", 8)):
        drop(shop, source, date(2025, 1, day), "")
    assert delivery_dates(shop) == [date(2025, 1, 6), date(2025, 1, 8)]
    assert due_dates(shop, None) == [date(2025, 1, 6), date(2025, 1, 8)]
    assert due_dates(shop, date(2025, 1, 6)) == [date(2025, 1, 8)]


def test_a_second_night_is_not_pending_until_something_changes(shop: Shop) -> None:
    path = drop(shop, "order_lines", DAY, lines(3))
    assert pending(shop, LAST_NIGHT)
    assert not pending(shop, date(2025, 1, 5))
    night(shop)
    assert not pending(shop, LAST_NIGHT)
    path.write_text(lines(4))
    assert pending(shop, LAST_NIGHT)
    path.unlink()
    assert pending(shop, LAST_NIGHT)


def test_a_source_without_a_folder_has_no_deliveries(shop: Shop) -> None:
    assert list_source(shop, "order_lines").folders == {}
    assert discover(shop, LAST_NIGHT).is_settled
