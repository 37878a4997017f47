"""Who buys, how often, for how much, and when."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from mandje.simulate.settings.base import Name, Ratio, Share, Strict

# Bounded, so that sums and products of weights and times stay within 64 bits.
TimeWeight = Annotated[int, Field(gt=0, le=1000)]

Shape = Annotated[float, Field(ge=0.001, le=1000)]
# Means of a segment.
_MOST_ORDERS_A_DAY, _MOST_SPENT = 5, 100_000


class Segment(Strict):
    """Customers alike in how they buy: BG/NBD per day, Gamma-Gamma in money of the first site.

    Order rates are Gamma(`r`, `alpha`) per day, leaving probabilities after each repeat order Beta(`a`, `b`);
    what a person spends per order is Gamma(`p`, nu) with nu Gamma(`q`, `v`).
    """

    name: Name
    share: Share
    r: Shape
    alpha: Annotated[float, Field(ge=1, le=1e6)]
    a: Shape
    b: Shape
    p: Shape
    q: Annotated[float, Field(ge=1.01, le=1000)]
    v: Annotated[float, Field(ge=0.001, le=1e6)]

    @model_validator(mode="after")
    def _buys_what_a_person_can(self) -> Self:
        orders = self.r / self.alpha
        if orders > _MOST_ORDERS_A_DAY:
            raise ValueError(f"r / alpha: {orders:g} orders a day on average, more than {_MOST_ORDERS_A_DAY}")
        spend = self.p * self.v / (self.q - 1)
        if spend > _MOST_SPENT:
            raise ValueError(f"p v / (q - 1): {spend:g} spent per order on average, more than {_MOST_SPENT}")
        return self


SEGMENTS = (
    Segment(name="occasional", share=0.60, r=0.5, alpha=220, a=0.8, b=1.8, p=4.0, q=4.5, v=52),
    Segment(name="regular", share=0.32, r=0.9, alpha=110, a=0.7, b=2.5, p=5.0, q=5.0, v=48),
    Segment(name="loyal", share=0.08, r=1.8, alpha=100, a=0.5, b=5.0, p=6.0, q=5.5, v=45),
)


class Rhythm(Strict):
    """When things happen: weights of the days of a week (from Monday), of the hours of a day, and of months.

    Weights of days and hours move orders and visits inside their week and day; those of months set when new
    customers come and how many visits there are, not how often customers order.
    """

    weekdays: tuple[TimeWeight, ...] = Field(
        default=(96, 94, 95, 97, 98, 104, 116), min_length=7, max_length=7
    )
    hours: tuple[TimeWeight, ...] = Field(
        default=(14, 7, 4, 3, 3, 5, 12, 24, 38, 50, 57, 59, 58, 56, 55, 55, 56, 58, 62, 70, 78, 76, 58, 32),
        min_length=24,
        max_length=24,
    )
    months: tuple[TimeWeight, ...] = Field(
        default=(98, 92, 96, 97, 98, 93, 90, 91, 98, 104, 123, 120), min_length=12, max_length=12
    )


class AgeBand(Strict):
    """Customers of `youngest` to `oldest` years on the first day."""

    youngest: Annotated[int, Field(ge=16, le=110)]
    oldest: Annotated[int, Field(ge=16, le=110)]
    share: Share

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.youngest > self.oldest:
            raise ValueError(f"youngest {self.youngest} is older than oldest {self.oldest}")
        return self


AGES = (
    AgeBand(youngest=18, oldest=24, share=0.11),
    AgeBand(youngest=25, oldest=34, share=0.24),
    AgeBand(youngest=35, oldest=44, share=0.23),
    AgeBand(youngest=45, oldest=54, share=0.19),
    AgeBand(youngest=55, oldest=64, share=0.14),
    AgeBand(youngest=65, oldest=84, share=0.09),
)


class Consent(Strict):
    """What customers answer when they make an account: yes, not known, else no."""

    yes_ratio: Ratio
    unknown_ratio: Ratio = 0.06


class People(Strict):
    """Who the customers are.

    Attributes:
        growth_per_year: by how much of the first day's number more new customers come a day, a year later.
        registered_ratio: make an account with their first purchase.
        registers_later_ratio: of the others, those who make one with their second or third purchase.
        other_site_ratio: people who also buy at another site, and `other_site_order_ratio`, which part of
            their repeat purchases (from the second day on).
        device_shares: of people with one, two and three devices.
        women_ratio, gender_unknown_ratio, birth_year_unknown_ratio: what accounts say, or do not.
        abroad_ratio: live in the neighbouring country.
        consent_change_ratio: change their consent to profiling within a year after.
    """

    growth_per_year: Annotated[float, Field(ge=0, le=10)] = 0.18
    registered_ratio: Ratio = 0.75
    registers_later_ratio: Ratio = 0.45
    other_site_ratio: Ratio = 0.02
    other_site_order_ratio: Ratio = 0.30
    device_shares: tuple[Share, Share, Share] = (0.46, 0.41, 0.13)
    ages: tuple[AgeBand, ...] = Field(default=AGES, min_length=1)
    birth_year_unknown_ratio: Ratio = 0.28
    women_ratio: Ratio = 0.56
    gender_unknown_ratio: Ratio = 0.22
    abroad_ratio: Ratio = 0.03
    consent_marketing: Consent = Consent(yes_ratio=0.58)
    consent_profiling: Consent = Consent(yes_ratio=0.84)
    consent_change_ratio: Ratio = 0.015
