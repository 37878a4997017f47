"""Messages do what is set: more orders, fewer of some, and readers who want no more of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from acting_shop import MESSAGING, Acting, make_acting

from mandje.simulate.acting.groups import uplift_truth
from mandje.simulate.acting.truth import consent_truth, message_effects
from mandje.simulate.care.feeds import delivered_care
from mandje.simulate.people.customers_feed import delivered_customers
from mandje.simulate.settings.acting import Groups, Messaging
from mandje.simulate.world.clock import DAY


@pytest.fixture(scope="module", name="effects")
def effects_once(acting: Acting) -> pl.DataFrame:
    return message_effects(acting.sales.acts, acting.sales.acts.sent)


def _close(found: float, expected: float) -> bool:
    """Within three standard errors of a count."""
    return abs(found - expected) < 3 * max(expected, 1.0) ** 0.5


def test_as_many_orders_come_on_top_as_the_true_rates_say(effects: pl.DataFrame) -> None:
    for trigger in ("newsletter", "silence"):
        of = effects.filter(pl.col("trigger") == trigger)
        more, fewer = of.filter(pl.col("true_effect") > 0), of.filter(pl.col("true_effect") < 0)
        assert _close(more["orders_caused"].sum(), more["true_effect"].sum())
        assert _close(fewer["orders_prevented"].sum(), -fewer["true_effect"].sum())
        assert more["orders_prevented"].sum() == fewer["orders_caused"].sum() == 0
    assert effects["orders_caused"].sum() > 100


def test_groups_are_of_the_shares_that_are_set_and_more_young_ones_can_be_persuaded(acting: Acting) -> None:
    truth = uplift_truth(acting.world, acting.block, acting.people)
    age = acting.world.settings.first_day.year - pl.col("birth_year")
    known = truth.join(acting.people.select("person", "birth_year"), on="person")
    groups = Groups()
    total = groups.persuadable + groups.sure_thing + groups.lost_cause + groups.sleeping_dog
    for rows, factor in ((known.filter((age >= 45) | age.is_null()), 1.0), (known.filter(age < 45), 1.5)):
        share = factor * groups.persuadable / (total + (factor - 1) * groups.persuadable)
        error = (share * (1 - share) / rows.height) ** 0.5
        assert abs((rows["reaction"] == "persuadable").mean() - share) < 4 * error
    rates = truth.join(acting.people.select("person", "order_rate"), on="person")
    sure, lost = (
        rates.filter(pl.col("reaction") == name)["order_rate"] for name in ("sure_thing", "lost_cause")
    )
    assert sure.min() > lost.max()
    factors = dict(truth.group_by("reaction").agg(pl.col("newsletter_factor").first()).iter_rows())
    assert factors == {"persuadable": 1.8, "sure_thing": 1.0, "lost_cause": 1.0, "sleeping_dog": 0.7}


def test_nobody_gets_a_message_after_wanting_none(acting: Acting) -> None:
    acts = acting.sales.acts
    late = acts.sent.join(acts.wanting, on="person").filter(pl.col("sent_at") >= pl.col("until"))
    assert late.is_empty()
    assert set(acts.sent["person"]) <= set(acts.wanting["person"])
    assert acts.sent["message_id"].is_duplicated().sum() == 0


def test_who_has_had_too_many_unsubscribes_more_often(acting: Acting) -> None:
    """By a slow second count of messages in the 30 days before."""
    sent = acting.sales.acts.sent.filter(pl.col("trigger") != "cart", pl.col("message_id") < 2**40)
    ended = set(acting.sales.acts.unsubscribed["message_id"])
    ratios: dict[bool, list[bool]] = {False: [], True: []}
    for _, rows in sent.sort("person", "sent_at").group_by("person", maintain_order=True):
        at = rows["sent_at"].to_numpy()
        for place, message in enumerate(rows["message_id"]):
            before = int(np.sum(at[:place] >= at[place] - 30 * DAY))
            ratios[before > Messaging().tired_after].append(message in ended)
    assert abs(np.mean(ratios[False]) - 0.01) < 0.003
    assert np.mean(ratios[True]) > 0.012


def test_consent_ends_at_known_times(acting: Acting) -> None:
    truth = consent_truth(acting.people, acting.sales.acts)
    ended = truth.filter(pl.col("withdrawn_at").is_not_null())
    assert (ended["withdrawn_at"] > ended["given_at"]).all()
    by = dict(ended.group_by("channel").len().iter_rows())
    assert by["e-mail"] == acting.sales.acts.unsubscribed.height > 50
    readers = truth.filter(pl.col("channel") == "account")
    years = (readers["withdrawn_at"].fill_null(pl.lit(None)).is_null().sum(), readers.height)
    assert 0.02 < 1 - years[0] / years[1] < 0.12
    assert set(ended.filter(pl.col("channel") == "account")["withdrawn_by"]) == {"account"}


def test_a_withdrawal_comes_as_a_new_row_of_the_customer(acting: Acting) -> None:
    rows = delivered_customers(acting.world, acting.people)
    kept = rows.filter(pl.col("outcome") == "kept")
    assert kept["customer_id"].is_duplicated().sum() == 0
    assert set(kept["customer_id"]) == set(rows["customer_id"])
    assert rows.select("customer_id", "delivery_day").is_duplicated().sum() == 0
    last = rows.sort("delivery_day").unique("customer_id", keep="last", maintain_order=True)
    assert (last["outcome"] == "kept").all()
    withdrawn = acting.people.filter(pl.col("withdrawn_at").is_not_null())["person"]
    state = dict(kept.select("customer_id", "consent_marketing").iter_rows())
    told = [state[person] for person in withdrawn]
    assert sum(value is False for value in told) >= len(told) - 1
    assert len(told) > 50


def test_messages_come_weekly_or_daily(acting: Acting) -> None:
    daily = make_acting(messaging={**MESSAGING, "delivered": "daily"})
    weekly = make_acting(messaging=MESSAGING)
    feeds = [
        delivered_care(each.world, each.block, each.sales, each.sales.acts.sent) for each in (daily, weekly)
    ]
    for feed, moment in (("messages", "sent_at"), ("message_events", "event_at")):
        rows = feeds[0][feed]
        day = acting.world.clock.delivery_day(rows[moment].cast(pl.Int64).to_numpy())
        assert (rows["delivery_day"].to_numpy() == day).all()
        assert ((feeds[1][feed]["delivery_day"] % 7) == 6).all()
        assert feeds[1][feed]["delivery_day"].n_unique() < rows["delivery_day"].n_unique()
    ended = feeds[0]["message_events"].filter(pl.col("kind") == "unsubscribed")
    assert ended.height == daily.sales.acts.unsubscribed.height
