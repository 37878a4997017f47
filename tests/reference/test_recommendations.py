"""Recommendations on a real shop: Online Retail, its last 60 days held out.

Half-life and λ are chosen on the 60 days before, with what was known then; only the baseline is given the
best half-life that the held-out days themselves would have chosen. Which methods are tried at all, and the
exponent of the blend's trend, were found with the held-out days in sight.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pytest

from mandje.recommend.judge.champion import paired_gain
from mandje.recommend.judge.judge import best_half_life, best_penalty, judge
from mandje.recommend.judge.trials import Trial, basket_trial, outcome, person_trial
from mandje.recommend.models.forms import FORMS, HALF_LIVES, TASKS, Fits, Form, Penalties, Task
from mandje.recommend.models.purchases import Purchases, purchases_until
from mandje.recommend.models.ranking import first
from online_retail_lines import online_retail_lines
from repository import ROOT

DAYS = 60
CUT = date(2011, 12, 9) - timedelta(days=DAYS)


def _trial(purchases: Purchases, cut: date, task: Task) -> Trial:
    if task == "basket":
        return basket_trial(purchases, online_retail_lines(), cut, DAYS)
    return person_trial(purchases, online_retail_lines(), cut, DAYS, task)


def _chosen_before(task: Task) -> tuple[Penalties, float]:
    cut = CUT - timedelta(days=DAYS)
    purchases = purchases_until(online_retail_lines(), cut)
    trials = {name: _trial(purchases, cut, name) for name in ("any", "new", "basket")}
    penalties = Penalties(best_penalty(trials["new"], "new"), best_penalty(trials["basket"], "basket"))
    return penalties, best_half_life(trials[task], task)


@pytest.mark.full
@pytest.mark.parametrize(
    ("task", "form", "units", "least"),
    [("new", "blend", 1683, 0.060), ("any", "own again", 1776, 0.158), ("basket", "EASE", 4359, 0.325)],
)
def test_held_out_days_are_told_surely_better_than_by_the_best_best_sellers(
    task: Task, form: Form, units: int, least: float
) -> None:
    penalties, half_life = _chosen_before(task)
    purchases = purchases_until(online_retail_lines(), CUT)
    trial, fits = _trial(purchases, CUT, task), Fits(purchases, penalties)
    assert trial.units == units
    ours = outcome(trial, fits.model(form, task, half_life), task).recall
    assert ours.mean() >= least
    for days in HALF_LIVES:
        theirs = outcome(trial, fits.model("best sellers", task, days), task).recall
        gain, error = paired_gain(theirs, ours, trial.owner)
        assert gain > 5 * error


@pytest.mark.full
def test_months_of_a_real_shop_choose_a_form_for_each_task() -> None:
    lines = online_retail_lines()
    judged = judge(lines, date(2011, 12, 1))
    assert {one.task: one.champion for one in judged.tasks} == {
        "any": "own again",
        "new": "blend",
        "basket": "EASE",
    }
    assert [len(one.windows) for one in judged.tasks] == [4, 4, 4]


_DIGEST = "from test_recommendations import digest; print(digest())"


def digest() -> str:
    """Of the first ten for 1,000 customers, or orders, by each form of each task, on 3,000 products."""
    purchases = purchases_until(online_retail_lines(), CUT)
    fits, found = Fits(purchases, Penalties(200.0, 20.0)), hashlib.sha256()
    for task in TASKS:
        rows = purchases.baskets if task == "basket" else purchases.histories
        for form in FORMS[task]:
            scores = fits.model(form, task, 7.0).of_rows(rows[:1000], purchases.repeats[:1000])
            found.update(first(scores, np.ones(scores.shape, dtype=np.bool_)).tobytes())
    return found.hexdigest()


@pytest.mark.full
def test_lists_are_equal_on_one_two_and_four_threads() -> None:
    path = os.pathsep.join([*sys.path, str(ROOT / "tests" / "reference")])
    digests = [
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "4")
    ]
    assert len(digests[0].strip()) == 64
    assert digests == digests[:1] * 3
