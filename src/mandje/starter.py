"""A new shop: a folder with commented settings, an example file per feed, and a place for exports."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

from mandje.contracts.feed_guide import feed_guide, header
from mandje.contracts.feeds import FEEDS
from mandje.contracts.placeholders import PLACEHOLDERS
from mandje.errors import MandjeError

_SETTINGS = """\
# Settings of this shop. An unknown key is an error, and all faults are reported at once.

{name:<34}# small letters, digits and _
{currency:<34}# all money is reported in it (ISO 4217)
{time_zone:<33} # the shop's clock: nights, and days over all sites

# May customers be profiled whose consent the exports do not tell? false: they get no predictions.
consent_when_unknown = false
snapshots_to_keep = 7             # published/
most_days_ahead = 3               # a night so many days past the newest expected delivery does not run
missing_deadline_hours = 4        # how long after the night's hour a missing delivery may still come

# What Mandje makes is for its own user only. This group of the machine may read published/ too; it must be
# able to pass the shop's folder (`chmod o+x`, or let the folder belong to it): `mandje doctor` looks.
# published_group = "bi"
# Files and folders of exports/ may be links to places inside this folder. May they lead out of it? false: a
# delivery that does is refused, and a whole source that does stops the night.
follow_links_outside = false
# The files of one delivery may unpack to so many bytes (8 GiB), each to 100 times its size: a small file that
# unpacks to very much would fill the machine. A delivery beyond that is refused as too_big, unless it lies
# there unpacked and is read in parts.
most_unpacked_bytes = 8_589_934_592

# Each site that orders name in their column `site`: its clock and the currency that it sells in. A visit that
# comes back from a host of the site itself, or from one below it, has no new source; hosts that events name
# in their column `host` need not be told here.
{sites}
# Who reads exports/<source>/<YYYY-MM-DD>/. With the canonical adapter a source holds the feed that it is
# named by, with the columns of examples/<feed>.csv. Delete the sources that the shop does not have.
#
# adapter: canonical, a platform's (woocommerce, shopify, magento, bol, ga4, google_ads, meta_ads,
#   microsoft_ads, ecb, klaviyo), or "mapping:erp": then mappings/erp.toml in this folder says which columns
#   of the source's files are which columns of the feeds
# feed: the feed that a canonical source of another name holds; several sources may hold one feed
# id_prefix: what goes before order_id, return_id, adjustment_id, payment_id, fulfilment_id, customer_id,
#   cart_id, contact_id and message_id of the source, where two systems give out the same numbers: "nl-"; or,
#   where the rows of one source name sites that number alike, {{nl = "nl-", be = "be-"}}. Ids that shall meet
#   need the same prefix
# sites: of a platform whose exports do not name our sites: which of them its rows are, {{"*" = "nl"}}, or by
#   what it tells (store, currency, host): {{EUR = "nl", GBP = "uk"}}. A mapping knows "*". A shop with one
#   site needs none
# statuses: what the platform's own states of an order mean, {{"partial-shipped" = "paid"}}: pending, paid,
#   fulfilled, cancelled, failed or test
# tax_ratio: the tax in the prices of a platform that does not tell it, 0.21 (bol needs it)
# utm_source: the source that visits from an advertising network's ads carry, as its links name it. Unless
#   set: google (google_ads), facebook (meta_ads), bing (microsoft_ads)
# utm_medium: their medium. Unless set: cpc (google_ads, microsoft_ads), paid_social (meta_ads)
# engagement: whether scrolling and time spent, as GA4 tells them, are events that make a visit longer
# on_refused: what an unreadable delivery does to the night
#   stop   the night stops until the delivery is mended (what holds orders)
#   go_on  the night goes on and lists it
# expected: how often the source delivers: daily, weekly, or any (then its rhythm is only told)
# on_missing: what a night does without the delivery of its own day (weekly: of the last seven days)
#   wait   the night waits, with exit code 6, until missing_deadline_hours after its hour (what holds orders);
#          Airflow then goes on by itself when the delivery has come
#   stop   the night stops
#   go_on  the night goes on and tells it; tables do not show the day as whole
# missing_deadline_hours: of this source, where it may come later than others or must come sooner
# time_zone: the clock of times that come without an offset, such as "Europe/Amsterdam" or "UTC". Unless set
#   they are read as UTC, and every night says so
# closed: days on which nothing is due, such as ["sunday", "2026-12-25", "2026-12-24..2027-01-02"]; an empty
#   file with its header says the same of one day
# on_gone: deliveries that were loaded and left exports/, more than a fifth of them or all
#   stop   the night stops before anything is dropped (a share that is not mounted); `mandje pass` lets it go
#   go_on  they are dropped
# documents: what the lines of an order or a return tell (sources of order_lines and returns)
#   whole    all of it: a line that does not come again in a newer delivery of that order is gone
#   changes  only what changed: lines that do not come again stay, and one that comes with quantity 0 is gone
{sources}
[sessions]
gap_minutes = 30                  # a visit ends after so long without an event
oldest_days = 400                 # an event so long before its delivery has a wrong clock and is set apart,
                                  # unless its delivery brings history

# What no person has: one customer, address or visitor with more of all orders or visits than these shares
# (from 20 on, and beyond chance) is told; above held_ratio (from 50 on) the night waits for `mandje pass`.
[ids]
told_order_ratio = 0.05
told_visit_ratio = 0.02
held_ratio = 0.20
# Words that stand for no id, in small or capital letters. In a column of ids they count as empty, and in
# one that must be filled the row is refused. A list replaces the usual one, which is
#   {placeholders}
# placeholders = ["0", "null", "(not set)"]

# Visits to these hosts, or of these customers, are the shop's own: kept out of the marts and counted apart.
[internal]
hosts = []                        # such as "staging.my-shop.com"
customers = []                    # ids, or e-mail addresses

[carts]
silence_minutes = 60              # a cart without an event for so long is silent
end_days = 30                     # and after so long it has ended
order_tolerance_minutes = 5       # an order stamped up to so long before cart or visit still belongs to it

[customers]
churn_horizon_days = 90           # at risk: no order in so many days to come
left_truncation_days = 60         # first orders so soon after the exports begin may not be first orders;
                                  # 0 when the exports begin with the shop
discount_rate_per_year = 0.10     # of future value

# Used where the exports name no cost. Money in the reporting currency, margin of net sales.
[costs]
margin_ratio = 0.40
shipping_cost_per_order_amount = 0.00
service_cost_per_order_amount = 0.00

# An order whose total is not the sum of its lines, discounts, shipping, other charges and tax is marked and
# told. More of them than both of these hold the night until `mandje pass`: a feed of lines lacks something.
[totals]
most_untied_orders = 5
most_untied_ratio = 0.01          # of the orders that count

[engine]
memory_limit = "3GiB"             # of the database, a process takes some 0.7 more; threads = all unless set
# threads = 2
# build = "spark"                  # the marts by Apache Spark, for a shop that has outgrown one machine
# [engine.spark]
# master = "spark://host:7077"     # this machine unless set
# [engine.spark.conf]
# "spark.executor.memory" = "8g"

[schedule]
cron = "0 3 * * *"                # when the night starts, on the shop's clock
is_on = true                      # false: nights are only started by hand

[report]
language = "en"                   # of the morning report, report.html: en or nl

# Who is told when a night stops, is late, is mended, or has new warnings: docs/how-to/be-told.md.
[notify]
mail_to = []                      # such as "team@my-shop.com"
# mail_from = "mandje@my-shop.com" # as your mail server allows it
# webhook = "MANDJE_WEBHOOK"       # what holds its address: an environment variable, in Airflow a connection
late_after_hours = 6              # told when a scheduled night is not published so long after its hour

# What a fair test is to answer, by the id that experiment_assignments give it; written before it begins, and
# left as it is from then on (docs/how-to/experiments.md).
# [experiments.free_returns]
# shares = {{ as_before = 0.5, free = 0.5 }}  # of its variants, together 1
# control = "as_before"            # the variant that the others are compared with
# smallest_difference: what is asked, and from which difference on it matters. orders (per unit), ordered
#   (share of units), net_spend (reporting currency per unit), returned_ratio (lines sent back in 30 days)
# smallest_difference = {{ orders = 0.05, returned_ratio = 0.02 }}
# planned_units = 4000             # at which the answer is expected
# window_days = 30                 # what a unit does so long after its assignment counts
# participation = 1                # the part of all customers that takes part; it may be raised
"""

# The first site tells what hosts are.
_HOSTS = "hosts = []"
_HOSTS_EXPLAINED = f'{_HOSTS:<34}# such as "www.my-shop.com"'
_STOPPING = ("orders", "order_lines")
_DAILY = (*_STOPPING, "session_events")


@dataclass(frozen=True, slots=True)
class About:
    """What differs from shop to shop: `sites` with their currency, `sources` as they stand in shop.toml."""

    name: str = "my_shop"
    currency: str = "EUR"
    time_zone: str = "Europe/Amsterdam"
    sites: Mapping[str, str] = field(default_factory=lambda: {"main": "EUR"})
    sources: str = ""


def init_shop(folder: Path) -> None:
    """Write `shop.toml`, `examples/` (headers, and what they mean) and empty `exports/<feed>/` into `folder`.

    Raises:
        MandjeError: the folder holds a shop or another file of these names, or cannot be written.
    """
    try:
        files = shop_files(folder, About(sources="".join(map(_source, FEEDS))))
        taken = [path for path, content in files.items() if _is_taken(path, content)]
        if not taken:
            for feed in FEEDS:
                (folder / "exports" / feed).mkdir(parents=True, exist_ok=True)
            write_files(files)
    except OSError as fault:
        raise MandjeError(
            "the shop cannot be written",
            file=str(folder),
            found=fault.strerror,
            next_step="name a folder that you may write to",
        ) from None
    if taken:
        raise MandjeError(
            f"{folder} holds {taken[0].relative_to(folder)} already",
            file=str(taken[0]),
            next_step="name another folder; nothing was written",
        )


def shop_files(folder: Path, about: About) -> dict[Path, str]:
    """Contents by path; `shop.toml` last: with it, the folder is a shop."""
    examples = {folder / "examples" / f"{name}.csv": header(feed) for name, feed in FEEDS.items()}
    examples[folder / "examples" / "README.md"] = feed_guide(FEEDS.values())
    words = ", ".join(map(json.dumps, PLACEHOLDERS))  # as TOML writes them too
    lines = textwrap.wrap(words, 100, break_long_words=False, break_on_hyphens=False)
    settings = _SETTINGS.format(
        name=f'name = "{about.name}"',
        currency=f'reporting_currency = "{about.currency}"',
        time_zone=f'time_zone = "{about.time_zone}"',
        sites="\n".join(map(_site, about.sites, about.sites.values(), repeat(about.time_zone))).replace(
            _HOSTS, _HOSTS_EXPLAINED, 1
        ),
        sources=about.sources,
        placeholders="\n#   ".join(lines),
    )
    return examples | {folder / "shop.toml": settings}


def _site(name: str, currency: str, time_zone: str) -> str:
    return f'[sites.{name}]\ntime_zone = "{time_zone}"\ncurrency = "{currency}"\n{_HOSTS}\n'


def _is_taken(path: Path, content: str) -> bool:
    """Whether writing would lose something: an example left by a call that was killed would not."""
    return path.exists() and (path.name == "shop.toml" or path.read_bytes() != content.encode())


def write_files(files: Mapping[Path, str]) -> None:
    """Write them in their order, each in one rename."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        private = path.with_name(f".{path.name}.tmp")
        private.write_text(content, encoding="utf-8")
        private.rename(path)


def _source(feed: str) -> str:
    refused, missing = ("stop", "wait") if feed in _STOPPING else ("go_on", "go_on")
    rhythm = f'expected = "daily"\non_missing = "{missing}"\n' if feed in _DAILY else ""
    return f'\n[sources.{feed}]\nadapter = "canonical"\non_refused = "{refused}"\n{rhythm}'
