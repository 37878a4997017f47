"""Orders with all their money: what was bought, charged and changed until the end."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.contracts.sales import SALES_CHANNELS
from mandje.errors import MandjeError
from mandje.simulate.people.emails import STYLES
from mandje.simulate.sales.baskets import COUPONS, Baskets, fill_baskets
from mandje.simulate.sales.extras import extra_orders
from mandje.simulate.sales.placing import own_orders
from mandje.simulate.world.chance import Flags, Integers, happens
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.site_money import at_site, tax_of
from mandje.simulate.world.world import Block, World

ORDERS_PER_PERSON = 4096
# Fewer than there are ids: up to two messages follow an order, newsletters come on top, and as many ids.
_MOST_ORDERS_OF_A_PERSON = 1900
_FIRST_ANONYMOUS = 2**50
_ANONYMOUS_PER_BLOCK = 2**20
# Never on the day of the order, not even on a day of 25 hours.
_FULFILLED_AFTER = (26 * HOUR, 100 * HOUR)
_CANCELLED_AFTER = (DAY, 20 * DAY)


def make_orders(
    world: World, block: Block, people: pl.DataFrame, purchases: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines, sorted by order; money in cents of the site.

    Orders: order, person, number, site, ordered_at, day, channel, status and is_counted (as of the end),
    changed_at (moment of the fulfilment or cancellation that a second version tells, null if none by the
    end), shows_customer, shows_email, email_style, coupon_code, gross, line_discount, order_discount,
    shipping, shipping_cost, other_charges, tax, total, goods_net.
    """
    own = own_orders(world, block, people, purchases)
    placed = pl.concat([own, extra_orders(world, block, own)])
    return complete_orders(world, block, people, _numbered(world, block, people, placed))


def complete_orders(
    world: World, block: Block, people: pl.DataFrame, placed: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines of what was placed (order, and columns of `own_orders`), see `make_orders`."""
    placed = _with_changes(world, block, placed)
    baskets = fill_baskets(world, block, people, placed)
    return _with_money(world, block, placed, baskets), baskets.lines


def _numbered(world: World, block: Block, people: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    placed = placed.sort("person", "ordered_at", "number", "status", "spend_cents")
    person = placed["person"].to_numpy()
    nth = np.arange(len(person)) - np.searchsorted(person, person)
    _check_counts(world, block, people, person, nth)
    first = _FIRST_ANONYMOUS + block.number * _ANONYMOUS_PER_BLOCK
    order = np.where(person < 0, first + nth, person * ORDERS_PER_PERSON + nth)
    return placed.select(pl.Series("order", order), pl.all()).sort("order")


def _check_counts(world: World, block: Block, people: pl.DataFrame, person: Integers, nth: Integers) -> None:
    """Nobody's orders, nor those of nobody known, need more ids than there are."""
    most = np.where(person < 0, _ANONYMOUS_PER_BLOCK, _MOST_ORDERS_OF_A_PERSON)
    beyond = person[nth >= most]
    if not len(beyond):
        return
    if beyond.max() < 0:
        raise MandjeError(
            "there are too many orders of nobody known",
            expected=f"at most {_ANONYMOUS_PER_BLOCK} per {block.size} customers",
            next_step="lower r / alpha of the segments, or anonymous_store_ratio, in simulation.toml",
        )
    name = world.settings.segments[people["segment"][int(beyond.max()) - block.first_person]].name
    raise MandjeError(
        f"a customer of the segment {name} orders too often",
        expected=f"at most {_MOST_ORDERS_OF_A_PERSON} orders of a customer",
        next_step=f"lower r / alpha of {name} in simulation.toml, or simulate fewer days",
    )


def _with_changes(world: World, block: Block, placed: pl.DataFrame) -> pl.DataFrame:
    size, ordered_at = placed.height, placed["ordered_at"].to_numpy()
    status, channel = placed["status"].to_numpy(), placed["channel"].to_numpy()
    is_sent = (status == "fulfilled") & (channel != "store")
    is_cancelled = status == "cancelled"
    fulfilled = world.chance("fulfilments", block.number).integers(*_FULFILLED_AFTER, size)
    cancelled = world.chance("cancellations", block.number).integers(*_CANCELLED_AFTER, size)
    changed_at = ordered_at + np.where(is_cancelled, cancelled, fulfilled)
    changes = (is_sent | is_cancelled) & (changed_at < world.clock.end)
    status_at_end = np.where(is_sent & ~changes, "paid", status)
    style = world.chance("e-mail spelling", block.number).integers(0, STYLES, size)
    return placed.with_columns(
        pl.Series("channel", channel, dtype=pl.Enum(SALES_CHANNELS)),
        pl.Series("status", status_at_end, dtype=pl.String),
        pl.Series("is_counted", (status == "fulfilled")),
        pl.when(pl.Series(changes)).then(pl.Series(changed_at)).alias("changed_at"),
        pl.Series("email_style", style),
    )


def _with_money(world: World, block: Block, placed: pl.DataFrame, baskets: Baskets) -> pl.DataFrame:
    codes = pl.Series([code for code, _ in COUPONS], dtype=pl.String)
    sums = baskets.lines.group_by("order", maintain_order=True).agg(
        (pl.col("quantity") * pl.col("unit_price")).sum().alias("gross"), pl.col("line_discount").sum()
    )
    charges = _charges(world, block, placed)
    orders = placed.join(sums, on="order", how="left", maintain_order="left").with_columns(
        codes.gather(pl.Series(np.maximum(baskets.coupon, 0))).alias("coupon_code"),
        pl.Series("order_discount", baskets.order_discount),
        *charges.get_columns(),
        pl.col("spend_cents").alias("goods_net"),
    )
    has_coupon = pl.Series(baskets.coupon >= 0)
    return with_tax(orders.with_columns(pl.when(has_coupon).then("coupon_code"))).select(
        "order", "person", "number", "site", "ordered_at", "day", "channel", "status", "is_counted",
        "changed_at", "shows_customer", "shows_email", "email_style", "coupon_code",
        "gross", "line_discount", "order_discount", "shipping", "shipping_cost", "other_charges", "tax",
        "total", "goods_net",
    )  # fmt: skip


def with_tax(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with `tax` and `total` of their goods_net, shipping and other_charges."""
    net = (orders["goods_net"] + orders["shipping"] + orders["other_charges"]).to_numpy()
    tax = tax_of(net, orders["site"].to_numpy())
    return orders.with_columns(pl.Series("tax", tax), pl.Series("total", net + tax))


def _charges(world: World, block: Block, placed: pl.DataFrame) -> pl.DataFrame:
    """Shipping, its cost and gift wrap; nothing is sent from a store."""
    settings, size = world.settings.sales.baskets, placed.height
    site, spend = placed["site"].to_numpy(), placed["spend_cents"].to_numpy()
    is_sent = (placed["channel"] != "store").to_numpy()
    is_free = spend >= at_site(settings.free_shipping_from_cents, site)
    least, most = settings.shipping_cost_cents
    cost = world.chance("shipping costs", block.number).integers(least, most + 1, size)
    is_gift = happens(world.chance("gift wrap", block.number), settings.gift_wrap_ratio, size)

    def where(condition: Flags, cents: Integers | int) -> Integers:
        return np.where(condition, at_site(cents, site), 0)

    return pl.DataFrame(
        {
            "shipping": where(is_sent & ~is_free, settings.shipping_cents),
            "shipping_cost": where(is_sent, cost),
            "other_charges": where(is_sent & is_gift, settings.gift_wrap_cents),
        }
    )
