"""Scores of products, beside slow and obvious computations of the same."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from mandje.recommend.models.forms import FORMS, Fits, Form, Penalties
from mandje.recommend.models.purchases import purchases_until
from mandje.recommend.models.ranking import first
from mandje.recommend.models.relations import ease, order_cosine

DAY = date(2024, 6, 30)


def _bought(rows: int, products: int, seed: int) -> sparse.csr_matrix:
    draws = np.random.default_rng(seed).random((rows, products)) < 0.3
    return sparse.csr_matrix(draws.astype(np.float64))


def _lines(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    """Person, order, product, days before the last day."""
    names = ("person_id", "order_id", "product_id", "age")
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.select(*names[:3], order_date=pl.lit(DAY) - pl.duration(days="age"))


def test_ease_is_the_regression_of_each_product_on_all_others() -> None:
    """Steck (2019): each column is the ridge regression of the product on the others, nothing else."""
    bought, penalty = _bought(60, 8, 1), 3.0
    weights, dense = ease(bought, penalty), bought.toarray()
    for product in range(8):
        others = np.delete(dense, product, axis=1)
        ridge = np.linalg.solve(others.T @ others + penalty * np.eye(7), others.T @ dense[:, product])
        assert np.delete(weights[:, product], product) == pytest.approx(ridge, abs=1e-12)
        assert weights[product, product] == 0


def test_order_cosine_counts_orders_with_both() -> None:
    bought = _bought(40, 6, 2)
    dense, cosine = bought.toarray() > 0, order_cosine(bought)
    for one in range(6):
        for other in range(6):
            both = (dense[:, one] & dense[:, other]).sum()
            sold = np.sqrt(dense[:, one].sum() * dense[:, other].sum())
            assert cosine[one, other] == pytest.approx(0 if one == other else both / (sold + 10))


def test_the_first_ten_are_those_of_a_plain_sort() -> None:
    draws = np.random.default_rng(3)
    scores = np.round(draws.random((50, 30)), 1)
    allowed = draws.random((50, 30)) < 0.5
    for row, found in enumerate(first(scores, allowed)):
        plain = sorted(np.flatnonzero(allowed[row]), key=lambda product: (-scores[row, product], product))
        assert [each for each in found if each >= 0] == plain[:10]


def test_what_differs_in_the_seventh_digit_is_a_tie() -> None:
    scores = np.array([[0.5, 0.5 + 1e-9, 0.4]])
    assert first(scores, np.ones((1, 3), dtype=np.bool_)).tolist() == [[0, 1, 2]]


def test_best_sellers_are_the_same_for_everybody_and_the_newest_sales_count_most() -> None:
    lines = _lines(("p", "1", "old", 40), ("q", "2", "old", 40), ("p", "3", "now", 0), ("q", "4", "rare", 30))
    purchases = purchases_until(lines, DAY)
    model = Fits(purchases, Penalties(1.0, 1.0)).model("best sellers", "any", 14.0)
    scores = model.of_rows(purchases.histories, purchases.repeats)
    assert purchases.products.to_list() == ["now", "old", "rare"]
    assert scores[0].tolist() == scores[1].tolist()
    assert scores[0] == pytest.approx([1.0, 2 * 0.5 ** (40 / 14), 0.5 ** (30 / 14)])


def test_what_was_bought_often_and_lately_comes_again_first() -> None:
    lines = _lines(
        *(("p", f"o{n}", "tea", 30 * n) for n in range(3)), ("p", "o9", "pot", 1), ("q", "o8", "cup", 1)
    )
    purchases = purchases_until(lines, DAY)
    model = Fits(purchases, Penalties(1.0, 1.0)).model("own again", "any", 14.0)
    scores = model.of_rows(purchases.histories, purchases.repeats)
    listed = first(scores, np.ones(scores.shape, dtype=np.bool_))
    # After what was bought comes what sells best.
    assert [purchases.products[int(each)] for each in listed[0]] == ["tea", "pot", "cup"]


@pytest.mark.parametrize("form", FORMS["new"])
def test_a_form_scores_what_it_was_given_and_never_below_nothing(form: Form) -> None:
    draws = np.random.default_rng(4)
    rows = [
        (f"p{n // 6}", f"o{n // 3}", f"i{draws.integers(9)}", int(draws.integers(90))) for n in range(120)
    ]
    purchases = purchases_until(_lines(*rows), DAY)
    scores = (
        Fits(purchases, Penalties(5.0, 5.0))
        .model(form, "new", 30.0)
        .of_rows(purchases.histories, purchases.repeats)
    )
    assert scores.shape == (20, 9)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


def test_only_what_was_known_by_the_day_counts_and_the_least_sold_stay_out_of_the_model() -> None:
    lines = _lines(("p", "1", "a", 5), ("p", "2", "a", 4), ("p", "3", "b", 3), ("q", "4", "c", 0))
    purchases = purchases_until(lines, DAY - timedelta(days=1), most_products=1)
    assert purchases.products.to_list() == ["a"]
    assert purchases.catalogue.to_list() == ["a", "b"]
    assert purchases.persons.to_list() == ["p"]
    assert purchases.age_days.tolist() == [4.0, 3.0]


def test_what_nobody_bought_for_ninety_days_is_not_sellable() -> None:
    purchases = purchases_until(_lines(("p", "1", "a", 90), ("p", "2", "b", 89)), DAY)
    assert purchases.is_sellable.tolist() == [False, True]
