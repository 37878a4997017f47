"""`mandje init --from`: a shop that reads what was given, with the files in place; nothing half-written."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from command_line import mandje, told
from ga4_export import event, text_of
from mandje.adapters.base import Kind
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, Table
from mandje.errors import ExitCode, MandjeError
from mandje.from_files.make import Made, machine_time_zone, shop_from_files
from mandje.shop.known_adapters import installed_adapters
from mandje.shop.settings import load_shop

ORDERS = (
    "order_id,ordered_at,updated_at,site,sales_channel,status,currency_code,discount_amount,shipping_amount,"
    "other_charges_amount,tax_amount,total_amount"
)
LINES = "order_id,line_number,product_id,quantity,currency_code,unit_price_amount,discount_amount"
YESTERDAY = datetime.now(ZoneInfo("Europe/Amsterdam")).date() - timedelta(days=1)

RATES = "rate_date,from_currency,to_currency,rate\n2026-03-01,GBP,EUR,1.15\n"
SALE = Kind("sale", "a Till sales dump", "json", frozenset({"id", "made", "currencyCode"}))
REFUND = Kind("refund", "a Till refunds export", "csv", frozenset({"Bon", "Terug"}))
SALE_CSV = Kind("csv_sale", "a Till sales export", "csv", frozenset({"Bon", "Verkocht op"}))
KINDS = (SALE, REFUND, SALE_CSV)


def till(*_: object) -> SimpleNamespace:
    """What init asks of an adapter: the tables of its kinds."""
    times = (
        Column("made_at", "timestamp", "UTC", "Made.", at="made.at"),
        Column("id", "text", "id", "Sale."),
    )
    back = (Column("at", "timestamp", "UTC", "Paid back.", aliases=("Terug", "Terug op")),)
    tables = (Table("sales", "", times, part=Part("sale")), Table("refunds", "", back, part=Part("refund")))
    return SimpleNamespace(tables={table.name: table for table in tables}, kinds=KINDS, feeds=())


@pytest.fixture(autouse=True)
def _till(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A platform for tests, brought by another package; on a machine in Amsterdam."""
    package = ModuleType("till_package")
    till.kinds = KINDS  # type: ignore[attr-defined]
    package.till = till  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "till_package", package)
    found = [EntryPoint("till", "till_package:till", "mandje.adapters")]
    monkeypatch.setattr("mandje.shop.known_adapters.entry_points", lambda **_: found)
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    installed_adapters.cache_clear()
    yield
    installed_adapters.cache_clear()


def given(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / "given" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def order(number: int, day: str, site: str = "nl", code: str = "EUR") -> str:
    return f"o{number},{day}T10:00:00Z,{day}T11:00:00Z,{site},online,paid,{code},0,0,0,0,10"


def orders(*rows: str) -> str:
    return "\n".join([ORDERS, *rows]) + "\n"


def lines(*numbers: int) -> str:
    return "\n".join([LINES, *(f"o{number},1,p,1,EUR,10,0" for number in numbers)]) + "\n"


def sale(number: int, at: str, code: str = "EUR") -> str:
    return f'{{"id": "{number}", "made": {{"at": "{at}"}}, "currencyCode": "{code}", "lines": [1.10]}}\n'


def places(made: Made) -> dict[str, str]:
    return {one.found.path.name: one.place for one in made.placed}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in (folder / "exports").rglob("*") if path.is_file()}


def test_feeds_become_a_shop_whose_night_would_load_them(tmp_path: Path) -> None:
    rows = [order(1, "2026-03-01"), order(2, "2026-03-04", "be"), order(3, "2026-03-03")]
    paths = [given(tmp_path, "a.csv", orders(*rows)), given(tmp_path, "b.csv", lines(1, 2, 3))]
    said = told("init", tmp_path / "My Shop 2", "--from", *paths)
    shop = load_shop(tmp_path / "My Shop 2")
    assert shop.settings.name == "my_shop_2"
    assert {name: site.currency for name, site in shop.settings.sites.items()} == {"be": "EUR", "nl": "EUR"}
    assert shop.settings.time_zone == "Europe/Amsterdam"
    assert files(shop.folder) == {"exports/orders/2026-03-04/a.csv", "exports/order_lines/2026-03-04/b.csv"}
    assert all(path.exists() for path in paths)  # copied, not moved
    assert "Files were copied, none was moved" in said
    assert 'time_zone = "Europe/Amsterdam" is this machine\'s' in said
    assert f"Next: `mandje night '{tmp_path / 'My Shop 2'}'`".replace(" ", "") in said.replace(" ", "")
    assert "the night would load it" in told("check", shop.folder)


def test_a_platform_may_call_it_the_base_currency(tmp_path: Path) -> None:
    """Magento tells the customer's currency beside it, which counts for nothing."""
    names = "entity_id,state,store_id,customer_email,base_grand_total,base_currency_code,order_currency_code"
    path = given(tmp_path, "dump.csv", f"{names},created_at\n1,new,1,,10,GBP,EUR,2026-03-01 10:00:00\n")
    shop_from_files(tmp_path / "shop", [path])
    settings = load_shop(tmp_path / "shop").settings
    assert settings.reporting_currency == "GBP"
    assert list(settings.sources) == ["magento"]


def test_the_currency_is_that_of_most_rows_and_each_site_has_its_own(tmp_path: Path) -> None:
    rows = [order(n, "2026-03-01", "uk", "GBP") for n in range(5)]
    rows += [order(n, "2026-03-01", site, "EUR") for n, site in enumerate(["nl", "be", "uk"], start=5)]
    made = shop_from_files(tmp_path / "shop", [given(tmp_path, "o.csv", orders(*rows))])
    settings = load_shop(tmp_path / "shop").settings
    assert (settings.reporting_currency, made.currencies) == ("GBP", ("GBP", "EUR"))
    assert {name: one.currency for name, one in settings.sites.items()} == {
        "be": "EUR",
        "nl": "EUR",
        "uk": "GBP",
    }


def test_a_platform_is_one_source_whose_refunds_come_with_its_sales(tmp_path: Path) -> None:
    paths = [
        given(
            tmp_path, "monday.jsonl", sale(1, "2026-03-02T22:00:00Z") + sale(2, "2026-03-01T09:00:00Z", "USD")
        ),
        given(tmp_path, "tuesday.txt", sale(3, "2026-03-03T09:00:00Z")),
        given(tmp_path, "first.csv", "Bon;Terug\n1;2026-03-01\n"),
        given(tmp_path, "last.csv.gz", gzip.compress(b"Bon,Terug\n1,2026-03-05\n")),
    ]
    made = shop_from_files(tmp_path / "shop", paths)
    assert places(made) == {
        "monday.jsonl": "exports/till/2026-03-02/monday.jsonl",
        "first.csv": "exports/till/2026-03-02/first.csv",
        "tuesday.txt": "exports/till/2026-03-05/tuesday.txt.jsonl",
        "last.csv.gz": "exports/till/2026-03-05/last.csv.gz",
    }
    settings = load_shop(tmp_path / "shop").settings
    adapters = {name: source.adapter for name, source in settings.sources.items()}
    assert adapters == {"till": "till", "exchange_rates": "canonical"}  # rates, for the sale in USD
    assert (settings.sources["till"].on_refused, settings.reporting_currency) == ("stop", "EUR")
    assert {one.place: (tmp_path / "shop" / one.place).read_bytes() for one in made.placed} == {
        one.place: one.found.path.read_bytes() for one in made.placed
    }


def test_a_csv_that_tells_what_is_there_in_full_is_left_out(tmp_path: Path) -> None:
    csv = given(tmp_path, "sales.csv", "Bon,Verkocht op\n1,2026-03-01\n")
    json = given(tmp_path, "sales.jsonl", sale(1, "2026-03-01T09:00:00Z"))
    said = told("init", tmp_path / "both", "--from", csv, json)
    assert "sales.csv: this looks like a Till sales export; sales.jsonl tells the same and more" in said
    assert files(tmp_path / "both") == {"exports/till/2026-03-01/sales.jsonl"}
    assert list(places(shop_from_files(tmp_path / "one", [csv]))) == ["sales.csv"]


def test_rows_in_another_currency_need_rates(tmp_path: Path) -> None:
    rows = [order(1, "2026-03-01"), order(2, "2026-03-01"), order(3, "2026-03-01", code="GBP")]
    paths = [given(tmp_path, "o.csv", orders(*rows))]
    said = told("init", tmp_path / "without", "--from", *paths)
    assert "Rows in GBP need rates, and no file holds any" in said
    assert "examples/exchange_rates.csv into exports/exchange_rates/2026-03-01/ first" in said
    assert "exchange_rates" in load_shop(tmp_path / "without").settings.sources
    paths.append(given(tmp_path, "rates.csv", RATES))
    assert "need rates" not in told("init", tmp_path / "with", "--from", *paths)


def test_rates_tell_no_currency_of_the_shop(tmp_path: Path) -> None:
    """The bank's file names many more currencies than the shop's orders, and each in more rows."""
    header = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE"
    rates = [f"k,D,USD,EUR,SP00,A,2026-02-{day:02},1.1" for day in range(1, 28)]
    sold = orders(order(1, "2026-03-01"), order(2, "2026-03-01", code="USD"))
    paths = [given(tmp_path, "o.csv", sold), given(tmp_path, "rates.csv", "\n".join([header, *rates, ""]))]
    made = shop_from_files(tmp_path / "shop", paths)
    assert (made.about.currency, made.lacks_rates_of) == ("EUR", ())
    assert set(load_shop(tmp_path / "shop").settings.sources) == {"orders", "ecb"}


def test_a_platform_without_sites_is_of_one_of_those_that_feeds_name(tmp_path: Path) -> None:
    rows = [order(1, "2026-03-01"), order(2, "2026-03-01", "be")]
    paths = [given(tmp_path, "o.csv", orders(*rows)), given(tmp_path, "s.jsonl", sale(1, "2026-03-01"))]
    shop_from_files(tmp_path / "shop", paths)
    assert load_shop(tmp_path / "shop").settings.sources["till"].sites == {"*": "be"}


def test_a_platform_begins_with_what_its_adapter_cannot_do_without(tmp_path: Path) -> None:
    """And its returns are of the day on which the last of them was decided, deep in a list."""
    decided = [f'{{"processingDateTime": "2026-03-0{day}T09:00:00+01:00"}}' for day in (6, 8, 7)]
    back = f'{{"processingResults": [{", ".join(decided)}]}}'
    paths = [
        given(
            tmp_path,
            "a.jsonl",
            '{"orderId": "1", "orderPlacedDateTime": "2026-03-02T10:00:00+01:00", "orderItems": []}\n',
        ),
        given(
            tmp_path,
            "b.jsonl",
            f'{{"returnId": "1", "registrationDateTime": "2026-03-05", "returnItems": [{back}]}}\n',
        ),
        given(tmp_path, "o.csv", orders(order(1, "2026-03-01"), order(2, "2026-03-01", "be"))),
        given(tmp_path, "m.jsonl", '{"type": "metric", "id": "M", "attributes": {"name": "Opened Email"}}\n'),
    ]
    made = shop_from_files(tmp_path / "shop", paths)
    assert {name: place.split("/")[2] for name, place in places(made).items()} == {
        "a.jsonl": "2026-03-08",
        "b.jsonl": "2026-03-08",
        "o.csv": "2026-03-01",
        "m.jsonl": "2026-03-08",
    }
    sources = load_shop(tmp_path / "shop").settings.sources
    assert (sources["bol"].tax_ratio, sources["bol"].sites) == (Decimal("0.21"), {"*": "be"})
    assert sources["klaviyo"].sites == {}
    assert made.guessed == {"bol": [("tax_ratio", 0.21)]}
    said = told("init", tmp_path / "again", "--from", *paths)
    assert "tax_ratio = 0.21 of bol: a guess, no file tells it" in said


def test_a_file_without_times_belongs_to_its_folder_or_to_the_newest_day(tmp_path: Path) -> None:
    rows = "product_id,name,category\np,Mug,home\n"
    paths = [
        given(tmp_path, "products.csv", rows),
        given(tmp_path, "2026-02-01/products.csv", rows),
        given(tmp_path, "orders.csv", orders(order(1, "2026-03-01"))),
    ]
    made = shop_from_files(tmp_path / "shop", paths)
    assert {one.place for one in made.placed if one.source == "products"} == {
        "exports/products/2026-03-01/products.csv",
        "exports/products/2026-02-01/products.csv",
    }


def test_no_delivery_is_of_a_day_that_is_not_over(tmp_path: Path) -> None:
    path = given(tmp_path, "products.csv", "product_id,name,category\np,Mug,home\n")
    late = given(tmp_path, "orders.csv", orders(order(1, "2999-01-01"), order(2, str(YESTERDAY))))
    made = shop_from_files(tmp_path / "one", [path])
    assert [one.day for one in made.placed] == [YESTERDAY]
    made = shop_from_files(tmp_path / "two", [late])
    assert [one.day for one in made.placed] == [YESTERDAY]


def test_a_file_that_tells_nothing_is_of_its_own_day(tmp_path: Path) -> None:
    path = given(tmp_path, "products.csv", "product_id,name,category\np,Mug,home\n")
    os.utime(path, (datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp(),) * 2)
    made = shop_from_files(tmp_path / "shop", [path])
    assert [one.day for one in made.placed] == [date(2026, 1, 5)]
    assert made.currencies == ()


def test_a_folder_is_looked_through_and_what_nobody_reads_is_told(tmp_path: Path) -> None:
    given(tmp_path, "deep/er/orders.csv", orders(order(1, "2026-03-01")))
    given(tmp_path, ".hidden/orders.csv", orders(order(1, "2026-03-01")))
    given(tmp_path, "bulk.jsonl", '{"id": "gid://shopify/Product/1", "title": "Mug"}\n')
    given(tmp_path, "diary.txt", "Anna Voorbeeld, 0612345678\n")
    given(tmp_path, "semicolons.csv", lines(1).replace(",", ";"))
    given(tmp_path, "nearly.csv", orders().replace("site,", ""))
    said = told("init", tmp_path / "shop", "--from", tmp_path / "given")
    found = files(tmp_path / "shop")
    assert {Path(name).parts[1] for name in found} == {"orders", "order_lines"}
    assert "exports/orders/2026-03-01/orders.csv" in found
    assert "bulk.jsonl: this looks like another Shopify bulk export; no adapter reads it yet" in said
    assert "diary.txt: nobody knows what it is" in said
    assert "nearly.csv: this looks like the feed orders, but lacks site" in said
    assert "Anna" not in said


def test_times_that_are_numbers_tell_the_day_too(tmp_path: Path) -> None:
    events = text_of([event("page_view"), event("page_view", 5), event("page_view", event_timestamp="x")])
    made = shop_from_files(tmp_path / "shop", [given(tmp_path, "000.jsonl", events)])
    assert [one.place for one in made.placed] == ["exports/ga4/2026-03-01/000.jsonl"]


def test_two_files_of_one_name_both_come(tmp_path: Path) -> None:
    paths = [given(tmp_path, f"{n}/orders.csv", orders(order(n, "2026-03-01"))) for n in (1, 2)]
    paths.append(given(tmp_path, "2-orders.csv", orders(order(3, "2026-03-01"))))
    made = shop_from_files(tmp_path / "shop", [paths[2], *paths[:2]])
    place = tmp_path / "shop" / "exports" / "orders" / "2026-03-01"
    assert {path.name for path in place.iterdir()} == {"2-orders.csv", "orders.csv", "3-orders.csv"}
    assert len(made.placed) == 3


def test_parquet_and_odd_names_are_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "we?ird [1] 'x'.parquet"
    frame = pl.read_csv(orders(order(1, "2026-03-07")).encode(), infer_schema=False)
    times = pl.col("ordered_at", "updated_at").str.to_datetime(time_zone="UTC")
    frame.with_columns(times).write_parquet(path)
    made = shop_from_files(tmp_path / "shop", [path])
    assert [one.place for one in made.placed] == [f"exports/orders/2026-03-07/{path.name}"]


@pytest.mark.parametrize("bad", ["nothing", "unknown", "missing", "unreadable"])
def test_nothing_is_left_where_no_shop_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    path = given(tmp_path, "o.csv", orders(order(1, "2026-03-01")))
    (tmp_path / "empty").mkdir()
    words = {
        "nothing": tmp_path / "empty",
        "unknown": given(tmp_path, "u.csv", "a,b\n"),
        "missing": tmp_path / "x",
    }

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error", str(path))

    if bad == "unreadable":
        monkeypatch.setattr(shutil, "copyfile", fail)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(MandjeError) as wrong:
        shop_from_files(tmp_path / "shop", [words.get(bad, path)])
    assert "nothing was written" in str(wrong.value.next_step)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    path = given(tmp_path, "o.csv", orders(order(1, "2026-03-01")))
    said = told("init", tmp_path / "given", "--from", path, exit_code=ExitCode.USER_ERROR)
    assert "holds something already" in said
    assert sorted(one.name for one in (tmp_path / "given").iterdir()) == ["o.csv"]


def test_an_empty_folder_becomes_the_shop(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    shop_from_files(tmp_path / "shop", [given(tmp_path, "o.csv", orders(order(1, "2026-03-01")))])
    assert load_shop(tmp_path / "shop").settings.name == "shop"


def test_files_without_from_are_wrong_usage(tmp_path: Path) -> None:
    assert mandje("init", tmp_path / "shop", "orders.csv").exit_code == ExitCode.USAGE
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Paris", "Europe/Paris"), (":Asia/Tokyo", "Asia/Tokyo"), ("Etc/UTC", "UTC")],
)
def test_the_clock_is_the_machines(monkeypatch: pytest.MonkeyPatch, zone: str, expected: str) -> None:
    monkeypatch.setenv("TZ", zone)
    assert machine_time_zone() == expected


def test_a_machine_without_a_clock_of_its_own_is_on_utc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", "EST5EDT-nonsense")
    monkeypatch.setattr("mandje.from_files.make._LOCAL_TIME", tmp_path)
    assert machine_time_zone() == "UTC"
