"""Which form forecasts this month, from back-tests on the warehouse; and what must be said about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import duckdb

from mandje.predict.back_test.back_test import back_test
from mandje.predict.back_test.champion import (
    Duel,
    choose_champion,
    cut_days,
    end_of_month_before,
    is_about_right,
)
from mandje.predict.back_test.contenders import BackTest
from mandje.predict.back_test.cross_test import cross_test
from mandje.predict.back_test.holdout_scores import Scores
from mandje.predict.back_test.measures import Bin
from mandje.predict.back_test.past_totals import PastTotal, past_totals
from mandje.predict.back_test.recent_shares import shares_totals, with_recent_shares
from mandje.predict.inputs.cuts import Past, read_cut, read_holdout, read_holdouts, read_patterns
from mandje.predict.inputs.histories import INPUTS, Scope
from mandje.predict.inputs.learners import find_learners_then
from mandje.predict.inputs.minimum_data import (
    CUSTOMERS,
    CUSTOMERS_WITH_THREE_ORDER_DAYS,
    HISTORY_DAYS,
    THREE,
    are_enough,
    is_enough,
)
from mandje.predict.models.ladder import EARLIER_DAYS
from mandje.predict.models.order_model import ORDER_FORMS, OrderForm, purchase_form
from mandje.predict.models.parameters import PurchaseForm, PurchasePatterns
from mandje.predict.models.recent_shares import RECENT_SHARES, MonthForm
from mandje.predict.scores.columns import HORIZONS
from mandje.predict.season.clock import season_of
from mandje.predict.season.tonight import seasons_then
from mandje.predict.season.year_before import Seasons

_MOST_PLACES = 8
_TOO_LITTLE = (
    f"nothing could be back-tested: no day of the past had {HISTORY_DAYS} days of history, "
    f"{CUSTOMERS} customers to learn from and enough days after it"
)

_NO_MODEL = (
    f"by the end of last month fewer than {CUSTOMERS_WITH_THREE_ORDER_DAYS} customers had ordered on {THREE} "
    "or more days, so that no model can be used"
)


@dataclass(frozen=True)
class TestedCut:
    """What is kept of one back-test: forms as they are published, with the season where one was known.

    Attributes:
        cut: last day that the forms knew.
        horizon_days: length of the holdout after it.
        customers: in the holdout.
        is_crossed: learnt and scored on the same holdout, each customer by what others did.
        scores: by contender, then measure; six digits.
        faults: by contender that has no scores.
        tenths: by form: customers in tenths by P(an order), what they were told and what came.
        bands: by form and churn band: the same of P(no order).
        warnings: by form, where a baseline is as good or better.
        season_factors: by form that is corrected for the season: by how much its horizon is stretched.
    """

    cut: date
    horizon_days: int
    customers: int
    is_crossed: bool
    scores: dict[str, Scores]
    faults: dict[str, str]
    tenths: dict[str, dict[int, Bin]]
    bands: dict[str, dict[str, Bin]]
    warnings: dict[str, list[str]]
    season_factors: dict[str, float]


@dataclass(frozen=True)
class Judgement:
    """The choice of a month.

    Attributes:
        month: its first day.
        champion: the form that forecasts in it; recent shares where too few came back for any model.
        why: the champion, in words.
        reason: why nothing could be back-tested, or None.
        duels: how later forms were compared with simpler ones.
        cuts: the back-tests, newest first.
        warnings: where a baseline did better than the champion at the newest cut.
        past_totals: what the champion would have expected of all customers together, and what came.
    """

    month: date
    champion: MonthForm
    why: str
    reason: str | None
    duels: list[Duel]
    cuts: list[TestedCut]
    warnings: list[str]
    past_totals: list[PastTotal]


ReadSeasons = Callable[[date], Mapping[PurchaseForm, Seasons]]


@dataclass(frozen=True)
class _Past:
    """What is looked at: until the month of a night, from the first day of the history, of whom, how far."""

    con: duckdb.DuckDBPyConnection
    as_of_date: date
    first_day: date
    scope: Scope
    horizon_days: int

    @property
    def known(self) -> date:
        return end_of_month_before(self.as_of_date)


@dataclass(frozen=True)
class _Choice:
    """What was chosen, why, and the back-tests behind it, newest first."""

    champion: MonthForm
    why: str
    duels: list[Duel]
    tests: Mapping[date, BackTest]
    is_crossed: bool


_NOTHING = _Choice(ORDER_FORMS[0], _TOO_LITTLE, [], {}, is_crossed=False)


def judge_forms(con: duckdb.DuckDBPyConnection, as_of_date: date, horizon_days: int) -> Judgement:
    """Choose the form of the month of `as_of_date`, the same on every night of it; judge what it publishes.

    It looks at orders up to the end of the month before. Where that is too short for one cut with its whole
    horizon, the inner cut decides; where even that is too little, the simplest form forecasts.
    """
    past = _past(con, as_of_date, horizon_days)
    choice = _choose(past, partial(_seasons_then, past)) if past else _NOTHING
    cuts = [_kept(cut, test, is_crossed=choice.is_crossed) for cut, test in choice.tests.items()]
    return Judgement(
        month=as_of_date.replace(day=1),
        champion=choice.champion,
        why=choice.why,
        reason=None if cuts else _TOO_LITTLE,
        duels=choice.duels,
        cuts=cuts,
        warnings=cuts[0].warnings.get(choice.champion, []) if cuts else [],
        past_totals=_past_totals(past, choice.champion) if past else [],
    )


def choose_form(con: duckdb.DuckDBPyConnection, as_of_date: date, horizon_days: int) -> tuple[MonthForm, str]:
    """The form that `judge_forms` chooses and why, without all that only a night needs."""
    past = _past(con, as_of_date, horizon_days)
    choice = _choose(past, lambda _: {}) if past else _NOTHING
    return choice.champion, choice.why


def _past(con: duckdb.DuckDBPyConnection, as_of_date: date, horizon_days: int) -> _Past | None:
    first_day = con.execute(f"select min(history_start_date) from {INPUTS}").fetchall()[0][0]
    if first_day is None:
        return None
    scope = find_learners_then(con, end_of_month_before(as_of_date))
    return _Past(con, as_of_date, first_day, scope, horizon_days)


def _choose(past: _Past, seasons: ReadSeasons) -> _Choice:
    """No season decides, as totals are put right first: it only says how good what is published is."""
    tests = dict(_tests(past, seasons))
    is_crossed = not tests
    if is_crossed:
        tests = dict(_cross_tests(past))
    if not tests:
        return _NOTHING
    form, duels = choose_champion(list(tests.values()))
    # On one shorter window shares were not tried.
    if not is_crossed and not is_enough(read_patterns(past.con, past.known, past.scope)):
        return _Choice(RECENT_SHARES, _NO_MODEL, duels, tests, is_crossed)
    return _Choice(form, _why(form, duels, len(tests)), duels, tests, is_crossed)


def _past_totals(past: _Past, champion: MonthForm) -> list[PastTotal]:
    if champion == RECENT_SHARES:
        return shares_totals(past.con, past.known, past.first_day, past.scope)
    return past_totals(past.con, past.known, past.first_day, past.horizon_days, champion, past.scope)


def _seasons_then(past: _Past, day: date) -> dict[PurchaseForm, Seasons]:
    """What a night of that day would have corrected forecasts by, of the purchase model beneath each form."""
    read = partial(read_holdouts, past.con, scope=past.scope)
    forms = tuple(dict.fromkeys(purchase_form(form) for form in ORDER_FORMS))
    found = seasons_then(read, day, past.first_day, HORIZONS, forms)
    return {form: season_of(seasons, past.horizon_days) for form, seasons in found.items()}


def _why(champion: OrderForm, duels: list[Duel], cuts: int) -> str:
    won = next((duel for duel in duels if duel.wins and duel.challenger == champion), None)
    if won is None:
        tried = f"nothing else forecast surely better, tried on {cuts} day(s) of the past"
        near = [f"; {duel.challenger}: {duel.why}" for duel in duels if duel.gain and duel.gain > 0]
        return tried + near[-1] if near and cuts == 1 else tried
    if won.gain is None:
        return f"{won.holder} could not be fitted on every day of the past that was tried"
    return (
        f"it told better than {won.holder} who would order, on {won.cuts_won} of {cuts} day(s) of the past "
        f"that both were tried on (log-loss lower by {won.gain:.4f})"
    )


def _tests(past: _Past, seasons: ReadSeasons) -> Iterator[tuple[date, BackTest]]:
    con, first_day, days, scope = past.con, past.first_day, past.horizon_days, past.scope
    cuts = Past(partial(read_holdout, con, scope=scope), first_day, days)
    for day in cut_days(past.as_of_date, first_day, days, HISTORY_DAYS):
        holdout = read_holdout(con, day, days, scope)
        if are_enough(holdout.known):
            cut = cuts.cut(day, holdout.known)
            test = back_test(cut, holdout, _earlier(con, day, scope), seasons(day))
            yield day, with_recent_shares(con, test, day, first_day, holdout, scope)


def _cross_tests(past: _Past) -> Iterator[tuple[date, BackTest]]:
    con, day, first_day, scope = past.con, past.known, past.first_day, past.scope
    if (day - first_day).days + 1 < HISTORY_DAYS:
        return
    cut = read_cut(con, read_patterns(con, day, scope), day, first_day, past.horizon_days, scope)
    inner = day - timedelta(days=cut.inner.most_orders)
    if are_enough(cut.inner.known):
        yield inner, cross_test(cut, _earlier(con, inner, scope))


def _earlier(con: duckdb.DuckDBPyConnection, day: date, scope: Scope) -> Callable[[], PurchasePatterns]:
    return partial(read_patterns, con, day - timedelta(days=EARLIER_DAYS), scope)


def _kept(cut: date, test: BackTest, *, is_crossed: bool) -> TestedCut:
    told = test.published
    scores = {one.name: one.scores for one in told if one.fault is None}
    return TestedCut(
        cut=cut,
        horizon_days=test.horizon_days,
        customers=int(test.weight.sum()),
        is_crossed=is_crossed,
        scores=scores,
        faults={one.name: one.fault for one in told if one.fault is not None},
        tenths={one.name: one.tenths for one in told if one.tenths},
        bands={one.name: one.bands for one in told if one.bands},
        warnings={form: list(against_baselines(form, scores)) for form in (*ORDER_FORMS, RECENT_SHARES)},
        season_factors={one.name: one.season_factor for one in told if one.season_factor is not None},
    )


def against_baselines(form: MonthForm, scores: dict[str, Scores]) -> Iterator[str]:
    """In words, where a baseline is as good as a form or better.

    Where all did the same, hindsight has no loss at all and is no measure. Of the last count again only the
    total tells: expecting nothing has a small mean error, too. Beside a form whose total is about right
    chance alone can put it nearer: it counts where the form's is not.
    """
    model = scores.get(form, {})
    for baseline, words in (("recency", "who ordered last"), ("frequency", "who ordered most often")):
        theirs, ours = scores.get(baseline, {}).get("auc"), model.get("auc")
        if theirs is not None and ours is not None and theirs > ours:
            better, worse = _apart(theirs, ours, 3)
            yield f"{words} tells better who will order (AUC {better}) than the model does ({worse})"
    theirs, ours = scores.get("base_rate", {}).get("log_loss"), model.get("log_loss")
    if theirs and ours is not None and theirs <= ours:
        better, worse = _apart(theirs, ours, 4)
        yield f"one probability for all is as good (log-loss {better}) as the model's ({worse})"
    theirs, ours = scores.get("repeat_last_count", {}).get("total_ratio"), model.get("total_ratio")
    if theirs and ours and not is_about_right(ours) and abs(math.log(theirs)) < abs(math.log(ours)):
        better, worse = _apart(theirs, ours, 2)
        yield f"the last count again is nearer to what came in all ({better} of it) than the model ({worse})"


def _apart(one: float, other: float, places: int) -> tuple[str, str]:
    """Two scores with as many places as tell them apart; scores have at most six digits."""
    while places < _MOST_PLACES and f"{one:.{places}f}" == f"{other:.{places}f}" and one != other:
        places += 1
    return f"{one:.{places}f}", f"{other:.{places}f}"
