from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from small_shop import Made, make, shop

from mandje.simulate.care.experiment_truth import experiment_sums, experiment_truth
from mandje.simulate.sales.experiment import first_experiment_day, with_variant
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.world import make_world


def test_weekly_feeds_come_on_every_seventh_day_in_the_week_of_their_rows(made: Made) -> None:
    times = {
        "service_contacts": "contacted_at",
        "messages": "sent_at",
        "experiment_assignments": "assigned_at",
    }
    for feed, name in times.items():
        rows = made.feeds[feed]
        day = made.world.clock.delivery_day(rows[name].cast(pl.Int64).to_numpy())
        assert ((rows["delivery_day"] % 7) == 6).all()
        assert set((rows["delivery_day"].to_numpy() - day).tolist()) == set(range(7))


def test_messages_go_to_those_who_agreed_and_ordered(made: Made) -> None:
    agreed = made.people.filter("consent_marketing", pl.col("account_at").is_not_null())
    accounts = dict(agreed.select("person", "account_at").iter_rows())
    orders: dict[int, list[int]] = {}
    for person, at in made.sales.orders.filter("is_counted").select("person", "ordered_at").iter_rows():
        orders.setdefault(person, []).append(at)
    messages = made.feeds["messages"].with_columns(pl.col("sent_at").cast(pl.Int64))
    for row in messages.iter_rows(named=True):
        since = [row["sent_at"] - at for at in orders[row["customer_id"]] if at < row["sent_at"]]
        assert row["sent_at"] >= accounts[row["customer_id"]]
        if row["trigger"] == "newsletter":
            assert min(since) <= 365 * DAY
        elif row["trigger"] == "order":
            assert 5 * DAY in since
        else:
            assert min(since) == 120 * DAY
    known = made.people["account_at"].drop_nulls()
    years = (made.world.clock.end - known).sum() / (365 * DAY)
    assert 2 < messages.height / years < 10


def test_newsletters_go_out_at_ten_on_the_shops_clock(made: Made) -> None:
    letters = made.feeds["messages"].filter(pl.col("trigger") == "newsletter")["sent_at"]
    local = letters.dt.convert_time_zone(made.world.clock.shop_zone).unique()
    assert set(local.dt.hour()) == {10}
    assert set(local.dt.day()) == {9}
    assert local.len() == 14


def test_what_is_read_is_read_after_it_is_sent(made: Made) -> None:
    read = made.feeds["messages"].filter(pl.col("opened_at").is_not_null())
    assert (read["opened_at"] > read["sent_at"]).all()
    clicked = made.feeds["messages"].filter(pl.col("clicked_at").is_not_null())
    assert clicked.height > 5
    assert (clicked["clicked_at"] > clicked["opened_at"]).all()
    assert 0.2 < read.height / made.feeds["messages"].height < 0.35


def test_contacts_are_of_customers_about_their_own_orders(made: Made) -> None:
    orders = {row["order"]: row for row in made.sales.orders.iter_rows(named=True)}
    contacts = made.feeds["service_contacts"]
    for row in contacts.iter_rows(named=True):
        order = orders[row["contact_id"] // 8]
        assert row["order_id"] in {None, order["order"]}
        assert order["person"] == row["customer_id"]
        assert order["shows_customer"]
    assert set(contacts["currency_code"]) == {"EUR"}
    assert 0.7 < contacts["order_id"].is_not_null().mean() < 1


def test_people_enter_the_experiment_with_their_first_order_in_its_time(made: Made) -> None:
    first = first_experiment_day(made.world)
    assert first == 420 - 120
    inside = made.sales.orders.filter("shows_customer", "is_counted", pl.col("day") >= first)
    expected = dict(inside.group_by("person").agg(pl.col("ordered_at").min()).iter_rows())
    assert dict(made.sales.assigned.select("person", "assigned_at").iter_rows()) == expected
    delivered = made.feeds["experiment_assignments"]
    assert delivered["assigned_at"].max() - delivered["assigned_at"].min() < timedelta(days=120)


@pytest.mark.parametrize(
    ("days", "wanted", "first"),
    [(730, 120, 610), (300, 120, 180), (299, 120, 180), (30, 120, 18), (730, 10, 720)],
)
def test_the_experiment_begins_before_the_end_but_not_with_a_short_shop(
    days: int, wanted: int, first: int
) -> None:
    experiment = {"begins_before_end_days": wanted}
    settings = {"customers": 1, "days": days, "sales": {"experiment": experiment}}
    assert first_experiment_day(make_world(SimulationSettings.model_validate(settings))) == first


def test_the_experiment_still_runs_on_the_last_day_with_a_hold_out(made: Made) -> None:
    counted = made.sales.orders.filter("is_counted")
    last = with_variant(counted, made.sales.assigned).filter(pl.col("day") == made.world.clock.days - 1)
    assert {"hold_out", "treatment"} <= set(last["variant"])
    known = last.filter("shows_customer")
    assert known.height > 5
    assert known["variant"].null_count() == 0


def test_the_treatment_lowers_returns_by_its_factor() -> None:
    world = shop(seed=11, customers=10_000)
    made = make(world, next(world.blocks()))
    truth = experiment_truth(world, [experiment_sums(world, made.people, made.sales)])
    rows = {row["variant"]: row for row in truth.iter_rows(named=True)}
    ratio = rows["treatment"]["true_return_ratio"] / rows["hold_out"]["true_return_ratio"]
    # 0.75, but that the two did not buy the same.
    assert 0.7 < ratio < 0.8
    share = rows["treatment"]["person_count"] / made.sales.assigned.height
    assert abs(share - 0.8) < 0.03
    for row in rows.values():
        expected = row["true_return_ratio"] * row["line_count"]
        # What is bought near the end has not all come back.
        assert 0.8 * expected - 4 * expected**0.5 < row["returned_line_count"] < expected + 4 * expected**0.5


def test_experiments_of_blocks_add_up(blocks: list[Made]) -> None:
    truth = experiment_truth(
        blocks[0].world, [experiment_sums(block.world, block.people, block.sales) for block in blocks]
    )
    assigned = pl.concat([block.sales.assigned for block in blocks])
    persons = dict(assigned["variant"].cast(pl.String).value_counts().iter_rows())
    assert dict(truth.select("variant", "person_count").iter_rows()) == persons


def test_no_line_outside_the_experiment_is_in_its_truth(made: Made) -> None:
    """The lines of those assigned, from the order that they entered with on."""
    since = dict(made.sales.assigned.select("person", "assigned_at").iter_rows())
    orders = {
        row["order"]
        for row in made.sales.orders.filter("is_counted").iter_rows(named=True)
        if row["ordered_at"] >= since.get(row["person"], made.world.clock.end)
    }
    lines = sum(order in orders for order in made.sales.lines["order"])
    assert experiment_sums(made.world, made.people, made.sales)["line_count"].sum() == lines


def test_what_is_read_in_a_later_week_comes_as_an_event(made: Made) -> None:
    told = {row["message_id"]: row for row in made.feeds["messages"].iter_rows(named=True)}
    events = made.feeds["message_events"]
    assert set(events["kind"]) == {"opened", "clicked"}
    for event in events.iter_rows(named=True):
        message = told[event["message_id"]]
        assert message[f"{event['kind']}_at"] is None
        assert event["customer_id"] == message["customer_id"]
        assert event["event_at"] > message["sent_at"]
        assert event["delivery_day"] > message["delivery_day"]
