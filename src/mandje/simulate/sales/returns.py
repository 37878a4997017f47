"""What comes back: lines of counted orders, in one or two parcels, each a return of its own."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.sales.experiment import with_variant
from mandje.simulate.world.chance import Flags, Integers, happens, pick
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.site_money import at_site
from mandje.simulate.world.world import Block, World

RETURNS_PER_ORDER = 64
# Returns are booked between 8 and 19.
_BOOKED_FROM, _BOOKED_HOURS = 8 * HOUR, 11 * HOUR
_REASONS = ("too_small", "too_large", "not_as_expected", "changed_mind", "damaged", "wrong_item", "too_late")
# By category in alphabetical order, again and again: some come back for their size, some for damage.
_REASON_WEIGHTS = ((26, 24, 20, 16, 4, 5, 5), (2, 4, 36, 26, 18, 8, 6), (0, 2, 24, 20, 38, 10, 6))


def make_returns(
    world: World, block: Block, orders: pl.DataFrame, lines: pl.DataFrame, bought: pl.DataFrame
) -> pl.DataFrame:
    """Return lines before the end, sorted by return_id and line_number; cents of the order's site.

    Columns: return_id, line_number, order, order_line, person, site, product, returned_at, quantity, refund,
    tax_back, handling_cost, reason, shows_order, shows_customer. A line of an order comes back at most once;
    its refund is never more than what was paid for it, and `tax_back` is that part of the order's tax. A
    return that does not show its order is of lines whose product the person bought in no other line and sends
    back in no other return.

    Args:
        world: of the shop.
        block: whose orders these are.
        orders: with variant and return_habit, see `as_returned`.
        lines: of these orders.
        bought: person and product of every counted line of these persons, in other orders too.
    """
    sold = lines.join(orders.filter("is_counted"), on="order")
    sold = return_probability(world, sold).sort("order", "line_number")
    back = happens(world.chance("returns", block.number), sold["probability"].to_numpy(), sold.height)
    returned = _in_parcels(world, block, sold.filter(pl.Series(back)))
    returned = returned.filter(pl.col("returned_at") < world.clock.end)
    returned = _with_quantities(world, block, returned)
    shows_order = pl.Series("shows_order", ~_unlinked(world, block, bought, returned))
    return returned.with_columns(shows_order).select(
        "return_id", "line_number", "order", "order_line", "person", "site", "product", "returned_at",
        "quantity", "refund", "tax_back", "handling_cost", "reason", "shows_order", "shows_customer",
    )  # fmt: skip


def return_probability(world: World, lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (product, variant, return_habit) with category and the true `probability` of coming back."""
    factor = world.settings.sales.experiment.return_factor
    treated = (pl.col("variant") == "treatment").fill_null(value=False)
    return lines.join(
        world.catalogue.select("product", "category", "return_ratio"),
        on="product",
        how="left",
        maintain_order="left",
    ).with_columns(
        (pl.col("return_ratio") * pl.when(treated).then(factor).otherwise(1.0) * pl.col("return_habit"))
        .clip(upper_bound=1.0)
        .alias("probability")
    )


def as_returned(people: pl.DataFrame, orders: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """Orders with the `variant` that acts on them and the `return_habit` of their person."""
    habits = people.select("person", "return_habit")
    return (
        with_variant(orders, assigned)
        .join(habits, on="person", how="left", maintain_order="left")
        .with_columns(pl.col("return_habit").fill_null(1.0))
    )


def _in_parcels(world: World, block: Block, lines: pl.DataFrame) -> pl.DataFrame:
    settings = world.settings.sales.returns
    second = happens(world.chance("parcels", block.number), settings.second_parcel_ratio, lines.height)
    numbered = lines.with_columns(
        (pl.col("order") * RETURNS_PER_ORDER + pl.Series(second.astype(np.int64))).alias("return_id"),
        pl.col("line_number").alias("order_line"),
    ).sort("return_id", "order_line")
    parcels = numbered.unique("return_id", keep="first", maintain_order=True)
    site, day = parcels["site"].to_numpy(), parcels["day"].to_numpy()
    civil = (day + _delays(world, block, parcels.height)) * DAY + _BOOKED_FROM
    civil += world.chance("hour of returns", block.number).integers(0, _BOOKED_HOURS, parcels.height)
    booked = parcels.select(
        "return_id", pl.Series("returned_at", world.clock.to_utc(site, civil), dtype=pl.Int64)
    )
    return numbered.join(booked, on="return_id", how="left", maintain_order="left").with_columns(
        (pl.int_range(pl.len()).over("return_id") + 1).cast(pl.Int64).alias("line_number")
    )


def _delays(world: World, block: Block, size: int) -> Integers:
    settings = world.settings.sales.returns
    generator = world.chance("days to returns", block.number)
    is_slow = happens(generator, settings.slow_ratio, size)
    soon = generator.integers(settings.days[0], settings.days[1] + 1, size)
    slow = generator.integers(settings.slow_days[0], settings.slow_days[1] + 1, size)
    return np.where(is_slow, slow, soon)


def _with_quantities(world: World, block: Block, returned: pl.DataFrame) -> pl.DataFrame:
    settings, size = world.settings.sales.returns, returned.height
    generator = world.chance("returned quantities", block.number)
    bought = returned["quantity"].to_numpy()
    is_partly = happens(generator, settings.partly_ratio, size)
    quantity = np.where(is_partly, generator.integers(1, bought + 1), bought)
    least, most = settings.handling_cost_cents
    cost = world.chance("handling costs", block.number).integers(least, most + 1, size)
    refund = pl.Series("refund", _paid(returned) * quantity // np.maximum(bought, 1))
    return _with_tax_back(returned.with_columns(refund)).with_columns(
        pl.Series("quantity", quantity),
        pl.Series("handling_cost", at_site(cost, returned["site"].to_numpy())),
        _reasons(world, block, returned),
    )


def _paid(lines: pl.DataFrame) -> Integers:
    """Cents paid for a line: its share of the order discount, rounded up, is off."""
    net = (lines["quantity"] * lines["unit_price"] - lines["line_discount"]).to_numpy()
    discount = lines["order_discount"].to_numpy()
    all_lines = np.maximum(lines["goods_net"].to_numpy() + discount, 1)
    return np.asarray(net - -(-discount * net // all_lines))


def _with_tax_back(returned: pl.DataFrame) -> pl.DataFrame:
    """`tax_back`: the part of the order's tax that is on the refund, by the sum of its refunds so far.

    All refunds of an order together never bring back more than its tax.
    """
    sums = returned.with_columns(
        pl.sum_horizontal("goods_net", "shipping", "other_charges").alias("net"),
        pl.col("refund").cum_sum().over("order").alias("so_far"),
    )
    now, before = (_tax_on(amount) for amount in (pl.col("so_far"), pl.col("so_far") - pl.col("refund")))
    return sums.with_columns((now - before).alias("tax_back")).drop("net", "so_far")


def _tax_on(refunds: pl.Expr) -> pl.Expr:
    net = pl.max_horizontal("net", 1)
    return (2 * pl.col("tax") * refunds + net) // (2 * net)


def _reasons(world: World, block: Block, returned: pl.DataFrame) -> pl.Series:
    kinds = world.catalogue["category"].unique().sort()
    generator = world.chance("reasons", block.number)
    drawn = np.stack([pick(generator, returned.height, weights) for weights in _REASON_WEIGHTS])
    code = returned["category"].replace_strict(
        kinds, pl.int_range(kinds.len(), eager=True) % len(_REASON_WEIGHTS), return_dtype=pl.Int64
    )
    picked = drawn[code.to_numpy(), np.arange(returned.height)]
    return pl.Series("reason", _REASONS).gather(picked)


def _unlinked(world: World, block: Block, bought: pl.DataFrame, returned: pl.DataFrame) -> Flags:
    """Which return lines do not name their order: whole returns of which there can be no doubt."""
    pair = ["person", "product"]
    sold_once = bought.group_by(pair).len("sold_lines")
    sent_once = returned.group_by(pair).len("sent_lines")
    clear = (
        ((pl.col("sold_lines") == 1) & (pl.col("sent_lines") == 1) & pl.col("shows_customer"))
        .all()
        .over("return_id")
    )
    marked = (
        returned.join(sold_once, on=pair, how="left", maintain_order="left")
        .join(sent_once, on=pair, how="left", maintain_order="left")
        .select("return_id", clear.alias("is_clear"))
    )
    first = marked["return_id"].rle_id().to_numpy()
    drawn = happens(
        world.chance("unlinked returns", block.number),
        world.settings.sales.returns.unlinked_ratio,
        int(first.max()) + 1 if len(first) else 0,
    )
    return np.asarray(marked["is_clear"].to_numpy() & drawn[first])
