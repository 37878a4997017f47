"""Corrections that are neither sales nor returned goods, and what the shop loses."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.contracts.sales import ADJUSTMENT_KINDS
from mandje.simulate.world.chance import Integers, happens
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.site_money import at_site, tax_of
from mandje.simulate.world.world import Block, World

# Kinds that are of no order now and then.
_COSTS = ("shop_cost", "bad_debt")
_UNLINKED_RATIO = 0.4
# What a refund of a charge gives back.
_CHARGES = {"shipping_refund": "shipping", "charge_refund": "other_charges"}
_DAYS = (1, 40)
_IDS_PER_ORDER = 8


def make_adjustments(world: World, block: Block, orders: pl.DataFrame) -> pl.DataFrame:
    """Adjustments before the end, sorted by adjustment_id; cents of the site.

    Columns: adjustment_id, order (null: it names none), person (null where the row names no customer), site,
    adjusted_at, kind, amount (positive = given back or lost; a few price corrections take money), tax_back
    (null for costs and bad debts, of which no tax is told).
    """
    counted = orders.filter("is_counted")
    kinds = [_of_kind(world, block, counted, code) for code in range(len(ADJUSTMENT_KINDS))]
    return pl.concat(kinds).filter(pl.col("adjusted_at") < world.clock.end).sort("adjustment_id")


def of_orders(adjustments: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The adjustments of these orders, those that name none too."""
    order = (pl.col("adjustment_id") // _IDS_PER_ORDER).alias("of")
    return (
        adjustments.with_columns(order)
        .join(orders.select(of="order"), on="of", how="semi", maintain_order="left")
        .drop("of")
    )


def _of_kind(world: World, block: Block, counted: pl.DataFrame, code: int) -> pl.DataFrame:
    kind = ADJUSTMENT_KINDS[code]
    generator = world.chance("adjustments", kind, block.number)
    settings = world.settings.sales
    charge = _CHARGES.get(kind)
    fits = counted if charge is None else counted.filter(pl.col(charge) > 0)
    ratio = settings.adjustment_ratio if charge is None else settings.refunded_charge_ratio
    rows = fits.filter(pl.Series(happens(generator, ratio, fits.height), dtype=pl.Boolean))
    rows = rows.with_columns(pl.Series("amount", _amounts(generator, kind, rows))).filter(
        pl.col("amount") != 0
    )
    is_named = ~happens(generator, _UNLINKED_RATIO if kind in _COSTS else 0.0, rows.height)
    civil = (rows["day"].to_numpy() + generator.integers(*_DAYS, rows.height)) * DAY
    civil += 9 * HOUR + generator.integers(0, 8 * HOUR, rows.height)
    named = pl.Series(is_named)
    return rows.select(
        (pl.col("order") * _IDS_PER_ORDER + code).alias("adjustment_id"),
        pl.when(named).then("order").alias("order"),
        pl.when(named & pl.col("shows_customer")).then("person").alias("person"),
        "site",
        pl.Series("adjusted_at", world.clock.to_utc(rows["site"].to_numpy(), civil), dtype=pl.Int64),
        pl.lit(kind, pl.Enum(ADJUSTMENT_KINDS)).alias("kind"),
        "amount",
        _tax_back(kind, rows),
    )


def _tax_back(kind: str, rows: pl.DataFrame) -> pl.Series:
    """Tax on the amount, signed like it."""
    if kind in _COSTS:
        return pl.Series("tax_back", [None] * rows.height, dtype=pl.Int64)
    amount = rows["amount"].to_numpy()
    return pl.Series("tax_back", np.sign(amount) * tax_of(np.abs(amount), rows["site"].to_numpy()))


def _amounts(generator: np.random.Generator, kind: str, rows: pl.DataFrame) -> Integers:
    """Charges are given back as they were charged; goods in part; a bad debt is the whole order."""
    if kind in _CHARGES:
        return rows[_CHARGES[kind]].to_numpy()
    goods = rows["goods_net"].to_numpy()
    if kind == "discount":
        return goods * generator.integers(5, 21, rows.height) // 100
    if kind == "price_correction":
        return goods * generator.integers(-4, 11, rows.height) // 100
    if kind == "shop_cost":
        return at_site(generator.integers(300, 2500, rows.height), rows["site"].to_numpy())
    return rows["total"].to_numpy()
