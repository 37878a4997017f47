"""The visits of the joined shop, drawn in columns: who came when, by what, and each event of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from joined_world import DAYS, FIRST_DAY, LAST_DAY, PROPERTY_ZONE, TRAFFIC, Size

Integers = npt.NDArray[np.int64]
Generator = np.random.Generator

SECOND = 1_000_000
DAY = 86_400 * SECOND
# Events of a visit as it is drawn here, on average.
EVENTS_PER_VISIT = 9
FIRST_US = int(datetime.combine(FIRST_DAY, time(0), UTC).timestamp()) * SECOND
# What happens later is told by a table that nobody delivered yet.
END_US = int(datetime.combine(LAST_DAY + timedelta(days=1), time(0), PROPERTY_ZONE).timestamp()) * SECOND
# Who is logged in on a visit: nobody, the customer from the first page on, or from the checkout on.
NOT_AT_ALL, ALL_ALONG, FROM_CHECKOUT = range(3)
NOBODY = -1


@dataclass(frozen=True)
class Visits:
    """`visits`: one row per visit; `events`: one per event of one, in order."""

    visits: pl.DataFrame
    events: pl.DataFrame
    customers: int


def draw_visits(size: Size) -> Visits:
    generator = np.random.default_rng(size.seed)
    customers = max(1, size.orders * 6 // 10)
    visits = _visits(size.events // EVENTS_PER_VISIT, size.orders, customers, generator)
    return Visits(visits, _events(visits, generator), customers)


def _visits(count: int, orders: int, customers: int, generator: Generator) -> pl.DataFrame:
    """Customers have one or two devices, others are nobody's; one customer in a hundred uses another's."""
    devices = np.concatenate([np.arange(customers), np.flatnonzero(generator.random(customers) < 0.3)])
    strangers = max(1, count // 2)
    is_owned = generator.random(count) < 0.45
    owned, foreign = generator.integers(0, len(devices), count), generator.integers(0, strangers, count)
    visitor = np.where(is_owned, owned, len(devices) + foreign)
    owner = np.where(is_owned, devices[owned], NOBODY)
    owner = np.where(
        is_owned & (generator.random(count) < 0.01), generator.integers(0, customers, count), owner
    )
    home = (generator.random(len(devices) + strangers) < 0.2).astype(np.int64)[visitor]
    is_abroad = is_owned & (generator.random(count) < 0.03)
    is_denied = (generator.random(len(devices) + strangers) < 0.08)[visitor]
    buys = np.zeros(count, dtype=bool)
    buys[generator.choice(count, orders * 9 // 10, replace=False)] = True
    login = np.where(generator.random(count) < 0.3, ALL_ALONG, NOT_AT_ALL)
    login = np.where(buys & (generator.random(count) < 0.75), FROM_CHECKOUT, login)
    traffic = generator.choice(len(TRAFFIC), count, p=np.array([one.share for one in TRAFFIC]))
    # From six in the morning UTC until half past eight; nothing is left over for the day after the last.
    # Every day as many come: the gate would ask about a day of few.
    start = FIRST_US + generator.permutation(np.arange(count) % len(DAYS)) * DAY
    start += np.where(
        generator.random(count) < 0.02,
        # Just before midnight of one clock or the other, but on the last day.
        (22 * 3600 + 2400) * SECOND + generator.integers(0, 4800 * SECOND, count),
        generator.integers(6 * 3600 * SECOND, (20 * 3600 + 1800) * SECOND, count),
    )
    last_start = FIRST_US + (len(DAYS) - 1) * DAY + (20 * 3600 + 1800) * SECOND
    return pl.DataFrame(
        {
            "visit": np.arange(count),
            "visitor": visitor,
            "owner": owner,
            "site": np.where(is_abroad, 1 - home, home),
            "is_denied": is_denied,
            "buys": buys,
            "login": np.where(is_owned, login, NOT_AT_ALL),
            "traffic": traffic,
            "start_us": np.minimum(start, last_start),
            "device": generator.integers(0, 3, count),
        }
    )


def _events(visits: pl.DataFrame, generator: Generator) -> pl.DataFrame:
    browsing = _browsing(visits, generator)
    ends = browsing.group_by("visit").agg(pl.col("at_us").max().alias("base_us"))
    events = pl.concat(
        [browsing, _checkout(visits.join(ends, on="visit", maintain_order="left"), generator)], how="diagonal"
    )
    reading = _reading(events, generator)
    return (
        pl.concat([events, reading], how="diagonal")
        .filter(pl.col("at_us") < END_US)
        .sort("visit", "at_us", "rank")
        .with_columns(pl.int_range(pl.len()).over("visit").alias("number"))
    )


def _browsing(visits: pl.DataFrame, generator: Generator) -> pl.DataFrame:
    """Pages of visits: each a page view, and what is seen or searched for on it."""
    steps = np.minimum(generator.geometric(0.27, visits.height), 14)
    visit = np.repeat(np.arange(visits.height), steps)
    nth = np.arange(len(visit)) - np.repeat(np.cumsum(steps) - steps, steps)
    gap = generator.integers(3 * SECOND, 240 * SECOND, len(visit))
    pauses = generator.random(len(visit)) < 0.01
    gap = np.where(pauses, generator.integers(1700 * SECOND, 3600 * SECOND, len(visit)), gap)
    # The longest silence that ends no session, and the shortest that does.
    later = np.flatnonzero(nth > 0)
    gap[later[:3]], gap[later[3:6]] = 1800 * SECOND, 1800 * SECOND + 1
    gap[nth == 0] = 0
    whole = np.cumsum(gap)
    at = visits["start_us"].to_numpy()[visit] + whole - np.repeat(whole[nth == 0], steps)
    kind = generator.choice(4, len(visit), p=[0.2, 0.25, 0.45, 0.1])
    product = generator.integers(1, 200, len(visit))
    pages = pl.DataFrame(
        {"visit": visit, "at_us": at, "kind": kind, "product": product, "nth": nth}
    ).with_columns(
        path=pl.when(pl.col("kind") == 0)
        .then(pl.lit("/"))
        .when(pl.col("kind") == 1)
        .then(pl.format("/c/{}", pl.col("product") % 12))
        .when(pl.col("kind") == 2)
        .then(pl.format("/p/{}", "product"))
        .otherwise(pl.lit("/search"))
    )
    seen = pages.filter(pl.col("kind") == 2).with_columns(
        at_us=pl.col("at_us") + (pl.col("visit") % 3) * 100_000, name=pl.lit("view_item"), rank=2
    )
    found = pages.filter(pl.col("kind") == 3).with_columns(
        name=pl.lit("view_search_results"), rank=1, term=pl.format("term {}", pl.col("product") % 40)
    )
    starts = pages.filter(pl.col("nth") == 0).with_columns(name=pl.lit("session_start"), rank=-1)
    views = pages.with_columns(name=pl.lit("page_view"), rank=0, is_first=pl.col("nth") == 0)
    return pl.concat([starts, views, seen, found], how="diagonal").drop("kind", "nth")


def _checkout(visits: pl.DataFrame, generator: Generator) -> pl.DataFrame:
    """Those who buy, and some who only fill their cart. Few see the last page, with its purchase, twice."""
    fills = visits.filter(pl.col("buys") | pl.Series(generator.random(visits.height) < 0.06))
    product = pl.Series("product", generator.integers(1, 200, fills.height))
    fills = fills.select("visit", "buys", "base_us", product).with_columns(
        items=pl.Series(generator.integers(1, 3, fills.height)),
        again=pl.Series(generator.random(fills.height) < 0.03) & pl.col("buys"),
        waited_us=pl.Series(generator.integers(5 * SECOND, 60 * SECOND, fills.height)),
    )
    buyers, at = fills.filter("buys"), pl.col("base_us") + pl.col("waited_us")
    steps = [
        ("add_to_cart", fills, at, pl.format("/p/{}", "product")),
        ("page_view", buyers, at + 10 * SECOND, pl.lit("/checkout")),
        ("begin_checkout", buyers, at + 10 * SECOND, pl.lit("/checkout")),
        ("add_shipping_info", buyers, at + 60 * SECOND, pl.lit("/checkout")),
        ("add_payment_info", buyers, at + 90 * SECOND, pl.lit("/checkout")),
        ("page_view", buyers, at + 150 * SECOND + 123, pl.lit("/thanks")),
        ("purchase", buyers, at + 150 * SECOND + 123, pl.lit("/thanks")),
        ("purchase", buyers.filter("again"), at + 400 * SECOND, pl.lit("/thanks")),
    ]
    return pl.concat(
        [
            rows.select(
                "visit",
                at_us=moment,
                name=pl.lit(name),
                path=path,
                rank=pl.lit(3 + number),
                product=pl.when(name == "add_to_cart").then("product"),
                items=pl.when(name == "add_to_cart").then("items"),
                in_checkout=pl.lit(number > 0),
            )
            for number, (name, rows, moment, path) in enumerate(steps)
        ]
    )


def _reading(events: pl.DataFrame, generator: Generator) -> pl.DataFrame:
    """Events that tell of a visitor who still reads, some of them when a tab is closed long after."""
    read = events.filter((pl.col("name") == "page_view") & pl.Series(generator.random(events.height) < 0.5))
    chance, long = generator.random(read.height), generator.integers(600 * SECOND, 3600 * SECOND, read.height)
    after = np.where(chance < 0.05, long, generator.integers(SECOND, 90 * SECOND, read.height))
    after[:3], after[3:6] = 1800 * SECOND, 1800 * SECOND + 1
    name = np.where(generator.random(read.height) < 0.3, "scroll", "user_engagement")
    return read.select(
        "visit",
        "path",
        at_us=pl.col("at_us") + pl.Series(after),
        name=pl.Series(name),
        rank=pl.lit(99),
        in_checkout=False,
    )
