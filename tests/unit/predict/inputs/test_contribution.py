"""The share of net spend that is left: published credibility, and what no single order may do to it."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import polars as pl
import pytest

from histories import AS_OF, inputs, shop, simulate, warehouse
from mandje.predict.fit import fit_and_score
from mandje.predict.inputs.contribution import (
    Moments,
    SiteMoney,
    credibility_amount,
    fitted_credibility,
    read_site_money,
)

# Hachemeister (1975): average claims and their numbers, 12 quarters of 5 states.
CLAIMS = np.array(
    [
        [1738, 1642, 1794, 2051, 2079, 2234, 2032, 2035, 2115, 2262, 2267, 2517],
        [1364, 1408, 1597, 1444, 1342, 1675, 1470, 1448, 1464, 1831, 1612, 1471],
        [1759, 1685, 1479, 1763, 1674, 2103, 1502, 1622, 1828, 2155, 2233, 2059],
        [1223, 1146, 1010, 1257, 1426, 1532, 1953, 1123, 1343, 1243, 1762, 1306],
        [1456, 1499, 1609, 1741, 1482, 1572, 1606, 1735, 1607, 1573, 1613, 1690],
    ]
)
NUMBERS = np.array(
    [
        [7861, 9251, 8706, 8575, 7917, 8263, 9456, 8003, 7365, 7832, 7849, 9077],
        [1622, 1742, 1523, 1515, 1622, 1602, 1964, 1515, 1527, 1748, 1654, 1861],
        [1147, 1357, 1329, 1204, 998, 1077, 1277, 1218, 896, 1003, 1108, 1121],
        [407, 396, 348, 341, 315, 328, 352, 331, 287, 384, 321, 342],
        [2902, 3172, 3046, 3068, 2693, 2910, 3275, 2697, 2663, 3017, 3242, 3425],
    ]
)
# Bühlmann-Straub variances of these data, within and between states.
WITHIN, BETWEEN = 139_120_026, 89_639


def moments(ratios: np.ndarray, volumes: np.ndarray) -> Moments:
    """Persons by row, orders by column."""
    amounts, sales = ratios * volumes, volumes.sum(axis=1)
    return Moments(
        persons=len(sales),
        orders=volumes.size,
        sales=float(sales.sum()),
        contribution=float(amounts.sum()),
        order_squares=float((amounts * ratios).sum()),
        person_squares=float((amounts.sum(axis=1) ** 2 / sales).sum()),
        sales_squares=float((sales**2).sum()),
    )


def test_hachemeisters_states() -> None:
    fitted = fitted_credibility(moments(CLAIMS, NUMBERS))
    assert fitted == pytest.approx(WITHIN / BETWEEN, rel=1e-5)
    volumes = NUMBERS.sum(axis=1)
    np.testing.assert_allclose(
        volumes / (volumes + fitted), [0.9847, 0.9276, 0.8985, 0.7279, 0.9588], atol=5e-5
    )


def test_the_weight_of_persons_is_found_again() -> None:
    """Ratios vary among persons by 0.1 and among orders by 0.2 at 40 of net sales: K = 40 · 0.2² / 0.1²."""
    random = np.random.default_rng(4)
    volumes = random.gamma(4, 10, (20_000, 4))
    own = 0.4 + 0.1 * random.standard_normal((20_000, 1))
    ratios = own + 0.2 * np.sqrt(40 / volumes) * random.standard_normal(volumes.shape)
    assert fitted_credibility(moments(ratios, volumes)) == pytest.approx(160, rel=0.06)


def test_the_weight_is_bounded() -> None:
    alike = moments(np.full((50, 3), 0.4), np.full((50, 3), 20.0))
    assert credibility_amount(alike) in {20.0, 20_000.0}
    own = moments(np.repeat(np.linspace(0, 0.9, 50)[:, None], 3, axis=1), np.full((50, 3), 20.0))
    assert credibility_amount(own) == 20.0
    once = moments(np.linspace(0, 0.9, 50)[:, None], np.full((50, 1), 20.0))
    assert credibility_amount(once) == 20_000.0
    nothing = replace(once, persons=0, orders=0, sales=0.0, contribution=0.0)
    assert credibility_amount(nothing) == 1.0


SHOP = shop()
USUAL = inputs(*simulate(900, (0.6, 60.0, 0.8, 2.5), 700, seed=6))
FIRST = pl.col("person_id") == "p0000000"


def scored(frame: pl.DataFrame) -> tuple[duckdb.DuckDBPyConnection, pl.DataFrame, dict[str, SiteMoney]]:
    con = warehouse(frame)
    fit = fit_and_score(con, SHOP, AS_OF)
    predictions = con.sql("from predictions.customer_predictions order by person_id").pl()
    return con, predictions.cast({pl.Decimal: pl.Float64}), fit.site_money


def money(frame: pl.DataFrame, where: pl.Expr, sales: float, contribution: float) -> pl.DataFrame:
    """Persons with one order of these net sales and goods contribution."""
    square = contribution**2 / sales if sales else 0
    values = {"kept_sales_amount": sales, "goods_contribution_amount": contribution}
    kinds = dict.fromkeys(values, pl.Decimal(18, 4)) | {"contribution_square_amount": pl.Decimal(24, 6)}
    values["contribution_square_amount"] = square
    return frame.with_columns(
        pl.when(where).then(pl.lit(value).cast(kinds[name])).otherwise(name).alias(name)
        for name, value in values.items()
    ).with_columns(sales_order_count=pl.when(where).then(int(sales > 0)).otherwise("sales_order_count"))


def test_value_is_spend_times_the_own_ratio_less_the_cost_of_an_order() -> None:
    frame = money(USUAL, FIRST, 500.0, 450.0)
    _, predictions, told = scored(frame)
    site = told["nl"]
    assert site.order_cost_amount == 5.0
    own = predictions.filter(FIRST).row(0, named=True)
    weight = 500 / (500 + site.credibility_amount)
    assert own["contribution_ratio"] == pytest.approx(
        weight * 0.9 + (1 - weight) * site.contribution_ratio, abs=2e-6
    )
    per_order = own["expected_spend_per_order_amount"] * own["contribution_ratio"] - 5
    plain = own["expected_orders_365d"] * per_order
    assert own["predicted_value_365d_amount"] == pytest.approx(plain, rel=0.06)
    assert abs(own["predicted_value_365d_amount"]) <= abs(plain)


@pytest.mark.parametrize(
    ("where", "sales", "contribution"),
    [
        (FIRST, 0.0, 0.0),
        (FIRST, 0.0001, -0.0001),
        (FIRST, 9_000_000.0, -9_000_000.0),
        (FIRST, 9_000_000.0, 9_000_000.0),
        (pl.lit(True), 0.0, 0.0),  # noqa: FBT003
        (pl.lit(True), 10.0, -10.0),  # noqa: FBT003
    ],
    ids=[
        "sent back",
        "a trace left",
        "a giant at a loss",
        "a giant for free",
        "all sent back",
        "all at a loss",
    ],
)
def test_no_order_makes_a_silly_ratio(where: pl.Expr, sales: float, contribution: float) -> None:
    _, predictions, told = scored(money(USUAL, where, sales, contribution))
    ratio = predictions["contribution_ratio"]
    assert ratio.null_count() == 0
    assert ratio.is_between(-1, 1).all()
    assert -1 <= told["nl"].contribution_ratio <= 1
    assert np.isfinite(told["nl"].credibility_amount)
    if sales < 1:
        assert (
            predictions.filter(where)["contribution_ratio"] - told["nl"].contribution_ratio
        ).abs().max() < 1e-5  # type: ignore[operator]


def test_money_of_those_without_consent_is_not_learnt_from() -> None:
    refuses = pl.col("person_id") < "p0000300"
    frame = USUAL.with_columns(
        has_consent=~refuses, exclusion_reason=pl.when(refuses).then(pl.lit("no_consent"))
    )
    con, predictions, told = scored(money(frame, refuses, 100.0, 90.0))
    assert told == read_site_money(warehouse(frame.filter(~refuses)))
    assert told == read_site_money(con)
    assert predictions.filter(refuses)["contribution_ratio"].is_null().all()


def test_each_home_site_has_its_own() -> None:
    """What SQL sums up is what the orders of a site's persons say, worked out order by order."""
    random, half = np.random.default_rng(7), pl.col("person_id") < "p0000450"
    volumes, ratios = (
        random.gamma(4, 10, (900, 3)).round(4),
        0.4 + 0.2 * random.standard_normal((900, 3)).round(4),
    )
    amounts = volumes * ratios
    columns = {
        "kept_sales_amount": volumes.sum(axis=1),
        "goods_contribution_amount": amounts.sum(axis=1),
        "contribution_square_amount": (amounts * ratios).sum(axis=1),
    }
    frame = USUAL.with_columns(
        *(pl.Series(name, column).cast(USUAL.schema[name]) for name, column in columns.items()),
        home_site=pl.when(half).then(pl.lit("be")).otherwise(pl.lit("nl")),
        sales_order_count=pl.lit(3, pl.Int64),
        order_cost_amount=pl.when(half).then(0).otherwise("order_cost_amount"),
    )
    told = read_site_money(warehouse(frame))
    for site, rows, cost in (("be", slice(450), 0.0), ("nl", slice(450, None), 5.0)):
        known = moments(ratios[rows], volumes[rows])
        assert told[site].contribution_ratio == pytest.approx(known.contribution / known.sales, abs=1e-6)
        assert told[site].credibility_amount == pytest.approx(credibility_amount(known), rel=1e-4)
        assert told[site].order_cost_amount == cost
