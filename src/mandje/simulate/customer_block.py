"""All that is made of a block of customers, and of the shop as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from mandje.simulate.acting.act import Acts, all_sent, changes_orders, order_experiment_sums
from mandje.simulate.acting.experiments import experiments_truth
from mandje.simulate.acting.groups import reacts, uplift_truth
from mandje.simulate.acting.truth import (
    consent_truth,
    message_effects,
    prevented_orders,
    with_causes,
    with_returns,
)
from mandje.simulate.care.experiment_truth import experiment_sums, experiment_truth
from mandje.simulate.care.feeds import delivered_care
from mandje.simulate.handling.feeds import delivered_handling
from mandje.simulate.handling.handling_truth import handling_truth
from mandje.simulate.people.customers import make_people
from mandje.simulate.people.customers_feed import delivered_customers
from mandje.simulate.people.people_truth import alive_truth, customer_truth, purchase_truth
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.people.season_truth import season_truth
from mandje.simulate.sales.daily_truth import add_up, daily_sums
from mandje.simulate.sales.delivered import delivered_sales
from mandje.simulate.sales.make import make_sales
from mandje.simulate.sales.order_truth import order_truth
from mandje.simulate.settings.acting import ends_consent, has_no_left_carts
from mandje.simulate.settings.season import is_steady
from mandje.simulate.settings.taste import has_no_taste
from mandje.simulate.taste.truth import affinity_truth, consumable_truth, taste_truth
from mandje.simulate.truth_files import (
    AFFINITIES,
    ALIVE,
    CARTS,
    CONSENTS,
    CONSUMABLES,
    CUSTOMERS,
    DAILY_KPIS,
    DAILY_VISITS,
    EXPERIMENTS,
    HANDLING,
    MESSAGE_EFFECTS,
    ORDERS,
    PREVENTED,
    PURCHASES,
    SEASON,
    SESSIONS,
    TASTES,
    UPLIFT,
    VISITORS,
)
from mandje.simulate.visits.ad_spend import delivered_ad_spend
from mandje.simulate.visits.make import make_visits
from mandje.simulate.visits.truth.daily_truth import add_up_visits, daily_visits
from mandje.simulate.world.products_feed import delivered_products
from mandje.simulate.world.world import Block, World

CLICKS = "clicks"
EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True)
class BlockRows:
    """Rows to be delivered by feed, truth by file, and sums that only all blocks together complete."""

    feeds: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]
    sums: dict[str, pl.DataFrame]


def make_block(world: World, block: Block) -> BlockRows:
    """A block's customers from their first order to their last visit."""
    people, purchases = make_purchases(world, block, make_people(world, block))
    sales = make_sales(world, block, people, purchases)
    visits = make_visits(world, block, people, sales)
    sent = all_sent(world, sales.acts, visits.returned_carts)
    feeds = {
        "customers": delivered_customers(world, people),
        **delivered_sales(world, block, sales, visits.order_visitors),
        **delivered_handling(world, block, sales),
        **delivered_care(world, block, sales, sent),
        "session_events": visits.events,
    }
    truth = {
        CUSTOMERS: customer_truth(world, people, purchases),
        PURCHASES: purchase_truth(purchases),
        ALIVE: alive_truth(world, people, purchases),
        ORDERS: order_truth(people, sales),
        HANDLING: handling_truth(world, sales.orders, feeds["payments"], feeds["fulfilments"]),
        SESSIONS: visits.sessions,
        CARTS: visits.carts,
        VISITORS: visits.visitors,
    }
    truth |= _planted(world, block, people, sales.acts, sent)
    if changes_orders(world):
        truth[ORDERS] = with_causes(truth[ORDERS], sales.acts)
    if not has_no_left_carts(world.settings.left_carts):
        truth[CARTS] = with_returns(visits.carts, sales.acts)
    sums = {
        EXPERIMENTS: order_experiment_sums(world, sales.acts, purchases),
        DAILY_KPIS: daily_sums(world, people, sales),
        DAILY_VISITS: daily_visits(visits.sessions, visits.carts),
        EXPERIMENT: experiment_sums(world, people, sales),
        CLICKS: visits.clicks,
    }
    return BlockRows(feeds, truth, sums)


def _planted(
    world: World, block: Block, people: pl.DataFrame, acts: Acts, sent: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Truth that is told only where something is planted."""
    truth: dict[str, pl.DataFrame] = {}
    if not has_no_taste(world.settings.taste):
        truth |= {
            TASTES: taste_truth(world, block, people),
            CONSUMABLES: consumable_truth(world, block, people),
        }
    if reacts(world):
        truth |= {UPLIFT: uplift_truth(world, block, people), MESSAGE_EFFECTS: message_effects(acts, sent)}
    if changes_orders(world):
        truth[PREVENTED] = prevented_orders(acts)
    if ends_consent(world.settings.messaging):
        truth[CONSENTS] = consent_truth(people, acts)
    return truth


def make_whole(world: World, sums: Mapping[str, Sequence[pl.DataFrame]]) -> BlockRows:
    """What belongs to no customer: the catalogue, rates, what clicks cost; and the sums of all blocks."""
    keys = ["day", "site", "source", "medium", "campaign"]
    clicks = pl.concat(sums[CLICKS]).group_by(keys).agg(pl.col("clicks").sum()).sort(keys)
    feeds = {
        "products": delivered_products(world),
        "exchange_rates": world.rates.delivered,
        "ad_spend": delivered_ad_spend(world, clicks),
    }
    truth = {
        DAILY_KPIS: add_up(sums[DAILY_KPIS]),
        DAILY_VISITS: add_up_visits(sums[DAILY_VISITS]),
        EXPERIMENT: experiment_truth(world, sums[EXPERIMENT]),
    }
    if not is_steady(world.settings.season):
        truth[SEASON] = season_truth(world)
    if not has_no_taste(world.settings.taste):
        truth[AFFINITIES] = affinity_truth(world)
    if world.settings.experiments:
        truth[EXPERIMENTS] = experiments_truth(sums[EXPERIMENTS])
    return BlockRows(feeds, truth, {})
