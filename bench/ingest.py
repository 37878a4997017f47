"""Validated ingest of order lines against DuckDB's plain CSV → Parquet, each in its own process."""
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
from datetime import date
from pathlib import Path

FOLDER = Path(".bench")
DAY = date(2024, 1, 2)
SHOP = """
name = "bench"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.main = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.order_lines = { adapter = "canonical" }
"""
AIM_RATIO, AIM_GIB = 2.5, 2.0
PARTS = (
    "{seconds:6.2f} s",
    "processor {cpu_seconds:.2f} s",
    "import {import_seconds:.2f} s",
    "peak {peak_gib:.2f} GiB",
    "accepted {accepted:,}",
    "rejected {rejected:,}",
)


def main() -> None:
    """Make the file if it is not there, measure both, print seconds, ratio and peak memory."""
    arguments = _arguments()
    export = FOLDER / str(arguments.rows) / "exports" / "order_lines" / str(DAY) / "order_lines.csv"
    if arguments.generate:
        _generate(arguments.rows, export)
        return
    if arguments.measure is not None:
        print(json.dumps(_measured(arguments.measure, export)))
        return
    if not export.is_file():
        # Apart, since a child starts with its parent's peak of memory.
        subprocess.run([sys.executable, __file__, "--rows", str(arguments.rows), "--generate"], check=True)
    size = export.stat().st_size / 1e6
    print(f"{arguments.rows:,} order lines, {size:,.0f} MB of CSV, {os.cpu_count()} cores")
    results = {way: _in_own_process(way, arguments.rows) for way in WAYS}
    for way, result in results.items():
        print(f"{way:<7}" + "  ".join(part.format(**result) for part in PARTS))
    ratios = [results["mandje"][kind] / results["duckdb"][kind] for kind in ("seconds", "cpu_seconds")]
    print(f"ratio {ratios[0]:.2f}, of processor time {ratios[1]:.2f} (aim ≤ {AIM_RATIO})")
    print(f"peak {results['mandje']['peak_gib']:.2f} GiB (aim ≤ {AIM_GIB})")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--generate", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", choices=list(WAYS), help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_own_process(way: str, rows: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--rows", str(rows), "--measure", way]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _measured(way: str, export: Path) -> dict[str, float]:
    started = time.perf_counter()
    WAYS[way][0]()
    imported, cpu_imported = time.perf_counter(), time.process_time()
    accepted, rejected = WAYS[way][1](export)
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
    import mandje.ingest.validate  # noqa: F401


def _plain(export: Path) -> tuple[int, int]:
    import duckdb

    target = FOLDER / "plain.parquet"
    sql = f"COPY (FROM read_csv('{export}')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    row = duckdb.connect().execute(sql).fetchone()
    return (row[0] if row else 0), 0


def _validated(export: Path) -> tuple[int, int]:
    """What a night does up to the load: hash, parse, map, account, write."""
    from mandje.ingest.validate import validate
    from mandje.shop.settings import load_shop

    shop = load_shop(export.parents[3])
    for written in (shop.raw, shop.ops):
        shutil.rmtree(written, ignore_errors=True)
    (source,) = validate(shop, DAY).sources
    return source.read_rows - source.rejected_rows, source.rejected_rows


WAYS: dict[str, tuple[Callable[[], None], Callable[[Path], tuple[int, int]]]] = {
    "duckdb": (_import_duckdb, _plain),
    "mandje": (_import_mandje, _validated),
}


def _generate(rows: int, export: Path) -> None:
    """Order lines of a busy day; one row in 10,000 breaks a rule."""
    import polars as pl

    export.parent.mkdir(parents=True, exist_ok=True)
    (export.parents[3] / "shop.toml").write_text(SHOP)
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
