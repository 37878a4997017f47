"""The simulator's rows per second and peak memory, each size in its own process."""
# ruff: noqa: PLC0415 - only the measured process imports it

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(".bench") / "simulated"
DAYS = 1095
EVENTS_PER_CUSTOMER = 112  # about, in so many days
AIM_ROWS, AIM_GIB = 200_000, 4.0


def main() -> None:
    """Simulate shops of the sizes asked for, print seconds, rows per second and peak memory."""
    arguments = _arguments()
    if arguments.measure is not None:
        print(json.dumps(_measured(arguments.measure)))
        return
    sizes = [arguments.customers] if arguments.customers else _sizes(arguments.events)
    print(f"== Simulated shops of {DAYS:,} days")
    for customers in sizes:
        _report(_in_own_process(customers))
    print(f"aim: at least {AIM_ROWS:,} rows/s, at most {AIM_GIB} GiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--events", type=int, nargs="+", default=[1_000_000, 10_000_000], help="about so many"
    )
    parser.add_argument("--customers", type=int, help="just one shop, of so many customers")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _sizes(events: list[int]) -> list[int]:
    return [max(1, each // EVENTS_PER_CUSTOMER) for each in events]


def _in_own_process(customers: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", str(customers)]
    try:
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def _measured(customers: int) -> dict[str, float]:
    from mandje.simulate.run import simulate
    from mandje.simulate.shop_files import make_shop

    shutil.rmtree(FOLDER, ignore_errors=True)
    make_shop(FOLDER, {"customers": customers, "days": DAYS})
    began = time.perf_counter()
    simulated = simulate(FOLDER)
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time(),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "customers": simulated.customers,
        "events": simulated.events,
        "rows": simulated.rows,
        "megabytes": simulated.byte_count / 1e6,
    }


def _report(result: dict[str, float]) -> None:
    parts = (
        "{customers:>11,} customers",
        "{events:>12,} events",
        "{rows:>12,} rows",
        "{megabytes:>8,.0f} MB",
        "{seconds:7.1f} s (processor {cpu_seconds:.1f} s)",
        "{rows_per_second:>9,.0f} rows/s",
        "peak {peak_gib:.2f} GiB",
    )
    rate = result["rows"] / result["seconds"]
    print("  ".join(part.format(rows_per_second=rate, **result) for part in parts), flush=True)


if __name__ == "__main__":
    main()
