"""Airflow's pages as a data team sees them: a DAG, a red task, the assets, the forms that start nights."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.orchestrate.nights import run_nights
from mandje.orchestrate.server import Server, down, up
from tiny_shop import FIRST_DAY, SHOP_TOML, random_exports, small_shop

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
LOOK = Path(__file__).with_name("airflow.mjs")
DAG = "/dags/mandje_my_shop"
GOOD = FIRST_DAY + timedelta(days=30)
REFUSED = GOOD + timedelta(days=1)
TRIGGER = {"click": "::-p-text(Trigger)"}
DATE = [{"click": "input[type=date]"}, {"type": f"{REFUSED:%m%d%Y}"}]
PAGES = [
    {"name": "dag", "path": DAG, "height": 470, "steps": []},
    {
        "name": "red-task",
        "path": f"{DAG}/runs/night_{REFUSED}/tasks/load",
        "height": 505,
        "steps": [{"wait": "my_shop stopped in load"}],
    },
    {"name": "assets", "path": "/assets", "height": 560, "steps": [{"wait": "mandje://my_shop/snapshot"}]},
    {"name": "trigger-empty", "path": DAG, "height": 800, "steps": [TRIGGER, {"wait": "Run Parameters"}]},
    {"name": "trigger-date", "path": DAG, "height": 800, "steps": [TRIGGER, *DATE]},
    {
        "name": "backfill",
        "path": DAG,
        "height": 800,
        "steps": [TRIGGER, {"click": "::-p-text(Run this Dag for a range of dates)"}, {"wait": "From"}],
    },
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An Airflow that ran a good night, and one whose orders are refused."""
    settings = SHOP_TOML.replace('"tiny"', '"my_shop"')
    small = small_shop(tmp_path_factory.mktemp("shop"), settings)
    small.deliver_all(random_exports(6, orders=8, days=3), until=GOOD)
    small.deliver("orders", REFUSED, "order,when\n1,2\n")
    try:
        server = up(small.shop)  # with its schedule: without one there is no backfill
        nights = run_nights(small.shop, [GOOD, REFUSED])
        assert [night.is_success for night in nights] == [True, False]
        yield server
    finally:
        down(small.shop)


@pytest.fixture(scope="module")
def pages(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of every page; pictures lie in the folder that pytest keeps."""
    folder = tmp_path_factory.mktemp("pictures")
    plan = folder / "plan.json"
    login = {"address": server.address, "user": server.user, "password": server.password}
    plan.write_text(json.dumps(login | {"pages": PAGES}))
    said = subprocess.run(["node", LOOK, plan, folder], capture_output=True, text=True, check=True)
    assert len(list(folder.glob("*.png"))) == len(PAGES)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_the_dag_shows_its_stages_schedule_and_owner(pages: dict[str, str]) -> None:
    for seen in ("discover", "build_customers", "publish", "0 3 * * *", "data-team"):
        assert seen in pages["dag"]


def test_a_red_task_s_log_says_what_file_found_expected_next_without_a_click(pages: dict[str, str]) -> None:
    log = pages["red-task"]
    places = [log.index(f"ERROR - {what}:") for what in ("what", "file", "found", "expected", "next")]
    assert places == sorted(places)
    assert f"exports/orders/{REFUSED}/orders.csv, line 1" in log


def test_sources_snapshot_and_tables_are_assets(pages: dict[str, str]) -> None:
    for asset in ("exports/orders", "snapshot", "marts/adjustments"):
        assert f"mandje://my_shop/{asset}" in pages["assets"]


def test_forms_ask_for_the_night_and_nothing_else_of_ours(pages: dict[str, str]) -> None:
    for form in ("trigger-empty", "trigger-date", "backfill"):
        assert pages[form].count("The night, YYYY-MM-DD.") == 1
    assert "Max Active Runs" in pages["backfill"]
