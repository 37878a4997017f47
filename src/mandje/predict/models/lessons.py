"""What a window of the past teaches the stack, its level taken out."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import choose_purchase_model
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.parameters import PurchasePatterns, Vector
from mandje.predict.models.stack import Lesson


def learn_from(held: Holdout, earlier: Callable[[], PurchasePatterns]) -> Lesson | None:
    """What the window teaches, or None: nothing came in it, or no purchase model fits what was known before.

    Its horizon is stretched by what came / what was expected, so that the stack learns whom the model takes
    for too good or too bad, and not whether the window was a busy one.

    Args:
        held: those whom the models may learn from, before the window, and what came in it.
        earlier: gives older patterns for the last rung of the ladder.
    """
    known, ordered = _grouped(held)
    model = choose_purchase_model(known, earlier).parameters
    came = total(held.patterns.weight * held.orders)
    if model is None or came == 0:
        return None
    expected = total(known.weight * OrderModel(model).expected_orders(known, held.horizon))
    return Lesson(model, known, ordered, held.horizon * came / expected)


def _grouped(held: Holdout) -> tuple[PurchasePatterns, Vector]:
    """Every history once, ascending, and the share of its customers to whom an order came."""
    known = held.patterns
    names = ("frequency", "recency", "age")
    columns = {name: getattr(known, name) for name in (*names, "weight")}
    frame = pl.DataFrame(columns | {"ordered": known.weight * held.ordered})
    found = frame.group_by(names).agg(pl.col("weight").sum(), pl.col("ordered").sum()).sort(names)
    *patterns, ordered = (column.to_numpy() for column in found)
    return PurchasePatterns(*patterns), ordered / patterns[-1]
