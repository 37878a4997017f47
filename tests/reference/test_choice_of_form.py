"""The form that a shop's own past chooses, on orders of a real shop."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.back_test.judge import judge_forms
from mandje.predict.back_test.scoreboard import read_orders, score_cut

DATA = Path(__file__).parent / "data"
# r, alpha, a, b
TRUTHS = [
    (0.6, 60.0, 0.8, 2.5),
    (0.9, 90.0, 0.5, 3.0),
    (0.4, 120.0, 1.2, 3.0),
    (1.5, 40.0, 0.3, 4.0),
    (0.25, 30.0, 0.8, 2.4),
]


def test_one_better_day_of_the_past_does_not_promote_the_stack() -> None:
    """One year of Online Retail before its peak: the stack was better by .0019 once, and then is worse."""
    con = read_orders(DATA / "online_retail_one_year_gross.csv.gz")
    board = score_cut(con, date(2011, 9, 10), 90)
    champion, why = board.champion
    assert champion == "BG/NBD"
    assert why == (
        "nothing else forecast surely better, tried on 1 day(s) of the past; stack: better by 0.0019 "
        "(log-loss), but tried on one day of the past only, where 0.005 is needed"
    )
    loss = {row["contender"]: row["loss"] for row in board.scores.to_dicts()}
    assert (round(loss["BG/NBD"], 4), round(loss["stack"], 4)) == (0.6241, 0.6259)


def test_before_the_summer_of_two_years_nothing_says_that_the_stack_is_better() -> None:
    """It would have been, by .003 with the season: most of it a total that happened to lie nearer."""
    judged = judge_forms(read_orders(DATA / "online_retail_two_years.csv.gz"), date(2011, 6, 11), 90)
    assert (judged.champion, len(judged.cuts)) == ("BG/NBD", 4)
    duel = next(one for one in judged.duels if one.challenger == "stack")
    assert duel.gain == pytest.approx(0.0002, abs=0.0001)
    assert (duel.standard_error or 0) > 0.0004
    assert duel.cuts_won == 2
    assert duel.why == "better by 0.0002 (log-loss), which may be chance: more than 0.0012 is needed"


@pytest.mark.full
def test_of_customers_who_order_as_bg_nbd_says_the_stack_is_hardly_ever_chosen() -> None:
    """40 shops; at most a tenth."""
    chosen = [
        judge_forms(shop_warehouse(order_days(1500, TRUTHS[seed % 5], 730, seed)), AS_OF, 90).champion
        for seed in range(1000, 1040)
    ]
    assert chosen.count("stack") <= 4
