"""Sample shops: from the shipped `source/` to the exports that the shop's systems would have dropped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from mandje.errors import MandjeError
from mandje.prepare.drop import Drop
from mandje.prepare.marker import MARKER, PreparedExports, read_marker, source_digest, write_marker
from mandje.prepare.online_retail import online_retail_drops
from mandje.prepare.thelook import thelook_drops
from mandje.prepare.write import Progress, put_in_place, write_drops
from mandje.shop.settings import Shop

__all__ = ["PreparedExports", "has_source", "prepare_exports"]

PRIVATE = ".preparing"

_RECIPES: dict[str, Callable[[Path], list[Drop]]] = {
    "online_retail": online_retail_drops,
    "thelook": thelook_drops,
}


def has_source(shop: Shop) -> bool:
    """Whether the shop is a sample with a shipped input."""
    return next(shop.source.glob("*.parquet"), None) is not None


def prepare_exports(shop: Shop, progress: Progress | None = None) -> PreparedExports:
    """Split the shipped input into daily deliveries, once.

    A marker, written last, says that `exports/` is complete for this input. From then on the exports are the
    user's: a delivery changed or removed by hand stays so. Without the marker (first time, killed half-way,
    other input) every delivery is made again and replaces one with other bytes.

    Raises:
        MandjeError: no input, no sample adapter in shop.toml, or an input file that cannot be read.
    """
    if not has_source(shop):
        raise MandjeError(
            f"shop {shop.settings.name} has no shipped input to prepare exports from",
            file=str(shop.source),
            expected="source/*.parquet",
            next_step="only sample shops are prepared; put your own files into exports/<source>/<day>/",
        )
    digest = source_digest(shop.source)
    return read_marker(shop.exports, digest) or _make(shop, digest, progress or _silent)


def _make(shop: Shop, digest: str, progress: Progress) -> PreparedExports:
    drops = _drops(shop)
    private = shop.exports / PRIVATE
    shutil.rmtree(private, ignore_errors=True)
    (shop.exports / MARKER).unlink(missing_ok=True)
    prepared = write_drops(drops, private, progress)
    put_in_place(private, shop.exports)
    shutil.rmtree(private)
    write_marker(shop.exports, prepared, digest)
    progress("put deliveries in place", len(drops), len(drops))
    return prepared


def _silent(_step: str, _done: int, _total: int) -> None:
    pass


def _drops(shop: Shop) -> list[Drop]:
    adapters = {source.adapter for source in shop.settings.sources.values()}
    recipes = [recipe for name, recipe in _RECIPES.items() if name in adapters]
    if not recipes:
        raise MandjeError(
            "shop.toml names no adapter of a sample shop",
            file=str(shop.folder / "shop.toml"),
            found=", ".join(sorted(adapters)),
            expected=" or ".join(_RECIPES),
        )
    try:
        return [drop for recipe in recipes for drop in recipe(shop.source)]
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise MandjeError(
            "the shipped input cannot be read",
            file=str(shop.source),
            found=str(fault),
            next_step="take the folder source/ anew from the repository",
        ) from None
