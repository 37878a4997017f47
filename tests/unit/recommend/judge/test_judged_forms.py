"""The choice of a form: by what it finds on windows of the past, and only where it is surely better."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from mandje.recommend.judge.champion import Recalls, choose_champion, paired_gain
from mandje.recommend.judge.judge import TOO_LITTLE, judge, window_cuts
from mandje.recommend.judge.trials import basket_trial, outcome, person_trial
from mandje.recommend.models.forms import FORMS, Fits, Penalties, Task
from mandje.recommend.models.purchases import purchases_until
from mandje.recommend.models.ranking import LISTED

BEGIN, MONTH = date(2023, 6, 1), date(2024, 7, 1)
DAYS = (MONTH - BEGIN).days


def drawn_lines(seed: int, *, taste: float, persons: int = 600, products: int = 60) -> pl.DataFrame:
    """Orders of two products; with a share `taste` the second is the partner of the first, and the next
    order begins with what the first did. The rest is drawn by one popularity for all."""
    draws = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, products + 1)
    popularity /= popularity.sum()
    orders = 6 * persons
    person = np.repeat(np.arange(persons), 6)
    favourite = draws.choice(products, persons, p=popularity)[person]
    one = np.where(draws.random(orders) < taste, favourite, draws.choice(products, orders, p=popularity))
    partner = np.where(one % 2 == 0, one + 1, one - 1)
    other = np.where(draws.random(orders) < taste, partner, draws.choice(products, orders, p=popularity))
    day = draws.integers(0, DAYS, orders)
    numbers = np.arange(orders)
    lines = pl.DataFrame(
        {
            "person": np.concatenate([person, person]),
            "order": np.concatenate([numbers, numbers]),
            "product": np.concatenate([one, other]),
            "day": np.concatenate([day, day]),
        }
    )
    text = {
        name: pl.format(f"{name[0]}{{}}", pl.col(name).cast(pl.String).str.zfill(5))
        for name in lines.columns[:3]
    }
    return lines.select(
        person_id=text["person"],
        order_id=text["order"],
        product_id=text["product"],
        order_date=pl.lit(BEGIN) + pl.duration(days="day"),
    ).unique(maintain_order=True)


def test_without_any_taste_best_sellers_stay() -> None:
    judged = judge(drawn_lines(1, taste=0.0), MONTH)
    assert [one.champion for one in judged.tasks] == ["best sellers"] * 3
    assert all(len(one.windows) == 4 for one in judged.tasks)


def test_where_taste_is_planted_forms_that_look_at_it_win() -> None:
    judged = judge(drawn_lines(1, taste=0.5), MONTH)
    champions = {one.task: one.champion for one in judged.tasks}
    assert champions["any"] != "best sellers"
    assert champions["basket"] == "EASE" or champions["basket"] == "order cosine"


@pytest.mark.full
def test_of_twenty_shops_without_taste_none_leaves_best_sellers() -> None:
    for seed in range(20):
        judged = judge(drawn_lines(100 + seed, taste=0.0), MONTH)
        assert [one.champion for one in judged.tasks] == ["best sellers"] * 3


def test_a_month_is_judged_by_what_was_before_it() -> None:
    lines = drawn_lines(2, taste=0.5)
    later = lines.with_columns(pl.col("order_date") + timedelta(days=DAYS))
    assert judge(pl.concat([lines, later]), MONTH) == judge(lines, MONTH)


def test_the_order_of_rows_decides_nothing() -> None:
    lines = drawn_lines(3, taste=0.4)
    assert judge(lines, MONTH) == judge(lines.sample(fraction=1.0, shuffle=True, seed=1), MONTH)


def test_a_young_shop_is_told_that_nothing_could_be_tried() -> None:
    lines = drawn_lines(4, taste=0.5).filter(pl.col("order_date") > MONTH - timedelta(days=100))
    judged = judge(lines, MONTH)
    assert {one.why for one in judged.tasks} == {TOO_LITTLE}
    assert {one.champion for one in judged.tasks} == {"best sellers"}


def test_a_shop_of_single_products_is_judged_but_for_baskets() -> None:
    lines = drawn_lines(8, taste=0.5).unique("order_id", maintain_order=True)
    judged = {one.task: one for one in judge(lines, MONTH).tasks}
    assert [len(judged[task].windows) for task in ("any", "new", "basket")] == [4, 4, 0]
    assert judged["basket"].why == TOO_LITTLE
    assert judged["any"].champion == "own again"


def test_windows_end_before_the_month_and_never_overlap() -> None:
    cuts = window_cuts(drawn_lines(5, taste=0.0), MONTH)
    assert [(MONTH - cut).days for cut in cuts] == [61, 121, 181, 241, 301]


@pytest.mark.parametrize("task", ["any", "new"])
def test_what_came_is_counted_as_by_hand(task: Task) -> None:
    lines = drawn_lines(6, taste=0.5, persons=120)
    cut = MONTH - timedelta(days=61)
    purchases = purchases_until(lines, cut, most_products=40)
    trial = person_trial(purchases, lines, cut, 60, task)
    model = Fits(purchases, Penalties(20.0, 20.0)).model(FORMS[task][-1], task, 30.0)
    found = outcome(trial, model, task)
    scores = model.of_rows(purchases.histories, purchases.repeats)
    recalls, precisions = [], []
    for number, person in enumerate(purchases.persons):
        before = set(lines.filter(person_id=person).filter(pl.col("order_date") <= cut)["product_id"])
        window = (pl.col("order_date") > cut) & (pl.col("order_date") <= cut + timedelta(days=60))
        came = set(lines.filter(person_id=person).filter(window)["product_id"]) & set(purchases.catalogue)
        came -= before if task == "new" else set()
        if not came:
            continue
        ranked = sorted(
            range(len(purchases.products)), key=lambda each, row=number: (-round(scores[row, each], 6), each)
        )
        shown = [purchases.products[each] for each in ranked if purchases.is_sellable[each]]
        shown = [each for each in shown if task == "any" or each not in before][:LISTED]
        hits = [each in came for each in shown]
        recalls.append(sum(hits) / len(came))
        at = sum(sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit)
        precisions.append(at / min(len(came), LISTED))
    assert len(recalls) > 50
    assert found.recall == pytest.approx(recalls)
    assert found.precision == pytest.approx(precisions)


def test_each_product_of_a_basket_is_left_out_as_by_hand() -> None:
    lines = drawn_lines(7, taste=0.5, persons=120)
    cut = MONTH - timedelta(days=61)
    purchases = purchases_until(lines, cut, most_products=40)
    trial = basket_trial(purchases, lines, cut, 60)
    model = Fits(purchases, Penalties(20.0, 20.0)).model("EASE", "basket", 30.0)
    found = outcome(trial, model, "basket").recall
    for unit in range(trial.units):
        basket, hits = trial.known[[unit]].toarray()[0], 0
        for product in np.flatnonzero(basket):
            rest = trial.known[[unit]].toarray()
            rest[0, product] = 0
            scores = np.round(model.of_related(rest @ model.relations, trial.repeats[[unit]])[0], 6)
            rivals = np.flatnonzero((rest[0] == 0) & purchases.is_sellable)
            better = sum(
                scores[each] > scores[product] or (scores[each] == scores[product] and each < product)
                for each in rivals
            )
            hits += bool(purchases.is_sellable[product] and better < LISTED)
        assert found[unit] == pytest.approx(hits / trial.came_count[unit])
    assert trial.units > 20


def test_a_gain_that_may_be_chance_or_comes_once_changes_nothing() -> None:
    owner = np.arange(400)
    base = np.zeros(400)
    surely = np.tile([0.0, 1.0], 200)
    flat = {"best sellers": base, "own again": base, "blend": base}

    def chosen(*windows: dict[str, np.ndarray]) -> str:
        return choose_champion("any", [Recalls(flat | each, owner) for each in windows])[0]

    lucky = base.copy()
    lucky[:3] = 1.0
    assert chosen(*[{"own again": surely}] * 4) == "own again"
    assert chosen(*[{"own again": lucky}] * 1) == "best sellers"
    assert chosen({"own again": surely}, {"own again": surely}, {}, {}) == "best sellers"
    assert chosen() == "best sellers"


def test_units_of_one_person_are_one_chance() -> None:
    gains = np.tile([0.0, 1.0], 50)
    apart = paired_gain(np.zeros(100), gains, np.arange(100))
    together = paired_gain(np.zeros(100), gains, np.tile([0, 1], 50))
    assert apart == pytest.approx((0.5, 0.05))
    assert together == pytest.approx((0.5, 0.5 * 2**0.5 / 2))
