"""Validated ingest against DuckDB's plain copy to Parquet.

Order lines as CSV, WooCommerce orders and GA4 events as JSON; each is measured in a process of its own.
"""
# ruff: noqa: PLC0415 - the time that imports take is measured apart

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FOLDER = Path(".bench")
DAY = date(2024, 1, 2)
SHOP = """
name = "bench"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.main = {{ time_zone = "Europe/Amsterdam", currency = "EUR" }}
sources.{source} = {{ adapter = "{adapter}" }}
"""


@dataclass(frozen=True)
class Case:
    """What is read: by which adapter, from which file, how DuckDB alone reads it, and what it may cost."""

    source: str
    adapter: str
    file: str
    rows: int
    plain: str
    most_ratio: float
    most_gib: float


CASES = {
    "lines": Case("order_lines", "canonical", "order_lines.csv", 10_000_000, "read_csv", 2.5, 2.0),
    "woocommerce": Case("woocommerce", "woocommerce", "orders.jsonl", 1_000_000, "read_json", 3.0, 3.0),
    "ga4": Case("ga4", "ga4", "events.jsonl", 10_000_000, "read_json", 3.0, 3.0),
}
PARTS = (
    "{seconds:6.2f} s",
    "processor {cpu_seconds:.2f} s",
    "import {import_seconds:.2f} s",
    "peak {peak_gib:.2f} GiB",
    "accepted {accepted:,}",
    "rejected {rejected:,}",
)


def main() -> None:
    """Make the files that are not there, measure both ways, print seconds, ratio and peak memory."""
    arguments = _arguments()
    if arguments.generate:
        _generate(arguments.case, arguments.rows)
    elif arguments.measure is not None:
        print(json.dumps(_measured(arguments.measure, arguments.case, arguments.rows)))
    else:
        for case in [arguments.case] if arguments.case else CASES:
            _compare(case, arguments.rows or CASES[case].rows)


def _compare(case: str, rows: int) -> None:
    export = _export(case, rows)
    if not export.is_file():
        # Apart, since a child starts with its parent's peak of memory.
        subprocess.run([*_command(case, rows), "--generate"], check=True)
    print(f"{case}: {rows:,} rows, {export.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} cores")
    results = {way: _in_own_process(case, way, rows) for way in WAYS}
    for way, result in results.items():
        print(f"{way:<7}" + "  ".join(part.format(**result) for part in PARTS))
    ratios = [results["mandje"][kind] / results["duckdb"][kind] for kind in ("seconds", "cpu_seconds")]
    print(f"ratio {ratios[0]:.2f}, of processor time {ratios[1]:.2f} (aim ≤ {CASES[case].most_ratio})")
    print(f"peak {results['mandje']['peak_gib']:.2f} GiB (aim ≤ {CASES[case].most_gib})")


def _export(case: str, rows: int) -> Path:
    return FOLDER / case / str(rows) / "exports" / CASES[case].source / str(DAY) / CASES[case].file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(CASES))
    parser.add_argument("--rows", type=int)
    parser.add_argument("--generate", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", choices=list(WAYS), help=argparse.SUPPRESS)
    return parser.parse_args()


def _command(case: str, rows: int) -> list[str]:
    return [sys.executable, __file__, "--case", case, "--rows", str(rows)]


def _in_own_process(case: str, way: str, rows: int) -> dict[str, float]:
    command = [*_command(case, rows), "--measure", way]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _measured(way: str, case: str, rows: int) -> dict[str, float]:
    started = time.perf_counter()
    WAYS[way][0]()
    imported, cpu_imported = time.perf_counter(), time.process_time()
    accepted, rejected = WAYS[way][1](_export(case, rows), CASES[case])
    return {
        "import_seconds": imported - started,
        "seconds": time.perf_counter() - imported,
        "cpu_seconds": time.process_time() - cpu_imported,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "accepted": accepted,
        "rejected": rejected,
    }


def _import_duckdb() -> None:
    import duckdb  # noqa: F401


def _import_mandje() -> None:
    import mandje.ingest.load
    import mandje.ingest.validate  # noqa: F401


def _plain(export: Path, case: Case) -> tuple[int, int]:
    import duckdb

    target = FOLDER / "plain.parquet"
    sql = f"COPY (FROM {case.plain}('{export}')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    row = duckdb.connect().execute(sql).fetchone()
    return (row[0] if row else 0), 0


def _validated(export: Path, case: Case) -> tuple[int, int]:  # noqa: ARG001 - the shop knows it
    """What a night does up to the load: hash, parse, map, account, write, move."""
    from mandje.ingest.load import load
    from mandje.ingest.validate import validate
    from mandje.shop.settings import load_shop

    shop = load_shop(export.parents[3])
    for written in (shop.raw, shop.ops):
        shutil.rmtree(written, ignore_errors=True)
    (source,) = validate(shop, DAY).sources
    load(shop, DAY)
    return source.read_rows - source.rejected_rows, source.rejected_rows


WAYS: dict[str, tuple[Callable[[], None], Callable[[Path, Case], tuple[int, int]]]] = {
    "duckdb": (_import_duckdb, _plain),
    "mandje": (_import_mandje, _validated),
}


def _generate(case: str, rows: int) -> None:
    export = _export(case, rows)
    export.parent.mkdir(parents=True, exist_ok=True)
    shop = SHOP.format(source=CASES[case].source, adapter=CASES[case].adapter)
    (export.parents[3] / "shop.toml").write_text(shop)
    if case == "lines":
        _generate_lines(rows, export)
    else:
        _generate_documents(case, rows, export)


def _generate_documents(case: str, rows: int, export: Path) -> None:
    """Documents as their platform writes them: see the query of the case."""
    import duckdb

    query = Path(__file__).with_name(f"{case}.sql").read_text().replace("ROW_COUNT", str(rows))
    duckdb.connect().execute(f"COPY ({query}) TO '{export}' (FORMAT json)")


def _generate_lines(rows: int, export: Path) -> None:
    """Order lines of a busy day; one row in 10,000 breaks a rule."""
    import polars as pl

    number = pl.int_range(rows, dtype=pl.Int64)
    order = number // 3
    cents = (number * 7919) % 20_000 + 99
    text = pl.select(
        order_id=pl.format("o{}", order),
        line_number=pl.when(number % 10_000 == 0)
        .then(pl.lit("x"))
        .otherwise((number % 3 + 1).cast(pl.String)),
        updated_at=(pl.datetime(2024, 1, 1) + pl.duration(seconds=number % 86_400)).dt.to_string(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
        product_id=pl.format("p{}", (number * 31) % 50_000),
        quantity=number % 5 + 1,
        currency_code=pl.lit("EUR"),
        unit_price_amount=(cents / 100).round(2),
        discount_amount=((number * 13) % 300 / 100).round(2),
        unit_cost_amount=((cents * 6 // 10) / 100).round(2),
    )
    text.write_csv(export)


if __name__ == "__main__":
    main()
