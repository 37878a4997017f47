"""Building the warehouse: staging to marts, and, after predictions, the marts that read them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from mandje.errors import ExitCode, MandjeError
from mandje.findings.finding import Finding
from mandje.shop.settings import Shop
from mandje.system.machine import machine_fault
from mandje.warehouse.connection import discard_if_damaged
from mandje.warehouse.dbt import NodeResult, Variables, dbt_log, run_dbt
from mandje.warehouse.failed_tests import findings_of_tests
from mandje.warehouse.incremental import EventDays, clear_warehouse, event_days, register_incremental
from mandje.warehouse.marker import Marker, raw_digest, read_marker, remove_marker, write_marker
from mandje.warehouse.missing_rates import MODEL, missing_rates
from mandje.warehouse.on_spark import LAYERS, run_after_predictions, run_before_predictions
from mandje.warehouse.order_totals import keep_order_totals
from mandje.warehouse.outcomes import keep_row_outcomes
from mandje.warehouse.partition import MissingDelivery, RawPartition
from mandje.warehouse.raw_views import raw_tables, register_raw, small_tables

# What reads predictions waits for those of this night.
AFTER_PREDICTIONS = ("tag:after_predictions", "source:predictions")
SLOWEST = 5


@dataclass(frozen=True, slots=True)
class Build:
    """What a build did. Any `failures` (tests of severity error) must keep the night from being published.

    `findings` tells of every test that warned or failed, and of a working database that was made anew.
    `models` and `tests` are counts, `seconds` all in all; `slowest` names the models that took longest, with
    their seconds; `event_days` tells how far incremental models were rebuilt.
    """

    models: int
    tests: int
    findings: tuple[Finding, ...]
    failures: tuple[str, ...]
    seconds: float
    slowest: tuple[tuple[str, float], ...]
    event_days: EventDays | None = None


def build(
    shop: Shop,
    as_of_date: date,
    partitions: Sequence[RawPartition],
    missing: Sequence[MissingDelivery],
) -> Build:
    """Build and test everything that needs no predictions, from exactly these partitions.

    No period that a missing delivery would have told of is shown as whole.

    Starts from nothing but the incremental models that may live on: all else is dropped first, so that no
    table of an earlier night or of a model that is gone can be taken for one of this night. A working
    database that cannot be read is made anew.

    Raises:
        MandjeError: a model failed, or the working database is in use.
    """
    began = time.monotonic()
    remove_marker(shop)
    damage = discard_if_damaged(shop)
    why_all = clear_warehouse(shop, (*LAYERS, "scores"), dbt_variables(shop, as_of_date))
    register_partitions(shop, as_of_date, partitions, missing)
    run = partial(_run_and_test, shop, as_of_date, "--exclude")
    if shop.settings.engine.build == "spark":
        feeds, rejected = _raw_files(partitions)
        raw = raw_tables(shop, feeds, as_of_date, missing, rejected)
        results = run_before_predictions(shop, raw, run)
    else:
        results = run()
    keep_row_outcomes(shop)
    keep_order_totals(shop)
    digest = raw_digest(shop, [one.folder for one in partitions])
    write_marker(shop, Marker(as_of_date, digest, complete=False))
    findings = (*_made_anew(damage), *findings_of_tests(shop, results))
    return replace(_summary(results, findings, began), event_days=event_days(shop, why_all))


def build_customers(shop: Shop, as_of_date: date) -> Build:
    """Build and test what reads predictions; the marker then says that the warehouse is complete.

    Raises:
        MandjeError: a model failed, or `build` did not end for this as-of date.
    """
    began = time.monotonic()
    marker = read_marker(shop)
    if marker is None or marker.as_of_date != as_of_date:
        raise MandjeError(
            "the marts are not built for this date",
            found=f"built for {marker.as_of_date}" if marker else "no finished build",
            expected=as_of_date.isoformat(),
            next_step="run the night again",
        )
    run = partial(_run_and_test, shop, as_of_date, "--select")
    if shop.settings.engine.build == "spark":
        results = run_after_predictions(shop, small_tables(shop, as_of_date), run)
    else:
        results = run()
    write_marker(shop, Marker(as_of_date, marker.raw_digest, complete=True))
    return _summary(results, findings_of_tests(shop, results), began)


def register_partitions(
    shop: Shop,
    as_of_date: date,
    partitions: Sequence[RawPartition],
    missing: Sequence[MissingDelivery],
) -> None:
    """Point schema `raw` at exactly these partitions, and let incremental models know them."""
    register_incremental(shop, partitions)
    feeds, rejected = _raw_files(partitions)
    register_raw(shop, feeds, as_of_date, missing, rejected)


def _raw_files(partitions: Sequence[RawPartition]) -> tuple[dict[str, list[Path]], list[Path]]:
    """Parquet files of each feed that has rows, and of rejected rows."""
    feeds = {feed for partition in partitions for feed in partition.feeds}
    by_feed = {
        feed: [one.folder / f"{feed}.parquet" for one in partitions if one.feeds.get(feed)] for feed in feeds
    }
    return by_feed, [one.folder / "rejected.parquet" for one in partitions if one.rejected_rows]


def dbt_variables(shop: Shop, as_of_date: date) -> Variables:
    """What models know of a shop and a night; money and ratios as text, so that no float comes between."""
    settings = shop.settings
    return {
        "as_of_date": as_of_date.isoformat(),
        "reporting_currency": settings.reporting_currency,
        "time_zone": settings.time_zone,
        "margin_ratio": str(settings.costs.margin_ratio),
        "shipping_cost_per_order_amount": str(settings.costs.shipping_cost_per_order_amount),
        "service_cost_per_order_amount": str(settings.costs.service_cost_per_order_amount),
        "cart_silence_minutes": settings.carts.silence_minutes,
        "cart_end_days": settings.carts.end_days,
        "order_tolerance_minutes": settings.carts.order_tolerance_minutes,
        "session_gap_minutes": settings.sessions.gap_minutes,
        "site_hosts": [
            {"site": name, "host": host}
            for name, site in sorted(settings.sites.items())
            for host in site.hosts
        ],
        "oldest_event_days": settings.sessions.oldest_days,
        "internal_hosts": list(settings.internal.hosts),
        "internal_customers": list(settings.internal.customers),
        "left_truncation_days": settings.customers.left_truncation_days,
        "consent_when_unknown": settings.consent_when_unknown,
        "change_sources": [n for n, one in sorted(settings.sources.items()) if one.documents == "changes"],
        "summed_sources": [name for name in sorted(settings.sources) if settings.has_summed_totals(name)],
        "document_sources": [
            name for name in sorted(settings.sources) if settings.has_refunds_in_orders(name)
        ],
    }


def _run_and_test(shop: Shop, as_of_date: date, choice: str) -> list[NodeResult]:
    """All models first, then all tests: a failing test hides nothing that comes after it."""
    variables = dbt_variables(shop, as_of_date)
    chosen = (choice, *AFTER_PREDICTIONS)
    types = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    models = run_dbt(shop, "build", (*chosen, *types), variables)
    _stop_on_machine_fault(shop, models)
    _stop_on_failure(shop, as_of_date, models)
    tests = run_dbt(shop, "test", (*chosen, "--exclude-resource-type", "unit_test"), variables)
    _stop_on_machine_fault(shop, tests)
    return models + tests


def _stop_on_machine_fault(shop: Shop, results: Iterable[NodeResult]) -> None:
    """A full disk is no fault of a model, nor a reason for the gate."""
    for one in results:
        fault = machine_fault(one.message, shop) if one.status == "error" else None
        if fault is not None:
            raise fault


def _stop_on_failure(shop: Shop, as_of_date: date, models: Iterable[NodeResult]) -> None:
    failed = [model for model in models if model.status == "error"]
    rates = next((one for one in failed if one.name == MODEL and "no exchange rate" in one.message), None)
    if rates is not None:
        raise missing_rates(shop, as_of_date, rates.message)
    if failed:
        raise MandjeError(
            f"{len(failed)} model(s) could not be built, first {failed[0].schema}.{failed[0].name}",
            found=failed[0].message,
            next_step="the delivered data broke a rule that the model holds them to: mend it there, or the "
            f"model (dbt_project/models), and run the night again; log: {dbt_log(shop)}",
            exit_code=ExitCode.NIGHT_STOPPED,
        )


def _made_anew(damage: str | None) -> Iterator[Finding]:
    if damage:
        told = f"The working database could not be read and was made anew: {damage}."
        yield Finding("working_database", "build", "warn", told)


def _summary(results: list[NodeResult], findings: tuple[Finding, ...], began: float) -> Build:
    models = sorted((one for one in results if one.kind == "model"), key=lambda one: -one.seconds)
    return Build(
        models=len(models),
        tests=sum(one.kind == "test" for one in results),
        findings=findings,
        failures=tuple(f"{one.check}: {one.sentence}" for one in findings if one.severity == "error"),
        seconds=round(time.monotonic() - began, 2),
        slowest=tuple((one.name, round(one.seconds, 2)) for one in models[:SLOWEST]),
    )
