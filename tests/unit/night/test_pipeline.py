from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.ingest.due.delivery_schedule import MissingDelivery
from mandje.night import pipeline
from mandje.warehouse.build import Build
from tiny_shop import FIRST_DAY, SHOP_TOML, small_shop

DAY = timedelta(days=1)
CUSTOMER = {"customer_id": "c1", "first_seen_at": "2025-01-01T12:00:00Z"}


def test_the_build_is_handed_the_expected_deliveries_that_are_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = 'customers]\nadapter = "canonical"\nexpected = "daily"\nclosed = ["2025-01-07"]\n'
    small = small_shop(tmp_path, SHOP_TOML.replace('customers]\nadapter = "canonical"\n', daily))
    for number in (0, 2, 5):
        small.deliver("customers", FIRST_DAY + DAY * number, [CUSTOMER])
    small.deliver("customers", FIRST_DAY + DAY * 3, b"")
    last = FIRST_DAY + DAY * 5
    shop = small.stages(last, "discover", "validate", "load").shop
    given: list[tuple[Any, ...]] = []
    built = Build(0, 0, (), (), 0.0, ())
    monkeypatch.setattr("mandje.warehouse.build.build", lambda *handed: given.append(handed) or built)
    pipeline._build(shop, last, None)
    ((_, as_of, partitions, missing),) = given
    assert (as_of, len(partitions)) == (last, 3)
    days = [date(2025, 1, 9), date(2025, 1, 10)]
    assert missing == [MissingDelivery("customers", "customers", day) for day in days]
