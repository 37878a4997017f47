"""The truth of carts, by their definition.

A cart belongs to the person that its visitor turns out to be, else to the visitor; one is open at a time per
shopper and site. It ends with the shopper's first online order on the site, when nothing is left in it, or
after 30 days without a cart or checkout event.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from mandje.contracts.types import DECIMAL, TIMESTAMP
from mandje.simulate.visits.behaviour.plan import DESKTOP, DEVICES, MOBILE, TABLET
from mandje.simulate.visits.behaviour.steps import (
    ADD,
    ADD_PAYMENT,
    ADD_SHIPPING,
    BEGIN_CHECKOUT,
    CHECKOUT_ERROR,
    REMOVE,
)
from mandje.simulate.visits.truth.sessions import id_text
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.site_money import money
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

ENDS_AFTER = 30 * DAY
SILENT_AFTER = HOUR
STATES = ("ordered", "recovered", "abandoned", "emptied", "open")
STAGES = ("cart", "begin_checkout", "add_shipping", "add_payment", "ordered")
_CARTS_PER_BLOCK = 2**32
# Shoppers that are visitors are numbered from here on, persons from 0.
VISITORS = 2**60
# Cents times a rate in 1/10000 are in millionths; rounded half up to 1/10000.
_CENTS_TO_E4, _HALF = 100, 50
_E4 = pl.lit(Decimal("0.0001"))


def shoppers(steps: pl.DataFrame, visits: pl.DataFrame, owners: pl.DataFrame) -> pl.Series:
    """Whose each step is: the person it shows, else the visitor's owner, else the visitor."""
    of_visitor = visits.select("visitor").join(owners, on="visitor", how="left", maintain_order="left")
    stands_in = pl.coalesce("owner", pl.col("visitor") + VISITORS)
    visit = steps["visit"]
    shopper = of_visitor.select(stands_in).to_series().gather(visit)
    person = visits["person"].gather(visit)
    return pl.select(pl.when(steps["shows_customer"]).then(person).otherwise(shopper)).to_series()


def cart_truth(world: World, block: Block, touches: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """One row per cart, by shopper, site and time.

    Args:
        world: of the shop.
        block: of the visits.
        touches: cart and checkout events: shopper, site, at, event_type, product, quantity, value, session,
            visitor, device, channel.
        placed: online orders as their shoppers are seen: shopper, site, at, order; one order may stand under
            two shoppers, as its event and its row tell.

    Returns:
        cart (number), shopper_kind (customer or visitor), shopper_id (text), site, opened_at,
        last_touched_at, state (one of STATES), stage (one of STAGES), order_id (text), recovery_hours (from
        the last touch before the first silence to the order), most_items, most_value_amount (each at its
        fullest), items_at_end, value_at_end_amount (before an order takes them; in the site's currency),
        most_value_reporting_amount and value_at_end_reporting_amount (in the shop's currency),
        session_count, visitor_count, devices (joined by +), channel (of the session that opened it),
        is_expired (30 days went by).
    """
    numbered = _converted(world, _numbered(touches, placed))
    carts = _summed(numbered).filter(pl.col("touch_count") > 0)
    return _told(block, carts, world.clock.end)


def _numbered(touches: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """All touches and orders in order of time, with the cart that each belongs to.

    A stretch lasts until an order or 30 days of silence. Contents are running sums inside it: where a cart is
    emptied on the way, the next one begins with nothing anyway.
    """
    orders = placed.unique(["shopper", "site", "order"], maintain_order=True)
    rows = pl.concat([touches, orders], how="diagonal").with_columns(is_order=pl.col("order").is_not_null())
    rows = rows.sort("shopper", "site", "at", "is_order", "order", nulls_last=True)
    before = pl.col("shopper", "site", "at", "is_order").shift(1).name.prefix("before_")
    kind = pl.col("event_type")
    sign = pl.when(kind == ADD).then(1).when(kind == REMOVE).then(-1).otherwise(0)
    rows = rows.with_columns(
        before,
        items_added=sign * pl.col("quantity").fill_null(0),
        value_added=sign * pl.col("value").fill_null(0),
    ).with_columns(begins_stretch=_begins_stretch())
    rows = rows.with_columns(items=_running("items_added"), worth=_running("value_added"))
    is_emptied = (kind == REMOVE).fill_null(value=False) & (pl.col("items") == 0)
    begins = is_emptied.shift(1, fill_value=False) | pl.col("begins_stretch")
    return rows.with_columns(
        is_emptied=is_emptied,
        cart=begins.cum_sum(),
        left_at=pl.when(~begins & (pl.col("at") - pl.col("before_at") > SILENT_AFTER)).then("before_at"),
    )


def _converted(world: World, rows: pl.DataFrame) -> pl.DataFrame:
    """With `converted`, what the cart is worth after each row in 1/10000 of the reporting currency.

    The rate is that of the day on which the cart was opened. Each product is rounded on its own.
    """
    site, opened_at = rows["site"].to_numpy(), rows.select(pl.col("at").first().over("cart")).to_series()
    rate = world.rates.rate_e4(site, world.clock.local_day(site, opened_at.to_numpy()))
    own = pl.col("value_added").cum_sum().over("cart", "product")
    rows = rows.with_columns(of_product=(own * pl.Series(rate) + _HALF) // _CENTS_TO_E4)
    change = pl.col("of_product") - pl.col("of_product").shift(1, fill_value=0).over("cart", "product")
    return rows.with_columns(converted=change.cum_sum().over("cart"))


def _begins_stretch() -> pl.Expr:
    another = (pl.col("shopper") != pl.col("before_shopper")) | (pl.col("site") != pl.col("before_site"))
    is_over = pl.col("before_is_order") | (pl.col("at") - pl.col("before_at") > ENDS_AFTER)
    return (another | is_over).fill_null(value=True)


def _running(name: str) -> pl.Expr:
    """Running sum inside each stretch."""
    total = pl.col(name).cum_sum()
    return total - pl.when("begins_stretch").then(total - pl.col(name)).forward_fill()


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    own = ~pl.col("is_order")
    rows = rows.with_columns(
        is_mobile=pl.col("device") == MOBILE,
        is_desktop=pl.col("device") == DESKTOP,
        is_tablet=pl.col("device") == TABLET,
    )
    return rows.group_by("cart", maintain_order=True).agg(
        pl.col("shopper", "site").first(),
        own.sum().alias("touch_count"),
        pl.col("at").first().alias("opened_at"),
        pl.col("at").filter(own).last().alias("last_touched_at"),
        pl.col("at").filter("is_order").first().alias("ordered_at"),
        pl.col("order").max(),
        pl.col("is_emptied").any(),
        pl.col("left_at").min(),
        pl.col("event_type").filter(pl.col("event_type") != CHECKOUT_ERROR).max().alias("furthest"),
        pl.col("items").max().alias("most_items"),
        pl.col("worth").max().alias("most_value"),
        pl.col("items").last().alias("items_at_end"),
        pl.col("worth").last().alias("value_at_end"),
        pl.col("converted").max().alias("most_converted"),
        pl.col("converted").last().alias("converted_at_end"),
        pl.col("session").drop_nulls().n_unique().cast(pl.Int64).alias("session_count"),
        pl.col("visitor").drop_nulls().n_unique().cast(pl.Int64).alias("visitor_count"),
        pl.col("is_mobile", "is_desktop", "is_tablet").any(),
        pl.col("channel").first(),
    )


def _told(block: Block, carts: pl.DataFrame, end: int) -> pl.DataFrame:
    is_ordered = pl.col("order").is_not_null()
    silence = end - pl.col("last_touched_at")
    state = (
        pl.when(is_ordered & pl.col("left_at").is_not_null())
        .then(pl.lit("recovered"))
        .when(is_ordered)
        .then(pl.lit("ordered"))
        .when("is_emptied")
        .then(pl.lit("emptied"))
        .when(silence > SILENT_AFTER)
        .then(pl.lit("abandoned"))
        .otherwise(pl.lit("open"))
    )
    is_person = pl.col("shopper") < VISITORS
    visitor = id_text(pl.col("shopper") - VISITORS, "v", 16)
    names = pl.Enum([site.name for site in SITES])
    return carts.with_row_index("number").select(
        (pl.col("number").cast(pl.Int64) + block.number * _CARTS_PER_BLOCK).alias("cart"),
        pl.when(is_person).then(pl.lit("customer")).otherwise(pl.lit("visitor")).alias("shopper_kind"),
        pl.when(is_person).then(id_text(pl.col("shopper"), "c", 7)).otherwise(visitor).alias("shopper_id"),
        pl.col("site").map_batches(pl.Series(names.categories, dtype=names).gather, names),
        pl.col("opened_at", "last_touched_at").cast(TIMESTAMP),
        state.cast(pl.Enum(STATES)).alias("state"),
        _stage(is_ordered).cast(pl.Enum(STAGES)).alias("stage"),
        id_text(pl.col("order"), "o", 16).alias("order_id"),
        ((pl.col("ordered_at") - pl.col("left_at")) / HOUR).alias("recovery_hours"),
        "most_items",
        money(pl.col("most_value")).alias("most_value_amount"),
        "items_at_end",
        money(pl.col("value_at_end")).alias("value_at_end_amount"),
        _from_e4("most_converted").alias("most_value_reporting_amount"),
        _from_e4("converted_at_end").alias("value_at_end_reporting_amount"),
        "session_count",
        "visitor_count",
        _devices().alias("devices"),
        "channel",
        (~is_ordered & ~pl.col("is_emptied") & (silence > ENDS_AFTER)).alias("is_expired"),
    )


def _from_e4(name: str) -> pl.Expr:
    return (pl.col(name).cast(DECIMAL) * _E4).cast(DECIMAL)


def _stage(is_ordered: pl.Expr) -> pl.Expr:
    furthest = pl.col("furthest")
    return (
        pl.when(is_ordered)
        .then(pl.lit("ordered"))
        .when(furthest == ADD_PAYMENT)
        .then(pl.lit("add_payment"))
        .when(furthest == ADD_SHIPPING)
        .then(pl.lit("add_shipping"))
        .when(furthest == BEGIN_CHECKOUT)
        .then(pl.lit("begin_checkout"))
        .otherwise(pl.lit("cart"))
    )


def _devices() -> pl.Expr:
    names = [pl.when(f"is_{device}").then(pl.lit(device)) for device in sorted(DEVICES)]
    return pl.concat_str(names, separator="+", ignore_nulls=True)
