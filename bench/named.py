"""How often is a change named 14 nights after it began?

Planted in the marts of published shops, on many days. Beside each kind: on how many of them a
sentence of it stands among the first five, and what stands there else.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support" / "planted"))

from mornings import newest_day, said_on
from named_changes import names_it
from planted_marts import MART_KINDS, changeable, days_through, planted

HISTORY_DAYS = 150  # before the first day that is judged


def main() -> None:
    """Plant every kind on days of the whole history of each shop."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("shops", type=Path, nargs="+")
    words.add_argument("--kinds", nargs="+", default=list(MART_KINDS), choices=list(MART_KINDS))
    words.add_argument("--step", type=int, default=28, help="days between two days that are judged")
    words.add_argument("--days", type=int, default=14, help="nights since the change began")
    asked = words.parse_args()
    for shop in asked.shops:
        database = shop / "published" / "current" / "mandje.duckdb"
        with (
            tempfile.TemporaryDirectory() as private,
            changeable(database, Path(private) / "copy.duckdb") as connection,
        ):
            mornings = _mornings(connection, newest_day(shop), asked.step)
            for kind in asked.kinds:
                _count(connection, shop, kind, mornings, asked.days)


def _mornings(connection: duckdb.DuckDBPyConnection, last: date, step: int) -> list[date]:
    ((first,),) = connection.execute("SELECT min(order_date) FROM marts.orders").fetchall()
    return days_through(first + timedelta(days=HISTORY_DAYS), last, step)


def _count(
    connection: duckdb.DuckDBPyConnection, shop: Path, kind: str, mornings: list[date], days: int
) -> None:
    named, said_else = 0, Counter[str]()
    for morning in mornings:
        with planted(connection, kind, morning - timedelta(days=days - 1), morning):
            said = said_on(connection, morning)
        is_named = any(names_it(kind, one.sentence) for one in said)
        named += is_named
        said_else.update(one.sentence.kind for one in said if not names_it(kind, one.sentence))
        if not is_named:
            print(f"   {shop.name} {kind} {morning}: not named; {[str(one) for one in said]}", flush=True)
    print(f"{shop.name} {kind}: {named} of {len(mornings)}; else {dict(said_else)}", flush=True)


if __name__ == "__main__":
    main()
