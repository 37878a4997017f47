"""A shop with taste, messages, left carts and experiments goes through a night; what is counted is true."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from demo_shop import DEMO, run_nights
from mandje.cli import app
from mandje.simulate.run import simulate

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
ALL_ON = """
seed = 5
customers = 500
days = 200
first_day = 2024-09-01
[taste]
affinity = 1.0
[messaging]
newsletter_factor = 1.6
win_back_factor = 2.5
unsubscribed_ratio = 0.005
withdrawn_per_year = 0.1
delivered = "daily"
[left_carts]
per_customer_year = 2.0
[sales.returns]
habit_spread = 0.8
[[experiments]]
name = "free_shipping"
order_factor = 1.6
[[experiments]]
name = "hard_sell"
order_factor = 0.6
lost_ratio = 0.2
"""
LAST = date(2025, 3, 19)


def test_everything_counted_equals_the_truth(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    shutil.copy(DEMO / "shop.toml", shop)
    (shop / "simulation.toml").write_text(ALL_ON)
    simulate(shop)
    run_nights(shop, LAST)
    result = CliRunner().invoke(app, ["truth", str(shop), "--format", "json"])
    answer = json.loads(result.stdout)
    assert answer["is_equal"], answer["differences"]
    orders = pl.read_parquet(shop / "truth" / "orders.parquet")
    assert orders["caused_by_message_id"].drop_nulls().len() > 3
    assert orders["caused_by_experiment_id"].drop_nulls().len() > 10
