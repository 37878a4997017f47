"""What a visit will be, before its events are made: one row per visit, the same columns for every kind."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from mandje.simulate.world.chance import Integers, pick
from mandje.simulate.world.clock import SECOND
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block

DEVICES_PER_PERSON = 16
# Number of the device that a person shares with another: never one of their own.
SHARED_DEVICE = 7
_FIRST_OTHER = 2**52
_OTHERS_PER_BLOCK = 2**28

MOBILE, DESKTOP, TABLET = 0, 1, 2
DEVICES = ("mobile", "desktop", "tablet")
_FIRST_DEVICES = (60, 35, 5)
_SECOND_DEVICE = np.array([DESKTOP, MOBILE, DESKTOP])
COUNTRIES = ("NL", "GB", "BE", "DE", "IE", "FR", "US")
_HOME_OF_100, _ELSEWHERE = 94, 7
KINDS = (
    "bounce", "browse", "account", "cart", "checkout", "emptied", "cart_of_order", "order",
    "open_cart", "over_midnight", "over_clock_change", "flagged_bot", "fast_bot", "long_bot", "staff",
    "clock_skew_hours", "clock_skew_days", "clock_of_2000",
)  # fmt: skip
BOTS = ("flagged_bot", "fast_bot", "long_bot")


class Stage(IntEnum):
    """How far a visit goes into the checkout."""

    NONE = 0
    CHECKOUT = 1
    SHIPPING = 2
    PAYMENT = 3
    PURCHASE = 4


class Login(IntEnum):
    """Which events show the customer."""

    NEVER = 0
    ALWAYS = 1
    IN_CHECKOUT = 2


# Least time between two events, and the mean of what comes on top; nobody reads a page in less.
LEAST_GAP = 11 * SECOND

# Columns and what they are where nobody says otherwise. `at` is the moment of the first event, or of the last
# one if `is_at_end`. `lines_of` names the order whose lines are put in the cart, `random_adds` counts other
# things put in; the first `taken_out` of them are taken out again, then `refills` follow. `origin_mix` names
# the weights of channels. `ahead` is what the visitor's clock is wrong by, in µs.
_DEFAULTS: dict[str, tuple[bool | int | str | None, pl.DataType | type[pl.DataType]]] = {
    "visitor": (None, pl.Int64),
    "person": (-1, pl.Int64),
    "device": (MOBILE, pl.Int64),
    "site": (0, pl.Int64),
    "at": (None, pl.Int64),
    "is_at_end": (False, pl.Boolean),
    "kind": ("browse", pl.Enum(KINDS)),
    "is_journey": (False, pl.Boolean),
    "order": (-1, pl.Int64),
    "lines_of": (-1, pl.Int64),
    "pages": (0, pl.Int64),
    "random_adds": (0, pl.Int64),
    "taken_out": (0, pl.Int64),
    "refills": (0, pl.Int64),
    "stage": (int(Stage.NONE), pl.Int64),
    "has_error": (False, pl.Boolean),
    "loses_purchase": (False, pl.Boolean),
    "login": (int(Login.NEVER), pl.Int64),
    "mix": ("first", pl.Enum(["first", "again", "order"])),
    "least_gap": (LEAST_GAP, pl.Int64),
    "mean_gap": (-1, pl.Int64),
    "is_bot": (None, pl.Boolean),
    "is_internal": (False, pl.Boolean),
    "ahead": (0, pl.Int64),
}

Column = Integers | pl.Series | np.ndarray[tuple[int], np.dtype[np.bool_]] | str | int | bool


def planned(size: int, **columns: Column) -> pl.DataFrame:
    """`size` visits with these columns, the others at their defaults."""
    series = [_series(name, columns.get(name), size) for name in _DEFAULTS]
    if unknown := columns.keys() - _DEFAULTS.keys():
        raise ValueError(f"no columns of a visit: {sorted(unknown)}")
    return pl.DataFrame(series)


def _series(name: str, values: Column | None, size: int) -> pl.Series:
    default, kind = _DEFAULTS[name]
    if isinstance(values, np.ndarray | pl.Series):
        return pl.Series(name, values).cast(kind)
    value = pl.lit(default if values is None else values, kind)
    return pl.select(pl.repeat(value, size, dtype=kind)).to_series().alias(name)


def persons_visitor(person: Integers, device: Integers | int) -> Integers:
    """Visitor of a person's device."""
    return person * DEVICES_PER_PERSON + device


def other_visitors(block: Block, first: int, size: int) -> Integers:
    """Visitors `first` to `first + size` of those that are no person's device."""
    return np.arange(first, first + size) + _FIRST_OTHER + block.number * _OTHERS_PER_BLOCK


def first_devices(generator: np.random.Generator, size: int) -> Integers:
    """What kind of device each of `size` is."""
    return pick(generator, size, _FIRST_DEVICES)


def kind_of_device(first: Integers, number: Integers) -> Integers:
    """Kind of a person's device of that number, by the kind of the first: the second is another."""
    return np.where(number == 0, first, np.where(number == 1, _SECOND_DEVICE[first], TABLET))


def countries(generator: np.random.Generator, site: Integers) -> Integers:
    """Positions in COUNTRIES: mostly the site's own."""
    home = np.array([COUNTRIES.index(own.country) for own in SITES])[site]
    is_home = generator.integers(0, 100, len(site)) < _HOME_OF_100
    return np.where(is_home, home, generator.integers(0, _ELSEWHERE, len(site)))
