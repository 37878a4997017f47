"""A machine whose clock is wrong."""

from __future__ import annotations

from datetime import datetime, tzinfo

import pytest

from mandje.ingest.due import guards
from mandje.ingest.exports import deliveries
from mandje.observe.records import machine_clock


def set_clock(patch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Every place that looks at the clock sees this moment."""

    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return moment.astimezone(tz)

    for module in (deliveries, guards, machine_clock):
        patch.setattr(module, "datetime", WrongClock)
