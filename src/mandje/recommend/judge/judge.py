"""The judgement of a month: each task's forms tried on windows of the past, and the form that recommends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from mandje.recommend.judge.champion import Duel, Recalls, choose_champion, paired_gain
from mandje.recommend.judge.trials import Outcome, Trial, basket_trial, outcome, person_trial
from mandje.recommend.models.forms import FORMS, HALF_LIVES, PENALTIES, TASKS, Fits, Form, Penalties, Task
from mandje.recommend.models.purchases import purchases_until

Trials = dict[Task, Trial]

WINDOW_DAYS = 60
MOST_WINDOWS = 4
# Before a window begins, and in it: with less a window tells nothing.
HISTORY_DAYS = 60
LEAST_UNITS = 100
# What is looked at of a window: more would take longer and tell no more. Persons; products of baskets that
# are left out in turn; products in the model.
MOST_PERSONS = 1500
MOST_LEFT_OUT = 6000
MOST_PRODUCTS = 1500

TOO_LITTLE = (
    f"nothing could be tried on the past: for this two windows of {WINDOW_DAYS} days are needed, each after "
    f"{HISTORY_DAYS} days of history and with {LEAST_UNITS} customers who had bought before (of baskets, "
    f"{LEAST_UNITS} orders of two products)"
)
_DEFAULT_HALF_LIFE, _DEFAULT_PENALTIES = 30.0, Penalties(histories=200.0, baskets=20.0)


@dataclass(frozen=True)
class Score:
    """How one form did on one window.

    Attributes:
        form: its name.
        recall: mean share of what was bought that was among the first ten.
        precision: mean average precision at ten.
        shown_products: that were shown to anybody.
        gain: in recall, over best sellers.
        standard_error: of the gain, over persons.
    """

    form: Form
    recall: float
    precision: float
    shown_products: int
    gain: float
    standard_error: float


@dataclass(frozen=True)
class Window:
    """A window of the past: its last known day, who was looked at, and how each form did."""

    cut: date
    units: int
    half_life_days: float
    scores: list[Score]


@dataclass(frozen=True)
class TaskJudgement:
    """The choice for a task.

    Attributes:
        task: any (whatever is bought next), new (never bought before), basket (what else lies in it).
        champion: the form that recommends.
        why: the same in words.
        half_life_days: in which a sale comes to count half.
        windows: newest first; none where there was too little to try.
        duels: how later forms were compared with simpler ones.
    """

    task: Task
    champion: Form
    why: str
    half_life_days: float
    windows: list[Window]
    duels: list[Duel]


@dataclass(frozen=True)
class Judgement:
    """The choice of a month: by task, with λ of EASE where it learns from histories and from baskets."""

    month: date
    penalties: Penalties
    tasks: list[TaskJudgement]


def judge(lines: pl.DataFrame, month: date) -> Judgement:
    """Choose the forms of a month from what was bought before it.

    `lines` has person_id, order_id, product_id and order_date, of persons who may be profiled. The oldest
    window is not judged: on it λ is chosen. The half-life of a window is the best of the window before it.
    """
    windows = [_trials(lines, cut) for cut in window_cuts(lines, month)]
    by_task = {task: [each[task] for each in windows if _is_enough(each[task])] for task in TASKS}
    penalties = Penalties(
        histories=_penalty("new", by_task["new"], _DEFAULT_PENALTIES.histories),
        baskets=_penalty("basket", by_task["basket"], _DEFAULT_PENALTIES.baskets),
    )
    tests: dict[Task, list[tuple[Window, Recalls]]] = {task: [] for task in TASKS}
    for trials in windows:
        fits = Fits(trials["any"].purchases, penalties)
        for task, known in by_task.items():
            older = [each for each in known if each.cut < trials[task].cut]
            if older and _is_enough(trials[task]):
                tests[task].append(_tested(fits, trials[task], task, best_half_life(older[0], task)))
    return Judgement(month, penalties, [_judged(task, tests[task], by_task[task]) for task in TASKS])


def window_cuts(lines: pl.DataFrame, month: date) -> list[date]:
    """Last known days of the windows that end before a month, newest first: none overlaps another."""
    begin = lines["order_date"].min()
    known = month - timedelta(days=1)
    cuts = [known - timedelta(days=WINDOW_DAYS * number) for number in range(1, MOST_WINDOWS + 2)]
    return [cut for cut in cuts if isinstance(begin, date) and (cut - begin).days + 1 >= HISTORY_DAYS]


def _trials(lines: pl.DataFrame, cut: date) -> Trials:
    purchases = purchases_until(lines, cut, MOST_PRODUCTS)
    return {
        "any": person_trial(purchases, lines, cut, WINDOW_DAYS, "any", most=MOST_PERSONS),
        "new": person_trial(purchases, lines, cut, WINDOW_DAYS, "new", most=MOST_PERSONS),
        "basket": basket_trial(purchases, lines, cut, WINDOW_DAYS, most=MOST_LEFT_OUT),
    }


def _is_enough(trial: Trial) -> bool:
    return trial.units >= LEAST_UNITS


def best_half_life(trial: Trial, task: Task) -> float:
    """The half-life by which best sellers find most; of equals the shortest."""
    fits = Fits(trial.purchases, _DEFAULT_PENALTIES)
    return _best(
        HALF_LIVES, [outcome(trial, fits.model("best sellers", task, days), task) for days in HALF_LIVES]
    )


def best_penalty(trial: Trial, task: Task) -> float:
    """λ by which EASE finds most; of equals the smallest."""
    fits = [Fits(trial.purchases, Penalties(penalty, penalty)) for penalty in PENALTIES]
    models = [each.model("EASE", task, _DEFAULT_HALF_LIFE) for each in fits]
    return _best(PENALTIES, [outcome(trial, model, task) for model in models])


def _penalty(task: Task, trials: Sequence[Trial], default: float) -> float:
    """Of the oldest window, where another is left to be judged."""
    return best_penalty(trials[-1], task) if len(trials) > 1 else default


def _best(values: Sequence[float], outcomes: Sequence[Outcome]) -> float:
    found = [round(float(one.recall.mean()), 9) for one in outcomes]
    return values[found.index(max(found))]


def _tested(fits: Fits, trial: Trial, task: Task, half_life: float) -> tuple[Window, Recalls]:
    found = {form: outcome(trial, fits.model(form, task, half_life), task) for form in FORMS[task]}
    window = Window(trial.cut, trial.units, half_life, _scores(task, found, trial))
    return window, Recalls({form: one.recall for form, one in found.items()}, trial.owner)


def _judged(task: Task, tests: Sequence[tuple[Window, Recalls]], trials: Sequence[Trial]) -> TaskJudgement:
    champion, duels = choose_champion(task, [recalls for _, recalls in tests])
    why = _why(champion, duels, len(tests)) if tests else TOO_LITTLE
    half_life = best_half_life(trials[0], task) if tests else _DEFAULT_HALF_LIFE
    return TaskJudgement(task, champion, why, half_life, [window for window, _ in tests], duels)


def _scores(task: Task, found: dict[Form, Outcome], trial: Trial) -> list[Score]:
    simplest = found[FORMS[task][0]].recall
    return [
        Score(
            form,
            round(float(one.recall.mean()), 6),
            round(float(one.precision.mean()), 6),
            one.shown,
            *(round(each, 6) for each in paired_gain(simplest, one.recall, trial.owner)),
        )
        for form, one in found.items()
    ]


def _why(champion: Form, duels: list[Duel], windows: int) -> str:
    won = next((duel for duel in reversed(duels) if duel.wins and duel.challenger == champion), None)
    if won is None:
        return f"nothing else found surely more of what was bought, tried on {windows} window(s) of the past"
    return (
        f"of what was bought it found {won.gain:.4f} more than {won.holder}, "
        f"on {won.windows_won} of {windows} window(s) of the past"
    )
