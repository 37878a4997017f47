"""What is read of experiments tonight, and kept."""

from __future__ import annotations

from datetime import date

from mandje.experiments.kept_plans import keep_plan
from mandje.experiments.read_out import Row, read_out
from mandje.experiments.results import keep_results, kept_results, show_results
from mandje.experiments.unit_outcomes import unit_outcomes
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse


def read_experiments(shop: Shop, as_of_date: date) -> list[str]:
    """Read every experiment that has a plan, keep the results of the night and show those of all nights.

    Gives a warning for each experiment that is broken.
    """
    rows: list[Row] = []
    with open_warehouse(shop) as con:
        for experiment_id, plan in shop.settings.experiments.items():
            units = unit_outcomes(con, experiment_id, plan.window_days)
            change = keep_plan(shop, experiment_id, plan, as_of_date) if units.height else None
            rows += read_out(experiment_id, plan, units, as_of_date, change)
        keep_results(shop, as_of_date, rows)
        show_results(con, kept_results(shop))
    broken = {row["experiment_id"]: row["reason"] for row in rows if row["verdict"] == "broken"}
    return [
        f"an experiment is broken and no effect of it is shown: {name}: {why}" for name, why in broken.items()
    ]
