"""Events, experiments, messages and service contacts add up to what was delivered, or it is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from tiny_shop import copy_shop

AS_OF = date(2025, 1, 31)
# What is planted, and what the test that looks for it says.
DEFECTS = {
    "events_equal_sessions": ("UPDATE intermediate.int_events_placed SET event_number = 2", "fail"),
    "daily_messages_equal_messages": ("UPDATE marts.daily_messages SET message_count = 2", "fail"),
    "marts_show_all_that_is_due": ("DELETE FROM marts.service_contacts", "fail"),
    "units_keep_their_variant": ("UPDATE marts.experiments SET has_many_variants = true", "warn"),
}


def _statuses(shop: Shop) -> dict[str, str]:
    chosen = ("--exclude-resource-type", "unit_test", "--select", *DEFECTS)
    return {one.name: one.status for one in run_dbt(shop, "test", chosen, dbt_variables(shop, AS_OF))}


def test_planted_defects_are_found(whole_warehouse: Shop, tmp_path: Path) -> None:
    shop = copy_shop(whole_warehouse, tmp_path / "shop")
    assert _statuses(shop) == dict.fromkeys(DEFECTS, "pass")
    with open_warehouse(shop) as connection:
        for statement, _ in DEFECTS.values():
            connection.execute(statement)
    assert _statuses(shop) == {name: status for name, (_, status) in DEFECTS.items()}
