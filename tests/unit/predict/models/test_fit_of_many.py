"""Fits of very many histories: searched on some of them, equal to a search on all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drawn_customers import REGULAR, draw
from mandje.predict.models import maximum_likelihood
from mandje.predict.models.maximum_likelihood import Loss, minimise_of_many
from mandje.predict.models.parameters import Vector
from mandje.predict.models.purchase_model import fit_bg_nbd, fit_mbg_nbd
from mandje.predict.models.spend_model import fit_gamma_gamma

CUSTOMERS = 60_000


def fits() -> list[Callable[[], Any]]:
    drawn = draw(REGULAR, 1, CUSTOMERS)
    bought, spent = drawn.purchase_patterns().grouped(), drawn.spend_patterns()
    assert min(len(bought.weight), len(spent.weight)) > 20_000
    return [lambda: fit_bg_nbd(bought), lambda: fit_mbg_nbd(bought), lambda: fit_gamma_gamma(spent)]


def test_the_same_as_a_search_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [fit() for fit in fits()]
    monkeypatch.setattr(maximum_likelihood, "_SOME_ROWS", 10 * CUSTOMERS)
    for some, every in zip(found, [fit() for fit in fits()], strict=True):
        assert some.fault is None
        assert some.parameters.named() == pytest.approx(every.parameters.named(), rel=1e-9)
        np.testing.assert_allclose(some.log_covariance, every.log_covariance, rtol=1e-6)
        assert some.log_likelihood == pytest.approx(every.log_likelihood, rel=1e-12)


def hill(centre: float, looks: list[int], rows: int) -> Loss:
    """(x - centre)² / 2, and how many rows each look at its slope cost."""

    def slope(at: Vector) -> Vector:
        looks.append(rows)
        return np.asarray(at - centre)

    return Loss(lambda at: float(((at - centre) ** 2).sum() / 2), slope)


def test_all_rows_are_looked_at_a_few_times_only() -> None:
    looks: list[int] = []
    whole = hill(1.0, looks, 100_000)

    def of_some(some: slice) -> Loss:
        return hill(1.1, looks, len(range(100_000)[some]))

    found = minimise_of_many(whole, of_some, 100_000, np.zeros(1), 9)
    assert found.parameters == pytest.approx([1.0], abs=1e-12)
    assert 5000 in looks
    assert looks.count(100_000) <= 6


def test_where_some_rows_mislead_all_are_searched() -> None:
    """Of those rows alone the loss falls for ever."""
    looks: list[int] = []
    endless = Loss(lambda at: -float(at.sum()), lambda at: -np.ones_like(at))
    found = minimise_of_many(hill(1.0, looks, 100_000), lambda _: endless, 100_000, np.zeros(1), 9)
    assert found.parameters == pytest.approx([1.0])
    assert found.fault() is None


def test_few_rows_are_all_searched() -> None:
    looks: list[int] = []

    def of_some(_: slice) -> Loss:
        raise AssertionError

    found = minimise_of_many(hill(1.0, looks, 9000), of_some, 9000, np.zeros(1), 9)
    assert found.parameters == pytest.approx([1.0])
