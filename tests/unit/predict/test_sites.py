"""Each site by itself: as if the others were not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import polars as pl
import pytest

from histories import AS_OF, inputs, shop, simulate, warehouse
from mandje.predict import fit
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.models.order_model import OrderForm

FEW = pl.col("person_id") >= "p0001500"
FIRST = pl.col("person_id") < "p0000700"
FRAME = inputs(*simulate(1600, (0.6, 60, 0.8, 2.5), 700, seed=6)).with_columns(
    home_site=pl.when(FEW).then(pl.lit("uk")).when(FIRST).then(pl.lit("be")).otherwise(pl.lit("nl"))
)


def night(frame: pl.DataFrame, champion: OrderForm = "BG/NBD") -> tuple[Fit, duckdb.DuckDBPyConnection]:
    con = warehouse(frame)
    return fit_and_score(con, shop(), AS_OF, champion), con


def told(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    frame: pl.DataFrame = con.sql("from predictions.site_predictions order by site, person_id").pl()
    return frame


@pytest.mark.parametrize("champion", ["BG/NBD", "stack"])
def test_a_site_says_what_a_shop_of_that_site_alone_would(champion: OrderForm) -> None:
    together, con = night(FRAME, champion)
    for site in ("be", "nl"):
        alone, other = night(FRAME.filter(pl.col("home_site") == site), champion)
        assert told(con).filter(pl.col("site") == site).equals(told(other))
        # Too few orders came in each site's window, so that their seasons are the shop's.
        ours, theirs = (replace(one.sites[site], seasons=[], season=[]) for one in (together, alone))
        assert ours == theirs
        assert alone.sites[site].parameters == alone.parameters
        assert alone.sites[site].money == alone.site_money[site]


def test_a_site_with_too_little_says_why_and_the_others_go_on() -> None:
    together, con = night(FRAME)
    reasons = {site: one.reason for site, one in together.sites.items()}
    assert reasons == {"be": None, "nl": None, "uk": "too_few_customers"}
    few = told(con).filter(pl.col("site") == "uk")
    assert few.height == 100
    assert set(few["reason"]) == {"too_few_customers"}
    assert few["alive_probability"].null_count() == few["predicted_value_90d_amount"].null_count() == 100
    assert told(con).filter(pl.col("site") != "uk")["expected_orders_365d"].null_count() == 0


def test_one_site_is_not_fitted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    right, calls = fit.choose_models, []

    def counted(*known: Any) -> object:
        calls.append(known)
        return right(*known)

    monkeypatch.setattr(fit, "choose_models", counted)
    one, con = night(FRAME.with_columns(home_site=pl.lit("nl")))
    assert len(calls) == 1
    assert one.sites["nl"].parameters == one.parameters
    whole = con.sql("from predictions.customer_predictions order by person_id").pl()
    site = told(con)
    shared = [name for name in site.columns if name in whole.columns]
    assert site.select(shared).equals(whole.select(shared))
    churn = con.sql(
        "select churn_horizon_days, no_order_probability from predictions.churn_risk order by person_id"
    ).pl()
    assert site.select(churn.columns).equals(churn)


def test_who_buys_on_two_sites_has_a_row_on_each() -> None:
    con = warehouse(FRAME)
    con.execute(
        "create or replace view intermediate.int_site_customer_inputs as"
        " select home_site as site, * exclude (home_site) from intermediate.int_customer_inputs union all"
        " select 'nl', * exclude (home_site) from intermediate.int_customer_inputs"
        " where person_id < 'p0000100'"
    )
    fit_and_score(con, shop(), AS_OF)
    rows = told(con).filter(pl.col("person_id") == "p0000007")
    assert rows["site"].to_list() == ["be", "nl"]
    assert rows["expected_orders_90d"].null_count() == 0
