"""What is in orders, and what comes back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mandje.simulate.settings.base import Cents, Days, Name, Planted, Ratio, Span, Strict, Weights, is_nothing


class Baskets(Strict):
    """What an order holds. Cents are the first site's; others by their price level."""

    line_counts: Weights = Field(default=(46, 28, 15, 7, 4), min_length=5, max_length=5)
    quantities: Weights = Field(default=(82, 13, 5), min_length=1, max_length=5)
    smallest_line_cents: Annotated[Cents, Field(ge=1)] = 800
    coupon_ratio: Ratio = 0.14
    gift_wrap_ratio: Ratio = 0.03
    gift_wrap_cents: Cents = 295
    shipping_cents: Cents = 495
    free_shipping_from_cents: Cents = 5000
    shipping_cost_cents: Span[Cents] = (380, 720)


class Returns(Strict):
    """How goods come back: how often is each product's own return ratio.

    `habit_spread`: standard deviation of what it is multiplied by, for each customer, with a mean of 1.
    """

    second_parcel_ratio: Ratio = 0.15
    partly_ratio: Ratio = 0.15
    days: Span[Days] = (3, 28)
    slow_ratio: Ratio = 0.04
    slow_days: Span[Days] = (29, 75)
    unlinked_ratio: Ratio = 0.12
    handling_cost_cents: Span[Cents] = (220, 640)
    # Not told where there are no habits, so that what was simulated before them stands as it is.
    habit_spread: Annotated[float, Field(ge=0, le=3, exclude_if=is_nothing)] = 0.0


class Experiment(Strict):
    """An experiment on customers: advice on sizes, so that less comes back.

    It begins so many days before the end, in a short shop after 60 % of its days, and still runs then.
    `return_factor` is what advice makes of a product's return ratio.
    """

    name: Name = "size_advice"
    begins_before_end_days: Days = 120
    treatment_ratio: Ratio = 0.8
    return_factor: Annotated[float, Field(ge=0, le=2)] = 0.75


class Care(Strict):
    """Service contacts and messages."""

    contact_ratio: Ratio = 0.05
    contact_after_return_ratio: Ratio = 0.2
    opened_ratio: Ratio = 0.31
    clicked_of_opened_ratio: Ratio = 0.1
    newsletter_within_days: Days = 365
    win_back_after_days: Days = 120


class SalesDefects(Strict):
    """How many orders and returns are delivered in a difficult way."""

    corrected_orders: Planted = 12
    corrected_orders_with_a_line_less: Planted = 12
    cancelled_later: Planted = 12
    stale_reexports: Planted = 12
    returns_before_their_order: Planted = 12
    late_returns: Planted = 12


class Sales(Strict):
    """Orders, returns, corrections, service and messages.

    Ratios of orders: `store_ratio` of those placed in opening hours; `anonymous_store_ratio`,
    `failed_ratio`, `pending_ratio`, `test_ratio` on top of the customers' own; `guest_ratio` of those of
    people with an account; `adjustment_ratio` of each kind of adjustment of goods and of losses;
    `refunded_charge_ratio` of orders with shipping, and with other charges, for the refund of these.
    """

    store_ratio: Ratio = 0.35
    phone_ratio: Ratio = 0.02
    guest_ratio: Ratio = 0.06
    email_in_store_ratio: Ratio = 0.5
    anonymous_store_ratio: Ratio = 0.04
    failed_ratio: Ratio = 0.006
    pending_ratio: Ratio = 0.003
    test_ratio: Ratio = 0.001
    adjustment_ratio: Ratio = 0.002
    refunded_charge_ratio: Ratio = 0.015
    baskets: Baskets = Baskets()
    returns: Returns = Returns()
    experiment: Experiment = Experiment()
    care: Care = Care()
    defects: SalesDefects = SalesDefects()
