"""Shares of customers alike in the back-tests: the month's choice where no model can be, else a baseline."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.back_test.judge import judge_forms
from mandje.predict.back_test.recent_shares import forecast
from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.inputs.recent_windows import read_recent_windows
from mandje.predict.models.recent_shares import RECENT_SHARES, fit_recent_shares
from rare_shop import DAYS, Rare, rare_orders

FIRST_DAY = AS_OF - timedelta(days=DAYS - 1)


def rare_warehouse(kind: Rare, seed: int) -> duckdb.DuckDBPyConnection:
    return shop_warehouse(rare_orders(kind, seed))


@pytest.fixture(scope="module")
def few() -> duckdb.DuckDBPyConnection:
    return rare_warehouse(Rare(customers=5000), 1)


def test_where_too_few_came_back_shares_are_the_months_choice(few: duckdb.DuckDBPyConnection) -> None:
    judged = judge_forms(few, AS_OF, 90)
    assert judged.champion == RECENT_SHARES
    assert judged.why.startswith(
        "by the end of last month fewer than 50 customers had ordered on 3 or more days"
    )
    for cut in judged.cuts:
        scores = cut.scores[RECENT_SHARES]
        assert (scores["total_spend_ratio"] is None) == (scores["total_ratio"] is None)
        assert scores["log_loss"] is not None
        assert RECENT_SHARES in cut.tenths
    assert any(cut.scores[RECENT_SHARES]["total_ratio"] for cut in judged.cuts)
    by_horizon = [(one.horizon_days, one.cut) for one in judged.past_totals]
    assert {days for days, _ in by_horizon} == {30, 90}
    assert by_horizon == sorted(by_horizon, key=lambda one: (one[0], -one[1].toordinal()))
    assert all(one.expected_orders and not one.is_corrected for one in judged.past_totals)


def test_nothing_after_a_cut_is_looked_at(few: duckdb.DuckDBPyConnection) -> None:
    cut = date(2025, 1, 31)
    seen = read_recent_windows(few, cut, FIRST_DAY, 90)
    orders = rare_orders(Rare(customers=5000), 1).filter(pl.col("order_date") <= cut)
    then = read_recent_windows(shop_warehouse(orders), cut, FIRST_DAY, 90)
    assert seen is not None
    assert then is not None
    for name in ("customers", "with_order", "order_days"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(then, name))


def test_where_a_model_can_be_used_shares_are_shown_and_never_chosen() -> None:
    con = shop_warehouse(order_days(1100, (0.6, 60.0, 0.8, 2.5), 730, seed=5))
    judged = judge_forms(con, AS_OF, 90)
    assert judged.champion != RECENT_SHARES
    for cut in judged.cuts:
        names = list(cut.scores)
        assert names.index(RECENT_SHARES) > names.index("BG/NBD")
        assert (cut.scores[RECENT_SHARES]["auc"] or 0) > 0.6


def test_a_forecast_is_a_law_of_order_days(few: duckdb.DuckDBPyConnection) -> None:
    """What is told of single orders and of their number is of one piece, and right on average."""
    seen = read_recent_windows(few, AS_OF - timedelta(days=90), FIRST_DAY, 90)
    assert seen is not None
    shares = fit_recent_shares(seen)
    assert shares is not None
    told = forecast(shares, read_holdout(few, AS_OF - timedelta(days=90), 90))
    assert (told.orders >= told.some_order).all()
    assert ((told.pit >= 0) & (told.pit <= 1)).all()
    assert (told.covered_told >= 0.8 - 1e-9).all()
