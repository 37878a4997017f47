"""The command `status`: what a tired person wants to know at seven, on one screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.due_until import told_until
from mandje.cli.screens.forecasts import forecast_lines
from mandje.cli.screens.terminal import console, typed, wrapped
from mandje.cli.told.facts import Answer, AnswerOption, print_facts
from mandje.cli.told.status import STATUS_FACTS
from mandje.errors import MandjeError
from mandje.night.pipeline import due_nights
from mandje.observe.records.machine_clock import check_clock
from mandje.observe.records.nights import last_record, newest_night, stopped_night, unfinished_night, unmaking
from mandje.shop.settings import Shop, load_shop

if TYPE_CHECKING:
    from mandje.ingest.discover import Days, Discovery, SourceDiscovery

_KINDS = ("missing", "refused", "gone", "changed", "new", "empty")
_NOT_READ = 1
_TITLE, _SOURCE = 17, 24


@dataclass(frozen=True, slots=True)
class _Line:
    """Something to say, in at most so many lines of the terminal."""

    title: str
    text: str
    most: int = 1
    is_trouble: bool = False
    width: int = _TITLE

    def lines(self, *, in_full: bool) -> list[str]:
        """As it is shown; what is cut short ends with `…`."""
        told = wrapped(f"{self.title:{self.width}}{self.text}", hang=self.width)
        if in_full or (len(told) <= self.most and max(map(len, told)) <= console.width):
            return told
        *kept, last = told[: self.most]
        return [*(line if len(line) <= console.width else _cut(line) for line in kept), _cut(last)]


def _cut(line: str) -> str:
    return line[: console.width - 2].rstrip(" ;,:") + " …"


@app.command()
def status(
    folder: ShopFolder,
    in_full: Annotated[bool, typer.Option("--full", help="Cut nothing short, list everything.")] = False,
    format_: AnswerOption = Answer.TEXT,
) -> None:
    """Say what is loaded, due, changed, gone, refused or missing, and which snapshot readers see."""
    if format_ is Answer.JSON:
        print_facts(folder, STATUS_FACTS)
        return
    shop = load_shop(folder)
    is_short = False
    said = (
        _shop_lines(shop),
        _delivery_lines(shop, in_full=in_full),
        _refused_lines(shop, in_full=in_full),
    )
    for one in chain(*said):
        for line in one.lines(in_full=in_full):
            is_short |= line.endswith(" …")
            console.print(line, style="yellow" if one.is_trouble else None, markup=False, highlight=False)
    if is_short:
        console.print("cut short at …; `--full` tells all", highlight=False)


def _shop_lines(shop: Shop) -> Iterator[_Line]:
    from mandje.cli.screens.warning_lines import status_line
    from mandje.publish.published_folder import current_snapshot, read_pin

    snapshot, pin = current_snapshot(shop), read_pin(shop)
    yield _Line("newest night", str(newest_night(shop) or "none yet"))
    yield _Line("unfinished night", str(unfinished_night(shop) or "none"))
    yield from _trouble(shop)
    yield _Line("nights due", ", ".join(map(str, due_nights(shop))) or "none")
    readers = f"{snapshot.name if snapshot else 'nothing yet'}{' (pinned)' if pin else ''}"
    yield _Line("readers see", readers)
    yield _Line("events rebuilt", _rebuilt(shop), 2)
    yield from (_Line(title, text, 2) for title, text in forecast_lines(shop))
    yield _Line("warnings", status_line(shop), 3)


def _trouble(shop: Shop) -> Iterator[_Line]:
    """Why the last night stopped, a clock that is wrong, a night that is being unmade."""
    if (stopped := stopped_night(shop)) is not None:
        text = f"{stopped['run_date']} in {stopped['stage']}: {stopped['line']}"
        yield _Line("stopped", text, 4, is_trouble=True)
    try:
        check_clock(shop)
    except MandjeError as fault:
        yield _Line("clock", str(fault), 2, is_trouble=True)
    if plan := unmaking(shop):
        text = f"{plan['night']}: `mandje unmake {typed(shop.folder)} {plan['night']}` ends it"
        yield _Line("being unmade", text, is_trouble=True)


def _rebuilt(shop: Shop) -> str:
    """How far the last build went back into sessions, and why, where it was all of them."""
    record = last_record(shop, "build")
    days = record["result"].get("event_days") if record else None
    if days is None:
        return "never"
    return f"all days: {days['why_all']}" if days["why_all"] else f"{days['rebuilt']} day(s)"


def _delivery_lines(shop: Shop, *, in_full: bool) -> Iterator[_Line]:
    from mandje.ingest.discover import discover
    from mandje.ingest.exports.deliveries import delivery_dates

    dates = delivery_dates(shop)
    if not dates:
        return
    discovery = discover(shop, told_until(shop, dates[-1]))
    yield from _source_lines(discovery)
    shown = discovery.unexpected if in_full else discovery.unexpected[:_NOT_READ]
    yield from (_Line("not read", entry, 2) for entry in shown)
    if left := len(discovery.unexpected) - len(shown):
        yield _Line("not read", f"{left} more entries of exports/ …")


def _source_lines(discovery: Discovery) -> Iterator[_Line]:
    """A line per source; those that never delivered, and need not, share one."""
    silent = [one.source for one in discovery.sources if not _has_news(one)]
    for source in discovery.sources:
        if source.source not in silent:
            yield _Line(source.source, _came(source), width=_SOURCE)
    if silent:
        yield _Line("never delivered", ", ".join(silent), 2)


def _has_news(source: SourceDiscovery) -> bool:
    return bool(source.delivered.count or any(getattr(source, kind).count for kind in _KINDS))


def _came(source: SourceDiscovery) -> str:
    """How much came until when, how often it comes, and what is not as it should be; worst first."""
    counted = [(kind, days) for kind in _KINDS if (days := getattr(source, kind)).count]
    # Where there is more than one thing to tell, the day of what is missing is what helps.
    dated = {kind for kind, _ in counted if kind == "missing" or len(counted) == 1}
    notes = [
        f"{days.count} {kind}{f' (last {_last(days)})' if kind in dated else ''}" for kind, days in counted
    ]
    came = f"{source.delivered.count:,} to {_last(source.delivered)}" if source.delivered.count else "none"
    rhythm = "" if source.expected == "any" else f" {source.expected}"
    return ", ".join([came + rhythm, *notes])


def _last(days: Days) -> str:
    return (days.last or days.first)[-1]


def _refused_lines(shop: Shop, *, in_full: bool) -> Iterator[_Line]:
    from mandje.ingest.rules.refusals import NAMED, newest_first
    from mandje.ingest.store.quarantine import mended_deliveries, refused_deliveries

    refused = newest_first(refused_deliveries(shop))
    shown = refused if in_full else refused[:NAMED]
    for one in shown:
        yield _Line("refused", f"{one.source} {one.delivery_date}: {one.message}", is_trouble=True)
    if left := len(refused) - len(shown):
        text = f"{left} more deliveries: `mandje rejects {typed(shop.folder)}` lists all"
        yield _Line("refused", text, is_trouble=True)
    if mended := mended_deliveries(shop):
        yield _Line("mended", f"{mended} deliveries were refused once, came again and are loaded")
