"""Every planted change by name: what is done to the exports of a simulated shop from a first day on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from changed_money import best_seller, halve_orders, raise_cost, send_back
from delivered_rows import take_away
from lost_orders import CHECKOUT, at_site, leave_more_carts, lose_orders, lose_traffic, on_device
from traps import TRAPS

# Exports, first day of the change, last day of the exports.
Plant = Callable[[Path, date, date], object]

# What the issue of the morning is: each must be named.
KINDS: Mapping[str, Plant] = {
    "phones": lambda exports, first, _: lose_orders(exports, first, 0.5, on_device("mobile")),
    "comes_back": lambda exports, first, last: send_back(
        exports, first, last, best_seller(exports, first), 0.8
    ),
    "channel_cost": lambda exports, first, _: raise_cost(exports, first, 2.0, _MEDIUM == "cpc"),
    "carts_left": lambda exports, first, _: lose_orders(exports, first, 0.4, steps=CHECKOUT),
    "missing": lambda exports, _, last: take_away(exports, "session_events", last),
}

_MEDIUM = pl.col("medium")
# Milder, smaller or of another shape.
OTHERS: Mapping[str, Plant] = {
    "phones_a_third": lambda exports, first, _: lose_orders(exports, first, 0.35, on_device("mobile")),
    "comes_back_a_third": lambda exports, first, last: send_back(
        exports, first, last, best_seller(exports, first), 0.35
    ),
    "carts_left_a_quarter": lambda exports, first, _: lose_orders(exports, first, 0.28, steps=CHECKOUT),
    "desktops": lambda exports, first, _: lose_orders(exports, first, 0.5, on_device("desktop")),
    "tablets": lambda exports, first, _: lose_orders(exports, first, 0.5, on_device("tablet")),
    "one_site": lambda exports, first, _: lose_orders(exports, first, 0.5, at_site("uk")),
    "payment_fails_at_one_site": lambda exports, first, _: lose_orders(
        exports, first, 0.9, at_site("uk"), ("add_payment",)
    ),
    "more_carts": lambda exports, first, _: leave_more_carts(exports, first, 0.15),
    "two_products": lambda exports, first, last: [
        send_back(exports, first, last, best_seller(exports, first, rank), 0.8) for rank in (2, 3)
    ],
    "cost_more_than_half_up": lambda exports, first, _: raise_cost(
        exports, first, 1.6, _MEDIUM == "paid_social"
    ),
    "affiliates_cost": lambda exports, first, _: raise_cost(exports, first, 2.0, _MEDIUM == "affiliate"),
    "no_organic_traffic": lambda exports, first, _: lose_traffic(exports, first, _MEDIUM == "organic"),
    "half_price": lambda exports, first, _: halve_orders(exports, first),
    "returns_silent": lambda exports, first, last: _silent(exports, "returns", first, last),
    "ad_spend_missing": lambda exports, _, last: take_away(exports, "ad_spend", last),
}
UNCHANGED = "unchanged"
PLANTS: Mapping[str, Plant] = {**KINDS, **OTHERS, **TRAPS, UNCHANGED: lambda *_: None}


def _silent(exports: Path, feed: str, first: date, last: date) -> None:
    for folder in (exports / feed).iterdir():
        if first.isoformat() <= folder.name <= last.isoformat():
            shutil.rmtree(folder)
