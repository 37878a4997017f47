"""Cuts of the past read from a warehouse, and the form of the month that follows from them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from functools import cache, partial

import numpy as np
import polars as pl
import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.back_test.forecasts import forecast_in_season
from mandje.predict.back_test.holdout_scores import Scores, order_scores, six
from mandje.predict.back_test.judge import Judgement, against_baselines, choose_form, judge_forms
from mandje.predict.inputs.cuts import read_cut, read_holdout, read_patterns
from mandje.predict.inputs.histories import read_purchase_patterns, read_spend_patterns
from mandje.predict.models.ladder import choose_purchase_model
from mandje.predict.models.order_model import ORDER_FORMS, OrderModel
from mandje.predict.season.year_before import find_seasons
from mandje.system.own_files import _plain

TRUTH = (0.6, 60.0, 0.8, 2.5)
ORDERS = order_days(2500, TRUTH, 730, seed=5)
FIRST_DAY = ORDERS["order_date"].min()
assert isinstance(FIRST_DAY, date)


def _slowly(cut: date, horizon: int) -> list[tuple[object, ...]]:
    """What `read_holdout` reads, person by person."""
    found = []
    for _, days in ORDERS.group_by("person_id", maintain_order=True):
        dates, spends = days["order_date"].to_list(), days["spend"].to_list()
        seen = [day for day in dates if day <= cut]
        if not seen:
            continue
        repeat = [spend for day, spend in zip(dates[1:], spends[1:], strict=True) if day <= cut and spend > 0]
        later = [spend for day, spend in zip(dates, spends, strict=True) if 0 < (day - cut).days <= horizon]
        recent = sum((cut - day).days < horizon for day in seen[1:])
        history = (len(seen) - 1, (seen[-1] - seen[0]).days, (cut - seen[0]).days + 1, len(repeat))
        found.append((*history, recent, len(later), round(sum(later), 2), round(sum(repeat), 2)))
    return sorted(found)


def test_a_holdout_equals_the_slow_way() -> None:
    cut = AS_OF - timedelta(days=90)
    holdout = read_holdout(shop_warehouse(ORDERS), cut, 90)
    patterns = holdout.patterns
    columns = (
        patterns.frequency,
        patterns.recency,
        patterns.age,
        holdout.spend_days,
        holdout.recent_orders,
        holdout.orders,
        np.round(holdout.spend, 2),
    )
    rows = np.repeat(np.column_stack(columns), patterns.weight.astype(int), axis=0)
    slow = _slowly(cut, 90)
    assert sorted(map(tuple, rows.tolist())) == sorted(row[:-1] for row in slow)
    assert patterns.customers == len(slow)
    total = float((patterns.weight * holdout.spend_days * holdout.mean_spend).sum())
    assert total == pytest.approx(sum(float(str(row[-1])) for row in slow), rel=1e-3)


def test_a_cut_tonight_is_what_the_inputs_say() -> None:
    con = shop_warehouse(ORDERS)
    now, inputs = read_patterns(con, AS_OF), read_purchase_patterns(con)
    moments = [(known.weight * known.frequency * known.recency * known.age).sum() for known in (now, inputs)]
    assert now.customers == inputs.customers
    assert moments[0] == moments[1]
    spend, inputs_spend = read_holdout(con, AS_OF, 90).known_spend, read_spend_patterns(con)
    means = [np.sort(np.repeat(one.mean_spend, one.weight.astype(int))) for one in (spend, inputs_spend)]
    np.testing.assert_allclose(*means, atol=0.0101)


def test_later_orders_do_not_change_a_cut() -> None:
    day = AS_OF - timedelta(days=200)
    now, then = (read_patterns(shop_warehouse(ORDERS, last), day) for last in (AS_OF, day))
    for one, other in zip(vars(now).values(), vars(then).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_inner_cut_ends_where_the_cut_stands() -> None:
    con, cut = shop_warehouse(ORDERS), AS_OF - timedelta(days=90)
    inner = read_cut(con, read_patterns(con, cut), cut, FIRST_DAY, 90).inner
    assert (inner.most_orders, inner.patterns.age.max()) == (79, 561)
    assert inner.orders.sum() > 0


@cache
def usual() -> Judgement:
    return judge_forms(shop_warehouse(ORDERS), AS_OF, 90)


@pytest.mark.parametrize("night", [pytest.param(date(2025, 6, 1), marks=pytest.mark.full), date(2025, 6, 17)])
def test_every_night_of_a_month_judges_alike(night: date) -> None:
    judged = judge_forms(shop_warehouse(ORDERS, night), night, 90)
    assert judged == usual()
    assert [cut.cut for cut in judged.cuts] == [
        date(2025, 5, 31) - timedelta(days=days) for days in (90, 180, 270, 360)
    ]


def test_the_truth_of_the_simulation_keeps_the_simplest_form() -> None:
    judged = usual()
    assert (judged.champion, judged.warnings) == ("BG/NBD", [])
    assert [len(cut.scores) for cut in judged.cuts] == [8] * 4
    for cut in judged.cuts:
        assert cut.faults == {}
        assert 0.7 < (cut.scores["BG/NBD"]["total_ratio"] or 0) < 1.4
        assert 0.74 < (cut.scores["BG/NBD"]["pit_share"] or 0) < 0.86
        baselines = max(cut.scores[name]["auc"] or 0 for name in ("recency", "frequency"))
        assert (cut.scores["BG/NBD"]["auc"] or 0) > baselines
        for bins in (cut.tenths["BG/NBD"].values(), cut.bands["BG/NBD"].values()):
            assert sum(each.customers for each in bins) == cut.customers
            assert all(abs(each.told - each.came) < 0.15 for each in bins)
        assert list(cut.bands["BG/NBD"]) == ["low", "medium", "high"]
    written = json.loads(json.dumps(judged, default=_plain, allow_nan=False))
    assert written["cuts"][0]["scores"]["BG/NBD"].keys() >= {"brier", "log_loss", "calibration_error"}


def test_forms_are_judged_with_the_season_known_at_the_cut() -> None:
    """Only the newest cut has 180 days of history a year before."""
    newest, *older = usual().cuts
    assert (list(newest.season_factors), [one.season_factors for one in older]) == (
        list(ORDER_FORMS),
        [{}] * 3,
    )
    con = shop_warehouse(ORDERS)
    holdout, read = read_holdout(con, newest.cut, 90), partial(read_holdout, con, horizon_days=90)
    season = find_seasons(read, newest.cut, FIRST_DAY, 90, ("BG/NBD",))["BG/NBD"]
    assert newest.season_factors["BG/NBD"] == season.orders.factor
    model = choose_purchase_model(holdout.known, lambda: holdout.known).parameters
    assert model is not None
    told = forecast_in_season(OrderModel(model), season.orders.factor, holdout)
    expected = order_scores(told, holdout)
    assert {name: newest.scores["BG/NBD"][name] for name in expected} == six(expected) | {
        "top_spend_share": newest.scores["BG/NBD"]["top_spend_share"]
    }


def test_a_short_history_is_judged_at_its_inner_cut() -> None:
    con = shop_warehouse(order_days(2500, TRUTH, 240, seed=5))
    judged = judge_forms(con, AS_OF, 90)
    assert choose_form(con, AS_OF, 90) == (judged.champion, judged.why)
    assert [cut.is_crossed for cut in judged.cuts] == [True]
    assert judged.cuts[0].cut + timedelta(days=judged.cuts[0].horizon_days) == date(2025, 5, 31)
    assert judged.cuts[0].scores.keys() >= {"BG/NBD", "MBG/NBD", "stack", "base_rate"}


@pytest.mark.parametrize(
    "orders",
    [ORDERS.head(0), order_days(2500, TRUTH, 150, seed=5), order_days(300, TRUTH, 730, seed=5)],
    ids=["nobody", "150 days", "300 customers"],
)
def test_too_little_to_judge_leaves_the_simplest(orders: pl.DataFrame) -> None:
    judged = judge_forms(shop_warehouse(orders), AS_OF, 90)
    assert (judged.champion, judged.cuts, judged.warnings) == ("BG/NBD", [], [])
    assert judged.reason == judged.why
    assert "nothing could be back-tested" in judged.why


def test_worse_than_a_baseline_is_said_in_words() -> None:
    scores = {
        "BG/NBD": {"auc": 0.7, "log_loss": 0.5},
        "recency": {"auc": 0.75},
        "frequency": {"auc": 0.6},
        "base_rate": {"log_loss": 0.5},
    }
    assert list(against_baselines("BG/NBD", scores)) == [
        "who ordered last tells better who will order (AUC 0.750) than the model does (0.700)",
        "one probability for all is as good (log-loss 0.5000) as the model's (0.5000)",
    ]
    assert list(against_baselines("stack", scores)) == []


@pytest.mark.parametrize(
    ("model", "last_count", "is_told"),
    [(0.75, 0.9, True), (0.75, 1.2, True), (1.3, 0.99, True), (0.75, 0.7, False), (0.9, 1.0, False)],
    ids=["nearer below", "nearer above", "of one that is too high", "farther", "of one about right"],
)
def test_the_last_count_again_judges_a_total_that_is_off(
    model: float, last_count: float, *, is_told: bool
) -> None:
    again: Scores = {"total_ratio": last_count}
    told = list(against_baselines("stack", {"stack": {"total_ratio": model}, "repeat_last_count": again}))
    words = f"nearer to what came in all ({last_count:.2f} of it) than the model ({model:.2f})"
    assert told == ([f"the last count again is {words}"] if is_told else [])


def test_two_scores_never_look_equal_where_one_is_better() -> None:
    scores = {
        "BG/NBD": {"auc": 0.361041, "log_loss": 0.500012},
        "recency": {"auc": 0.361372},
        "frequency": {"auc": 0.361042},
        "base_rate": {"log_loss": 0.500011},
    }
    told = list(against_baselines("BG/NBD", scores))
    assert [re.findall(r"0\.[0-9]+", line) for line in told] == [
        ["0.3614", "0.3610"],
        ["0.361042", "0.361041"],
        ["0.500011", "0.500012"],
    ]
