"""Reconciliation tests of the project: they pass on what was built; each finds a defect planted for it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt


def assert_each_finds_its_defect(built: Shop, folder: Path, as_of: date, defects: Mapping[str, str]) -> None:
    """Run the tests named in `defects` on a copy of the shop in `folder`, before and after the statements."""
    shop = load_shop(shutil.copytree(built.folder, folder))
    chosen = ("--exclude-resource-type", "unit_test", "--select", *defects)
    first = run_dbt(shop, "test", chosen, dbt_variables(shop, as_of))
    with open_warehouse(shop) as connection:
        for defect in defects.values():
            connection.execute(defect)
    second = run_dbt(shop, "test", chosen, dbt_variables(shop, as_of))
    assert {one.name: one.status for one in first} == dict.fromkeys(defects, "pass")
    assert {one.name: one.status for one in second} == dict.fromkeys(defects, "fail")
