from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse import dbt
from raw_shop import make_raw_shop
from repository import DBT_PROJECT

PROJECT = DBT_PROJECT
OUTCOMES = """
select
    'shop' as delivery_source, date '2025-01-30' as delivery_date, 'orders' as feed,
    'EUR' as currency_code, 'kept' as outcome,
    cast(2 as bigint) as row_count, cast(3.5 as decimal(18, 4)) as money_amount
"""
TOTALS = """
select
    'EUR' as currency_code, cast(9 as decimal(18, 4)) as total_amount,
    cast(7 as decimal(18, 4)) as lines_amount,
    cast(1 as decimal(18, 4)) as other_parts_amount, cast(1 as decimal(18, 4)) as difference_amount,
    false as is_tied
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_raw_shop(tmp_path / "shop", {})[0]


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project with this one's macros and settings, made-up outcomes, and one mart after predictions."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT / "macros", folder / "macros")
    shutil.copy(PROJECT / "profiles.yml", folder)
    settings = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    (folder / "dbt_project.yml").write_text(settings.replace("enforced: true", "enforced: false"))
    (folder / "tests").mkdir()
    models = folder / "models"
    for layer in ("intermediate", "marts"):
        (models / layer).mkdir(parents=True)
    (models / "intermediate" / "int_row_outcomes.sql").write_text(OUTCOMES)
    (models / "intermediate" / "int_order_totals_compared.sql").write_text(TOTALS)
    (models / "marts" / "customers.sql").write_text("{{ config(tags=['after_predictions']) }} select 1 as n")
    monkeypatch.setattr(dbt, "PROJECT", folder)
    return folder
