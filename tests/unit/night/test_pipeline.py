from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.ingest.due.rhythm import MissingDelivery
from mandje.night import pipeline
from mandje.shop.settings import load_shop
from mandje.warehouse.build import Build
from tiny_shop import FIRST_DAY, make_shop, write_csv

DAY = timedelta(days=1)
CUSTOMER = {"customer_id": "c1", "first_seen_at": "2025-01-01T12:00:00Z"}


def test_the_build_is_handed_the_expected_deliveries_that_are_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_shop(tmp_path / "shop").folder
    daily = 'customers]\nadapter = "canonical"\nexpected = "daily"\nclosed = ["2025-01-07"]\n'
    toml = (folder / "shop.toml").read_text()
    (folder / "shop.toml").write_text(toml.replace('customers]\nadapter = "canonical"\n', daily))
    shop = load_shop(folder)
    for number in (0, 2, 5):
        write_csv(shop.exports / "customers" / str(FIRST_DAY + DAY * number) / "customers.csv", [CUSTOMER])
    refused = shop.exports / "customers" / str(FIRST_DAY + DAY * 3) / "customers.csv"
    refused.parent.mkdir()
    refused.write_bytes(b"")
    last = FIRST_DAY + DAY * 5
    for stage in ("discover", "validate", "load"):
        pipeline.run_stage(folder, last, stage)
    given: list[tuple[Any, ...]] = []
    built = Build(0, 0, (), (), 0.0, ())
    monkeypatch.setattr("mandje.warehouse.build.build", lambda *handed: given.append(handed) or built)
    pipeline.build(shop, last, None)
    ((_, as_of, partitions, missing),) = given
    assert (as_of, len(partitions)) == (last, 3)
    days = [date(2025, 1, 9), date(2025, 1, 10)]
    assert missing == [MissingDelivery("customers", "customers", day) for day in days]
