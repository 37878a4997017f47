"""The last day's deliveries with rows in them that no night may publish as they are."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.defects.nights.classes import (
    PARTIAL,
    PARTIAL_OUTCOME,
    TWO_SITES,
    TWO_SITES_OUTCOME,
    PlantedNight,
)
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.deliver.render import with_text_ids
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import World

_SOLD = pl.col("status").cast(pl.String).is_in(["paid", "fulfilled"])
# What nothing was done to, and nothing newer stands for.
_PLAIN = (pl.col("outcome") == "kept") & pl.col("defect").is_null()
# Above so many of a hundred orders, what does not tie is no exception.
_UNTIED_OF_100 = 1


class TwoSites:
    """Of the last day's orders some come once more, as other orders of the other site."""

    def __init__(self, world: World) -> None:
        self.planted: list[PlantedNight] = []
        self._count = world.settings.nights.orders_of_two_sites
        self._last = world.clock.days - 1

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files, of the last day with the other site's orders behind.

        Raises:
            MandjeError: the last day has fewer orders.
        """
        if day < self._last:
            return files
        orders = pl.concat([file.rows for file in files]).filter(_PLAIN).head(self._count)
        if orders.height < self._count:
            raise _too_few(TWO_SITES, f"{orders.height} orders on the last day", self._count)
        self.planted = _of_orders(TWO_SITES, "orders", day, TWO_SITES_OUTCOME, orders)
        return _with_rows(files, _of_other_site(orders))


def _of_other_site(orders: pl.DataFrame) -> pl.DataFrame:
    names, currencies = ([getattr(site, name) for site in SITES] for name in ("name", "currency"))
    return orders.with_columns(
        pl.col(column).cast(pl.String).replace(texts, texts[::-1]).cast(orders.schema[column])
        for column, texts in (("site", names), ("currency_code", currencies))
    )


class SoldOrders:
    """Remembers which orders count; their deliveries stay as they are.

    Attributes:
        ids: of orders so far.
    """

    def __init__(self) -> None:
        self.planted: list[PlantedNight] = []
        self.ids: set[int] = set()

    def files(self, _day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files."""
        for file in files:
            self.ids |= set(file.rows.filter(_PLAIN & _SOLD)["order_id"].drop_nulls())
        return files


class PartialOrders:
    """Of some orders of the days before, the last day brings one line again, without the others.

    Where an order's lines tell all of it, the others are gone, and the header's total stands alone.
    """

    def __init__(self, world: World, orders: SoldOrders) -> None:
        self.planted: list[PlantedNight] = []
        self._count = world.settings.nights.partial_orders
        self._last = world.clock.days - 1
        self._orders = orders
        self._lines: list[pl.DataFrame] = []

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files, of the last day with those lines behind.

        Raises:
            MandjeError: the shop has too few such orders, or so many that these are an exception.
        """
        if day < self._last:
            self._lines += [self._fit(file) for file in files if file.breakage is None]
            return files
        lines = pl.concat(self._lines).unique("order_id", keep="last", maintain_order=True).tail(self._count)
        self._check(lines.height)
        self.planted = _of_orders(PARTIAL, "order_lines", day, PARTIAL_OUTCOME, lines)
        since = pl.duration(days=pl.lit(day) - pl.col("delivery_day"))
        return _with_rows(files, lines.with_columns(pl.col("updated_at") + since))

    def _fit(self, file: BrokenFile) -> pl.DataFrame:
        ids = pl.Series(sorted(self._orders.ids), dtype=pl.Int64).implode()
        is_whole = _PLAIN.all().over("order_id") & (pl.len().over("order_id") > 1)
        return file.rows.filter(is_whole & pl.col("order_id").is_in(ids))

    def _check(self, found: int) -> None:
        if found < self._count:
            raise _too_few(PARTIAL, f"{found} orders of several lines", self._count)
        least = len(self._orders.ids) * _UNTIED_OF_100 // 100 + 1
        if self._count < least:
            raise _too_few(
                PARTIAL, f"{len(self._orders.ids)} orders, of which so few are an exception", least
            )


def _with_rows(files: list[BrokenFile], rows: pl.DataFrame) -> list[BrokenFile]:
    """The day's files with rows behind those of the first, which is the day's own."""
    first, *others = files
    day = first.rows["delivery_day"].max()
    added = rows.with_columns(pl.lit(day, rows.schema["delivery_day"]).alias("delivery_day"))
    return [replace(first, rows=pl.concat([first.rows, added])), *others]


def _of_orders(defect: str, feed: str, day: int, outcome: str, rows: pl.DataFrame) -> list[PlantedNight]:
    ids = with_text_ids(rows.select("order_id"))["order_id"]
    return [PlantedNight(defect, feed, day, outcome, 1, key=order, has_file=True) for order in ids]


def _too_few(defect: str, found: str, expected: int) -> MandjeError:
    return MandjeError(
        f"this shop cannot show {defect}",
        found=found,
        expected=str(expected),
        next_step=f"simulate more days, or set {defect} otherwise under [nights] in simulation.toml",
    )
