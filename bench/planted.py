"""Simulated shops with a planted change, taken through their nights: what does the morning's report name?

One night the day before the first change could begin, and one on the last day, with all deliveries between.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support" / "planted"))

from changed_shop import make_base, make_planted
from plants import KINDS, PLANTS


def main() -> None:
    """Make the shops that were asked for; those that stand already stay."""
    asked = _asked()
    for seed in asked.seeds:
        base = make_base(asked.folder / f"before-{seed}", seed)
        for together in asked.plants:
            folder = asked.folder / f"{together}-{seed}-{asked.days}"
            if folder.exists():
                continue
            began = time.perf_counter()
            first = make_planted(base, folder, together.split("+"), asked.days)
            print(f"{folder.name}: began {first}, {time.perf_counter() - began:.0f} s", flush=True)


def _asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__, epilog=f"plants: {', '.join(PLANTS)}")
    words.add_argument("folder", type=Path)
    words.add_argument("--seeds", type=int, nargs="+", default=[1])
    words.add_argument("--plants", nargs="+", default=list(KINDS), help="several in one shop: a+b")
    words.add_argument("--days", type=int, default=14, help="nights since the change began, today's included")
    return words.parse_args()


if __name__ == "__main__":
    main()
