"""Sales per day as they are in the end: what every figure of the day must be.

All money is whole numbers of 1/10000 of the reporting currency. Each line, charge, refund and adjustment is
converted on its own at the rate of its order's day (its own day where it names no order) and rounded half
away from zero. Goods that come back are booked on their own day; `net_sales_by_order_date_amount` books them,
and corrections of an order's price, on the order's.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import polars as pl

from mandje.contracts.types import DECIMAL
from mandje.simulate.sales.make import Sales
from mandje.simulate.sales.order_truth import with_person
from mandje.simulate.world.site_money import site_name
from mandje.simulate.world.sites import ALL_SITES
from mandje.simulate.world.world import World

_ALL_CODE = -1
# Cents times a rate in 1/10000 are in millionths.
_ROUND_TO = 100
_TEN_THOUSANDTH = pl.lit(Decimal("0.0001"))
COUNTS = (
    "order_count", "guest_order_count", "guest_merged_order_count", "customer_count", "new_customer_count",
    "returning_customer_count", "return_count",
)  # fmt: skip
QUANTITIES = ("unit_quantity", "returned_quantity")
AMOUNTS = (
    "gross_sales_amount", "discount_amount", "sales_correction_amount", "returned_amount", "net_sales_amount",
    "net_sales_by_order_date_amount", "shipping_amount", "shipping_refund_amount", "other_charges_amount",
    "charge_refund_amount", "tax_amount", "tax_refund_amount", "total_sales_amount", "shop_cost_amount",
    "bad_debt_amount",
)  # fmt: skip
_KEYS = ("site", "day")
_DERIVED = ("returning_customer_count", "net_sales_amount", "total_sales_amount")
_SUMMED = tuple(name for name in (*COUNTS, *QUANTITIES, *AMOUNTS) if name not in _DERIVED)
_KINDS = ("shipping_refund", "charge_refund", "shop_cost", "bad_debt")
_CORRECTIONS = ("discount", "price_correction")
_BY_DATE = "net_sales_by_order_date_amount"


def daily_sums(world: World, people: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    """A block's sums per site and local day, and over all sites: site, kpi_date, then whole numbers.

    Days with nothing are left out. Sums of blocks may be added up: nobody is in two of them.
    """
    counted = _rated(world, with_person(people, sales.orders).filter("is_counted"))
    facts = [
        _of_orders(counted),
        _of_lines(counted, sales.lines),
        _of_returns(world, counted, sales.returns),
        _of_adjustments(world, counted, sales.adjustments),
    ]
    by_site = pl.concat([*facts, _of_people(counted)], how="diagonal")
    anywhere = pl.lit(_ALL_CODE, pl.Int64).alias("site")
    everywhere = pl.concat(
        [*(fact.with_columns(anywhere) for fact in facts), _of_people(counted.with_columns(anywhere))],
        how="diagonal",
    )
    sums = pl.concat([_summed(by_site, _KEYS), _summed(everywhere, _KEYS)])
    return sums.select(
        pl.when(pl.col("site") == _ALL_CODE)
        .then(pl.lit(ALL_SITES))
        .otherwise(site_name(pl.col("site").replace(_ALL_CODE, 0)))
        .alias("site"),
        pl.lit(world.clock.first_day).dt.offset_by(pl.format("{}d", "day")).alias("kpi_date"),
        *_SUMMED,
    )


def add_up(sums: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The shop's figures per site and day with something in it, sorted; types as in the mart `daily_kpis`."""
    total = _summed(pl.concat(list(sums)), ("site", "kpi_date"))
    net = (
        pl.col("gross_sales_amount")
        - pl.col("discount_amount")
        - pl.col("sales_correction_amount")
        - pl.col("returned_amount")
    )
    total = total.with_columns(
        (pl.col("customer_count") - pl.col("new_customer_count")).alias("returning_customer_count"),
        net.alias("net_sales_amount"),
        (
            net
            + (pl.col("tax_amount") - pl.col("tax_refund_amount"))
            + (pl.col("shipping_amount") - pl.col("shipping_refund_amount"))
            + (pl.col("other_charges_amount") - pl.col("charge_refund_amount"))
        ).alias("total_sales_amount"),
    )
    return total.select(
        "site",
        "kpi_date",
        *COUNTS,
        *(pl.col(name).cast(DECIMAL) for name in QUANTITIES),
        *((pl.col(name).cast(DECIMAL) * _TEN_THOUSANDTH).cast(DECIMAL) for name in AMOUNTS),
    )


def _rated(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    rate = world.rates.rate_e4(orders["site"].to_numpy(), orders["day"].to_numpy())
    return orders.with_columns(pl.Series("rate", rate))


def _converted(cents: pl.Expr) -> pl.Expr:
    """Cents at `rate` in 1/10000 of the reporting currency, rounded half away from zero."""
    size = (cents.abs() * pl.col("rate") + _ROUND_TO // 2) // _ROUND_TO
    return cents.sign() * size


def _of_orders(counted: pl.DataFrame) -> pl.DataFrame:
    return counted.select(
        *_KEYS,
        pl.lit(1, pl.Int64).alias("order_count"),
        pl.col("is_guest").cast(pl.Int64).alias("guest_order_count"),
        pl.col("is_guest_merged").cast(pl.Int64).alias("guest_merged_order_count"),
        _converted(pl.col("order_discount")).alias("discount_amount"),
        _converted(-pl.col("order_discount")).alias(_BY_DATE),
        _converted(pl.col("shipping")).alias("shipping_amount"),
        _converted(pl.col("other_charges")).alias("other_charges_amount"),
        _converted(pl.col("tax")).alias("tax_amount"),
    )


def _of_lines(counted: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    gross = _converted(pl.col("quantity") * pl.col("unit_price"))
    discount = _converted(pl.col("line_discount"))
    return lines.join(counted.select("order", *_KEYS, "rate"), on="order", maintain_order="left").select(
        *_KEYS,
        pl.col("quantity").alias("unit_quantity"),
        gross.alias("gross_sales_amount"),
        discount.alias("discount_amount"),
        (gross - discount).alias(_BY_DATE),
    )


def _of_returns(world: World, counted: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """A return whose order is matched, not named, is converted at that order's rate too."""
    order_days = counted.select("order", pl.col("day").alias("order_day"), "rate")
    day = world.clock.local_day(returns["site"].to_numpy(), returns["returned_at"].to_numpy())
    rated = returns.with_columns(pl.Series("day", day)).join(order_days, on="order", maintain_order="left")
    refund = _converted(pl.col("refund"))
    is_first = (pl.col("return_id") != pl.col("return_id").shift(1)).fill_null(value=True)
    booked = rated.select(
        *_KEYS,
        is_first.cast(pl.Int64).alias("return_count"),
        pl.col("quantity").alias("returned_quantity"),
        refund.alias("returned_amount"),
        _converted(pl.col("tax_back")).alias("tax_refund_amount"),
    )
    by_date = rated.select("site", pl.col("order_day").alias("day"), (-refund).alias(_BY_DATE))
    return pl.concat([booked, by_date], how="diagonal")


def _of_adjustments(world: World, counted: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    day = world.clock.local_day(adjustments["site"].to_numpy(), adjustments["adjusted_at"].to_numpy())
    dated = adjustments.with_columns(pl.Series("day", day)).join(
        counted.select("order", pl.col("day").alias("order_day")),
        on="order",
        how="left",
        maintain_order="left",
    )
    own_day = dated["order_day"].fill_null(dated["day"])
    rate = world.rates.rate_e4(dated["site"].to_numpy(), own_day.to_numpy())
    amount = _converted(pl.col("amount"))
    of_kind = {f"{kind}_amount": pl.col("kind") == kind for kind in _KINDS}
    is_correction = pl.col("kind").is_in(_CORRECTIONS)
    rated = dated.with_columns(pl.Series("rate", rate), own_day.alias("order_day"))
    booked = rated.select(
        *_KEYS,
        (amount * is_correction).alias("sales_correction_amount"),
        _converted(pl.col("tax_back")).fill_null(0).alias("tax_refund_amount"),
        *((amount * here).alias(name) for name, here in of_kind.items()),
    )
    by_date = rated.select(
        "site", pl.col("order_day").alias("day"), (-amount * is_correction).alias(_BY_DATE)
    )
    return pl.concat([booked, by_date], how="diagonal")


def _of_people(counted: pl.DataFrame) -> pl.DataFrame:
    """Who ordered on a day, once; new on the day of the first counted order anywhere."""
    # Nobody known: a person of its own.
    who = pl.when(pl.col("person") < 0).then(-pl.col("order")).otherwise("person").alias("who")
    firsts = counted.sort("ordered_at", "order").unique(who, keep="first", maintain_order=True)
    return pl.concat(
        [
            counted.select(*_KEYS, who)
            .unique(maintain_order=True)
            .select(*_KEYS, pl.lit(1, pl.Int64).alias("customer_count")),
            firsts.select(*_KEYS, pl.lit(1, pl.Int64).alias("new_customer_count")),
        ],
        how="diagonal",
    )


def _summed(facts: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Sums by key, sorted; what a fact does not tell is 0."""
    return facts.group_by(keys).agg(pl.col(name).sum() for name in _SUMMED).sort(keys)
