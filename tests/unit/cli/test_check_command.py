"""`mandje check`: what it says comes true in the night, and nothing is written into the shop."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from command_line import mandje, told
from mandje.errors import ExitCode
from mandje.ingest.changes import FeedChange, changes
from mandje.ingest.load import load
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.trial import lone_delivery, trial
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop, load_shop

SHOP_TOML = """
name = "checked"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sites.us]
time_zone = "America/Los_Angeles"
currency = "USD"
[sources.orders]
adapter = "canonical"
[sources.order_lines]
adapter = "canonical"
[sources.products]
adapter = "canonical"
"""
FIRST, SECOND, LATER = date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 9)
LINES = "order_id,line_number,updated_at,product_id,quantity,currency_code,unit_price_amount,discount_amount"
ORDERS = (
    "order_id,ordered_at,site,sales_channel,status,currency_code,discount_amount,shipping_amount,"
    "other_charges_amount,tax_amount,total_amount"
)
Line = tuple[str, int, str, int, str]  # order, line, updated_at, quantity, currency


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "shop.toml").write_text(SHOP_TOML)
    return load_shop(tmp_path)


def lines(rows: Sequence[Line]) -> str:
    texts = (f"{order},{line},{at},p,{units},{code},10,1" for order, line, at, units, code in rows)
    return "\n".join([LINES, *texts]) + "\n"


def orders(rows: Mapping[str, tuple[str, str]]) -> str:
    texts = (
        f"{order},{at},{site},online,paid,EUR,0,0,0,0,{len(order)}.50" for order, (at, site) in rows.items()
    )
    return "\n".join([ORDERS, *texts]) + "\n"


def drop(shop: Shop, source: str, day: date, text: str) -> Path:
    path = shop.exports / source / day.isoformat() / f"{source}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def take_in(shop: Shop) -> None:
    validate(shop, LATER)
    load(shop, LATER)


def changed(shop: Shop, source: str, day: date, file: Path) -> FeedChange:
    with trial(shop, source, [lone_delivery(source, day, file)]) as tried:
        (change,) = changes(shop, tried, current_partitions(shop))
        return change


def drawn(chance: random.Random, updated_at: str) -> list[Line]:
    """Lines of some documents; some keys twice, with the row that stands last as the best."""
    return [
        (f"o{chance.randrange(12)}", chance.randrange(1, 4), updated_at, chance.randrange(1, 3), "EUR")
        for _ in range(20)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_rows_and_money_equal_a_slow_second_count(shop: Shop, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    loaded: dict[str, dict[int, Line]] = {}
    for day in (FIRST, SECOND):
        delivery = drawn(chance, f"{day}T12:00:00Z")
        drop(shop, "order_lines", day, lines(delivery))
        for order in {row[0] for row in delivery}:  # the newest version of a document is all of it
            loaded[order] = {row[1]: row for row in delivery if row[0] == order}
    take_in(shop)
    again = chance.choice(sorted(row for version in loaded.values() for row in version.values()))
    mine = [*drawn(chance, f"{LATER}T12:00:00Z"), again]
    (tmp_path / "mine.csv").write_text(lines(mine))
    best = {(row[0], row[1]): row for row in sorted(mine, key=lambda row: row[2])}

    expected: Counter[str] = Counter({"repeated": len(mine) - len(best)})
    before = after = Decimal(0)
    for (order, line), row in best.items():
        was = any_version(shop, order, line)
        kind = "new" if was is None else "same" if was == row else "replaced"
        expected[kind] += 1
        if kind != "same":
            after += 10 * row[3] - 1
            before += 10 * was[3] - 1 if was else 0
    for order in {row[0] for row in mine}:
        for line, row in loaded.get(order, {}).items():
            if (order, line) not in best:
                expected["dropped"] += 1
                before += 10 * row[3] - 1

    change = changed(shop, "order_lines", LATER, tmp_path / "mine.csv")
    assert {kind: change.rows(kind) for kind in change.effects["kind"].unique()} == {
        kind: count for kind, count in expected.items() if count
    }
    assert change.money().rows() == [("EUR", before, after)]


def any_version(shop: Shop, order: str, line: int) -> Line | None:
    """The newest loaded row of a key, found by reading the exports again."""
    found = None
    for path in sorted(shop.exports.glob("order_lines/*/*.csv")):
        for text in path.read_text().splitlines()[1:]:
            fields = text.split(",")
            if (fields[0], int(fields[1])) == (order, line):
                found = (order, line, fields[2], int(fields[4]), fields[5])
    return found


def test_days_are_local_ones_and_a_line_has_that_of_its_order(shop: Shop, tmp_path: Path) -> None:
    drop(
        shop,
        "orders",
        FIRST,
        orders({"a": ("2025-01-05T23:30:00Z", "nl"), "b": ("2025-01-06T03:00:00Z", "us")}),
    )
    take_in(shop)
    file = tmp_path / "l.csv"
    file.write_text(lines([("a", 1, "", 1, "EUR"), ("b", 1, "", 1, "USD"), ("zz", 1, "", 1, "USD")]))
    change = changed(shop, "order_lines", LATER, file)
    assert change.days == [date(2025, 1, 5), date(2025, 1, 6)]
    assert change.money().rows() == [("EUR", 0, Decimal(9)), ("USD", 0, Decimal(18))]


def test_a_changed_order_touches_its_former_day_too_and_an_older_one_nothing(
    shop: Shop, tmp_path: Path
) -> None:
    drop(shop, "orders", SECOND, orders({"a": ("2025-01-05T12:00:00Z", "nl")}))
    take_in(shop)
    file = tmp_path / "o.csv"
    file.write_text(orders({"a": ("2025-01-03T12:00:00Z", "nl")}))
    assert changed(shop, "orders", LATER, file).days == [date(2025, 1, 3), date(2025, 1, 5)]
    older = changed(shop, "orders", FIRST, file)
    assert (older.rows("older"), older.days) == (1, [])


def test_rows_that_a_changed_delivery_no_longer_holds_leave(shop: Shop) -> None:
    drop(shop, "orders", FIRST, orders(dict.fromkeys("abc", ("2025-01-05T12:00:00Z", "nl"))))
    take_in(shop)
    drop(shop, "orders", FIRST, orders(dict.fromkeys("ad", ("2025-01-05T12:00:00Z", "nl"))))
    text = told("check", shop.folder)
    assert "orders: 1 new, 1 the same as loaded 2 loaded row(s) would leave" in text
    assert "3.00 before, 1.50 after: -1.50 EUR" in text


def test_what_it_says_comes_true_and_nothing_is_written(shop: Shop) -> None:
    drop(shop, "orders", FIRST, orders({f"o{n}": ("2025-01-05T12:00:00Z", "nl") for n in range(30)}))
    drop(shop, "order_lines", FIRST, lines([("o1", 1, "", 1, "EUR"), ("o2", 1, "", 1, "mark")]))
    drop(shop, "products", FIRST, "nonsense\n1\n")
    before = files(shop)
    text = told("check", shop.folder, exit_code=ExitCode.USER_ERROR)
    assert files(shop) == before
    assert (
        "orders: the delivery of 2025-01-06 accepted: 30 row(s) read, 0 of them refused orders: 30 new"
        in text
    )
    assert "order_lines: the delivery of 2025-01-06 accepted: 2 row(s) read, 1 of them refused" in text
    assert "order_lines.csv line 3, column currency_code found 'mark'" in text
    assert "REFUSED: products 2025-01-06: not a header of this table" in text
    assert 'go on without products 2025-01-06 and list it: on_refused = "go_on"' in text
    result = validate(shop, LATER)
    assert [(one.source, one.accepted, one.read_rows, one.rejected_rows) for one in result.sources] == [
        ("orders", 1, 30, 0),
        ("order_lines", 1, 2, 1),
        ("products", 0, 0, 0),
    ]
    load(shop, LATER)
    before = files(shop)
    text = told("check", shop.folder, exit_code=ExitCode.USER_ERROR)
    assert "go on without products 2025-01-06" in text  # it stands refused
    assert "nothing is due" in told("check", shop.folder, "--feed", "orders")
    assert files(shop) == before


@pytest.mark.parametrize("form", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_file_of_any_form_from_anywhere(shop: Shop, tmp_path: Path, form: str) -> None:
    place = tmp_path / "it's [here]"
    place.mkdir()
    file = place / f"x.{form}"
    text = orders({"a": ("2025-01-05T12:00:00Z", "nl"), "b": ("2025-01-05T12:00:00Z", "mars")})
    frame = pl.read_csv(text.encode(), infer_schema=False)
    if form == "parquet":
        frame.write_parquet(file)
    elif form == "jsonl":
        frame.write_ndjson(file)
    else:
        file.write_bytes(gzip.compress(text.encode()) if form == "csv.gz" else text.encode())
    said = told("check", shop.folder, file, "--feed", "orders", "--date", LATER)
    assert (
        f"x.{form} line {2 if form == 'jsonl' else 3}, column site found 'mars', expected one of: nl, us"
        in said
    )
    assert "orders: 1 new days touched: 1 (2025-01-05)" in said
    assert "the night of 2025-01-09 would load it" in said


def test_a_refused_file_stops_or_not_as_its_source_says(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("")
    stops = told("check", shop.folder, file, "--feed", "orders", exit_code=ExitCode.USER_ERROR)
    assert "the file has 0 bytes" in stops
    assert "would stop and the last snapshot stay, for orders" in stops
    goes_on = told("check", shop.folder, file, "--feed", "products", exit_code=ExitCode.USER_ERROR)
    assert "would go on without products" in goes_on


def test_a_file_in_exports_says_by_itself_whose_it_is(shop: Shop) -> None:
    file = drop(shop, "orders", FIRST, orders({"a": ("2025-01-05T12:00:00Z", "nl")}))
    assert "the night of 2025-01-06 would load it" in told("check", shop.folder, file)


def test_mistakes_are_told(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a\n")
    mistakes = [
        ([file], "it is not said whose file this is"),
        ([file, "--feed", "invoices"], "no source and no feed of this shop has that name"),
        ([tmp_path, "--feed", "orders"], "there is no such file"),
        ([file, "--feed", "orders", "--date", "2999-01-01"], "the day of --date is not there yet"),
    ]
    for words, message in mistakes:
        assert message in told("check", shop.folder, *words, exit_code=ExitCode.USER_ERROR)
    assert mandje("check", shop.folder, "--date", FIRST).exit_code == ExitCode.USAGE


def test_files_in_the_wrong_place_are_told(shop: Shop) -> None:
    (shop.exports / "ordres" / "2025-01-05").mkdir(parents=True)
    (shop.exports / "orders").mkdir()
    (shop.exports / "orders" / "orders.csv").write_text(ORDERS)
    (shop.exports / "nothing_yet").mkdir()
    text = told("check", shop.folder)
    assert "exports/ordres: not read; expected a source named in shop.toml" in text
    assert "exports/orders/orders.csv: not read; expected a folder named YYYY-MM-DD" in text
    assert "nothing_yet" not in text


def test_a_night_that_would_wait_says_so(shop: Shop) -> None:
    daily = SHOP_TOML.replace("[sources.order_lines]", '[sources.order_lines]\nexpected = "daily"')
    (shop.folder / "shop.toml").write_text(daily)
    drop(shop, "orders", FIRST, orders({"a": ("2025-01-05T12:00:00Z", "nl")}))
    assert "no delivery of order_lines (daily, until 2025-01-07 07:00)" in told(
        "check", shop.folder, exit_code=ExitCode.USER_ERROR
    )


def files(shop: Shop) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}
