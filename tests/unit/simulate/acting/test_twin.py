"""What takes place without messages and experiments is the same with them."""

from __future__ import annotations

import polars as pl
import pytest
from acting_shop import EXPERIMENTS, LEFT_CARTS, MESSAGING, Acting, make_acting


def _taking_place(acting: Acting) -> pl.DataFrame:
    caused = acting.sales.acts.placed["order"]
    return acting.sales.orders.filter(~pl.col("order").is_in(caused.implode()))


def test_the_twin_of_purchases_is_untouched(acting: Acting, calm: Acting) -> None:
    assert acting.purchases.equals(calm.purchases)
    own = [name for name in calm.people.columns if name != "withdrawn_at"]
    assert acting.people.select(own).equals(calm.people.select(own))


def test_orders_are_those_without_it_less_the_prevented_and_the_caused_on_top(
    acting: Acting, calm: Acting
) -> None:
    prevented = acting.sales.acts.prevented
    assert prevented.height > 20
    assert prevented.select("person", "number").is_duplicated().sum() == 0
    expected = calm.sales.orders.join(prevented, on=["person", "number"], how="anti")
    assert _taking_place(acting).equals(expected)
    assert acting.sales.orders.height == expected.height + acting.sales.acts.placed.height
    lines = acting.sales.lines.join(expected.select("order"), on="order", how="semi")
    assert lines.equals(calm.sales.lines.join(expected.select("order"), on="order", how="semi"))
    told = [
        each.sales.adjustments.filter(pl.col("order").is_in(expected["order"].implode()))
        for each in (acting, calm)
    ]
    assert told[0].equals(told[1])


def test_every_order_that_is_caused_names_one_cause(acting: Acting) -> None:
    placed = acting.sales.acts.placed
    assert (placed["message"].is_null() != placed["experiment"].is_null()).all()
    assert placed["order"].is_duplicated().sum() == 0
    sent = acting.sales.acts.sent
    by_message = placed.filter(pl.col("message").is_not_null()).join(
        sent, left_on="message", right_on="message_id"
    )
    assert by_message.height == placed["message"].drop_nulls().len()
    assert (by_message["ordered_at"] > by_message["sent_at"]).all()
    assert (by_message["person"] == by_message["person_right"]).all()
    assert set(by_message["trigger"]) == {"newsletter", "silence", "cart"}


@pytest.mark.parametrize(
    "switch", [{"messaging": MESSAGING}, {"left_carts": LEFT_CARTS}, {"experiments": EXPERIMENTS}]
)
def test_one_effect_leaves_the_others_draws_alone(switch: dict[str, object], calm: Acting) -> None:
    alone = make_acting(**switch)
    gone = alone.sales.acts.prevented
    expected = calm.sales.orders.join(gone, on=["person", "number"], how="anti")
    assert _taking_place(alone).equals(expected)
    assert alone.sales.acts.placed.height > 20


def test_experiments_are_assigned_alike_with_messages_and_without(acting: Acting) -> None:
    alone = make_acting(experiments=EXPERIMENTS)
    assert alone.sales.acts.assigned.equals(acting.sales.acts.assigned)
    by_experiment = [
        each.sales.acts.placed.filter(pl.col("experiment").is_not_null()).select(
            "person", "ordered_at", "experiment"
        )
        for each in (alone, acting)
    ]
    assert by_experiment[0].equals(by_experiment[1])
