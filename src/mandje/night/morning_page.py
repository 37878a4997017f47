"""The morning report: made with a snapshot, and placed beside `current` with how the night stands."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import duckdb

from mandje.errors import MandjeError
from mandje.night.metrics import write_metrics
from mandje.night.told_reasons import told_reasons
from mandje.observe.records.nights import stopped_night, unfinished_night
from mandje.publish.contents import PAGE
from mandje.publish.published_folder import current_snapshot, read_manifest, read_pin
from mandje.publish.query import open_snapshot
from mandje.publish.snapshot import PageMaker
from mandje.report.page import build_notice, build_page
from mandje.report.section import Report
from mandje.report.strip import Standing, with_standing
from mandje.report.written import Numbers
from mandje.shop.settings import Shop
from mandje.system.own_files import replace_file
from mandje.system.permissions import published_access

log = logging.getLogger("mandje.report")


def page_maker(shop: Shop, as_of_date: date) -> PageMaker:
    """What makes the page of a snapshot from a connection that has it open.

    A page that fails does not keep good tables from readers: it says so itself, and the log says why.
    """

    def make(con: duckdb.DuckDBPyConnection) -> str:
        try:
            return _built(shop, as_of_date, con)
        except Exception:  # whatever it is, the tables are whole
            log.exception("%s: the morning report of %s could not be made", shop.settings.name, as_of_date)
            standing = Standing("published", as_of_date)
            return build_notice(shop.settings.name, standing, _numbers(shop), is_unmade=True)

    return make


def _built(shop: Shop, as_of_date: date, con: duckdb.DuckDBPyConnection) -> str:
    return build_page(Report(con, shop.settings.name, as_of_date, _numbers(shop)))


def place_page(shop: Shop) -> Path:
    """Write `published/report.html`: the page of the snapshot that readers see, with how the night stands.

    And beside it the same for machines, `metrics.prom`.
    """
    page = _place(shop, _page_of_current(shop))
    write_metrics(shop)
    return page


def make_page(shop: Shop) -> Path:
    """Make the page of the snapshot that readers see anew, with the settings of now, and place it.

    Raises:
        MandjeError: nothing was published yet, and no night stopped that could be told of.
    """
    folder = current_snapshot(shop)
    if folder is None and stopped_night(shop) is None:
        raise MandjeError(
            "nothing is published yet",
            file=str(shop.published),
            next_step="run a night first: `mandje night SHOP`",
        )
    if folder is None:
        return place_page(shop)
    with open_snapshot(shop) as con:
        try:
            page = _built(shop, _as_of_date(folder), con)
        except duckdb.CatalogException as fault:
            raise MandjeError(
                "the snapshot lacks a table that the page shows",
                file=str(folder),
                found=str(fault).splitlines()[0],
                next_step="it is of an earlier version: run a night",
            ) from None
    # A night may have published meanwhile: then its page stands already, and is newer.
    return _place(shop, page) if current_snapshot(shop) == folder else place_page(shop)


def _place(shop: Shop, page: str | None) -> Path:
    standing, numbers = _standing(shop), _numbers(shop)
    text = (
        build_notice(shop.settings.name, standing, numbers)
        if page is None
        else with_standing(page, standing, numbers)
    )
    access = published_access(shop)
    replace_file(shop.published / PAGE, text.encode(), mode=access.file, group=access.group)
    return shop.published / PAGE


def _page_of_current(shop: Shop) -> str | None:
    folder = current_snapshot(shop)
    page = folder / PAGE if folder else None
    return page.read_text(encoding="utf-8") if page and page.is_file() else None


def _standing(shop: Shop) -> Standing:
    folder, stopped, pin = current_snapshot(shop), stopped_night(shop), read_pin(shop)
    shown = _as_of_date(folder) if folder else None
    if stopped is not None:
        night = date.fromisoformat(stopped["run_date"])
        reasons = told_reasons(shop, night, stopped["stage"], stopped["line"])
        return Standing("kept" if shown else "none", shown, night, reasons)
    if shown is None:
        return Standing("empty")
    begun = unfinished_night(shop)
    if begun is not None and begun > shown:
        return Standing("broken_off", shown, begun)
    return Standing("pinned" if pin else "published", shown)


def _as_of_date(folder: Path) -> date:
    return date.fromisoformat(read_manifest(folder)["as_of_date"])


def _numbers(shop: Shop) -> Numbers:
    return Numbers(shop.settings.report.language, shop.settings.reporting_currency)
