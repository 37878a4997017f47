"""The season of simulated shops: none where there is none, one that was planted, and why there is none."""

from __future__ import annotations

import math
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.back_test.back_test import back_test
from mandje.predict.inputs.cuts import read_cut, read_holdout
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.parameters import PurchasePatterns
from mandje.predict.season.factor import Season
from mandje.predict.season.words import season_lines
from mandje.predict.season.year_before import Seasons, find_seasons
from seasonal import PEAK, YEAR, with_peak

DAYS = 3 * YEAR
PARAMETERS = (0.6, 60.0, 0.8, 2.5)
FIRST = AS_OF - timedelta(days=DAYS - 1)


def seasons(
    con: duckdb.DuckDBPyConnection, cut: date, horizon_days: int = PEAK, first_day: date = FIRST
) -> Seasons:
    def read(day: date) -> Holdout:
        return read_holdout(con, day, horizon_days)

    return find_seasons(read, cut, first_day, horizon_days, ("BG/NBD",))["BG/NBD"]


def test_a_shop_without_season_keeps_its_level() -> None:
    """Of orders and spend per order, at two cuts of two shops: no more than one beyond two errors."""
    off = []
    for seed in (1, 2):
        con = shop_warehouse(order_days(1500, PARAMETERS, DAYS, seed))
        for wait in (0, 60):
            found = seasons(con, AS_OF - timedelta(days=wait))
            for one in (found.orders, found.spend):
                assert one.unshrunk is not None
                assert one.standard_error is not None
                off.append(abs(math.log(one.unshrunk)) / one.standard_error)
                assert abs(math.log(one.factor)) < abs(math.log(one.unshrunk))
    assert sum(each > 2 for each in off) <= 1
    assert max(off) > 0.1


def test_a_planted_season_comes_again_a_year_later() -> None:
    """What the year before says of 90 days of peak and of 90 quiet ones is what then came, within two errors.

    A model of quiet months expects still less of the peak than its 1.5 alone tells.
    """
    con = shop_warehouse(with_peak(order_days(2500, PARAMETERS, DAYS, seed=5), DAYS))
    for wait, low, high in ((PEAK, 1.4, 2.0), (DAYS - 2 * YEAR - 34, 0.6, 0.9)):
        cut = AS_OF - timedelta(days=wait)
        told, came = (seasons(con, day).orders for day in (cut, cut + timedelta(days=YEAR)))
        assert (told.base_day, came.base_day) == (cut - timedelta(days=YEAR), cut)
        assert told.unshrunk is not None
        assert came.unshrunk is not None
        error = math.hypot(told.standard_error or 0, came.standard_error or 0)
        assert abs(math.log(told.unshrunk / came.unshrunk)) <= 2 * error
        assert low < told.factor < high


def test_forms_with_season_forecast_a_planted_peak_better() -> None:
    con = shop_warehouse(with_peak(order_days(2500, PARAMETERS, DAYS, seed=3), DAYS))
    cut = AS_OF - timedelta(days=PEAK)
    holdout, found = read_holdout(con, cut, PEAK), seasons(con, cut)
    known = read_cut(con, holdout.known, cut, FIRST, PEAK)
    test = back_test(known, holdout, lambda: holdout.known, {"BG/NBD": found})
    names = [one.name for one in test.contenders if one.name.endswith("with season")]
    assert names == ["BG/NBD with season", "stack with season"]
    plain, corrected = test.of("BG/NBD").scores, test.of("BG/NBD with season").scores
    assert (plain["total_ratio"] or 1) < 0.85
    assert corrected["total_ratio"] == pytest.approx(1, abs=0.12)
    assert (corrected["log_loss"] or 1) < (plain["log_loss"] or 0)
    stacks = [test.of(name).scores["total_ratio"] or 0 for name in ("stack", "stack with season")]
    assert stacks[0] < stacks[1]
    assert [one.log_losses for one in test.contenders if one.season_factor] == [None, None]
    published = {one.name: one for one in test.published}
    assert list(published) == [one.name for one in test.contenders if one.name not in names]
    assert published["BG/NBD"].scores == corrected
    assert (published["MBG/NBD"], published["MBG/NBD"].season_factor) == (test.of("MBG/NBD"), None)


def test_without_a_year_there_is_no_season() -> None:
    con = shop_warehouse(order_days(300, PARAMETERS, 543, seed=1))
    first = AS_OF - timedelta(days=542)
    found = seasons(con, AS_OF, first_day=first)
    assert (found.orders.factor, found.spend.factor) == (1, 1)
    assert str(found.orders.reason).startswith(f"no year of history (orders begin on {first}; by ")
    (line,) = season_lines({"BG/NBD": found, "MBG/NBD": found})
    assert line.startswith("BG/NBD and MBG/NBD: not corrected for season: no year of history")


def test_too_few_orders_make_no_season() -> None:
    """One more day and the history does reach; but of 300 customers too few orders came."""
    con = shop_warehouse(order_days(300, PARAMETERS, 544, seed=1))
    found = seasons(con, AS_OF, first_day=AS_OF - timedelta(days=543))
    base = AS_OF - timedelta(days=YEAR)
    assert 0 < found.orders.order_days < 200
    assert (found.orders.factor, found.spend.factor) == (1, 1)
    assert (
        found.orders.reason
        == f"{found.orders.order_days} orders came in the 90 days after {base}, 200 needed"
    )


def test_money_that_tells_nothing_leaves_spend_as_it_is() -> None:
    free = order_days(1500, PARAMETERS, DAYS, seed=1).with_columns(spend=pl.lit(0.0))
    found = seasons(shop_warehouse(free), AS_OF)
    assert found.orders.reason is None
    assert (found.spend.factor, found.spend.unshrunk) == (1, None)
    (line,) = season_lines({"BG/NBD": found})
    assert "Spend per order is not corrected: nobody spent anything" in line


def newcomers(*, is_in_fit: bool) -> Holdout:
    """300 who have ordered once by the base day, and once more in the window."""
    none, one = np.zeros(1), np.ones(1)
    patterns = PurchasePatterns(none, none, one * 100, one * 300)
    return Holdout(patterns, np.array([is_in_fit]), none, none, none, one, one, float(PEAK), PEAK)


@pytest.mark.parametrize(
    ("is_in_fit", "came", "reason"),
    [
        (False, 0, "0 orders came in the 90 days after {}, 200 needed"),
        (True, 300, "BG/NBD cannot be fitted on {}: nobody ordered twice"),
    ],
    ids=["not learnt from", "nobody came again"],
)
def test_whom_a_model_cannot_learn_from_makes_no_season(is_in_fit: bool, came: int, reason: str) -> None:  # noqa: FBT001
    held = newcomers(is_in_fit=is_in_fit)
    found = find_seasons(lambda _: held, AS_OF, FIRST, PEAK, ("BG/NBD",))["BG/NBD"].orders
    base = AS_OF - timedelta(days=YEAR)
    assert (found.factor, found.order_days, found.reason) == (1, came, reason.format(base))


def test_a_season_in_words() -> None:
    orders = Season(1.326, 1.328, 0.021, date(2010, 9, 11), 4255, None)
    spend = Season(1.141, 1.151, 0.035, date(2010, 9, 11), 4255, None)
    (line,) = season_lines({"BG/NBD": Seasons(90, orders, spend)})
    assert line == (
        "BG/NBD: season 1.326. In the 90 days after 2010-09-11 4,255 order days came where 3,204 were "
        "expected (1.328, error 0.021). Spend per order 1.141 (1.151, error 0.035)."
    )


def test_over_a_year_nothing_is_corrected() -> None:
    con = shop_warehouse(order_days(300, PARAMETERS, DAYS, seed=1))
    for horizon in (364, 365):
        found = seasons(con, AS_OF, horizon)
        assert (found.orders.factor, found.spend.factor, found.orders.base_day) == (1, 1, None)
        (line,) = season_lines({"BG/NBD": found})
        assert line == "BG/NBD: not corrected for season: a year has every season once."
    assert seasons(con, AS_OF, 363).orders.reason != found.orders.reason
