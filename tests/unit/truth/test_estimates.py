from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mandje.shop.settings import Shop
from mandje.truth import estimates as module
from mandje.truth.estimates import estimates
from mandje.truth.tables.columns import COLUMNS
from mandje.truth.tables.files import Truth
from tiny_shop import make_shop

SCORED = pl.DataFrame(
    {
        "person_id": ["customer:c1", "email:x"],
        "alive_probability": [0.9, 0.2],
        "no_order_90d_probability": [0.25, 0.75],
        "expected_orders_90d": [3.0, 1.0],
        "spend_per_order": [50.0, 30.0],
        "spend_365d": [600.0, 100.0],
    }
)
# The third order's person is known to the shop by that order alone, so has no prediction.
PLACED = pl.DataFrame(
    {"order_id": ["o1", "o2", "o3", "o4"], "person_id": ["customer:c1", "customer:c1", "order:o3", "email:x"]}
)
CUSTOMERS = pl.DataFrame(
    {
        "person": [0, 1, 2],
        "is_alive": [True, True, False],
        "mean_spend_amount": [40.0, 999.0, 60.0],
        "expected_orders_90d": [2.0, 99.0, 3.0],
        "expected_orders_365d": [8.0, 99.0, 0.0],
        "future_orders_90d": [1, 99, 0],
        "future_spend_365d_amount": [100.0, 999.0, 300.0],
    }
)
DAYS = pl.DataFrame(
    {
        "site": ["nl", "(all)"],
        "kpi_date": [date(2024, 1, 1)] * 2,
        "gross_sales_amount": [Decimal(9), Decimal(110)],
        "discount_amount": [Decimal(9), Decimal(10)],
        "net_sales_by_order_date_amount": [Decimal(9), Decimal(80)],
    }
)


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    # Two days in UTC, one in Amsterdam.
    moments = [datetime(2024, 1, 1, 23, 30, tzinfo=UTC), datetime(2024, 1, 2, 9, tzinfo=UTC)]
    orders = pl.DataFrame(
        {
            "order_id": ["o1", "o2", "o3", "o4", "o5"],
            "person": [0, 0, 1, 2, -1],
            "site": "nl",
            "ordered_at": [*moments, *moments, moments[0]],
            "is_counted": True,
        }
    )
    for name, rows in (("customers", CUSTOMERS), ("daily_kpis", DAYS), ("orders", orders)):
        _whole(name, rows).write_parquet(tmp_path / f"{name}.parquet")
    return Truth(tmp_path, {"as_of_date": "2024-01-01"})


def _whole(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """With every column of the truth; those that do not matter are empty."""
    return rows.select(
        (pl.col(column) if column in rows.columns else pl.lit(None)).cast(kind).alias(column)
        for column, kind in COLUMNS[name].items()
    )


def _answer(scored: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    def query(_shop: Shop, sql: str) -> pl.DataFrame:
        return scored if "customer_predictions" in sql else PLACED

    monkeypatch.setattr(module, "query_snapshot", query)


def test_sums_are_over_the_scored_persons_and_their_own_truth(
    truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(SCORED, monkeypatch)
    told = {
        one.figure: (one.estimated, one.by_rates, one.came_true)
        for one in estimates(make_shop(tmp_path / "shop"), truth)
    }
    assert told == {
        "orders in the next 90 days": (4.0, 5.0, 1.0),
        "customers still buying": (pytest.approx(1.1), None, 1.0),
        "customers without an order in 90 days": (1.0, None, 1.0),
        # 50 ordered, of which 80 of 100 are kept; o1, o2, o4 on 2 days.
        "spend per order day, net of returns": (40.0, pytest.approx(60.0), None),
        "spend in the next 365 days": (700.0, pytest.approx(256.0), pytest.approx(320.0)),
    }


def test_the_difference_is_to_what_the_rates_say(
    truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(SCORED, monkeypatch)
    first, second, *_ = estimates(make_shop(tmp_path / "shop"), truth)
    assert first.difference == pytest.approx(-0.2)
    assert second.difference == pytest.approx(0.1)


def test_without_a_year_of_history_there_is_no_next_year_and_without_scores_nothing(
    truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path / "shop")
    _answer(SCORED.with_columns(spend_365d=pl.lit(None, pl.Float64)), monkeypatch)
    assert [one.figure for one in estimates(shop, truth)][-1] == "spend per order day, net of returns"
    _answer(SCORED.clear(), monkeypatch)
    assert estimates(shop, truth) == []
