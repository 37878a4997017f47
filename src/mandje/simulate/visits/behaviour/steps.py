"""From planned visits to their events: what happens, in which order.

A visit lands on a page, looks at others, puts things in the cart, takes some out, puts others in, looks at
the cart, and goes through the checkout; every part but the first may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl

from mandje.contracts.visits import STEPS
from mandje.simulate.visits.behaviour import pages as page
from mandje.simulate.visits.behaviour.pages import Pages
from mandje.simulate.visits.behaviour.plan import Stage
from mandje.simulate.visits.behaviour.traffic import IS_PAID
from mandje.simulate.world.chance import Flags, Integers, pick
from mandje.simulate.world.site_money import at_site
from mandje.simulate.world.world import Block, World

(
    PAGE_VIEW, PRODUCT_VIEW, SEARCH, ADD, REMOVE, BEGIN_CHECKOUT, ADD_SHIPPING, ADD_PAYMENT, CHECKOUT_ERROR,
    PURCHASE,
) = range(len(STEPS))  # fmt: skip
ERRORS = ("card_declined", "address_invalid", "out_of_stock", "timeout")

_POSITIONS, _PARTS = 2**14, 2**6
# Kinds of pages to land on or look at, and how often: by the link of an advertisement, by another way, later.
_HOME, _CATEGORY, _PRODUCT, _SEARCH, _CONTENT, _ACCOUNT = range(6)
_PAID_LANDINGS = (8, 34, 53, 0, 5, 0)
_LANDINGS = (50, 22, 18, 0, 6, 4)
_LOOKS = (5, 32, 46, 12, 5, 0)
_QUANTITIES = (85, 12, 3)
# Of things put in the cart: their page was seen just before.
_SEEN_PERCENT = 55


class _Part(IntEnum):
    LANDING = 0
    LOOKS = 1
    ADDS = 2
    TAKEN_OUT = 3
    REFILLS = 4
    CART = 5
    CHECKOUT = 6


@dataclass(frozen=True, slots=True)
class _Maker:
    """What every part needs: the visits, in rows, and what they may look at."""

    visits: pl.DataFrame
    pages: Pages
    price: Integers
    generator: np.random.Generator

    def column(self, name: str) -> Integers:
        return self.visits[name].to_numpy()

    def rows(self, count: Integers) -> tuple[Integers, Integers]:
        """Each visit's row as often as it counts, and 0, 1, … inside each."""
        row = np.repeat(np.arange(len(count)), count)
        return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)

    def some_products(self, size: int) -> Integers:
        """Products, the first ones liked best."""
        taste = self.generator.random(size)
        return (self.pages.products * taste * taste).astype(np.int64)


def make_steps(world: World, block: Block, visits: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The steps of all visits, in the order of the visits and of what happens in each.

    Columns: visit (row in `visits`), event_type, page, product, quantity, value (cents), term, error (codes),
    order; −1 = none.
    """
    price = world.catalogue["list_price_cents"].to_numpy()
    maker = _Maker(visits, page.make_pages(world.catalogue), price, world.chance("steps", block.number))
    added = _random_adds(maker)
    out = added.filter(added["nth"] < pl.Series(maker.column("taken_out")[added["visit"].to_numpy()]))
    parts = [
        _landings(maker),
        _looks(maker),
        _adds(maker, added, _Part.ADDS),
        _adds(maker, _lines_added(visits, lines), _Part.ADDS),
        _changes(out, REMOVE, _Part.TAKEN_OUT),
        _adds(maker, _refills(maker), _Part.REFILLS),
        _cart_views(maker),
        _checkouts(maker),
    ]
    return pl.concat(parts).sort("key").drop("key")


def _steps(visit: Integers, part: _Part, position: Integers, **columns: Integers | int) -> pl.DataFrame:
    size = len(visit)
    key = (visit * _PARTS + part) * _POSITIONS + position
    names = ("event_type", "page", "product", "quantity", "value", "term", "error", "order")
    values = {name: np.broadcast_to(columns.get(name, -1), (size,)).astype(np.int64) for name in names}
    return pl.DataFrame({"key": key, "visit": visit} | values)


def _landings(maker: _Maker) -> pl.DataFrame:
    size, generator = maker.visits.height, maker.generator
    is_paid = IS_PAID[maker.column("origin")]
    landing = np.where(is_paid, pick(generator, size, _PAID_LANDINGS), pick(generator, size, _LANDINGS))
    landing = np.where((maker.visits["kind"] == "account").to_numpy(), _ACCOUNT, landing)
    return _views(maker, np.arange(size), _Part.LANDING, np.zeros(size, np.int64), landing)


def _looks(maker: _Maker) -> pl.DataFrame:
    row, nth = maker.rows(maker.column("pages"))
    return _views(maker, row, _Part.LOOKS, nth, pick(maker.generator, len(row), _LOOKS))


def _views(maker: _Maker, row: Integers, part: _Part, nth: Integers, look: Integers) -> pl.DataFrame:
    """Pages of these kinds, or what is searched for."""
    size, generator, pages = len(row), maker.generator, maker.pages
    product = np.where(look == _PRODUCT, maker.some_products(size), -1)
    category = pages.first_category + generator.integers(0, pages.categories, size)
    term = np.where(look == _SEARCH, generator.integers(0, len(pages.terms), size), -1)
    code = np.choose(
        look,
        [
            page.HOME,
            category,
            pages.of_product(product),
            page.SEARCH,
            page.some_content(generator, size),
            page.ACCOUNT,
        ],
    )
    kind = np.choose(look, [PAGE_VIEW, PAGE_VIEW, PRODUCT_VIEW, SEARCH, PAGE_VIEW, PAGE_VIEW])
    return _steps(row, part, nth, event_type=kind, page=code, product=product, term=term)


def _random_adds(maker: _Maker) -> pl.DataFrame:
    return _some_adds(maker, maker.column("random_adds"))


def _refills(maker: _Maker) -> pl.DataFrame:
    return _some_adds(maker, maker.column("refills"))


def _some_adds(maker: _Maker, count: Integers) -> pl.DataFrame:
    """Things put in the cart: visit, nth, product, quantity, value."""
    row, nth = maker.rows(count)
    product = maker.some_products(len(row))
    quantity = 1 + pick(maker.generator, len(row), _QUANTITIES)
    value = quantity * at_site(maker.price[product], maker.column("site")[row])
    return pl.DataFrame({"visit": row, "nth": nth, "product": product, "quantity": quantity, "value": value})


def _lines_added(visits: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of orders, put in the cart on the visits that say so."""
    filling = visits.select("lines_of").with_row_index("visit").filter(pl.col("lines_of") >= 0)
    return (
        filling.select(pl.col("visit").cast(pl.Int64), pl.col("lines_of").alias("order"))
        .join(lines, on="order", how="inner", maintain_order="left_right")
        .select(
            "visit",
            (pl.col("line_number") - pl.col("line_number").min().over("visit")).alias("nth"),
            "product",
            "quantity",
            (pl.col("quantity") * pl.col("unit_price")).alias("value"),
        )
    )


def _adds(maker: _Maker, added: pl.DataFrame, part: _Part) -> pl.DataFrame:
    """Each thing is put in, often from its page."""
    viewed = added.filter(pl.Series(maker.generator.integers(0, 100, added.height) < _SEEN_PERCENT))
    product = viewed["product"].to_numpy()
    views = _steps(
        viewed["visit"].to_numpy(),
        part,
        2 * viewed["nth"].to_numpy(),
        event_type=PRODUCT_VIEW,
        page=maker.pages.of_product(product),
        product=product,
    )
    return pl.concat([views, _changes(added, ADD, part, maker.pages)])


def _changes(added: pl.DataFrame, event_type: int, part: _Part, pages: Pages | None = None) -> pl.DataFrame:
    """Things put in on their page, or taken out in the cart."""
    product = added["product"].to_numpy()
    return _steps(
        added["visit"].to_numpy(),
        part,
        2 * added["nth"].to_numpy() + 1,
        event_type=event_type,
        page=page.CART if pages is None else pages.of_product(product),
        product=product,
        quantity=added["quantity"].to_numpy(),
        value=added["value"].to_numpy(),
    )


def _cart_views(maker: _Maker) -> pl.DataFrame:
    """Whoever goes to the checkout sees the cart first, and some of the others do."""
    has_cart = (maker.column("random_adds") > 0) | (maker.column("stage") > Stage.NONE)
    looks = maker.generator.integers(0, 2, len(has_cart)) == 1
    row = np.flatnonzero(has_cart & (looks | (maker.column("stage") > Stage.NONE)))
    return _steps(row, _Part.CART, np.zeros(len(row), np.int64), event_type=PAGE_VIEW, page=page.CART)


def _checkouts(maker: _Maker) -> pl.DataFrame:
    stage, order = maker.column("stage"), maker.column("order")
    steps = [
        _checkout_step(stage >= Stage.CHECKOUT, 0, BEGIN_CHECKOUT, page.CHECKOUT),
        _checkout_step(stage >= Stage.SHIPPING, 1, ADD_SHIPPING, page.SHIPPING),
        _checkout_step(stage >= Stage.PAYMENT, 2, ADD_PAYMENT, page.PAYMENT),
    ]
    row = np.flatnonzero((stage > Stage.NONE) & maker.column("has_error"))
    error = maker.generator.integers(0, len(ERRORS), len(row))
    where = np.array([-1, page.CHECKOUT, page.SHIPPING, page.PAYMENT, page.PAYMENT])[stage[row]]
    three = np.full(len(row), 3)
    steps.append(_steps(row, _Part.CHECKOUT, three, event_type=CHECKOUT_ERROR, page=where, error=error))
    row = np.flatnonzero(stage >= Stage.PURCHASE)
    four, total = np.full(len(row), 4), maker.column("total")[row]
    steps.append(
        _steps(
            row, _Part.CHECKOUT, four, event_type=PURCHASE, page=page.THANKS, value=total, order=order[row]
        )
    )
    return pl.concat(steps)


def _checkout_step(so_far: Flags, position: int, event_type: int, code: int) -> pl.DataFrame:
    row = np.flatnonzero(so_far)
    return _steps(row, _Part.CHECKOUT, np.full(len(row), position), event_type=event_type, page=code)
