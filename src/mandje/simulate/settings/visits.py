"""Who comes to the sites, from where, and what they do there.

Numbers without a source are assumptions, chosen so that the ratios that follow from them lie near published
ones: cart abandonment near the documented average of 70 % (Baymard Institute, average of published studies)
and the worldwide benchmark of the KPI tables.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from mandje.simulate.settings.base import Planted, PlantedLater, Ratio, Strict, Weight, Weights

Mean = Annotated[float, Field(ge=0, le=100)]
ChannelName = Literal[
    "Direct",
    "Organic Search",
    "Paid Search",
    "Organic Social",
    "Paid Social",
    "Email",
    "Referral",
    "Affiliates",
    "Display",
]


class Journeys(Strict):
    """How an online order comes about.

    Attributes:
        later_ratio: of orders whose cart was filled on an earlier visit.
        other_device_ratio: of those, by people with several devices: filled on one, ordered on another.
        logged_in_ratio: of visits to a site by people with an account: logged in from the first page on.
        lost_event_ratio: of orders whose purchase event got lost.
        lost_session_ratio: of orders that no event tells of.
    """

    later_ratio: Ratio = 0.40
    other_device_ratio: Ratio = 0.75
    logged_in_ratio: Ratio = 0.35
    lost_event_ratio: Ratio = 0.015
    lost_session_ratio: Ratio = 0.003


class Browsing(Strict):
    """Visits without an order.

    Attributes:
        before_order, after_order: visits of a buyer around each online order, mean.
        per_customer_year: visits of a customer besides, mean per year since the first purchase.
        anonymous_per_order: visitors who never buy, per online order.
        returns: weights of 1, 2, … visits of a visitor who never buys.
        shared_device_ratio: of people with an account: share a device with another such person.
        bounce_ratio: of these visits: one page only; with either cart ratio at most 1.
        cart_ratio, buyers_cart_ratio: of these visits, by visitors who never buy and by customers: something
            is put in the cart.
        pages: weights of 0, 1, … pages beyond the landing page; one more where nothing is put in the cart.
        things: weights of 1, 2, … things put in the cart.
        emptied_ratio: of visits with a cart: all is taken out again.
        refilled_ratio: of carts emptied: something is put in again.
        one_taken_out_ratio: of visits with a cart: one thing is taken out.
        checkout_ratio, shipping_ratio, payment_ratio: of visits with a cart (of the step before): so far.
        error_ratio: of checkouts left: an error was shown.
    """

    before_order: Mean = 2.2
    after_order: Mean = 1.2
    per_customer_year: Mean = 3.0
    anonymous_per_order: Mean = 9.2
    returns: Weights = Field(default=(62, 20, 9, 5, 4), min_length=1, max_length=9)
    shared_device_ratio: Ratio = 0.01
    bounce_ratio: Ratio = 0.485
    cart_ratio: Ratio = 0.165
    buyers_cart_ratio: Ratio = 0.055
    pages: Weights = Field(default=(76, 16, 5, 2, 1), min_length=1, max_length=20)
    things: Weights = Field(default=(62, 25, 13), min_length=1, max_length=5)
    emptied_ratio: Ratio = 0.07
    refilled_ratio: Ratio = 0.3
    one_taken_out_ratio: Ratio = 0.1
    checkout_ratio: Ratio = 0.42
    shipping_ratio: Ratio = 0.72
    payment_ratio: Ratio = 0.7
    error_ratio: Ratio = 0.12

    @model_validator(mode="after")
    def _leaves_room_for_bounces(self) -> Self:
        most = max(self.cart_ratio, self.buyers_cart_ratio)
        if most + self.bounce_ratio > 1:
            raise ValueError(
                f"a visit of one page puts nothing in the cart: bounce_ratio {self.bounce_ratio} and a cart"
                f" ratio of {most} are more than 1 together"
            )
        return self


class PlannedVisits(Strict):
    """Visits of a special kind, by their number.

    Attributes:
        over_midnight: on any day and site.
        over_each_clock_change: per site and change of its clock.
        open_carts: filled shortly before the end.
        flagged_bots: marked by the source as robots.
        fast_bots: many pages in less than a second each, not marked.
        long_bots: longer than a day, not marked.
        staff: on the internal host.
    """

    over_midnight: Planted = 60
    over_each_clock_change: Planted = 6
    open_carts: Planted = 8
    flagged_bots: Planted = 120
    fast_bots: Planted = 15
    long_bots: Planted = 8
    staff: Planted = 120


class VisitDefects(Strict):
    """Visits whose clock is wrong: hours ahead (kept), days ahead (rejected), or back in 2000 (set apart).

    And visits with an order of which views of products, cart, checkout and purchase are of one moment, with
    ids in any order: kept, and their carts are ordered.
    """

    clock_skew_hours: Planted = 12
    clock_skew_days: Planted = 12
    clock_of_2000: PlantedLater = 0
    steps_at_one_moment: PlantedLater = 0


class Channel(Strict):
    """Where visits come from: weights among first visits, later visits, and visits with an order."""

    name: ChannelName
    first: Weight
    again: Weight
    order: Weight


CHANNELS = (
    Channel(name="Direct", first=18, again=34, order=26),
    Channel(name="Organic Search", first=31, again=20, order=21),
    Channel(name="Paid Search", first=18, again=11, order=19),
    Channel(name="Organic Social", first=8, again=4, order=2),
    Channel(name="Paid Social", first=12, again=8, order=6),
    Channel(name="Email", first=1, again=14, order=14),
    Channel(name="Referral", first=5, again=4, order=4),
    Channel(name="Affiliates", first=4, again=3, order=7),
    Channel(name="Display", first=3, again=2, order=1),
)


class Visits(Strict):
    """Visits, carts and channels. `pace_seconds`: mean time on a page, on top of 11 seconds.

    A channel that is not named has no visits.
    """

    # Bounded, so that no time on a page ends a session.
    pace_seconds: Annotated[int, Field(ge=1, le=75)] = 40
    journeys: Journeys = Journeys()
    browsing: Browsing = Browsing()
    planned: PlannedVisits = PlannedVisits()
    channels: tuple[Channel, ...] = Field(default=CHANNELS, min_length=1)
    defects: VisitDefects = VisitDefects()

    @field_validator("channels")
    @classmethod
    def _all_mixes_come_from_somewhere(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        twice = [name for name, count in Counter(channel.name for channel in channels).items() if count > 1]
        if twice:
            raise ValueError(f"channels named more than once: {', '.join(twice)}")
        for mix in ("first", "again", "order"):
            if not any(getattr(channel, mix) for channel in channels):
                raise ValueError(f"one channel at least must have a weight above 0 for `{mix}`")
        return channels
