from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.truth.behaviour.compare import compare_behaviour
from mandje.truth.tables.files import load_truth
from shop_of_days import frames, make_true_shop, write_truth
from shop_of_visits import publish
from tiny_shop import copy_shop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Path]:
    shop = make_true_shop(tmp_path_factory.mktemp("true") / "shop")
    return shop, publish(shop.folder)


@pytest.fixture
def shop(made: tuple[Shop, Path], tmp_path: Path) -> Shop:
    return copy_shop(made[0], tmp_path / "shop")


@pytest.fixture
def snapshot(made: tuple[Shop, Path], shop: Shop) -> Path:
    return shop.folder / made[1].relative_to(made[0].folder)


def _lie(snapshot: Path, sql: str) -> None:
    with duckdb.connect(snapshot) as con:
        con.execute(sql)


# Tables that count all sessions.
_ALL_SESSIONS = {f"{grain}_kpis of sessions" for grain in ("daily", "weekly", "monthly")}


def _unequal(shop: Shop) -> set[str]:
    return {part.table for part in compare_behaviour(shop, load_truth(shop)) if not part.is_equal}


def test_a_true_snapshot_is_equal_row_by_row(shop: Shop) -> None:
    parts = compare_behaviour(shop, load_truth(shop))
    assert pl.concat([part.differences for part in parts]).rows() == []
    assert {part.table: part.rows for part in parts} == {
        "sessions": 3,
        "visitors": 2,
        "excluded_traffic": 1,
        "channels of orders": 1,
        "carts": 2,
        "daily_cart_abandonment": 3,
        "daily_funnel": 3,
        "daily_funnel by group": 6 + 4 + 7,
        "daily_kpis of visits": 3,
        "daily_kpis of sessions": 3,
        "weekly_kpis of sessions": 3,
        "monthly_kpis of sessions": 3,
    }


@pytest.mark.parametrize(
    ("lie", "tables"),
    [
        ("update marts.sessions set channel = 'Referral' where event_count = 7", {"sessions"}),
        ("update marts.sessions set last_non_direct_channel = 'Direct'", {"sessions"}),
        (
            "update marts.sessions set started_at = started_at + interval 1 microsecond",
            {"sessions", "visitors"},
        ),
        ("update marts.sessions set session_date = session_date - 1 where site = 'uk'", {"sessions"}),
        ("update marts.sessions set session_id = 'x' where site = 'uk'", {"sessions"}),
        ("update marts.sessions set is_engaged = not is_engaged", {"sessions"}),
        ("update marts.sessions set event_count = event_count + 1", {"sessions"}),
        ("update marts.sessions set customer_id = 'c8' where site = 'uk'", {"sessions", "visitors"}),
        ("update marts.sessions set is_new_visitor = true", {"sessions"}),
        ("update marts.sessions set add_to_cart_count = 0", {"sessions"}),
        ("delete from marts.sessions where site = 'uk'", {"sessions", "visitors"}),
        ("delete from marts.sessions", {"sessions", "visitors"}),
        ("update marts.excluded_traffic set exclusion_reason = 'superhuman'", {"excluded_traffic"}),
        ("delete from marts.excluded_traffic", {"excluded_traffic"}),
        ("update marts.orders set channel = 'Email'", {"channels of orders"}),
        ("update marts.orders set attributed_by = 'visitor'", {"channels of orders"}),
        ("update marts.carts set state = 'abandoned'", {"carts"}),
        ("update marts.carts set order_id = null", {"carts"}),
        ("update marts.carts set hours_to_recovery = 3.000000001", {"carts"}),
        ("update marts.carts set end_amount = end_amount + 0.0001 where site = 'uk'", {"carts"}),
        ("update marts.carts set shopper_id = 'visitor:v1' where site = 'nl'", {"carts"}),
        ("delete from marts.carts where site = 'uk'", {"carts"}),
        ("update marts.daily_cart_abandonment set abandoned_amount = 11.7001", {"daily_cart_abandonment"}),
        ("update marts.daily_cart_abandonment set cart_abandonment_ratio = 0.51", {"daily_cart_abandonment"}),
        (
            """insert into marts.daily_cart_abandonment
            select * replace (cart_date + 1 as cart_date) from marts.daily_cart_abandonment""",
            {"daily_cart_abandonment"},
        ),
        (
            """update marts.daily_funnel set begin_checkout_session_count = 2
            where channel = '(all)' and device_category = '(all)' and begin_checkout_session_count = 1""",
            {"daily_funnel", "daily_funnel by group"},
        ),
        (
            "update marts.daily_funnel set purchase_session_count = null where purchase_session_count = 0",
            {"daily_funnel", "daily_funnel by group"},
        ),
        ("update marts.daily_funnel set visitor_count = 1", {"daily_funnel"}),
        (
            "update marts.daily_funnel set closed_add_to_cart_session_count = 0 where channel = 'Email'",
            {"daily_funnel by group"},
        ),
        ("delete from marts.daily_funnel where visitor_kind = 'new'", {"daily_funnel by group"}),
        ("update marts.daily_kpis set bounce_ratio = 0.01", {"daily_kpis of visits"}),
        ("update marts.daily_kpis set cart_abandonment_ratio = 0.3", {"daily_kpis of visits"}),
        ("update marts.daily_kpis set order_session_count = 2", {"daily_kpis of sessions"}),
        ("update marts.daily_kpis set time_on_site_seconds = 450.000001", {"daily_kpis of sessions"}),
        ("update marts.weekly_kpis set visitor_count = 3", {"weekly_kpis of sessions"}),
        ("update marts.monthly_kpis set conversion_ratio = 0.5", {"monthly_kpis of sessions"}),
        ("delete from marts.monthly_kpis where site = '(all)'", {"monthly_kpis of sessions"}),
        ("delete from marts.daily_funnel where site = 'uk'", {"daily_funnel", "daily_funnel by group"}),
    ],
)
def test_a_lie_of_the_snapshot_is_seen(lie: str, tables: set[str], shop: Shop, snapshot: Path) -> None:
    _lie(snapshot, lie)
    assert _unequal(shop) == tables


def test_a_difference_names_its_row_column_and_both_values(shop: Shop, snapshot: Path) -> None:
    _lie(snapshot, "update marts.carts set state = 'open' where site = 'uk'")
    _lie(snapshot, "update marts.carts set order_id = null")
    _lie(
        snapshot, "insert into marts.carts select * replace ('de' as site) from marts.carts where site = 'uk'"
    )
    carts = next(part for part in compare_behaviour(shop, load_truth(shop)) if part.table == "carts")
    assert carts.differences.rows() == [
        ("carts", "customer:c7 nl 2024-01-01 06:04:00.000000+00:00", "order_id", "o1", "(empty)"),
        ("carts", "visitor:v2 de 2024-01-01 07:09:00.000000+00:00", "(row)", "no row", "a row"),
        ("carts", "visitor:v2 uk 2024-01-01 07:09:00.000000+00:00", "state", "abandoned", "open"),
    ]
    assert carts.rows == 3


@pytest.mark.parametrize(
    ("name", "column", "value", "tables"),
    [
        ("sessions", "channel", pl.lit("SMS"), {"sessions", "channels of orders", "daily_funnel by group"}),
        ("sessions", "closed_step_count", pl.lit(1, pl.Int64), {"daily_funnel by group"}),
        (
            "sessions",
            "is_bot",
            pl.lit(value=False),
            {"sessions", "visitors", "excluded_traffic", "daily_funnel by group", *_ALL_SESSIONS},
        ),
        ("sessions", "kind", pl.lit("staff"), {"excluded_traffic"}),
        ("sessions", "placed_order_id", pl.lit(None, pl.String), {"channels of orders", *_ALL_SESSIONS}),
        ("sessions", "order_id", pl.lit(None, pl.String), {"channels of orders"}),
        ("carts", "recovery_hours", pl.lit(4.0), {"carts"}),
        ("carts", "state", pl.lit("open"), {"carts", "daily_cart_abandonment"}),
        ("visitors", "is_shared", pl.lit(value=True), {"visitors"}),
        ("daily_visits", "engaged_session_count", pl.lit(0, pl.Int64), {"daily_kpis of visits"}),
        ("daily_visits", "emptied_cart_count", pl.lit(7, pl.Int64), {"daily_kpis of visits"}),
        ("daily_visits", "open_purchase_count", pl.lit(2, pl.Int64), {"daily_funnel"}),
        ("daily_visits", "visitor_count", pl.lit(9, pl.Int64), {"daily_funnel", "daily_kpis of visits"}),
    ],
)
def test_what_is_otherwise_in_the_truth_is_seen(
    shop: Shop, name: str, column: str, value: pl.Expr, tables: set[str]
) -> None:
    told = frames()
    write_truth(shop.folder, told | {name: told[name].with_columns(value.alias(column))})
    assert _unequal(shop) == tables


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        (
            "sessions",
            {"sessions", "visitors", "excluded_traffic", "channels of orders", "daily_funnel by group"}
            | _ALL_SESSIONS,
        ),
        ("carts", {"carts", "daily_cart_abandonment"}),
        ("visitors", {"visitors"}),
        ("daily_visits", {"daily_funnel", "daily_kpis of visits"}),
    ],
)
def test_a_truth_without_rows_is_unequal(shop: Shop, name: str, tables: set[str]) -> None:
    told = frames()
    write_truth(shop.folder, told | {name: told[name].clear()})
    assert _unequal(shop) == tables


def test_steps_that_nobody_took_are_empty_on_both_sides(shop: Shop, snapshot: Path) -> None:
    told = frames()
    never = {f"{mode}_purchase_count": pl.lit(0, pl.Int64) for mode in ("open", "closed")}
    nobody = {
        "has_purchase": pl.lit(value=False),
        "closed_step_count": pl.col("closed_step_count").clip(1, 6),
    }
    days, sessions = told["daily_visits"].with_columns(**never), told["sessions"].with_columns(**nobody)
    write_truth(shop.folder, told | {"daily_visits": days, "sessions": sessions})
    _lie(
        snapshot,
        "update marts.daily_funnel set purchase_session_count = null, closed_purchase_session_count = null",
    )
    _lie(snapshot, "update marts.sessions set purchase_count = 0")
    assert _unequal(shop) == set()


@pytest.mark.parametrize(
    ("lie", "message"),
    [
        (
            "alter table marts.carts alter end_amount type double",
            "carts: columns are missing.*end_amount DOUBLE",
        ),
        ("insert into marts.sessions from marts.sessions", "sessions: more than one row of"),
        ("drop table marts.excluded_traffic", "excluded_traffic: the snapshot lacks.*does not exist"),
        ("alter table marts.carts drop stage", "carts: the snapshot lacks.*stage"),
    ],
)
def test_what_cannot_be_laid_side_by_side_is_no_equality(
    lie: str, message: str, shop: Shop, snapshot: Path
) -> None:
    _lie(snapshot, lie)
    with pytest.raises(MandjeError, match=message):
        _unequal(shop)
