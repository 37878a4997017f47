"""Who gets which variant: a hash of experiment and unit, so anybody can work it out again.

u = the first 60 bits of SHA-256 of `<experiment_id>|<unit_id>`, divided by 2^60: uniform in [0, 1), and of
other experiments' u it says nothing. Each variant owns a stretch of [0, 1) as long as its share; they lie in
the order of the variants' names (by code point), however the shares are written. Of each stretch the first
part, `participation`, is in the experiment. Shares stay as they were at the start; raising `participation`
only adds units, and nobody changes variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

import duckdb
import polars as pl

_FIRST_60_BITS = "cast('0x' || left(sha256(? || '|' || unit_id), 15) as bigint)"


def unit_numbers(experiment_id: str, units: pl.Series) -> pl.Series:
    """The number u of each unit, in [0, 1), in the order of `units` (texts)."""
    rows = pl.DataFrame({"unit_id": units.cast(pl.String)}).with_row_index("place")
    with duckdb.connect() as con:
        con.register("units", rows.to_arrow())
        query = f"select {_FIRST_60_BITS} / pow(2, 60) as u from units order by place"
        numbers: pl.DataFrame = con.sql(query, params=[experiment_id]).pl()
    return numbers["u"]


def assign(
    experiment_id: str, units: pl.Series, shares: Mapping[str, float], participation: float = 1
) -> pl.Series:
    """The variant of each unit (texts), in their order; empty for who does not take part.

    Args:
        experiment_id: of the experiment.
        units: ids.
        shares: of each variant, above 0, together 1.
        participation: the part of all units that takes part, above 0, at most 1.
    """
    by_name = sorted(shares.items())
    begins = [0.0, *accumulate(share for _, share in by_name[:-1])]
    u, variant = pl.col("u"), pl.lit(None, dtype=pl.String)
    for (name, share), begin in zip(by_name, begins, strict=True):
        is_in = (u >= begin) & (u < begin + share * participation)
        variant = pl.when(is_in).then(pl.lit(name)).otherwise(variant)
    numbers = unit_numbers(experiment_id, units).to_frame()
    return numbers.select(variant.alias("variant")).to_series()
