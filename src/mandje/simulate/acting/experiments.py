"""Experiments on the rate of ordering: who is in them, and what they do in each 30 days."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from mandje.simulate.acting.hazard import Rates, Spans
from mandje.simulate.settings.acting import OrderExperiment
from mandje.simulate.world.chance import Flags, happens
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.world import Block, World

TREATMENT, HOLD_OUT = "treatment", "hold_out"
WINDOW_DAYS = 30
# A short shop has a time before its experiments too.
_LONGEST_PERCENT = 40
_BILLION = 1_000_000_000
_KEYS = ("experiment_id", "from_day")


def assign_all(world: World, block: Block, people: pl.DataFrame) -> pl.DataFrame:
    """Everybody in an experiment of `[[experiments]]`.

    Columns: experiment_id, person, assigned_at (moment), assigned_day, variant, is_lost (no export tells it).
    """
    known = people.filter(pl.col("account_at").is_not_null()).select("person", "site", "account_at")
    frames = [_assigned(world, block, known, each) for each in world.settings.experiments]
    return (
        pl.concat(frames) if frames else _assigned(world, block, known.clear(), OrderExperiment(name="none"))
    )


def _assigned(world: World, block: Block, known: pl.DataFrame, each: OrderExperiment) -> pl.DataFrame:
    days = world.clock.days
    begin = days - min(each.begins_before_end_days, days * _LONGEST_PERCENT // 100)
    site = known["site"].to_numpy()
    midnight = world.clock.to_utc(site, np.full(len(site), begin * DAY))
    at = np.maximum(known["account_at"].to_numpy(), midnight)
    who = known["person"].to_numpy() - block.first_person
    treated = happens(world.chance("experiments", each.name, block.number), each.treatment_ratio, block.size)[
        who
    ]
    lost = happens(world.chance("experiments", each.name, "lost", block.number), each.lost_ratio, block.size)[
        who
    ]
    return pl.DataFrame(
        {
            "experiment_id": pl.Series([each.name] * len(who), dtype=pl.String),
            "person": known["person"],
            "assigned_at": pl.Series(at, dtype=pl.Int64),
            "assigned_day": pl.Series(world.clock.local_day(site, at), dtype=pl.Int64),
            "variant": pl.Series(np.where(treated, TREATMENT, HOLD_OUT), dtype=pl.String),
            "is_lost": pl.Series(lost & treated, dtype=pl.Boolean),
        }
    )


def windows(world: World, assigned: pl.DataFrame) -> pl.DataFrame:
    """Each assignment's windows of 30 days that begin before the end, from the day after on.

    Columns of `assigned`, with from_day (since assignment: 0, 30, …), first, end (days of the shop), factor.
    """
    settings = world.settings.experiments
    longest = max((min(each.begins_before_end_days, world.clock.days) for each in settings), default=0)
    number = pl.DataFrame({"window": np.arange(longest // WINDOW_DAYS + 1)})
    factors = pl.DataFrame(
        [(each.name, each.order_factor - 1, each.kept_ratio) for each in settings],
        schema={"experiment_id": pl.String, "gain": pl.Float64, "kept": pl.Float64},
        orient="row",
    )
    first = pl.col("assigned_day") + 1 + pl.col("window") * WINDOW_DAYS
    return (
        assigned.join(number, how="cross", maintain_order="left_right")
        .with_columns(from_day=pl.col("window") * WINDOW_DAYS, first=first, end=first + WINDOW_DAYS)
        .filter(pl.col("first") < world.clock.days)
        .join(factors, on="experiment_id", how="left", maintain_order="left")
        .with_columns(factor=1 + pl.col("gain") * pl.col("kept").pow(pl.col("window")))
    )


def treated_spans(spans: pl.DataFrame) -> Spans:
    """What treatment makes of the rates."""
    rows = spans.filter(pl.col("variant") == TREATMENT, pl.col("factor") != 1)
    return Spans(
        rows["person"].to_numpy(),
        rows["first"].to_numpy(),
        rows["end"].to_numpy(),
        (rows["factor"] - 1).to_numpy(),
        pl.Series("message", [None] * rows.height, dtype=pl.Int64),
        rows["experiment_id"],
    )


def experiment_sums(
    world: World, rates: Rates, spans: pl.DataFrame, caused: pl.DataFrame, prevented: pl.DataFrame
) -> pl.DataFrame:
    """A block's sums by experiment and window, over persons whose window is over by the end; may be added up.

    `caused` tells person, day and experiment; `prevented` person, experiment and the day of the purchase.
    """
    whole = spans.filter(pl.col("end") <= world.clock.days)
    person, first, end = (whole[name].to_numpy() for name in ("person", "first", "end"))
    without = rates.expected(person, first, end)
    treated: Flags = (whole["variant"] == TREATMENT).to_numpy()
    return (
        whole.with_columns(
            pl.Series("treated_count", treated.astype(np.int64)),
            pl.Series("hold_out_count", (~treated).astype(np.int64)),
            pl.Series("without_e9", np.rint(without * treated * _BILLION).astype(np.int64)),
            _count_in(whole, caused, "orders_caused"),
            _count_in(whole, prevented, "orders_prevented"),
        )
        .group_by(*_KEYS, "factor")
        .agg(
            pl.col("treated_count", "hold_out_count", "without_e9", "orders_caused", "orders_prevented").sum()
        )
        .sort(_KEYS)
    )


def _count_in(whole: pl.DataFrame, orders: pl.DataFrame, name: str) -> pl.Series:
    counts = (
        whole.with_row_index("row")
        .join(orders.select("person", "day", experiment_id="experiment"), on=["experiment_id", "person"])
        .filter(pl.col("day") >= pl.col("first"), pl.col("day") < pl.col("end"))
        .group_by("row")
        .len("count")
    )
    rows = whole.with_row_index("row").join(counts, on="row", how="left", maintain_order="left")
    return rows["count"].fill_null(0).cast(pl.Int64).alias(name)


def experiments_truth(sums: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """True effects by experiment and window of 30 days since assignment, of persons whose window is over.

    Columns: experiment_id, from_day, to_day (exclusive; 0 = the day after assignment), order_factor,
    treated_count, hold_out_count, expected_orders_without and true_effect (orders per treated person, by
    their true rates), orders_caused, orders_prevented.
    """
    total = (
        pl.concat(list(sums)).group_by(*_KEYS, "factor").agg(pl.exclude(*_KEYS, "factor").sum()).sort(_KEYS)
    )
    without = pl.col("without_e9") / _BILLION / pl.col("treated_count")
    return total.select(
        "experiment_id",
        "from_day",
        (pl.col("from_day") + WINDOW_DAYS).alias("to_day"),
        pl.col("factor").alias("order_factor"),
        "treated_count",
        "hold_out_count",
        without.alias("expected_orders_without"),
        (without * (pl.col("factor") - 1)).alias("true_effect"),
        "orders_caused",
        "orders_prevented",
    )
