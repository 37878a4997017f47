"""An empty night through Airflow, beside the same night in one process: what each stage costs.

The shop is a copy of data/online_retail with all its history loaded; the nights measured have no delivery.
"""

from __future__ import annotations

import shutil
import time
from datetime import date, timedelta
from pathlib import Path

from mandje.ingest.exports.deliveries import delivery_dates
from mandje.night.pipeline import STAGES, run_stage
from mandje.orchestrate.nights import NightResult, run_nights
from mandje.prepare import prepare_exports
from mandje.shop.settings import Shop, load_shop

ROOT = Path(__file__).parents[1]
AIM_SECONDS = 40


def main() -> None:
    """Load the history, then measure one empty night here and one through Airflow."""
    shop = _shop()
    newest = delivery_dates(shop)[-1]
    print("== An empty night (online_retail, 541,909 lines of history)")
    history = _night(shop, newest)
    here = _night(shop, newest + timedelta(days=1))
    through = run_nights(shop, [newest + timedelta(days=2)], say=print)[0]
    _report(history, here, through)


def _shop() -> Shop:
    folder = ROOT / ".bench" / "online_retail"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("shop.toml", "source"):
        (folder / name).symlink_to(ROOT / "data" / "online_retail" / name)
    shop = load_shop(folder)
    prepare_exports(shop, None)
    return shop


def _night(shop: Shop, day: date) -> dict[str, float]:
    seconds = {}
    for stage in STAGES:
        began = time.perf_counter()
        run_stage(shop.folder, day, stage)
        seconds[stage] = time.perf_counter() - began
    return seconds


def _report(history: dict[str, float], here: dict[str, float], through: NightResult) -> None:
    print("seconds: history = all deliveries, one process; warm = an empty night in the same process")
    print(f"{'stage':18}{'history':>10}{'warm':>10}{'Airflow':>10}")
    for stage in STAGES:
        told = through.stage_seconds.get(stage, float("nan"))
        print(f"{stage:18}{history[stage]:10.1f}{here[stage]:10.1f}{told:10.1f}")
    total = sum(here.values())
    print(f"{'all':18}{sum(history.values()):10.1f}{total:10.1f}{through.seconds:10.1f}")
    print(
        f"Airflow / one process: {through.seconds / total:.2f}; aim: at most {AIM_SECONDS} s through Airflow"
    )


if __name__ == "__main__":
    main()
