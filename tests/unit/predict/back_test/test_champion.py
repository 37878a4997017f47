"""The rule that chooses the form of the month."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from mandje.predict.back_test.champion import choose_champion, cut_days
from mandje.predict.back_test.contenders import BackTest, Contender

BG, MBG, STACK = "BG/NBD", "MBG/NBD", "stack"
NOISE = np.random.default_rng(2).normal(0, 0.1, 2000)
NOISE -= NOISE.mean()


def cut_with(losses: dict[str, float | None], totals: dict[str, float]) -> BackTest:
    """A cut at which the forms lose so much on average; a form with None was not fitted."""
    contenders = [
        Contender(form, None, {"total_ratio": totals.get(form, 1.0)}, 0.4 + NOISE * number + loss)
        if loss is not None
        else Contender(form, "planted", {}, None)
        for number, (form, loss) in enumerate(losses.items())
    ]
    return BackTest(90, np.ones(2000), contenders)


def cut_of(losses: dict[str, float | None]) -> BackTest:
    """The same with totals that are right."""
    return cut_with(losses, {})


def chosen(*tests: BackTest) -> str:
    return choose_champion(tests)[0]


def test_the_simplest_without_any_cut() -> None:
    champion, duels = choose_champion([])
    assert champion == BG
    assert {duel.why for duel in duels} == {"not fitted at every cut"}


def test_equal_forms_leave_the_simplest() -> None:
    assert chosen(*[cut_of({BG: 0, MBG: 0, STACK: 0})] * 4) == BG


def test_a_surely_better_form_takes_over() -> None:
    assert chosen(*[cut_of({BG: 0, MBG: -0.02, STACK: 0})] * 4) == MBG
    assert chosen(*[cut_of({BG: 0, MBG: -0.02, STACK: -0.05})] * 4) == STACK
    assert chosen(*[cut_of({BG: 0, MBG: 0.02, STACK: -0.05})] * 4) == STACK


def test_less_than_two_standard_errors_are_not_enough() -> None:
    """Of the mean over four cuts it is 0.1 / sqrt(2000) / 2 = 0.0011."""
    assert chosen(*[cut_of({BG: 0, MBG: -0.0021, STACK: 0})] * 4) == BG
    assert chosen(*[cut_of({BG: 0, MBG: -0.0024, STACK: 0})] * 4) == MBG


def test_three_of_four_cuts_are_needed() -> None:
    better, worse = cut_of({BG: 0, MBG: -0.06, STACK: 0}), cut_of({BG: 0, MBG: 0.01, STACK: 0})
    assert chosen(better, better, better, worse) == MBG
    assert chosen(better, better, worse, worse) == BG
    assert chosen(better, worse) == BG
    assert chosen(better) == MBG


@pytest.mark.parametrize(
    ("gain", "winner"), [(0.0017, BG), (0.0049, BG), (0.0051, STACK)], ids=["small", "below", "above"]
)
def test_one_cut_alone_promotes_from_a_gain_of_5_thousandths_on(gain: float, winner: str) -> None:
    """All customers share its window. Every customer gains the same here: their error is 0."""
    steady = Contender(BG, None, {"total_ratio": 1.0}, np.full(2000, 0.4))
    others = [replace(steady, name=form, log_losses=np.full(2000, 0.4 - gain)) for form in (MBG, STACK)]
    worse = replace(others[0], log_losses=np.full(2000, 0.5))
    one = BackTest(90, np.ones(2000), [steady, worse, others[1]])
    assert chosen(one) == winner
    assert chosen(one, one) == STACK


def test_why_one_cut_was_not_enough_is_said_plainly() -> None:
    _, duels = choose_champion([cut_of({BG: 0, MBG: 0.01, STACK: -0.0049})])
    assert [duel.why for duel in duels] == [
        "its log-loss is not lower",
        "better by 0.0049 (log-loss), but tried on one day of the past only, where 0.005 is needed",
    ]


def test_a_gain_that_varies_between_cuts_is_no_sure_gain() -> None:
    """Gains .031, .001, .001, .001: mean .0085, sd .015, so the error between cuts is .0075.

    The customers' is 0.1 / sqrt(2000) / 2 = .0011 and would have let it pass.
    """
    cuts = [cut_of({BG: 0, MBG: -gain, STACK: 0.1}) for gain in (0.031, 0.001, 0.001, 0.001)]
    champion, (duel, _) = choose_champion(cuts)
    assert (champion, duel.gain, duel.cuts_won) == (BG, pytest.approx(0.0085), 4)
    assert duel.standard_error == pytest.approx(0.0075)
    assert duel.why == "better by 0.0085 (log-loss), which may be chance: more than 0.0150 is needed"
    steady = [cut_of({BG: 0, MBG: -gain, STACK: 0.1}) for gain in (0.010, 0.008, 0.009, 0.007)]
    champion, (duel, _) = choose_champion(steady)
    assert champion == MBG
    assert duel.standard_error == pytest.approx(0.1 / math.sqrt(2000) / 2, rel=0.05)


@pytest.mark.parametrize(
    ("holder", "challenger", "winner"),
    [
        (1.3, 1.14, MBG),
        (1.0, 0.86, MBG),
        (1.0, 0.80, BG),
        (0.7, 0.80, MBG),
        (1.25, 0.80, MBG),
        (1.15, 1.2, BG),
    ],
)
def test_totals_must_be_near_one_or_nearer(holder: float, challenger: float, winner: str) -> None:
    better = cut_with({BG: 0, MBG: -0.05, STACK: 0}, {BG: holder, MBG: challenger})
    assert chosen(*[better] * 4) == winner


def test_a_form_that_could_not_be_fitted_once_does_not_forecast() -> None:
    good, broken = cut_of({BG: 0, MBG: -0.05, STACK: 0}), cut_of({BG: 0, MBG: None, STACK: 0})
    assert chosen(good, good, good, broken) == BG
    lost = cut_of({BG: None, MBG: 0, STACK: None})
    assert chosen(lost, good) == MBG


def test_cuts_of_a_month() -> None:
    cuts = cut_days(date(2025, 6, 17), date(2023, 1, 1), 90, 180)
    assert cuts == [date(2025, 5, 31) - timedelta(days=days) for days in (90, 180, 270, 360)]
    assert cut_days(date(2025, 6, 17), date(2024, 8, 1), 90, 180) == cuts[:1]
    assert cut_days(date(2025, 6, 17), date(2025, 1, 1), 90, 180) == []


def test_all_nights_of_a_month_have_the_same_cuts() -> None:
    nights = [date(2025, 1, 1) + timedelta(days=days) for days in range(365)]
    cuts = {night: tuple(cut_days(night, date(2023, 1, 1), 90, 180)) for night in nights}
    assert len(set(cuts.values())) == 12
    assert all(cuts[night] == cuts[night.replace(day=1)] for night in nights)
    assert all(cut + timedelta(days=90) < night for night in nights for cut in cuts[night])
