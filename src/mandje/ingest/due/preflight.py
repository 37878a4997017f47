"""Is what a night needs there, and is nothing gone that a person would miss?

Each guard reads and raises. All but the last come before anything is written or dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mandje.cron import first_hour
from mandje.errors import WAITS_NO_LONGER, ExitCode, MandjeError, WaitingError
from mandje.findings.holds import Hold, not_passed
from mandje.ingest.due.delivery_schedule import DAY, WEEK, is_missing, is_open, owed_from
from mandje.ingest.due.plan import SourcePlan
from mandje.ingest.exports.deliveries import list_source
from mandje.shop.settings import Shop

# So many loaded deliveries of a source, and more than such a share of them, do not leave by chance.
MOST_GONE = 5
MOST_GONE_PERCENT = 20
# A month that is gone would hide in the share of many years.
NEWEST = 28


def check_not_ahead(shop: Shop, run_date: date) -> None:
    """Stop a night too far past the newest delivery of all sources with a rhythm.

    Days on which all of them are closed do not count.

    Raises:
        MandjeError: the night is more than `most_days_ahead` days past it (exit code NIGHT_STOPPED).
    """
    regular = [name for name, source in shop.settings.sources.items() if source.expected != "any"]
    told = [(day, name) for name in regular for day in list_source(shop, name).folders]
    if not told:
        return
    newest = max(told)
    last = max(day + DAY * _rest_of_week(shop, name) for day, name in told)
    days = (last + DAY * number for number in range(1, (run_date - last).days + 1))
    ahead = sum(is_open(shop, regular, day) for day in days)
    if ahead > shop.settings.most_days_ahead:
        raise MandjeError(
            f"night {run_date} is {ahead} days past the newest delivery, nothing was run",
            file=str(shop.exports),
            found=f"{newest[1]} {newest[0]}, the newest of all sources that deliver daily or weekly",
            expected=f"at most {shop.settings.most_days_ahead} days (most_days_ahead in shop.toml)",
            next_step="let the shop's systems deliver, or run a night of a day that was delivered: "
            "`mandje night SHOP` takes the newest one due",
            exit_code=ExitCode.NIGHT_STOPPED,
        )


def _rest_of_week(shop: Shop, source: str) -> int:
    """Days that a delivery may stay the newest without a word: the rest of its week."""
    return WEEK.days - 1 if shop.settings.sources[source].expected == "weekly" else 0


def check_all_there(shop: Shop, plans: Sequence[SourcePlan], run_date: date) -> None:
    """Stop a night whose own day lacks a delivery that its source owes, unless the source says `go_on`.

    Raises:
        WaitingError: all that lack are waited for, and the deadline of none is over.
        MandjeError: exit code WAITING where a deadline is over, NIGHT_STOPPED where one is not waited for.
    """
    lacking = [name for name in _lacking(shop, plans, run_date) if _policy(shop, name) != "go_on"]
    if not lacking:
        return
    message, said = _no_delivery_of(shop, lacking, run_date), _in_words(shop, plans, lacking, run_date)
    if any(_policy(shop, name) == "stop" for name in lacking):
        raise MandjeError(f"night {run_date} stops: {message}", **said, exit_code=ExitCode.NIGHT_STOPPED)
    until = min(missing_deadline(shop, name, run_date) for name in lacking)
    if datetime.now(UTC) >= until:
        raise MandjeError(
            f"night {run_date} {WAITS_NO_LONGER}: {message}", **said, exit_code=ExitCode.WAITING
        )
    folders = [_folders_awaited(shop, name, run_date) for name in lacking]
    raise WaitingError(f"night {run_date} waits: {message}", **said, folders=folders, until=until)


def _no_delivery_of(shop: Shop, lacking: Sequence[str], run_date: date) -> str:
    return "no delivery of " + ", ".join(
        f"{name} ({shop.settings.sources[name].expected}"
        + (f", until {missing_deadline(shop, name, run_date):%Y-%m-%d %H:%M}" if waits else "")
        + ")"
        for name, waits in ((name, _policy(shop, name) == "wait") for name in lacking)
    )


def _in_words(
    shop: Shop, plans: Sequence[SourcePlan], lacking: Sequence[str], run_date: date
) -> dict[str, Any]:
    first = lacking[0]
    return {
        "file": ", ".join(str(shop.exports / name / run_date.isoformat()) for name in lacking),
        "found": "no file" + _since(plans, first),
        "expected": "the deliveries of the night's own day, or of its week for a weekly source",
        "next_step": "put them there and run the night again; if nothing was due: an empty file with its "
        f"header, or the day in `closed` of [sources.{first}] in shop.toml; there, "
        'on_missing = "go_on" goes on without; take a source that the shop does not have out of shop.toml',
    }


def _folders_awaited(shop: Shop, source: str, run_date: date) -> list[str]:
    """Folders of exports of which one filled lets the night go on."""
    first = owed_from(shop.settings.sources[source], run_date) or run_date
    days = (run_date - DAY * number for number in range((run_date - first).days + 1))
    return [str(shop.exports / source / day.isoformat()) for day in days]


def _lacking(shop: Shop, plans: Sequence[SourcePlan], run_date: date) -> Iterator[str]:
    for plan in plans:
        delivered = {delivery.delivery_date for delivery in plan.deliveries}
        if is_missing(shop.settings.sources[plan.source], delivered, run_date):
            yield plan.source


def _policy(shop: Shop, source: str) -> str:
    return shop.settings.sources[source].on_missing


def missing_deadline(shop: Shop, source: str, run_date: date) -> datetime:
    """Until when a delivery of a night may come: some hours after the night's hour, on the shop's clock.

    The hours are those that pass: where the clock is set in between, it then shows an hour more or less.
    """
    zone = ZoneInfo(shop.settings.time_zone)
    begin = datetime.combine(run_date + DAY, first_hour(shop.settings.schedule.cron), zone)
    hours = shop.settings.sources[source].missing_deadline_hours or shop.settings.missing_deadline_hours
    return (begin.astimezone(UTC) + timedelta(hours=float(hours))).astimezone(zone)


def _since(plans: Sequence[SourcePlan], source: str) -> str:
    days = [one.delivery_date for plan in plans if plan.source == source for one in plan.deliveries]
    return f", its newest delivery is of {max(days)}" if days else ", and it has never delivered"


def check_not_gone(shop: Shop, plans: Sequence[SourcePlan], run_date: date) -> None:
    """Stop before loaded deliveries are dropped that left `exports/` en masse: a share that is not mounted.

    Raises:
        MandjeError: of a source all, or more than a fifth and at least five, are gone, and nobody let it pass
            (exit code NIGHT_STOPPED).
    """
    left = not_passed(shop, run_date, gone_en_masse(shop, plans))
    if left:
        names = " ".join(one.figure for one in left)
        raise MandjeError(
            f"night {run_date} stops: " + "; ".join(one.sentence for one in left),
            file=str(shop.exports),
            expected="the files that were loaded; is a share not mounted, a folder moved?",
            next_step="bring them back and run the night again, nothing was dropped; if they are to go: "
            f"`mandje pass SHOP {names} --why TEXT`",
            exit_code=ExitCode.NIGHT_STOPPED,
        )


def gone_en_masse(shop: Shop, plans: Sequence[SourcePlan]) -> list[Hold]:
    """Sources that lost many of their loaded deliveries, as holds that a person may let through."""
    return [
        Hold(
            f"gone:{plan.source}",
            str(len(plan.loaded)),
            f"{len(plan.loaded) - len(plan.gone)} without {_digest(plan.gone)}",
            f"{len(plan.gone)} of {len(plan.loaded)} loaded deliveries of {plan.source} are gone from "
            f"exports/ ({plan.gone[0]} to {plan.gone[-1]})",
        )
        for plan in plans
        if plan.gone and shop.settings.sources[plan.source].on_gone == "stop" and _is_en_masse(plan)
    ]


def _digest(days: Sequence[date]) -> str:
    """Stands for exactly these days: other ones are another loss."""
    return hashlib.sha256(" ".join(map(str, days)).encode()).hexdigest()[:8]


def _is_en_masse(plan: SourcePlan) -> bool:
    """All of a source; or many and a large share, of all its deliveries or of its newest."""
    newest = plan.loaded[-NEWEST:]
    recent = [day for day in plan.gone if day >= newest[0]]
    return len(plan.gone) == len(plan.loaded) or any(
        len(gone) >= MOST_GONE and 100 * len(gone) > MOST_GONE_PERCENT * len(loaded)
        for gone, loaded in ((plan.gone, plan.loaded), (recent, newest))
    )
