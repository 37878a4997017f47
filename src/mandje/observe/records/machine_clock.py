"""The machine's clock beside the nights that were run."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from mandje.errors import ExitCode, MandjeError
from mandje.observe.records.nights import newest_night
from mandje.shop.settings import Shop


def check_clock(shop: Shop) -> date:
    """The shop's day today.

    Raises:
        MandjeError: the clock stands before the newest night.
    """
    today, newest = datetime.now(ZoneInfo(shop.settings.time_zone)).date(), newest_night(shop)
    if newest is not None and today <= newest:
        raise MandjeError(
            "this machine's clock stands before the newest night, nothing was run",
            found=f"{today} on the shop's clock",
            expected=f"a day after {newest}, the newest night",
            next_step="set the clock right and run the night again; or take back a newest night that was run "
            f"by mistake: `mandje unmake SHOP {newest}`",
            exit_code=ExitCode.NIGHT_STOPPED,
        )
    return today
