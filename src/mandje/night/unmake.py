"""Unmake the newest night: what stands then is what would stand had it never run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mandje.errors import ExitCode, MandjeError
from mandje.night.morning_page import place_page
from mandje.night.pipeline import STAGES, Progress, alone, run_and_record
from mandje.night.unmake_steps import Unmaking, begin_unmaking, end_unmaking, unmake_newest
from mandje.shop.settings import Shop, load_shop


def unmake_night(
    folder: Path, night: date, progress: Progress | None = None
) -> tuple[Unmaking, MandjeError | None]:
    """Take the newest night away and build the one before it again; killed and called again, it goes on.

    Gives what was done, and what stopped the night before while it was built: that one is unfinished then.

    Raises:
        MandjeError: it is not the newest night; another process works on this shop; a fault of machine or
            key, after which the same call goes on.
    """
    shop = load_shop(folder)
    with alone(shop):
        plan = begin_unmaking(shop, night, STAGES[STAGES.index("build") :])
        unmake_newest(shop, plan)
        fault = _stand_again(shop, plan, progress)
        end_unmaking(shop, plan, stands=fault is None)
        place_page(shop)
    return plan, fault


def _stand_again(shop: Shop, plan: Unmaking, progress: Progress | None) -> MandjeError | None:
    """Build the night before from what is loaded still: it discovers nothing that it did not know."""
    try:
        for number, stage in enumerate(plan.stages):
            if progress is not None:
                progress(stage, number, len(plan.stages))
            run_and_record(shop, plan.stand_date or plan.run_date, stage, None)
    except MandjeError as fault:
        if fault.exit_code == ExitCode.USER_ERROR:
            raise
        return fault
    return None
