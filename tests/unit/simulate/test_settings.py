from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from mandje.errors import MandjeError
from mandje.ingest.rules.row_rules import EARLIEST
from mandje.simulate.customer_block import BlockRows, make_block
from mandje.simulate.settings import FILE, SimulationSettings, read_settings
from mandje.simulate.settings.people import SEGMENTS
from mandje.simulate.settings.visits import CHANNELS, ChannelName
from mandje.simulate.visits.behaviour.traffic import NAMES
from mandje.simulate.visits.events import EVENTS_PER_SESSION
from mandje.simulate.visits.make import SESSIONS_PER_BLOCK
from mandje.simulate.world.world import BLOCK, make_world

DAYS = 60


def settings(folder: Path, text: str) -> SimulationSettings:
    (folder / FILE).write_text(text)
    return read_settings(folder)


def block(text: str, folder: Path) -> BlockRows:
    world = make_world(settings(folder, f"customers = 100\ndays = {DAYS}\n{text}"))
    return make_block(world, next(world.blocks()))


def segment(**changed: object) -> str:
    values = SEGMENTS[0].model_dump() | changed
    lines = [f"{name} = {value!r}" for name, value in values.items()]
    return "\n".join(["[[segments]]", *lines, ""])


def channel(name: str, first: int, again: int, order: int) -> str:
    return f'[[visits.channels]]\nname = "{name}"\nfirst = {first}\nagain = {again}\norder = {order}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sales.returns]\ndays = [9, 3]", "sales.returns.days: .*9 is more than 3"),
        ("[sales.returns]\nslow_days = [75, 29]", "sales.returns.slow_days: .*75 is more than 29"),
        ("[sales.returns]\nhandling_cost_cents = [640, 220]", "640 is more than 220"),
        ("[sales.baskets]\nshipping_cost_cents = [720, 380]", "720 is more than 380"),
        ("[sales.baskets]\nquantities = [0, 0]", "sales.baskets.quantities: .*above 0"),
        ("[visits.browsing]\npages = [0]", "visits.browsing.pages: .*above 0"),
        (channel("Television", 1, 1, 1), "visits.channels.0.name: .*Direct"),
        (channel("Direct", 1, 1, 0), "above 0 for `order`"),
        (channel("Direct", 0, 1, 1), "above 0 for `first`"),
        (channel("Direct", 1, 1, 1) * 2, "more than once: Direct"),
        (
            "[messaging.groups]\npersuadable = 0\nsure_thing = 0\nlost_cause = 0\nsleeping_dog = 0",
            "messaging.groups: .*above 0",
        ),
        ("[left_carts]\nmail_hours = [1, 72, 24]", "left_carts.mail_hours: .*later than the one before"),
        ('[[experiments]]\nname = "size_advice"', "names of their own, not size_advice, size_advice"),
        (segment(share=1e-9), "segments.0.share"),
        (segment(name="one") * 2, "names of their own, not one, one"),
        (segment(name=""), "segments.0.name"),
        (segment(r=6.0, alpha=1.0), "6 orders a day on average, more than 5"),
        (segment(p=100.0, v=1e6), "spent per order on average, more than 100000"),
        (
            "[[segments]]\nname = 'a'\nshare = 1\nr = 1\nalpha = 99\na = 1\nb = 1\np = 1\nq = 2\nv = inf",
            "finite",
        ),
        ("[visits.browsing]\nbefore_order = nan", "finite"),
        ("[visits.browsing]\ncart_ratio = 1.0", "more than 1 together"),
        ("[visits]\npace_seconds = 76", "visits.pace_seconds"),
        ("first_day = 0001-01-01", "first_day"),
        ("first_day = 1990-01-01", "first_day"),
        ("first_day = 2099-12-01\ndays = 32", "is after 2099-12-31"),
        ("first_day = 1995-06-01\n[[people.ages]]\nyoungest = 90\noldest = 96\nshare = 1", "before 1900"),
        ("days = 3651", "days: .*3650"),
        ("[season]\norder_months = [1, 2]", "season.order_months"),
        ("[season]\norder_growth_per_year = -0.95", "season.order_growth_per_year"),
        (
            "[season]\nspend_growth_per_year = -0.8",
            "season: spend per order become 0.00804 .*0.02 to 20",
        ),
        (
            "days = 1800\n[season]\norder_growth_per_year = 1.0",
            "season: order rates become .*0.02 to 20",
        ),
        ("[nights]\nlate_days = 4", "nights.late_days: .*3"),
        ("[nights]\nquarter_days = 2", "nights.quarter_days: .*1"),
        ("[nights]\nsilent_sources = 1", "nights.silent_sources"),
        (
            "[nights]\nabsent_newest_deliveries = 1\nvanished_sources = 1",
            "nights: .*waits for absent_newest_deliveries.*set one or the other",
        ),
        ("customers = 5_000_001", "customers: .*5000000"),
    ],
)
def test_what_cannot_be_simulated_is_said_plainly(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(MandjeError, match=said):
        settings(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "first_day = 1990-01-02",
        "first_day = 2099-11-02",
        segment(share=1e-6),
        segment(r=0.001, alpha=1e6, a=0.001, b=0.001, p=0.001, q=1000.0, v=0.001),
        segment(a=1000.0, b=0.001, p=1000.0, q=1.01, v=0.9),
        "[visits.browsing]\ncart_ratio = 1\nbuyers_cart_ratio = 1\nbounce_ratio = 0",
        "[sales.experiment]\nreturn_factor = 2\nbegins_before_end_days = 1\ntreatment_ratio = 1",
        "[sales.returns]\ndays = [3650, 3650]\nhandling_cost_cents = [0, 0]",
        "[sales.care]\nnewsletter_within_days = 3650\nwin_back_after_days = 1",
        "[sales]\nanonymous_store_ratio = 1\nfailed_ratio = 1\npending_ratio = 1\ntest_ratio = 1",
    ],
)
def test_the_outermost_settings_make_a_shop(text: str, tmp_path: Path) -> None:
    made = block(text, tmp_path)
    assert made.truth["customers"].height == 100
    assert made.feeds["orders"].height >= 50


def test_visits_come_from_the_named_channels_alone(tmp_path: Path) -> None:
    made = block(channel("Email", 1, 0, 0) + channel("Direct", 0, 3, 1), tmp_path)
    assert set(made.truth["sessions"]["channel"].drop_nulls()) == {"Email", "Direct"}


def test_every_channel_is_known_by_its_name() -> None:
    assert set(get_args(ChannelName)) == set(NAMES) == {channel.name for channel in CHANNELS}


def test_the_first_day_lies_in_the_contracts_time_on_every_clock() -> None:
    world = make_world(SimulationSettings(first_day=date(1990, 1, 2), days=30))
    assert world.clock.date_of(-1) >= EARLIEST


def test_event_ids_of_the_most_customers_have_sixteen_digits() -> None:
    last_block = SimulationSettings(customers=5_000_000).customers // BLOCK
    assert (last_block + 1) * SESSIONS_PER_BLOCK * EVENTS_PER_SESSION < 10**16


def test_a_customer_who_orders_too_often_is_told_of(tmp_path: Path) -> None:
    text = "customers = 20\ndays = 3650\n" + segment(
        name="restless", r=999.0, alpha=1000.0, a=0.001, b=1000.0
    )
    world = make_world(settings(tmp_path, text))
    with pytest.raises(MandjeError, match=r"segment restless orders too often.*at most 1900.*fewer days"):
        make_block(world, next(world.blocks()))


def test_shares_of_segments_need_not_add_up_to_one(tmp_path: Path) -> None:
    made = block(segment(name="many", share=30.0) + segment(name="few", share=10.0), tmp_path)
    many = made.truth["customers"].filter(pl.col("segment").cast(pl.String) == "many").height
    assert 55 < many < 95
