"""Shops whose exports begin in the middle of their life: whom is learnt from, and what is said of it."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from histories import AS_OF, shop, shop_warehouse
from mandje.predict.back_test.judge import judge_forms
from mandje.predict.fit import fit_and_score
from mandje.predict.inputs.histories import SHOP, Scope
from mandje.predict.inputs.learners import find_learners, find_learners_then
from mandje.predict.models.recent_shares import RECENT_SHARES
from rare_shop import Rare, rare_orders

EXPORT_DAYS, AFTER = 400, 90
FIRST_DAY = AS_OF - timedelta(days=EXPORT_DAYS - 1)
EVERYBODY = Scope(learns_from_truncated=True)


def regulars(customers: int, days_between: float, seed: int = 1) -> pl.DataFrame:
    """Order days of people who came long before the exports begin, each at a rate of their own."""
    random = np.random.default_rng(seed)
    rates = random.gamma(4, 1 / (4 * days_between), customers)
    counts = random.poisson(rates * (EXPORT_DAYS + AFTER))
    person = np.repeat(np.arange(customers), counts)
    day = random.integers(0, EXPORT_DAYS + AFTER, len(person))
    frame = pl.DataFrame({"number": person, "day": day}).unique().sort("number", "day")
    return frame.select(
        pl.format("p{}", pl.col("number").cast(pl.String).str.zfill(7)).alias("person_id"),
        pl.lit(AS_OF - timedelta(days=EXPORT_DAYS - 1))
        .dt.offset_by(pl.format("{}d", "day"))
        .alias("order_date"),
        pl.Series("spend", np.round(random.gamma(4, 6, len(frame)) + 0.01, 2)),
    )


def truncated(orders: pl.DataFrame, window: int = 60) -> duckdb.DuckDBPyConnection:
    """The warehouse of these orders, under a window of left truncation."""
    con = shop_warehouse(orders)
    con.execute(
        f"""
        update intermediate.int_customer_inputs set is_in_fit = false, exclusion_reason = 'left_truncated'
        where first_order_date < history_start_date + {window}
        """
    )
    return con


def test_regular_buyers_get_numbers_under_the_default_settings() -> None:
    """300 people who come about weekly, 400 days of exports: nearly all ordered within the first 60 days."""
    orders = regulars(300, 7)
    con = truncated(orders)
    fit = fit_and_score(con, shop(), AS_OF)
    assert (fit.reason, fit.order_form) == (None, "BG/NBD")
    (warning,) = fit.warnings
    assert warning.endswith("(left_truncation_days): without them there are too few")
    told = int(warning.split()[0])
    early = orders.group_by("person_id").agg(pl.col("order_date").min())
    limit = orders["order_date"].min() + timedelta(days=60)  # type: ignore[operator]
    assert told == early.filter(pl.col("order_date") < limit).height > 250
    came = orders.filter(pl.col("order_date") > AS_OF).height
    assert float(fit.expected_orders["90d"] or 0) == pytest.approx(came, rel=0.06)
    assert fit.customers_in_fit == fit.customers == 300
    assert con.sql("select bool_and(is_in_fit) from predictions.customer_predictions").fetchall() == [(True,)]


def test_the_back_tests_of_regular_buyers_learn_from_the_same() -> None:
    con = truncated(regulars(300, 7))
    judged = judge_forms(con, AS_OF, 30)
    assert judged.reason is None
    assert len(judged.cuts) >= 3
    assert all(0.9 < (cut.scores["BG/NBD"]["total_ratio"] or 0) < 1.1 for cut in judged.cuts)
    assert all(cut.scores[RECENT_SHARES]["auc"] is not None for cut in judged.cuts)


def test_where_enough_are_left_nobody_else_is_learnt_from() -> None:
    con = truncated(regulars(1500, 90))
    learners = find_learners(con, AS_OF)
    assert (learners.scope, learners.warnings) == (SHOP, [])
    assert learners.counts.customers_in_fit < 1100
    assert find_learners_then(con, AS_OF) == SHOP


def test_where_all_together_are_too_few_it_is_said_what_a_smaller_window_would_leave() -> None:
    orders = regulars(90, 7)
    fit = fit_and_score(truncated(orders), shop(), AS_OF)
    assert fit.reason == "too_few_customers"
    assert fit.explanation is not None
    first = orders.group_by("person_id").agg(pl.col("order_date").min())
    begin = orders["order_date"].min()
    left = [first.filter(pl.col("order_date") >= begin + timedelta(days=days)).height for days in (30, 14)]  # type: ignore[operator]
    assert f"with 30, 14, 0 days there would be at most {left[0]}, {left[1]}, 90" in fit.explanation
    assert fit.warnings == []


def test_shares_too_learn_from_everybody_where_that_makes_enough() -> None:
    orders = rare_orders(Rare(customers=900, returning=0.02), seed=2)
    con = truncated(orders, window=400)
    assert find_learners(con, AS_OF).scope == EVERYBODY
    fit = fit_and_score(con, shop(), AS_OF)
    assert (fit.order_form, len(fit.warnings)) == (RECENT_SHARES, 1)
