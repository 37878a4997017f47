"""The events of visits as the shop's tracking delivers them."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.contracts.types import DECIMAL, TIMESTAMP
from mandje.contracts.visits import SESSION_EVENTS, STEPS
from mandje.simulate.visits.behaviour.pages import PAGE_TYPES, Pages
from mandje.simulate.visits.behaviour.plan import COUNTRIES, DEVICES, Login
from mandje.simulate.visits.behaviour.steps import ADD, BEGIN_CHECKOUT, ERRORS, PURCHASE, REMOVE
from mandje.simulate.visits.behaviour.traffic import told
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.site_money import money
from mandje.simulate.world.sites import INTERNAL_HOST, SITES
from mandje.simulate.world.world import World

EVENTS_PER_SESSION = 4096
HOSTS = tuple(f"{site.name}.demo.example" for site in SITES)
# Visits of which no event is in any figure, and what becomes of their events.
UNSEEN = {"clock_skew_days": "rejected:impossible_date", "clock_of_2000": "too_old"}
_TOLD = ("referrer_host", "source", "medium", "campaign", "keyword", "click_id_type")


def delivered_events(world: World, pages: Pages, visits: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Delivered frame of `session_events`.

    Args:
        world: of the shop.
        pages: what the codes of the steps mean.
        visits: planned, with session (number), visitor, origin and country.
        steps: visit (row in `visits`), nth (0 = first of its visit), number (of its id), at, shows_customer,
            defect, and codes.
    """
    visit = steps["visit"].to_numpy()
    frame = steps.select(
        (pl.Series(visits["session"].gather(visit)) * EVENTS_PER_SESSION + pl.col("number")).alias(
            "event_id"
        ),
        pl.col("at").cast(TIMESTAMP).alias("event_at"),
        *_of_visit(visits, visit),
        *_of_site(visits, visit),
        *_of_origin(visits, visit, steps["nth"].to_numpy()),
        *_of_step(pages),
        pl.lit(None, pl.String).alias("cart_id"),
        _number_or_null("order").alias("order_id"),
        *_of_delivery(world, visits, steps),
    )
    frame = frame.with_columns(
        _customer(visits, steps), _native_session(world, visits, steps), _currency(frame["site"], steps)
    )
    return frame.select(*SESSION_EVENTS.names, "delivery_day", "outcome", "defect")


def shows_customer(visits: pl.DataFrame, visit: Integers, event_type: Integers) -> pl.Series:
    """Whether each step shows its person: logged in from the first page, or from the checkout on."""
    login = visits["login"].to_numpy()[visit]
    in_checkout = (login == Login.IN_CHECKOUT) & (event_type >= BEGIN_CHECKOUT)
    return pl.Series("shows_customer", (login == Login.ALWAYS) | in_checkout)


def _of_visit(visits: pl.DataFrame, visit: Integers) -> list[pl.Series]:
    return [
        visits["visitor"].gather(visit).alias("visitor_id"),
        _named(visits["device"].to_numpy()[visit], DEVICES).alias("device_category"),
        _named(visits["country"].to_numpy()[visit], COUNTRIES).alias("country_code"),
        visits["is_bot"].gather(visit).alias("is_bot"),
    ]


def _of_site(visits: pl.DataFrame, visit: Integers) -> list[pl.Series]:
    site = visits["site"].to_numpy()
    host = np.where(visits["is_internal"].to_numpy(), len(HOSTS), site)
    return [
        _named(site[visit], tuple(own.name for own in SITES)).alias("site"),
        _named(host[visit], (*HOSTS, INTERNAL_HOST)).alias("host"),
    ]


def _of_origin(visits: pl.DataFrame, visit: Integers, nth: Integers) -> list[pl.Series]:
    """On the first event of a visit only."""
    code = pl.Series(np.where(nth == 0, visits["origin"].to_numpy()[visit], -1))
    return pl.select(told(pl.lit(code), name) for name in _TOLD).get_columns()


def _of_step(pages: Pages) -> list[pl.Expr]:
    types = pl.Series(STEPS, dtype=pl.Enum(STEPS))
    has_value = pl.col("event_type").is_in([ADD, REMOVE, PURCHASE])
    return [
        pl.col("event_type").map_batches(types.gather, pl.Enum(STEPS)),
        pl.col("page").map_batches(pages.paths.gather, pages.paths.dtype).alias("page_path"),
        pl.col("page").map_batches(pages.types.gather, pl.Enum(PAGE_TYPES)).alias("page_type"),
        _number_or_null("product").alias("product_id"),
        _number_or_null("quantity").cast(DECIMAL).alias("quantity"),
        money(pl.when(has_value).then("value")).alias("value_amount"),
        _coded("term", pages.terms).alias("search_term"),
        _coded("error", pl.Series(ERRORS, dtype=pl.Enum(ERRORS))).alias("error_code"),
    ]


def _number_or_null(name: str) -> pl.Expr:
    return pl.when(pl.col(name) >= 0).then(name)


def _coded(name: str, words: pl.Series) -> pl.Expr:
    """Words by code; −1 = none."""
    found = pl.concat([pl.Series([None], dtype=words.dtype), words])
    return (pl.col(name) + 1).map_batches(found.gather, words.dtype)


def _named(codes: Integers, names: tuple[str, ...]) -> pl.Series:
    return pl.Series(names, dtype=pl.Enum(names)).gather(codes)


def _customer(visits: pl.DataFrame, steps: pl.DataFrame) -> pl.Series:
    person = visits["person"].gather(steps["visit"])
    return pl.select(pl.when(steps["shows_customer"]).then(person)).to_series().alias("customer_id")


def _native_session(world: World, visits: pl.DataFrame, steps: pl.DataFrame) -> pl.Expr:
    """Their system begins another session at midnight."""
    visit = steps["visit"].to_numpy()
    day = world.clock.to_civil(visits["site"].to_numpy()[visit], steps["at"].to_numpy()) // DAY
    number = visits["session"].gather(visit)
    return pl.concat_str(pl.lit("s"), number, pl.lit("-"), pl.Series(day)).alias("native_session_id")


def _currency(site: pl.Series, steps: pl.DataFrame) -> pl.Expr:
    currencies = tuple(own.currency for own in SITES)
    own = _named(site.to_physical().cast(pl.Int64).to_numpy(), currencies)
    return pl.when(steps["event_type"].is_in([ADD, REMOVE, PURCHASE])).then(own).alias("currency_code")


def _of_delivery(world: World, visits: pl.DataFrame, steps: pl.DataFrame) -> list[pl.Series | pl.Expr]:
    """On the day when it really happened, whatever the visitor's clock says."""
    visit = steps["visit"].to_numpy()
    ahead = visits["ahead"].to_numpy()[visit]
    day = world.clock.delivery_day(steps["at"].to_numpy() - ahead)
    kind = visits["kind"].cast(pl.String)
    of_clock = pl.select(pl.when(visits["ahead"] != 0).then(kind)).to_series().gather(visit)
    defect = of_clock.fill_null(steps["defect"])
    return [
        pl.Series("delivery_day", day, dtype=pl.Int32),
        defect.fill_null("").replace_strict(UNSEEN, default="kept", return_dtype=pl.String).alias("outcome"),
        defect.alias("defect"),
    ]
