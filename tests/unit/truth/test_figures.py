from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.truth import facts, figures
from mandje.truth.facts import compare_facts
from mandje.truth.figures import compare_customers, compare_days, compare_handling, compare_orders
from mandje.truth.tables.cells import Compared
from mandje.truth.tables.files import load_truth
from shop_of_days import frames, make_true_shop, marts, write_truth


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_true_shop(tmp_path / "shop")


@pytest.fixture
def snapshot(monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    con = marts()

    def query(_shop: Shop, sql: str) -> pl.DataFrame:
        return pl.DataFrame(con.sql(sql).to_arrow_table())

    monkeypatch.setattr(figures, "query_snapshot", query)
    monkeypatch.setattr(facts, "query_snapshot", query)
    return con


def _unequal(shop: Shop) -> set[str]:
    truth = load_truth(shop)
    parts: list[Compared] = [
        compare_days(shop, truth),
        compare_orders(shop, truth),
        compare_handling(shop, truth),
        compare_customers(shop, truth),
        *compare_facts(shop, truth),
    ]
    return {part.table for part in parts if not part.is_equal}


@pytest.mark.usefixtures("snapshot")
def test_a_true_snapshot_is_equal_and_quiet_days_are_figures(shop: Shop) -> None:
    assert _unequal(shop) == set()
    days = compare_days(shop, load_truth(shop))
    assert days.figures == 3 * 3 * 24  # sites and all of them, days, figures


@pytest.mark.parametrize(
    ("lie", "tables"),
    [
        ("update marts.orders set gross_sales_amount = gross_sales_amount * 2", {"orders per day"}),
        ("update marts.orders set net_sales_amount = net_sales_amount + 1", {"orders per day"}),
        ("update marts.orders set delivered_total_amount = 12", {"orders"}),
        ("update marts.orders set delivered_gross_sales_amount = 13", {"orders"}),
        ("update marts.orders set currency_code = 'GBP'", {"orders"}),
        ("update marts.orders set sales_channel = 'store'", {"orders"}),
        ("update marts.orders set ordered_at = ordered_at + interval 1 second", {"orders"}),
        ("update marts.orders set site = 'uk'", {"orders", "orders per day", "daily_kpis"}),
        ("update marts.orders set customer_id = 'c7'", {"orders", "daily_kpis"}),
        ("delete from marts.orders", {"orders", "orders per day", "daily_kpis", "customers", "handling"}),
        ("delete from marts.order_lines", {"order_lines per day", "rows of marts"}),
        ("update marts.order_lines set is_counted = false", {"order_lines per day"}),
        ("delete from marts.returns", {"orders", "returns per day", "rows of marts"}),
        ("update marts.orders set payment_method = 'cash'", {"handling"}),
        ("update marts.orders set delivered_at = null, days_to_deliver = null", {"handling"}),
        ("update marts.payments set delivered_amount = 8", {"handling"}),
        ("delete from marts.payments", {"handling", "rows of marts"}),
        ("insert into marts.fulfilments values ('o1')", {"rows of marts"}),
        ("delete from marts.customers", {"customers"}),
        ("insert into marts.customers values ('customer:c8', 0)", {"customers"}),
        ("update marts.customers set order_count = 2", {"customers"}),
        ("delete from marts.daily_kpis where kpi_date = '2024-01-02' and site = 'uk'", {"daily_kpis"}),
        ("delete from marts.daily_kpis", {"daily_kpis"}),
        (
            "insert into marts.daily_kpis select * replace (kpi_date - 3 as kpi_date) from marts.daily_kpis",
            {"daily_kpis"},
        ),
        ("update marts.daily_kpis set tax_amount = null where site = 'uk'", {"daily_kpis"}),
    ],
)
def test_a_lie_of_the_snapshot_is_seen(
    lie: str, tables: set[str], shop: Shop, snapshot: duckdb.DuckDBPyConnection
) -> None:
    snapshot.execute(lie)
    assert _unequal(shop) == tables


def test_money_of_another_type_is_no_equality(shop: Shop, snapshot: duckdb.DuckDBPyConnection) -> None:
    snapshot.execute("alter table marts.daily_kpis alter tax_amount type double")
    with pytest.raises(MandjeError, match=r"another type.*tax_amount"):
        _unequal(shop)


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("site", pl.lit("uk")),
        ("is_guest_merged", pl.lit(value=False)),
        ("net_sales_amount", pl.lit(1).cast(pl.Decimal(18, 4))),
        ("returned_amount", pl.lit(1).cast(pl.Decimal(18, 4))),
        ("total_amount", pl.lit(1).cast(pl.Decimal(18, 4))),
    ],
)
def test_an_order_that_is_otherwise_in_the_truth_is_seen(shop: Shop, column: str, value: pl.Expr) -> None:
    told = frames()
    write_truth(shop.folder, told | {"orders": told["orders"].with_columns(value.alias(column))})
    assert "orders" in _unequal(shop)


@pytest.mark.usefixtures("snapshot")
def test_the_history_begins_with_the_first_visit(shop: Shop) -> None:
    told = frames()
    sessions = told["sessions"].with_columns(started_date=date(2023, 12, 31))
    write_truth(shop.folder, told | {"sessions": sessions})
    days = compare_days(shop, load_truth(shop))
    assert set(days.differences.rows()) == {
        ("daily_kpis", f"{site} 2023-12-31", "(row)", "a row", "no row") for site in ("nl", "uk", "(all)")
    }


@pytest.mark.usefixtures("snapshot")
def test_a_truth_without_days_or_orders_is_unequal(shop: Shop) -> None:
    told = frames()
    for name, tables in (("daily_kpis", {"daily_kpis"}), ("orders", {"orders", "customers"})):
        write_truth(shop.folder, told | {name: told[name].clear()})
        assert tables <= _unequal(shop)
