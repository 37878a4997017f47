"""The dbt unit tests, which stand beside their models, run once and reported by name."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.dbt import NodeResult, run_dbt
from repository import DBT_PROJECT
from tiny_shop import copy_shop

MODELS = DBT_PROJECT / "models"


def _declared() -> list[str]:
    files = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(MODELS.rglob("*.yml")))
    return [test["name"] for content in files for test in content.get("unit_tests", [])]


@pytest.fixture(scope="module")
def results(whole_warehouse: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, NodeResult]:
    shop = copy_shop(whole_warehouse, tmp_path_factory.mktemp("unit_tests") / "shop")
    variables = dbt_variables(shop, date(2025, 1, 31))
    found = run_dbt(shop, "test", ("--select", "resource_type:unit_test"), variables)
    return {result.name: result for result in found}


@pytest.mark.parametrize("name", _declared())
def test_dbt_unit_test(name: str, results: dict[str, NodeResult]) -> None:
    assert results[name].status == "pass", results[name].message


def test_there_are_unit_tests() -> None:
    assert "a_beaten_row_is_a_duplicate_or_superseded" in _declared()
