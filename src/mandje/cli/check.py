"""The command `check`: would these deliveries be accepted, and what would they change? Writes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from mandje.adapters import adapter_for
from mandje.adapters.recognise import Recognised, kind_of, recognise
from mandje.adapters.recognise.homes import sources_reading, told
from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.mends import mend_of, nothing_made
from mandje.cli.screens.terminal import console, near, typed, wrapped
from mandje.errors import ExitCode, MandjeError
from mandje.shop.settings import Shop, ShopSettings, load_shop, parse_day

if TYPE_CHECKING:
    from mandje.ingest.changes import FeedChange
    from mandje.ingest.due.plan import SourcePlan
    from mandje.ingest.exports.deliveries import Delivery
    from mandje.ingest.rules.refusals import Refusal
    from mandje.ingest.trial import Trial

SHOWN_RULES, SHOWN_REFUSALS, SHOWN_NOT_READ, SHOWN_DAYS = 8, 5, 5, 7
_KINDS = {
    "new": "new",
    "replaced": "replaced",
    "same": "the same as loaded",
    "older": "older than what is loaded, which stays",
    "repeated": "repeated in it, the best one counts",
    "leaves": "loaded row(s) would leave: the former delivery of that day held them",
    "dropped": "loaded row(s) would go: the new version of their document does not hold them",
}
_LOST = ("leaves", "dropped")


@app.command()
def check(
    folder: ShopFolder,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A file anywhere; without one: all that is due in exports/."),
    ] = None,
    feed: Annotated[
        str | None, typer.Option("--feed", metavar="NAME", help="Whose file it is: a source or a feed.")
    ] = None,
    date_: Annotated[
        str | None, typer.Option("--date", help="The day under which FILE would come; default: today.")
    ] = None,
) -> None:
    """Say whether deliveries would be accepted, which rows not and why, and what they would change.

    No night runs and nothing is written into the shop. Exit code 1 if a delivery would be refused, or the
    night would stop.
    """
    shop = load_shop(folder)
    source = _source_named(shop, feed) if feed else None
    if file is not None:
        is_well = _check_file(shop, file, source, parse_day(date_) if date_ else None)
    elif date_ is not None:
        raise typer.BadParameter("--date goes with a FILE")
    else:
        is_well = _check_due(shop, source)
    if not is_well:
        raise typer.Exit(ExitCode.USER_ERROR)


def _source_named(shop: Shop, name: str) -> str:
    """The source of this name, or the one that makes this feed."""
    sources = list(shop.settings.sources)
    if name in sources:
        return name
    makers = [source for source in sources if name in adapter_for(source, shop.settings).feeds]
    if len(makers) != 1:
        raise MandjeError(
            "several sources make this feed"
            if makers
            else "no source and no feed of this shop has that name",
            found=name,
            expected="--feed with one of " + ", ".join(makers or sources) + _meant(name, makers or sources),
        )
    return makers[0]


def _meant(name: str, sources: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, sources, 1)
    return f" (did you mean {close[0]}?)" if close else ""


def _check_file(shop: Shop, file: Path, source: str | None, day: date | None) -> bool:
    from mandje.ingest.trial import lone_delivery

    place = _place_in_exports(shop, file)
    today = datetime.now(ZoneInfo(shop.settings.time_zone)).date()
    found = recognise(file)
    source, day = source or place[0] or _only_reader(shop, file, found), day or place[1] or today
    if day > today:
        raise MandjeError("the day of --date is not there yet", found=str(day), expected=f"up to {today}")
    delivery = lone_delivery(source, day, file.absolute())
    if found is not None and _is_told(shop, file, source, found):
        _say(f"{near(file)}: {found.words}" + (f"; {found.note}" if found.note else ""))
    _say(f"{near(file)}, as if it were delivered as exports/{delivery.name}/{file.name}")
    refusals = [replace(one, file=near(file)) for one in _try(shop, source, [delivery])]
    for refusal in refusals:
        _say_refusal(refusal)
    return _say_verdict(shop, refusals, f"the night of {day}")


def _is_told(shop: Shop, file: Path, source: str, found: Recognised) -> bool:
    """Whether it is news: not beside a mapping that reads the file, nor what it only nearly looks like."""
    if shop.settings.mapping_of(source) is None or found.adapter == shop.settings.sources[source].adapter:
        return True
    return found.is_whole and kind_of(file, adapter_for(source, shop.settings).kinds) is None


def _only_reader(shop: Shop, file: Path, found: Recognised | None) -> str:
    """The one source that reads such files.

    Raises:
        MandjeError: nobody knows what it is, no source reads it, or several do.
    """
    readers = sources_reading(found, shop.settings) if found is not None and found.is_whole else []
    if len(readers) == 1:
        return readers[0]
    names = readers or list(shop.settings.sources)
    raise MandjeError(
        "it is not said whose file this is",
        file=str(file),
        found=told(found, shop.settings) if found is not None else None,
        expected="--feed with one of " + ", ".join(names),
        next_step=f"`mandje check {typed(shop.folder)} {typed(file)} --feed {names[0]}`, for example",
    )


def _place_in_exports(shop: Shop, file: Path) -> tuple[str | None, date | None]:
    """Source and day of a file that lies in the exports already."""
    from mandje.delivery_names import delivery_day

    place = file.absolute()
    if not place.is_relative_to(shop.exports):
        return None, None
    source, day, *_ = (*place.relative_to(shop.exports).parts, "", "")
    return (source, delivery_day(day)) if source in shop.settings.sources else (None, None)


def _check_due(shop: Shop, source: str | None) -> bool:
    from mandje.ingest.due.plan import plan_night
    from mandje.ingest.exports.deliveries import delivery_dates

    dates = delivery_dates(shop)
    plans = plan_night(shop, dates[-1], keep_hashes=False) if dates else []
    _say_not_read(shop)
    chosen = [plan for plan in plans if source in {None, plan.source}]
    if all(plan.is_settled and not plan.refused for plan in chosen):
        _say("nothing is due: no delivery is new or changed")
        return True
    refusals: list[Refusal] = []
    for plan in chosen:
        # Those that stand refused are read again, to tell of every rule that they break.
        due = sorted((*plan.due, *plan.refused), key=lambda one: one.delivery_date)
        if due:
            _say(f"{plan.source}: {_spoken(due)}")
            refusals += _try(shop, plan.source, due)
    for refusal in refusals[:SHOWN_REFUSALS]:
        _say_refusal(refusal)
    if len(refusals) > SHOWN_REFUSALS:
        _say(f"and {len(refusals) - SHOWN_REFUSALS} more refused deliveries")
    is_accepted = _say_verdict(shop, refusals, "the night")
    return _say_preflight(shop, plans, dates[-1]) and is_accepted


def _say_not_read(shop: Shop) -> None:
    """What lies where no delivery is looked for."""
    from mandje.ingest.exports.deliveries import list_source, unexpected_entries

    found = unexpected_entries(shop, (list_source(shop, source) for source in shop.settings.sources))
    for entry in found[:SHOWN_NOT_READ]:
        _say(entry)
    if len(found) > SHOWN_NOT_READ:
        _say(f"and {len(found) - SHOWN_NOT_READ} more entries of exports/ that are not read")


def _spoken(deliveries: Sequence[Delivery]) -> str:
    first, last = deliveries[0].delivery_date, deliveries[-1].delivery_date
    return f"the delivery of {first}" if first == last else f"{len(deliveries)} deliveries, {first} to {last}"


def _try(shop: Shop, source: str, deliveries: Sequence[Delivery]) -> list[Refusal]:
    """Read them as the night would, and tell what comes of it."""
    from mandje.ingest.changes import changes
    from mandje.ingest.store.partitions import current_partitions
    from mandje.ingest.trial import trial

    with trial(shop, source, deliveries) as tried:
        _say_read(tried, shop.settings)
        for words in nothing_made(tried, shop.settings.mapping_of(source)):
            _say(words, at=2)
        for change in changes(shop, tried, current_partitions(shop)):
            _say_change(change)
        return list(tried.refusals)


def _say_read(tried: Trial, settings: ShopSettings) -> None:
    accepted = len(tried.deliveries) - len(tried.refusals)
    if tried.refusals and accepted:
        _say(f"accepted: {accepted} of them, {tried.read_rows:,} row(s) read", at=2)
    elif accepted:
        _say(f"accepted: {tried.read_rows:,} row(s) read, {tried.rejected_rows:,} of them refused", at=2)
    _say_rejected(tried, settings)


def _say_refusal(refusal: Refusal) -> None:
    _say(f"REFUSED: {refusal.source} {refusal.delivery_date}: {refusal.message}")
    for name in ("file", "line", "column", "found", "expected", "next_step"):
        if (value := getattr(refusal, name)) is not None:
            _say(f"{name.replace('_', ' ')}: {value}", at=2)


def _say_rejected(tried: Trial, settings: ShopSettings) -> None:
    """How many rows broke which rule; the first of each in full."""
    for row in tried.rejected.head(SHOWN_RULES).iter_rows(named=True):
        column = f", column {row['column_name']}" if row["column_name"] else ""
        place = f"{row['delivery_date']}/{row['delivery_file']} line {row['delivery_line']}{column}"
        count = "refused row" if row["row_count"] == 1 else f"{row['row_count']:,} refused rows, first"
        _say(f"{count}: {place}", at=2)
        _say(f"{row['reason']} (rule {row['rule']})", at=4)
        if step := mend_of(row["rule"], tried.source, row["table_name"], row["column_name"], settings):
            _say(f"what to do: {step}", at=4)
    if tried.rejected.height > SHOWN_RULES:
        _say(f"and rows that break {tried.rejected.height - SHOWN_RULES} more rules", at=2)


def _say_change(change: FeedChange) -> None:
    counts = {kind: change.rows(kind) for kind in _KINDS}
    told = [f"{count:,} {_KINDS[kind]}" for kind, count in counts.items() if count and kind not in _LOST]
    _say(f"{change.feed}: {', '.join(told) or 'no row'}", at=2)
    for kind in _LOST:
        if counts[kind]:
            _say(f"{counts[kind]:,} {_KINDS[kind]}", at=4)
    if days := change.days:
        named = ", ".join(map(str, days)) if len(days) <= SHOWN_DAYS else f"{days[0]} to {days[-1]}"
        _say(f"days touched: {len(days)} ({named})", at=4)
    for row in change.money().iter_rows(named=True):
        before, after = row["before_amount"], row["after_amount"]
        amounts = f"{before:,.2f} before, {after:,.2f} after: {after - before:+,.2f}"
        _say(f"money of what changes: {amounts} {row['currency_code']}", at=4)


def _say_verdict(shop: Shop, refusals: Sequence[Refusal], night: str) -> bool:
    """What the night would do about refused deliveries; whether there is none."""
    if not refusals:
        _say(f"{night} would load it")
        return True
    stops = [one for one in refusals if shop.settings.sources[one.source].on_refused == "stop"]
    told = stops or refusals
    names = ", ".join(f"{one.source} {one.delivery_date}" for one in told[:SHOWN_REFUSALS])
    names += f" and {len(told) - SHOWN_REFUSALS} more" if len(told) > SHOWN_REFUSALS else ""
    if stops:
        _say(f'{night} would stop and the last snapshot stay, for {names}: on_refused = "stop" in shop.toml')
    else:
        _say(f'{night} would go on without {names} and list it: on_refused = "go_on" in shop.toml')
    return False


def _say_preflight(shop: Shop, plans: Sequence[SourcePlan], newest: date) -> bool:
    """What else would stop the night before it reads: deliveries that are gone, or not there yet."""
    from mandje.ingest.due.preflight import check_all_there, check_not_gone

    try:
        check_not_gone(shop, plans, newest)
        check_all_there(shop, plans, newest)
    except MandjeError as fault:
        _say(str(fault))
        return False
    return True


def _say(text: str, at: int = 0) -> None:
    for line in wrapped(text, at):
        console.print(line, markup=False, highlight=False)
