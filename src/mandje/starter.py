"""A new shop: a folder with commented settings, an example file per feed, and a place for exports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column, Table
from mandje.errors import MandjeError

_SETTINGS = """\
# Settings of this shop. An unknown key is an error, and all faults are reported at once.

name = "my_shop"                  # small letters, digits and _
reporting_currency = "EUR"        # all money is reported in it (ISO 4217)
time_zone = "Europe/Amsterdam"    # the shop's clock: nights, and days over all sites

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

# Each site that orders name in their column `site`: its clock and the currency that it sells in.
[sites.main]
time_zone = "Europe/Amsterdam"
currency = "EUR"

# Who reads exports/<source>/<YYYY-MM-DD>/. With the canonical adapter a source is named like its feed and
# its files have the columns of examples/<feed>.csv. Delete the sources that the shop does not have.
#
# on_refused: what an unreadable delivery does to the night
#   stop   the night stops until the delivery is mended (what holds orders)
#   go_on  the night goes on and lists it
# expected: how often the source delivers: daily, weekly, or any (then its rhythm is only told)
# on_missing: what a night does without the delivery of its own day (weekly: of the last seven days)
#   wait   the night waits, with exit code 6, until missing_deadline_hours after its hour (what holds orders)
#   stop   the night stops
#   go_on  the night goes on and tells it; tables do not show the day as whole
# time_zone: the clock of times that come without an offset, such as "Europe/Amsterdam" or "UTC". Unless set
#   they are read as UTC, and every night says so
# closed: days on which nothing is due, such as ["sunday", "2026-12-25", "2026-12-24..2027-01-02"]; an empty
#   file with its header says the same of one day
# on_gone: deliveries that were loaded and left exports/, more than a fifth of them or all
#   stop   the night stops before anything is dropped (a share that is not mounted); `mandje pass` lets it go
#   go_on  they are dropped
{sources}
[sessions]
gap_minutes = 30                  # a visit ends after so long without an event
oldest_days = 400                 # an event so long before its delivery has a wrong clock and is set apart,
                                  # unless its delivery brings history

# Visits to these hosts, or of these customers, are the shop's own: kept out of the marts and counted apart.
[internal]
hosts = []                        # such as "staging.my-shop.com"
customers = []                    # ids

[carts]
silence_minutes = 60              # a cart without an event for so long is silent
end_days = 30                     # and after so long it has ended
order_tolerance_minutes = 5       # an order stamped up to so long before its cart is filled still ends it

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
"""

_STOPPING = ("orders", "order_lines")
_DAILY = (*_STOPPING, "session_events")


def init_shop(folder: Path) -> None:
    """Write `shop.toml`, `examples/` (headers, and what they mean) and empty `exports/<feed>/` into `folder`.

    Raises:
        MandjeError: the folder holds a shop or another file of these names, or cannot be written.
    """
    try:
        files = _files(folder)
        taken = [path for path, content in files.items() if _is_taken(path, content)]
        if not taken:
            _write(folder, files)
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


def _files(folder: Path) -> dict[Path, str]:
    """Contents by path; `shop.toml` last: with it, the folder is a shop."""
    examples = {folder / "examples" / f"{name}.csv": _header(feed) for name, feed in FEEDS.items()}
    examples[folder / "examples" / "README.md"] = _GUIDE + "".join(map(_described, FEEDS.values()))
    sources = "".join(_source(name) for name in FEEDS)
    return examples | {folder / "shop.toml": _SETTINGS.format(sources=sources)}


def _is_taken(path: Path, content: str) -> bool:
    """Whether writing would lose something: an example left by a call that was killed would not."""
    return path.exists() and (path.name == "shop.toml" or path.read_bytes() != content.encode())


def _write(folder: Path, files: Mapping[Path, str]) -> None:
    for name in FEEDS:
        (folder / "exports" / name).mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        path.parent.mkdir(exist_ok=True)
        private = path.with_name(f".{path.name}.tmp")
        private.write_text(content, encoding="utf-8")
        private.rename(path)


def _header(feed: Table) -> str:
    """The columns of a file; an e-mail may come as it is, and is hashed on reading."""
    return ",".join(map(_delivered_name, feed.columns)) + "\n"


def _delivered_name(column: Column) -> str:
    return "email" if column.is_email else column.name


_GUIDE = """# What each feed may hold

Files are csv, csv.gz, jsonl or Parquet in UTF-8. Columns marked "may be empty" may be left out. Times are
ISO 8601 (`2026-11-20T18:22:01+01:00`); **without an offset they are on the clock that `time_zone` of their
source names, unless set on UTC**: an hour that the change to winter time repeats is taken the first time, and
one that the change to summer time skips is refused. Decimals are plain
(`12.50`), with at most four places.
"""


def _described(feed: Table) -> str:
    rows = "".join(
        f"| {_delivered_name(column)} | {column.type} | {column.unit} | {_need(column)} | "
        f"{column.description} |\n"
        for column in feed.columns
    )
    head = "| column | type | unit or allowed values | | meaning |\n|---|---|---|---|---|\n"
    return f"\n## {feed.name}\n\n{feed.description}\n\n{head}{rows}"


def _need(column: Column) -> str:
    return "key" if column.key else "may be empty" if column.nullable else "needed"


def _source(feed: str) -> str:
    refused, missing = ("stop", "wait") if feed in _STOPPING else ("go_on", "go_on")
    rhythm = f'expected = "daily"\non_missing = "{missing}"\n' if feed in _DAILY else ""
    return f'\n[sources.{feed}]\nadapter = "canonical"\non_refused = "{refused}"\n{rhythm}'
