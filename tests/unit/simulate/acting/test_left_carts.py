"""Carts that known customers leave: how many come back by themselves, and what mails add."""

from __future__ import annotations

import polars as pl
import pytest
from acting_shop import Acting

from mandje.simulate.acting.act import all_sent
from mandje.simulate.acting.groups import reactions
from mandje.simulate.acting.left_carts import RETURNS_WITHIN
from mandje.simulate.acting.truth import with_returns
from mandje.simulate.settings.acting import LeftCarts
from mandje.simulate.visits.make import Visits, make_visits
from mandje.simulate.world.clock import DAY, HOUR


@pytest.fixture(scope="module", name="visits")
def visits_once(acting: Acting) -> Visits:
    return make_visits(acting.world, acting.block, acting.people, acting.sales)


def _wanted(acting: Acting, carts: pl.DataFrame) -> pl.DataFrame:
    return carts.join(acting.sales.acts.wanting, on="person").filter(pl.col("left_at") < pl.col("until"))


def test_ten_to_twenty_five_in_a_hundred_come_back_by_themselves(acting: Acting, visits: Visits) -> None:
    """Of carts of known customers who agreed to messages: without mails, within 7 days."""
    left = _wanted(acting, acting.sales.acts.carts)
    soon = (left["next_at"] - left["left_at"] <= RETURNS_WITHIN).fill_null(value=False) | left["is_delayed"]
    returned = _wanted(acting, visits.returned_carts)
    ratio = (soon.sum() + returned.height) / (left.height + returned.height)
    assert 0.10 < ratio < 0.25
    added = (left["message"].is_not_null() & ~left["is_delayed"]).sum() / (left.height + returned.height)
    assert 0.02 < added < 0.12


def test_each_mail_brings_what_is_set(acting: Acting) -> None:
    acts, settings = acting.sales.acts, LeftCarts()
    found = reactions(acting.world, acting.block, acting.people)
    who = pl.DataFrame({"person": acting.people["person"], "group": found.group, "waits": found.waits})
    open_carts = acts.carts.filter(
        ((pl.col("next_at") - pl.col("left_at")) > RETURNS_WITHIN).fill_null(value=True),
        ~pl.col("is_delayed"),
    ).join(who, on="person")
    mails = (
        acts.sent.filter(pl.col("trigger") == "cart")
        .join(open_carts, on="person")
        .with_columns(step=(pl.col("sent_at") - pl.col("left_at")) // HOUR)
    )
    for group, expected in (
        ((pl.col("group") == 0) & ~pl.col("waits"), settings.mail_ratios),
        ((pl.col("group") != 0) & ~pl.col("waits"), (0.0, 0.0, 0.0)),
        (pl.col("waits"), (0.0, 0.0, settings.waited_ratio)),
    ):
        for hours, ratio in zip(settings.mail_hours, expected, strict=True):
            step = mails.filter(group, pl.col("step") == hours)
            worked = (step["message"] == step["message_id"]).sum()
            assert step.height > 50
            assert abs(worked / step.height - ratio) <= 4 * (ratio * (1 - ratio) / step.height) ** 0.5


def test_no_mail_follows_an_order(acting: Acting, visits: Visits) -> None:
    sent = all_sent(acting.world, acting.sales.acts, visits.returned_carts)
    assert sent["message_id"].is_duplicated().sum() == 0
    mails = sent.filter(pl.col("trigger") == "cart")
    carts = pl.concat(
        [
            acting.sales.acts.carts.select("person", "left_at"),
            visits.returned_carts.select("person", "left_at"),
        ]
    )
    latest = mails.sort("sent_at").join_asof(
        carts.sort("left_at"), left_on="sent_at", right_on="left_at", by="person", check_sortedness=False
    )
    orders = acting.sales.orders.filter("is_counted").select("person", "ordered_at").sort("ordered_at")
    with_order = latest.join_asof(
        orders, left_on="sent_at", right_on="ordered_at", by="person", check_sortedness=False
    )
    after = with_order.filter(pl.col("ordered_at") > pl.col("left_at"))
    # Orders of win-backs, which are drawn last, keep clear of carts by days only.
    assert after.height <= 0.003 * mails.height
    assert set(mails["campaign"]) == {"cart_1", "cart_2", "cart_3"}


def test_who_waits_puts_an_order_off_until_the_incentive(acting: Acting, calm: Acting) -> None:
    acts = acting.sales.acts
    delayed = acts.carts.filter("is_delayed")
    assert delayed.height > 5
    placed = acts.placed.select("message", "ordered_at")
    own = calm.sales.orders.select("person", "number", own_at="ordered_at")
    moved = delayed.join(own, on=["person", "number"]).join(placed, on="message")
    assert moved.height == delayed.height
    assert ((moved["ordered_at"] - moved["own_at"]) / HOUR).is_between(71, 84).all()
    assert (moved["own_at"] == moved["left_at"]).all()


def test_the_truth_of_carts_knows_who_would_have_come_back(acting: Acting, visits: Visits) -> None:
    truth = with_returns(visits.carts, acting.sales.acts)
    left = truth.filter(pl.col("state").cast(pl.String).is_in(["recovered", "abandoned"]))
    assert left["would_return"].null_count() == 0
    assert truth.filter(pl.col("state").cast(pl.String) == "open")["would_return"].null_count() > 0
    recovered = left.filter(pl.col("caused_by_message_id").is_not_null())
    carried = acting.sales.acts.carts["order"].drop_nulls()
    assert recovered.height > 0.9 * carried.len()
    delayed = acting.sales.acts.carts.filter("is_delayed", pl.col("order").is_not_null())
    assert abs(recovered["would_return"].sum() - delayed.height) <= 2
    gone = left.filter(pl.col("recovery_hours") > RETURNS_WITHIN / HOUR)
    assert not gone["would_return"].any()


def test_carts_of_a_customer_are_days_apart(acting: Acting) -> None:
    left = acting.sales.acts.carts.sort("person", "left_at")
    gaps = left.select(pl.col("left_at").diff().over("person")).to_series().drop_nulls()
    assert gaps.min() >= 8 * DAY
