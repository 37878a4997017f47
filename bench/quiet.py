"""Ordinary nights: how many sentences claim a change in published shops of which nobody changed anything."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support" / "planted"))

from mornings import by_kind, newest_day, said_until, snapshot


def main() -> None:
    """Count the sentences of the last nights of each shop, all shown once."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("shops", type=Path, nargs="+")
    words.add_argument("--nights", type=int, default=60)
    asked = words.parse_args()
    for shop in asked.shops:
        began = time.perf_counter()
        with snapshot(shop) as connection:
            said = said_until(connection, newest_day(shop), asked.nights)
        seconds = (time.perf_counter() - began) / asked.nights
        print(f"== {shop.name}: {len(said)} sentences in {asked.nights} nights, {seconds:.2f} s a night")
        print(f"   {dict(by_kind(said))}")
        for one in said:
            print(f"   {one}")


if __name__ == "__main__":
    main()
