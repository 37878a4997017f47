"""Sections of `shop.toml` beside its sources: sites, limits, and defaults where the exports tell nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mandje.contracts.placeholders import PLACEHOLDERS
from mandje.cron import checked_cron
from mandje.notify.recipients import LATE_AFTER_HOURS, checked_address, checked_name
from mandje.shop.sources import Amount, CurrencyCode, Positive, Strict, TimeZone

HostName = Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]
Ratio = Annotated[Decimal, Field(gt=0, le=1)]


class Site(Strict):
    """One site of the shop: its clock, the currency that it sells in, and its hosts in small letters.

    A visit that comes from one of its hosts, or from a host below one, has no new source. Hosts that events
    name in their column `host` are known without being told here.
    """

    time_zone: TimeZone
    currency: CurrencyCode
    hosts: tuple[HostName, ...] = ()


class Sessions(Strict):
    """How visits are cut."""

    gap_minutes: Positive = 30
    # An event so long before its delivery comes from a clock that is wrong, unless a delivery brings history.
    oldest_days: Positive = 400


class Internal(Strict):
    """Visits of the shop's own people, which are counted apart: hosts in small letters, customer ids."""

    hosts: tuple[HostName, ...] = ()
    customers: tuple[Annotated[str, Field(min_length=1)], ...] = ()


def _small(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip().lower() for word in words))


class Ids(Strict):
    """How ids are read, and which share of all orders or visits one may have.

    `placeholders` stand for no id, in whatever letters; they replace the usual list. An id with more than the
    other shares is told, or holds the gate: a customer, an address or a visitor with so many is rather a
    till, a guest or a robot than a person.
    """

    placeholders: Annotated[tuple[Annotated[str, Field(pattern=r"\S")], ...], AfterValidator(_small)] = (
        PLACEHOLDERS
    )
    told_order_ratio: Ratio = Decimal("0.05")
    told_visit_ratio: Ratio = Decimal("0.02")
    held_ratio: Ratio = Decimal("0.20")


class Carts(Strict):
    """When a cart counts as silent, and when it ends."""

    silence_minutes: Positive = 60
    end_days: Positive = 30
    # Clocks of orders and of events differ; more than a payment takes would tie an order to the next cart.
    order_tolerance_minutes: Annotated[int, Field(ge=0, le=60)] = 5


class Customers(Strict):
    """How the future of customers is looked at."""

    churn_horizon_days: Positive = 90
    left_truncation_days: Annotated[int, Field(ge=0)] = 60
    discount_rate_per_year: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal("0.10")


class Costs(Strict):
    """Defaults where the exports name no cost; money in the reporting currency."""

    margin_ratio: Ratio = Decimal("0.40")
    shipping_cost_per_order_amount: Amount = Decimal(0)
    service_cost_per_order_amount: Amount = Decimal(0)


class Totals(Strict):
    """How many counted orders may have a total that is not the sum of their parts, until the gate holds."""

    most_untied_orders: Annotated[int, Field(ge=0)] = 5
    most_untied_ratio: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")


class Spark(Strict):
    """Where Spark runs (this machine unless told) and its own settings by their own names."""

    master: Annotated[str, Field(min_length=1)] | None = None
    conf: dict[str, str] = Field(default_factory=dict)


class Engine(Strict):
    """Who builds the marts, and what the engine may use."""

    build: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: Annotated[str, Field(pattern=r"^[0-9]+(MiB|GiB)$")] = "3GiB"
    threads: Positive | None = None
    spark: Spark = Spark()


class Schedule(Strict):
    """When the night starts, on the shop's clock; off for a shop whose exports have ended."""

    cron: Annotated[str, AfterValidator(checked_cron)] = "0 3 * * *"
    is_on: bool = True


class ReportPage(Strict):
    """The morning report: the language that it is written in."""

    language: Literal["en", "nl"] = "en"


MailAddress = Annotated[str, AfterValidator(checked_address)]


class Notify(Strict):
    """Who is told when a night stops, is late, is mended, or has new warnings; nobody unless set.

    `webhook` names what holds the address, which is a secret: an environment variable, in Airflow a
    connection.
    """

    mail_to: tuple[MailAddress, ...] = ()
    mail_from: MailAddress | None = None
    webhook: Annotated[str, AfterValidator(checked_name)] | None = None
    # How long after its hour a scheduled night may take until somebody is told.
    late_after_hours: Positive = LATE_AFTER_HOURS
