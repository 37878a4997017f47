"""Who gets which variant: a hash of experiment and unit, so anybody can work it out again.

u = the first 60 bits of SHA-256 of `<experiment_id>|<unit_id>`, divided by 2^60: uniform in [0, 1), and of
other experiments' u it says nothing. Each variant owns a stretch of [0, 1) as long as its share; of each
stretch the first part, `participation`, is in the experiment. Shares stay as they were at the start; raising
`participation` only adds units, and nobody changes variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import fsum, isclose

import duckdb
import polars as pl

from mandje.errors import MandjeError

_FEWEST_VARIANTS = 2
_FIRST_60_BITS = "cast('0x' || left(sha256(? || '|' || unit_id), 15) as bigint)"


@dataclass(frozen=True)
class Shares:
    """The share of each variant by its name, which add up to 1, and the part of all units that takes part.

    Raises:
        MandjeError: fewer than two variants, a share that is not above 0, shares that do not add up to 1, a
            participation outside 0..1.
    """

    of_variants: Mapping[str, float]
    participation: float = 1.0

    def __post_init__(self) -> None:
        shares = list(self.of_variants.values())
        if len(shares) < _FEWEST_VARIANTS or min(shares) <= 0 or not isclose(fsum(shares), 1, abs_tol=1e-9):
            raise MandjeError(
                "the shares of an experiment's variants are not right",
                found=", ".join(f"{name} {share:g}" for name, share in self.of_variants.items()) or "none",
                expected="two variants or more, each with a share above 0, together 1",
                next_step="write the shares anew, such as hold_out 0.5 and treatment 0.5",
            )
        if not 0 < self.participation <= 1:
            raise MandjeError(
                "the part of all units that takes part in an experiment is not right",
                found=f"{self.participation:g}",
                expected="above 0, at most 1",
                next_step="write 1 where everybody takes part",
            )


def unit_numbers(experiment_id: str, units: pl.Series) -> pl.Series:
    """The number u of each unit, in [0, 1), in the order of `units` (texts)."""
    rows = pl.DataFrame({"unit_id": units.cast(pl.String)}).with_row_index("place")
    with duckdb.connect() as con:
        con.register("units", rows.to_arrow())
        query = f"select {_FIRST_60_BITS} / pow(2, 60) as u from units order by place"
        numbers: pl.DataFrame = con.sql(query, params=[experiment_id]).pl()
    return numbers["u"]


def assign(experiment_id: str, units: pl.Series, shares: Shares) -> pl.Series:
    """The variant of each unit, empty for who does not take part, in the order of `units` (texts)."""
    names, sizes = list(shares.of_variants), list(shares.of_variants.values())
    begins = [0.0, *accumulate(sizes[:-1])]
    u = pl.col("u")
    variant = pl.lit(None, dtype=pl.String)
    for name, begin, size in zip(names, begins, sizes, strict=True):
        variant = (
            pl.when(u >= begin, u < begin + size * shares.participation).then(pl.lit(name)).otherwise(variant)
        )
    numbers = unit_numbers(experiment_id, units).to_frame()
    return numbers.select(variant.alias("variant")).to_series()
