"""The behaviour marts by dbt, then one more night, beside one script written by hand (behaviour.sql).

All read the same raw events of a simulated shop; orders, lines, products and rates are built before and count
for neither. Each measurement has its own process; the script's marts must equal those after the night.
"""
# ruff: noqa: PLC0415 - only the measured process imports it

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from mandje.shop.settings import Shop
    from mandje.warehouse.dbt import NodeResult

FOLDER = Path(".bench")
SCRIPT = Path(__file__).with_suffix(".sql")
DAYS = 1095
EVENTS_PER_CUSTOMER = 112  # about, in so many days
AIM_RATIO, AIM_GIB, AIM_NIGHT = 1.3, 4.0, 0.10
INCREMENTAL = ("stg_session_events", "int_events_placed", "int_sessions_summed")
MARTS = (
    "sessions",
    "excluded_traffic",
    "carts",
    "daily_cart_abandonment",
    "abandoned_products",
    "browse_abandonment",
    "daily_funnel",
    "checkout_dropoff",
)
# What orders say of a visit: the script makes nothing of orders.
OF_ORDERS = ("order_count", "order_amount")
# Models of dbt and tables of the script that do the same work.
GROUPS = {
    "events cut into sessions": (INCREMENTAL, ("events", "visits")),
    "identity, channels, sessions": (
        (
            *("int_visitors_identified", "int_shared_events_owned", "int_events_identified"),
            *("int_referrers_judged", "int_traffic_found", "int_sessions_excluded"),
            *("int_channels_matched", "int_sessions_channelled", "int_customer_sessions_found"),
            *("session_facts", "excluded_traffic"),
        ),
        (
            *("told", "visitors", "shared_events", "excluded_traffic", "referrers", "traffic"),
            *("channels", "sessions", "shopping", "order_shoppers"),
        ),
    ),
    "carts": (
        (
            *("int_order_shoppers_found", "int_cart_events_ordered", "int_cart_events_stacked"),
            *("int_cart_events_valued", "int_carts_summed", "int_cart_products_summed", "carts"),
            *("daily_cart_abandonment", "abandoned_products"),
        ),
        ("cart_events", "cart_sums", "carts", "daily_cart_abandonment", "abandoned_products"),
    ),
    "browsing, checkout": (("browse_abandonment", "checkout_dropoff"),) * 2,
    "funnel": (
        (
            *("int_funnel_steps_listed", "int_funnel_events_numbered", "int_funnel_groups_numbered"),
            *("int_funnel_units_grouped", "int_funnel_steps_timed", "int_funnel_units_counted"),
            *("int_funnel_medians_found", "daily_funnel"),
        ),
        (
            *("steps", "step_events", "groups", "session_units", "unit_events", "units", "done"),
            *("done_in_groups", "daily_funnel"),
        ),
    ),
}
Result = dict[str, Any]


def main() -> None:
    """Simulate and load a shop of each size, measure, print seconds, ratio and peak memory."""
    arguments = _arguments()
    if arguments.measure:
        print(json.dumps(MEASURES[arguments.measure](arguments.folder)))
        return
    for events in arguments.events:
        folder = FOLDER / f"behaviour_{events}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _compare(folder, events)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--events", type=int, nargs="+", default=[10_000_000, 50_000_000], help="about so many"
    )
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _compare(folder: Path, events: int) -> None:
    from mandje.simulate.shop_files import make_shop

    make_shop(folder, {"customers": max(1, events // EVENTS_PER_CUSTOMER), "days": DAYS})
    made = _in_own_process("prepare", folder)
    size = f"{made['events']:,} events, {os.cpu_count()} cores, memory limit {made['limit']}"
    print(f"== Behaviour marts of {size}", flush=True)
    found: dict[str, Result] = {}
    for measure in ("full", "night", "by_hand"):
        try:
            found[measure] = _in_own_process(measure, folder)
        except subprocess.CalledProcessError:
            sys.exit(f"{measure} did not end; why is said above")
        seconds, peak = found[measure]["seconds"], found[measure]["peak_gib"]
        print(f"{measure:8} {seconds:8.1f} s, peak {peak:.2f} GiB", flush=True)
    _report(found["full"], found["by_hand"], found["night"])


def _in_own_process(measure: str, folder: Path) -> Result:
    command = [sys.executable, __file__, "--measure", measure, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _prepare(folder: Path) -> Result:
    """Simulate the shop and load all its deliveries."""
    from mandje.night.pipeline import run_stage
    from mandje.shop.settings import load_shop
    from mandje.simulate.run import simulate

    simulated = simulate(folder)
    shop = load_shop(folder)
    for stage in ("discover", "validate", "load"):
        run_stage(folder, _newest(shop), stage)
    return {"events": simulated.events, "limit": shop.settings.engine.memory_limit}


def _full(folder: Path) -> Result:
    """Build everything as of the last night but one."""
    return _built(folder, nights_before=1)


def _night(folder: Path) -> Result:
    """Build as of the last night, on top of what is there."""
    return _built(folder, nights_before=0)


def _built(folder: Path, nights_before: int) -> Result:
    from mandje.shop.settings import load_shop

    shop = load_shop(folder)
    day = _newest(shop) - timedelta(days=nights_before)
    why_all = _build_others(shop, day)
    began, began_cpu = time.perf_counter(), time.process_time()
    results = _run_dbt(shop, day, "--select", *(f"{INCREMENTAL[0]}+,+{mart}" for mart in MARTS))
    seconds = {result.name: result.seconds for result in results}
    return _measured(began, began_cpu, seconds) | {"why_all": why_all}


def _build_others(shop: Shop, day: date) -> str | None:
    """What the marts read beside events. Returns why incremental models must start anew, if they must."""
    from mandje.ingest.due.delivery_schedule import missing_deliveries
    from mandje.ingest.store.partitions import partitions_until
    from mandje.warehouse.build import LAYERS, dbt_variables, register_partitions
    from mandje.warehouse.incremental import clear_warehouse

    why_all = clear_warehouse(shop, LAYERS, dbt_variables(shop, day))
    register_partitions(shop, day, partitions_until(shop, day), missing_deliveries(shop, day))
    _run_dbt(shop, day, "--select", *(f"+{mart}" for mart in MARTS), "--exclude", f"{INCREMENTAL[0]}+")
    return why_all


def _run_dbt(shop: Shop, day: date, *selection: str) -> list[NodeResult]:
    from mandje.warehouse.build import dbt_variables
    from mandje.warehouse.dbt import run_dbt

    models = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    results = run_dbt(shop, "build", (*models, *selection), dbt_variables(shop, day))
    if failed := [result for result in results if result.status != "success"]:
        sys.exit(f"{failed[0].name}: {failed[0].message}")
    return results


def _by_hand(folder: Path) -> Result:
    """Run the script beside what dbt built; every mart must be the same."""
    import duckdb

    from mandje.shop.settings import load_shop
    from mandje.warehouse.connection import engine_config

    shop = load_shop(folder)
    with duckdb.connect(str(folder / "by_hand.duckdb"), config=dict(engine_config(shop))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"ATTACH '{shop.warehouse}' AS mandje (READ_ONLY)")
        _set_variables(connection, shop)
        began, began_cpu = time.perf_counter(), time.process_time()
        result = _measured(began, began_cpu, _run_script(connection))
        different = [
            mart for mart in MARTS if _hash(connection, mart, "") != _hash(connection, mart, "mandje.marts.")
        ]
    (folder / "by_hand.duckdb").unlink()
    return result | {"different": different}


def _set_variables(connection: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    settings = shop.settings
    values = {
        "as_of_date": _newest(shop),
        "time_zone": settings.time_zone,
        "currency": settings.reporting_currency,
        "internal_hosts": list(settings.internal.hosts),
        "gap_us": settings.sessions.gap_minutes * 60_000_000,
        "silence_us": settings.carts.silence_minutes * 60_000_000,
        "end_us": settings.carts.end_days * 86_400_000_000,
    }
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])


def _run_script(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Seconds of each table."""
    seconds = {}
    for statement in SCRIPT.read_text(encoding="utf-8").split(";\n"):
        began = time.perf_counter()
        connection.execute(statement)
        if name := re.search(r"^create table (\w+)", statement, re.MULTILINE):
            seconds[name[1]] = time.perf_counter() - began
    return seconds


def _hash(connection: duckdb.DuckDBPyConnection, mart: str, place: str) -> object:
    """Rows of a mart and the sum of their hashes, in the types of dbt's."""
    described = connection.execute(f"DESCRIBE mandje.marts.{mart}").fetchall()
    columns = ", ".join(
        f"cast({name} AS {kind}) AS {name}" for name, kind, *_ in described if name not in OF_ORDERS
    )
    query = f"SELECT count(*), sum(hash(row)) FROM (SELECT {columns} FROM {place}{mart}) AS row"
    return connection.execute(query).fetchone()


def _measured(began: float, began_cpu: float, seconds: dict[str, float]) -> Result:
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - began_cpu,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "parts": seconds,
    }


def _newest(shop: Shop) -> date:
    from mandje.ingest.exports.deliveries import delivery_dates

    return delivery_dates(shop)[-1]


def _report(full: Result, by_hand: Result, night: Result) -> None:
    print("seconds (of dbt: models run two at a time, so that parts add up to more than the whole)")
    print(f"{'':30}{'by hand':>10}{'dbt':>10}{'a night':>10}")
    named = {name for models, _ in GROUPS.values() for name in models}
    others = tuple(full["parts"].keys() - named)
    for group, (models, tables) in {**GROUPS, "other": (others, ())}.items():
        print(f"{group:30}{_sum(by_hand, tables):10.1f}{_sum(full, models):10.1f}{_sum(night, models):10.1f}")
    for what, key in (("all", "seconds"), ("processor", "cpu_seconds"), ("peak GiB", "peak_gib")):
        print(f"{what:30}{by_hand[key]:10.1f}{full[key]:10.1f}{night[key]:10.1f}")
    ratio = full["seconds"] / by_hand["seconds"]
    print(
        f"dbt / by hand: {ratio:.2f} (aim ≤ {AIM_RATIO}); peak {full['peak_gib']:.2f} GiB (aim ≤ {AIM_GIB})"
    )
    share = _sum(night, INCREMENTAL) / _sum(full, INCREMENTAL)
    whole = night["seconds"] / full["seconds"]
    print(f"one more night: incremental models {share:.0%} (aim ≤ {AIM_NIGHT:.0%}), all of it {whole:.0%}")
    if night["why_all"]:
        print("the night did not build on the one before:", night["why_all"])
    print("content:", ", ".join(["DIFFERENT", *by_hand["different"]]) if by_hand["different"] else "the same")


def _sum(result: Result, names: tuple[str, ...]) -> float:
    return sum(result["parts"].get(name, 0.0) for name in names)


MEASURES = {"prepare": _prepare, "full": _full, "by_hand": _by_hand, "night": _night}

if __name__ == "__main__":
    main()
