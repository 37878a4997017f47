"""What must not be offered: by site and product, and by person and product; and who has what in the cart."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from mandje.recommend.models.purchases import Codes, Purchases, Rows, codes

_SITES = "select person_id, home_site as site from intermediate.int_customer_inputs where has_consent"
_OFFERED = "select site, product_id, category from intermediate.int_products_offered"
_WITHHELD = "select distinct person_id, product_id from intermediate.int_products_withheld"
_CARTS = "select person_id, product_id from intermediate.int_cart_products_open"

UNKNOWN = -1


@dataclass(frozen=True)
class Guards:
    """By number of person, product and site of some purchases.

    Attributes:
        is_offered: sites × products.
        site: of each person, where it ordered most.
        category: of each product; −1 where it has none.
        withheld: persons × products: 1 where it must not be offered.
        carts: persons × products: 1 where it lies in the person's cart.
    """

    is_offered: NDArray[np.bool_]
    site: Codes
    category: Codes
    withheld: Rows
    carts: Rows


def read_guards(con: duckdb.DuckDBPyConnection, purchases: Purchases) -> Guards:
    """Read them for the persons and products of tonight's purchases."""
    offered, homes = con.sql(_OFFERED).pl(), con.sql(_SITES).pl()
    sites = homes["site"].unique().sort()
    home = purchases.persons.to_frame().join(homes, on="person_id", how="left", maintain_order="left")
    here = offered.filter(pl.col("site").is_in(sites.implode()))
    here = here.filter(pl.col("product_id").is_in(purchases.products.implode()))
    is_offered = np.zeros((len(sites), len(purchases.products)), dtype=np.bool_)
    is_offered[codes(here["site"], sites), codes(here["product_id"], purchases.products)] = True
    return Guards(
        is_offered=is_offered,
        site=codes(home["site"], sites),
        category=_categories(offered, purchases.products),
        withheld=_pairs(con.sql(_WITHHELD).pl(), purchases),
        carts=_pairs(con.sql(_CARTS).pl(), purchases),
    )


def _categories(offered: pl.DataFrame, products: pl.Series) -> Codes:
    known = offered.select("product_id", "category").unique().drop_nulls()
    names = known["category"].unique().sort()
    found = np.full(len(products), UNKNOWN, dtype=np.int64)
    known = known.filter(pl.col("product_id").is_in(products.implode()))
    found[codes(known["product_id"], products)] = codes(known["category"], names)
    return found


def _pairs(found: pl.DataFrame, purchases: Purchases) -> Rows:
    kept = found.filter(
        pl.col("person_id").is_in(purchases.persons.implode())
        & pl.col("product_id").is_in(purchases.products.implode())
    )
    places = codes(kept["person_id"], purchases.persons), codes(kept["product_id"], purchases.products)
    shape = (len(purchases.persons), len(purchases.products))
    return sparse.csr_matrix((np.ones(len(kept)), places), shape=shape)
