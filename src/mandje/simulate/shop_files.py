"""The two files of a new simulated shop: `shop.toml` and `simulation.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.shop.settings import faults_in_words
from mandje.simulate.settings import FILE, SimulationSettings, read_settings
from mandje.simulate.settings.template import simulation_toml
from mandje.simulate.world.sites import INTERNAL_HOST, SITES, SiteOfWorld

SHOP_FILE = "shop.toml"
# A part of those that are written every day, with or without rows.
EXPECTED_DAILY = ("orders", "order_lines", "session_events")

_SHOP = """\
# A simulated shop with every feed, whose truth is known. What it is like: {file} in this folder.

name = "{name}"
reporting_currency = "{currency}"
time_zone = "{time_zone}"

# All people are invented. A real shop leaves this out (false).
consent_when_unknown = true
{sites}
# Deliveries are broken on purpose. The night goes on and lists a refused one; its rows come again later.
# Folders of orders, their lines and visits lie there every day: a night waits for the first two of its day,
# and tells where the third is missing.
{sources}
# Staff visit the shop by this host: their sessions are kept out of the marts and counted apart.
[internal]
hosts = ["{internal_host}"]

[customers]
churn_horizon_days = 90
left_truncation_days = 0          # the exports begin with the shop: every first order is a first order
discount_rate_per_year = 0.10

# Used where the exports name no cost.
[costs]
margin_ratio = 0.40
shipping_cost_per_order_amount = 5.50    # {currency}
service_cost_per_order_amount = 1.00     # {currency}
{experiment}
[schedule]
is_on = false                     # the simulated days are over: nights are only started by hand
"""


def shop_toml(name: str, settings: SimulationSettings) -> str:
    """`shop.toml` of a simulated shop with this name."""
    changes = ("order_lines",) if settings.defects.changed_lines_alone else ()
    return _SHOP.format(
        file=FILE,
        name=name,
        currency=SITES[0].currency,
        time_zone=SITES[0].time_zone,
        sites="".join(map(_site, SITES)),
        sources="\n".join(_source(feed, has_changes=feed in changes) for feed in FEEDS),
        internal_host=INTERNAL_HOST,
        experiment=_plan(settings),
    )


def make_shop(folder: Path, options: Mapping[str, int]) -> None:
    """Write both files into `folder`, `shop.toml` last; nothing where they stand and say the same.

    `options`: settings of `simulation.toml`; none: the defaults.

    Raises:
        MandjeError: the folder is a shop of another kind, or an option is outside its range.
    """
    if (folder / SHOP_FILE).is_file() and not (folder / FILE).is_file():
        raise MandjeError(
            f"{folder} is a shop, but not a simulated one: it has no {FILE}",
            file=str(folder / FILE),
            next_step="name another folder",
        )
    checked(options)
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / FILE, simulation_toml(options))
    _put(folder / SHOP_FILE, shop_toml(_name(folder), read_settings(folder)))


def checked(options: Mapping[str, int]) -> SimulationSettings:
    """Settings of the options, the rest by default.

    Raises:
        MandjeError: an option is outside its range.
    """
    try:
        return SimulationSettings.model_validate(options)
    except ValidationError as fault:
        raise MandjeError("these options are no settings of a shop", found=faults_in_words(fault)) from None


def _put(path: Path, content: str) -> None:
    """Write a file that is not there yet, whole or not at all."""
    if path.is_file():
        return
    private = path.with_name(f".{path.name}.tmp")
    private.write_text(content, encoding="utf-8")
    private.rename(path)


def _name(folder: Path) -> str:
    """The folder's name as far as it can be a shop's."""
    return re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_0123456789") or "simulated"


def _site(site: SiteOfWorld) -> str:
    return f'\n[sites.{site.name}]\ntime_zone = "{site.time_zone}"\ncurrency = "{site.currency}"\n'


def _plan(settings: SimulationSettings) -> str:
    """The plan of the running experiment; none where everybody gets the same."""
    name, treated = settings.sales.experiment.name, Decimal(str(settings.sales.experiment.treatment_ratio))
    if not 0 < treated < 1:
        return ""
    return f"""
# What the running experiment is to answer, written down before it began.
[experiments.{name}]
shares = {{ hold_out = {1 - treated}, treatment = {treated} }}
control = "hold_out"
planned_units = 2000
smallest_difference = {{ returned_ratio = 0.02, orders = 0.10 }}
"""


def _source(feed: str, *, has_changes: bool) -> str:
    expected = 'expected = "daily"\n' if feed in EXPECTED_DAILY else ""
    changes = 'documents = "changes"\n' if has_changes else ""
    return f'[sources.{feed}]\nadapter = "canonical"\non_refused = "go_on"\n{expected}{changes}'
