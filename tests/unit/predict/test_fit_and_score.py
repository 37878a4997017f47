from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from histories import AS_OF, inputs, shop, simulate, warehouse
from mandje.errors import MandjeError
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.scores import score_persons
from mandje.predict.scores.columns import DESCRIPTIONS, TABLES
from mandje.system.own_files import _plain

SHOP = shop(
    costs={
        "margin_ratio": "0.40",
        "shipping_cost_per_order_amount": "4.50",
        "service_cost_per_order_amount": "0.5",
    }
)
CUSTOMERS = 1500
HISTORIES = simulate(CUSTOMERS, (0.6, 60, 0.8, 2.5), 700, seed=6)
FRESH = inputs(*HISTORIES)


def _scored(frame: pl.DataFrame, settings: object = SHOP) -> tuple[Fit, pl.DataFrame, pl.DataFrame]:
    con = warehouse(frame)
    fit = fit_and_score(con, settings, AS_OF)  # type: ignore[arg-type]
    tables = [con.sql(f"from {table} order by person_id").pl() for table in TABLES]
    return fit, tables[0], tables[1]


@pytest.fixture(scope="module")
def scored() -> tuple[Fit, pl.DataFrame, pl.DataFrame]:
    return _scored(FRESH)


def plant(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    """Let a score have the same value for all."""
    right = score_persons.score_histories

    def planted(*arguments: Any) -> dict[str, NDArray[np.float64]]:
        scores = right(*arguments)
        return scores | {name: np.full_like(scores[name], value)}

    monkeypatch.setattr(score_persons, "score_histories", planted)


Scored = tuple[Fit, pl.DataFrame, pl.DataFrame]


def test_the_fit_tells_what_it_did(scored: Scored) -> None:
    fit, predictions, churn = scored
    assert (fit.purchase_model, fit.rung, fit.spend_model) == ("BG/NBD", "maximum_likelihood", "Gamma-Gamma")
    assert (fit.customers, fit.customers_scored, fit.customers_in_fit) == (CUSTOMERS,) * 3
    assert (fit.reason, fit.explanation, fit.customers_excluded) == (None, None, {})
    assert fit.expected_value_365d_amount == predictions["predicted_value_365d_amount"].sum()
    assert fit.customers_at_risk == churn["is_at_risk"].sum()
    assert fit.value_at_risk_amount == churn.filter("is_at_risk")["value_at_risk_amount"].sum()
    assert float(fit.expected_orders["90d"] or 0) == pytest.approx(predictions["expected_orders_90d"].sum())


def test_the_fit_can_be_written_as_json(scored: Scored) -> None:
    written = json.dumps(scored[0], default=_plain, allow_nan=False)
    assert json.loads(written)["parameters"].keys() == {"r", "alpha", "a", "b"}


def test_columns_types_and_comments_are_as_promised() -> None:
    con = warehouse(FRESH)
    fit_and_score(con, SHOP, AS_OF)
    for table, columns in TABLES.items():
        found = con.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where schema_name || '.' || table_name = ? order by column_index",
            [table],
        ).fetchall()
        assert found == [(name, kind, comment) for name, (kind, comment) in columns.items()]
        assert all("Unit: " in comment for _, kind, comment in found if kind != "VARCHAR")
        told = "select comment from duckdb_views() where schema_name || '.' || view_name = ?"
        assert con.execute(told, [table]).fetchone() == (DESCRIPTIONS[table],)


def test_every_number_is_finite_and_possible(scored: Scored) -> None:
    _, predictions, churn = scored
    for frame in (predictions, churn):
        for name, kind in frame.schema.items():
            if kind != pl.Float64:
                continue
            numbers = frame[name].drop_nulls()
            assert numbers.is_finite().all(), name
            assert (numbers >= 0).all(), name
            assert (numbers <= 1).all() or not name.endswith("_probability"), name
    assert predictions.drop("mean_spend_amount", "reason").null_count().sum_horizontal()[0] == 0


def test_longer_horizons_expect_more(scored: Scored) -> None:
    predictions = scored[1]
    for short, long in (("30d", "90d"), ("90d", "365d")):
        assert (
            predictions[f"no_order_{short}_probability"] >= predictions[f"no_order_{long}_probability"]
        ).all()
        assert (predictions[f"expected_orders_{short}"] <= predictions[f"expected_orders_{long}"]).all()


def test_money_ties_to_its_parts(scored: Scored) -> None:
    """The season of spend is by chance, and all but none: 0.1 % in 90 days."""
    fit, predictions, churn = scored
    usual = predictions["expected_spend_per_order_amount"].cast(pl.Float64)
    assert [season["spend_factor"] for season in fit.seasons] == [1, pytest.approx(0.99908, abs=1e-5), 1]
    for season in fit.seasons:
        days, per_order = season["horizon_days"], usual * season["spend_factor"]
        orders = predictions[f"expected_orders_{days}d"]
        spend = predictions[f"expected_spend_{days}d_amount"].cast(pl.Float64)
        value = predictions[f"predicted_value_{days}d_amount"].cast(pl.Float64)
        np.testing.assert_allclose(spend, orders * per_order, atol=6e-5)
        undiscounted = orders * (per_order * 0.40 - 5.00)
        gains = (per_order * 0.40 - 5.00).to_numpy() > 0
        assert (value.to_numpy()[gains] <= undiscounted.to_numpy()[gains] + 1e-4).all()
        assert (value.to_numpy()[gains] >= undiscounted.to_numpy()[gains] / 1.10 - 1e-4).all()
        assert (value.to_numpy()[~gains] <= 0).all()
    at_risk = (
        predictions["predicted_value_365d_amount"].cast(pl.Float64) * churn["steady_no_order_probability"]
    )
    np.testing.assert_allclose(churn["value_at_risk_amount"].cast(pl.Float64), at_risk, atol=6e-5)
    assert (predictions["predicted_value_365d_amount"] < 0).any()


def test_churn_risk_against_the_own_rhythm(scored: Scored) -> None:
    _, predictions, churn = scored
    assert (churn["no_order_probability"] == predictions["no_order_90d_probability"]).all()
    since = predictions["age_days"] - 1 - predictions["recency_days"]
    assert (churn["days_since_last_order"] == since).all()
    regular = churn.filter(pl.col("median_interval_days").is_not_null())
    expected = regular["days_since_last_order"] / regular["median_interval_days"]
    np.testing.assert_allclose(regular["overdue_ratio"], expected)
    assert churn.filter(pl.col("median_interval_days").is_null())["overdue_ratio"].is_null().all()


def test_the_churn_horizon_is_the_shops() -> None:
    _, predictions, churn = _scored(FRESH, shop(customers={"churn_horizon_days": 30}))
    assert (churn["churn_horizon_days"] == 30).all()
    assert (churn["no_order_probability"] == predictions["no_order_30d_probability"]).all()


@pytest.mark.parametrize(
    ("probability", "band", "is_at_risk"),
    [(0.499999, "low", False), (0.5, "medium", False), (0.799999, "medium", False), (0.8, "high", True)],
)
def test_bands_at_their_edges(
    monkeypatch: pytest.MonkeyPatch,
    probability: float,
    band: str,
    is_at_risk: bool,  # noqa: FBT001
) -> None:
    plant(monkeypatch, "no_order_steady", probability)
    _, predictions, churn = _scored(FRESH, shop())
    assert set(churn["churn_band"]) == {band}
    earns = predictions["predicted_value_365d_amount"] > 0
    assert (churn["is_at_risk"] == (earns & pl.Series([is_at_risk]))).all()


def test_shuffled_inputs_give_the_same_bits(scored: Scored) -> None:
    _, predictions, churn = _scored(FRESH.sample(fraction=1, shuffle=True, seed=5))
    assert predictions.equals(scored[1])
    assert churn.equals(scored[2])


def test_without_consent_facts_stay_and_predictions_do_not() -> None:
    refused = pl.Series("person_id", ["p0000001", "p0000007"])
    is_refused = pl.col("person_id").is_in(refused.implode())
    frame = FRESH.with_columns(
        has_consent=~is_refused, exclusion_reason=pl.when(is_refused).then(pl.lit("no_consent"))
    )
    fit, predictions, churn = _scored(frame)
    assert fit.customers_excluded == {"no_consent": 2}
    assert fit.customers_scored == CUSTOMERS - 2
    facts = {
        "person_id",
        "as_of_date",
        "frequency",
        "recency_days",
        "age_days",
        "spend_days",
        "is_in_fit",
        "reason",
    }
    rows = predictions.filter(is_refused)
    assert rows["reason"].to_list() == ["no_consent"] * 2
    assert rows["is_in_fit"].to_list() == [False] * 2
    for name in set(rows.columns) - facts - {"mean_spend_amount"}:
        assert rows[name].is_null().all(), name
    rows = churn.filter(is_refused)
    known = {
        "person_id",
        "as_of_date",
        "churn_horizon_days",
        "days_since_last_order",
        "median_interval_days",
        "reason",
    }
    for name in set(rows.columns) - known:
        assert rows[name].is_null().all(), name
    assert rows["reason"].to_list() == ["no_consent"] * 2


def test_nothing_is_learnt_from_those_without_consent() -> None:
    strange = inputs([400] * 50, [690] * 50, [700] * 50, person_id=pl.format("q{}", pl.int_range(pl.len())))
    refused = strange.with_columns(has_consent=pl.lit(False), exclusion_reason=pl.lit("no_consent"))  # noqa: FBT003
    assert _scored(pl.concat([FRESH, refused]))[0].parameters == _scored(FRESH)[0].parameters


def test_left_truncated_customers_are_scored_but_not_learnt_from() -> None:
    old = pl.col("age_days") > 650
    frame = FRESH.with_columns(is_in_fit=~old, exclusion_reason=pl.when(old).then(pl.lit("left_truncated")))
    fit, predictions, _ = _scored(frame)
    count = FRESH.filter(old).height
    assert fit.customers_excluded == {"left_truncated": count}
    assert fit.customers_in_fit == CUSTOMERS - count
    assert predictions.filter(old)["alive_probability"].null_count() == 0


def test_without_repeat_spend_the_mean_of_all_stands_in(scored: Scored) -> None:
    fit, predictions, _ = scored
    p, q, v = (fit.spend_parameters[name] or 0 for name in "pqv")
    first_timers = predictions.filter(pl.col("spend_days") == 0)["expected_spend_per_order_amount"]
    assert first_timers.n_unique() == 1
    assert float(first_timers[0]) == pytest.approx(p * v / (q - 1), rel=1e-4)


def test_repeat_orders_that_earned_nothing_do_not_enter_spend() -> None:
    """Days of zero or negative net spend give no spend day; the order days still count."""
    frame = FRESH.with_columns(
        spend_days=pl.lit(0, pl.Int64), mean_spend_amount=pl.lit(None, pl.Decimal(18, 2))
    )
    fit, predictions, churn = _scored(frame)
    assert (fit.purchase_model, fit.spend_model, fit.reason) == ("BG/NBD", None, "no_repeat_spend")
    assert predictions["alive_probability"].null_count() == 0
    for name in (
        "expected_spend_per_order_amount",
        "expected_spend_90d_amount",
        "predicted_value_365d_amount",
    ):
        assert predictions[name].is_null().all()
    assert churn["churn_band"].null_count() == 0
    assert churn["is_at_risk"].fill_null(value=False).sum() == 0
    assert set(predictions["reason"]) == {"no_repeat_spend"}
    assert fit.expected_value_365d_amount is None


def test_a_mean_of_zero_cents_is_scored_but_not_learnt_from() -> None:
    frame = FRESH.with_columns(
        mean_spend_amount=pl.when(pl.col("frequency") == 1)
        .then(Decimal("0.00"))
        .otherwise("mean_spend_amount")
    )
    fit, predictions, _ = _scored(frame)
    assert fit.spend_model == "Gamma-Gamma"
    assert (predictions["expected_spend_per_order_amount"] > 0).all()


def test_less_than_a_year_says_nothing_of_a_year() -> None:
    young = inputs(*simulate(CUSTOMERS, (0.6, 60, 0.8, 2.5), 300, seed=6), history_days=pl.lit(364, pl.Int64))
    fit, predictions, churn = _scored(young)
    assert (fit.reason, fit.expected_value_365d_amount, fit.customers_at_risk) == (None, None, None)
    assert fit.expected_orders["365d"] is None
    for name in predictions.columns:
        assert predictions[name].is_null().all() == ("365d" in name), name
    assert predictions["reason"].unique().to_list() == ["too_short_for_a_year"]
    assert not predictions["is_verified"].any()
    assert churn["no_order_probability"].null_count() == 0
    assert churn["value_at_risk_amount"].is_null().all()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (FRESH.head(0), "too_few_customers"),
        (FRESH.head(1), "too_few_customers"),
        (inputs([0] * 600, [0] * 600, [1] * 600), "too_few_repeat_customers"),
        (FRESH.with_columns(history_days=pl.lit(179, pl.Int64)), "too_short_history"),
        (FRESH.with_columns(last_order_date=pl.lit(AS_OF - timedelta(days=30))), "no_recent_order"),
    ],
    ids=["nobody", "one", "no repeats, T = 1", "short history", "quiet"],
)
def test_the_reason_stands_in_place_of_numbers(frame: pl.DataFrame, reason: str) -> None:
    fit, predictions, churn = _scored(frame)
    assert fit.reason == reason
    assert fit.explanation
    assert (fit.purchase_model, fit.rung, fit.spend_model, fit.customers_scored) == (None, None, None, 0)
    assert len(predictions) == len(churn) == len(frame)
    assert set(predictions["reason"]) == set(churn["reason"]) == ({reason} if len(frame) else set())
    for name in ("alive_probability", "purchase_model", "spend_model", "predicted_value_30d_amount"):
        assert predictions[name].is_null().all()
    assert churn["churn_band"].is_null().all()


def test_forty_years_and_thousands_of_orders() -> None:
    x, t_x, age = simulate(1000, (0.5, 900, 0.3, 3.0), 14_600, seed=9)
    fit, predictions, _ = _scored(
        inputs(
            [*x, 9000, 0], [*t_x, 14_599, 0], [*age, 14_600, 14_600], history_days=pl.lit(14_600, pl.Int64)
        )
    )
    assert fit.reason is None
    assert predictions["predicted_value_365d_amount"].null_count() == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"recency_days": pl.col("age_days")},
        {"frequency": pl.lit(-1, pl.Int64)},
        {"age_days": pl.lit(None, pl.Int64)},
        {"mean_spend_amount": pl.lit(Decimal("-1.00"))},
        {"has_consent": pl.lit(None, pl.Boolean)},
    ],
)
def test_a_history_that_cannot_be_stops_the_stage(fault: dict[str, pl.Expr]) -> None:
    con = warehouse(FRESH.with_columns(**fault))
    with pytest.raises(MandjeError, match="history cannot be"):
        fit_and_score(con, SHOP, AS_OF)


def test_an_impossible_score_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    con = warehouse(FRESH)
    fit_and_score(con, SHOP, AS_OF)
    before = con.sql("from predictions.churn_risk order by person_id").pl()
    plant(monkeypatch, "alive", np.nan)
    with pytest.raises(MandjeError, match=r"alive is not possible.*frequency"):
        fit_and_score(con, SHOP, AS_OF)
    assert con.sql("from predictions.churn_risk order by person_id").pl().equals(before)


def test_both_tables_change_together(monkeypatch: pytest.MonkeyPatch) -> None:
    con = warehouse(FRESH)
    fit_and_score(con, SHOP, AS_OF)
    monkeypatch.setattr(score_persons, "VIEWS", (*score_persons.VIEWS, "select no_such_column"))
    with pytest.raises(duckdb.Error):
        fit_and_score(con, SHOP, AS_OF + timedelta(days=1))
    found = con.execute("select distinct as_of_date from predictions.customer_predictions").fetchall()
    assert found == [(AS_OF,)]


def test_fit_is_frozen(scored: Scored) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        scored[0].reason = "x"  # type: ignore[misc]
