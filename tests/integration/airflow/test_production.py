"""Production as `deploy/` has it: Airflow on PostgreSQL under a supervisor, two shops, scheduled nights."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from postgres_server import is_here, postgres
from scheduled_nights import Nights
from scheduled_shops import REFUSED, ScheduledShops, delivery, published
from supervised_airflow import BIN, DEPLOY, SupervisedAirflow, until

# One Airflow for all tests of this file: they run in one process, in this order.
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not is_here(), reason="PostgreSQL is missing (Debian: apt-get install postgresql)"),
]
SEEDS = {"first": 6, "second": 7}
# Days ago.
SCHEDULED, BEFORE = (3, 2, 1), (6, 5, 4)
PATIENCE = 900


@dataclass(frozen=True)
class Production:
    """An Airflow that runs, the nights in it, and its shops; `alone` are copies that it does not know."""

    airflow: SupervisedAirflow
    nights: Nights
    shops: ScheduledShops
    alone: ScheduledShops

    def folder(self, shop: str) -> Path:
        return self.shops.folder / shop


def dag_file(shops: ScheduledShops) -> str:
    """The shipped one; its nights begin three days ago."""
    lines = (DEPLOY / "dags" / "shops.py").read_text()
    begin = f'start_date=datetime.fromisoformat("{shops.first_due.isoformat()}"), catchup=True'
    for shipped, here in {
        "from pathlib": "from datetime import datetime\nfrom pathlib",
        "/srv/shops": str(shops.folder),
        '"/opt/mandje/bin/mandje"': f'"{BIN / "mandje"}", {begin}',
    }.items():
        assert shipped in lines
        lines = lines.replace(shipped, here, 1)
    return lines


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    shops, alone = ScheduledShops(folder / "shops"), ScheduledShops(folder / "alone")
    for name, seed in SEEDS.items():
        shops.make(name, seed)
    shutil.copytree(shops.folder, alone.folder)
    delivery(shops.folder / "second", "orders", shops.day(2)).write_text(REFUSED)
    with postgres() as database:
        airflow = SupervisedAirflow(folder / "airflow", database, dag_file(shops))
        try:
            airflow.start()
            with airflow.rest() as rest:
                yield Production(airflow, Nights(rest, shops.time_zone), shops, alone)
        finally:
            airflow.stop()


@pytest.fixture(scope="module")
def alone(production: Production) -> Iterator[Mapping[str, subprocess.Popen[bytes]]]:
    """The newest night of each copy, begun in a process of its own."""
    command = [BIN / "mandje", "night", "--date", str(production.shops.day(1))]
    begun = {
        name: subprocess.Popen([*command, production.alone.folder / name], stdout=subprocess.DEVNULL)
        for name in SEEDS
    }
    yield begun
    for process in begun.values():
        process.kill()
        process.wait()


def test_a_killed_scheduler_is_started_again_and_its_tasks_have_gone_with_it(production: Production) -> None:
    night = production.shops.day(3)
    for shop in SEEDS:
        until("a night builds", lambda shop=shop: production.nights.is_at(shop, night, "build"), PATIENCE)
    killed = production.airflow.session("scheduler")
    assert len(production.airflow.stages("scheduler")) == len(SEEDS)
    os.kill(killed[0].pid, signal.SIGKILL)
    psutil.wait_procs(killed, timeout=10)
    assert [process for process in killed if process.is_running()] == []
    until("another scheduler", lambda: production.airflow.session("scheduler"), PATIENCE)


@pytest.mark.usefixtures("alone")
def test_scheduled_nights_of_both_shops_end_but_for_what_is_refused(production: Production) -> None:
    nights, days = production.nights, [production.shops.day(ago) for ago in SCHEDULED]
    for shop in SEEDS:
        until("three nights", lambda shop=shop: nights.have_ended(shop, days), PATIENCE)
    assert nights.states("first", days) == ["success", "success", "success"]
    # The night after a refused delivery stops too: its figures would lack what was refused.
    assert nights.states("second", days) == ["success", "failed", "failed"]
    runs = [nights.run(shop, day) for shop in SEEDS for day in days]
    assert {run["run_type"] for run in runs} == {"scheduled"}
    first, second = (nights.run(shop, days[0]) for shop in SEEDS)
    assert max(first["start_date"], second["start_date"]) < min(first["end_date"], second["end_date"])
    assert published(production.folder("first"))[0] == str(days[2])
    assert published(production.folder("second"))[0] == str(days[0])
    assert "orders.csv" in nights.fault("second", days[1])


def test_the_refused_delivery_is_mended_while_earlier_days_are_backfilled(production: Production) -> None:
    nights, shops = production.nights, production.shops
    sound = delivery(production.alone.folder / "second", "orders", shops.day(2))
    shutil.copy(sound, delivery(production.folder("second"), "orders", shops.day(2)))
    nights.backfill("first", shops.first_due - timedelta(days=3), shops.first_due)
    for day in (shops.day(2), shops.day(1)):
        nights.clear("second", day)
        until("the mended night", lambda day=day: nights.states("second", [day]) == ["success"], PATIENCE)
    days = [shops.day(ago) for ago in BEFORE]
    until("three nights", lambda: nights.have_ended("first", days), PATIENCE)
    assert nights.states("first", days) == ["success", "success", "success"]
    assert {nights.run("first", day)["run_type"] for day in days} == {"backfill"}


def test_both_shops_end_as_if_alone(
    production: Production, alone: Mapping[str, subprocess.Popen[bytes]]
) -> None:
    for name, night in alone.items():
        assert night.wait(PATIENCE) == 0
        assert published(production.folder(name)) == published(production.alone.folder / name)


def test_all_of_it_stops(production: Production) -> None:
    production.airflow.stop()
    assert production.airflow.processes() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", production.airflow.port))
