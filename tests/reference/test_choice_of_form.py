"""The form that a shop's own past chooses, on orders of a real shop."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mandje.predict.back_test.scoreboard import read_orders, score_cut

DATA = Path(__file__).parent / "data"


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
