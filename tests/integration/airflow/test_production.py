"""Production as `deploy/` has it: Airflow on PostgreSQL under a supervisor, two shops, scheduled nights."""

from __future__ import annotations

import os
import re
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
from receivers import MailServer, Webhook, mail_server, webhook
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
PATIENCE = 1500


@dataclass(frozen=True)
class Production:
    """An Airflow that runs, its nights, who is told, its shops; `alone` are copies that it does not know."""

    airflow: SupervisedAirflow
    nights: Nights
    box: MailServer
    hook: Webhook
    shops: ScheduledShops
    alone: ScheduledShops

    def folder(self, shop: str) -> Path:
        return self.shops.folder / shop

    def deliver(self, shop: str, ago: int) -> None:
        """Put a sound delivery of orders where none lies, or one that was refused."""
        place = delivery(self.folder(shop), "orders", self.shops.day(ago))
        place.parent.mkdir(exist_ok=True)
        shutil.copy(delivery(self.alone.folder / shop, "orders", self.shops.day(ago)), place)

    def told(self) -> list[str]:
        """What mail and webhook both told of nights that stopped or are mended, in a line each."""
        mails = [str(mail["Subject"]).removeprefix("[mandje] ") for mail in self.box.mails]
        posts = [notice["text"].splitlines()[0].strip("*") for notice in self.hook.notices]
        both = [line for line in mails if line in posts and ("stopped" in line or "mended" in line)]
        return [re.sub(", mended: .*", ", mended", line) for line in both]  # without new warnings


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
    for name in SEEDS:
        shutil.rmtree(delivery(shops.folder / name, "orders", shops.day(1)).parent)
    delivery(shops.folder / "second", "orders", shops.day(2)).write_text(REFUSED)
    with postgres() as database, mail_server() as box, webhook() as hook:
        airflow = SupervisedAirflow(folder / "airflow", database, dag_file(shops), connections(box, hook))
        try:
            airflow.start()
            with airflow.rest() as rest:
                yield Production(airflow, Nights(rest, shops.time_zone), box, hook, shops, alone)
        finally:
            airflow.stop()


def connections(box: MailServer, hook: Webhook) -> dict[str, dict[str, object]]:
    """Airflow's own, by which people are told."""
    plain = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.org"}
    mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": plain}
    return {"SMTP_DEFAULT": mail, "SHOPS_WEBHOOK": {"conn_type": "http", "password": hook.address}}


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
    def both_are_at_work() -> bool:
        stages = production.airflow.stages("scheduler")
        return len(stages) == len(SEEDS) and any(" build " in stage for stage in stages)

    until("nights of both shops, one builds", both_are_at_work, PATIENCE)
    killed = production.airflow.session("scheduler")
    os.kill(killed[0].pid, signal.SIGKILL)
    psutil.wait_procs(killed, timeout=10)
    assert [process for process in killed if process.is_running()] == []
    until("another scheduler", lambda: production.airflow.session("scheduler"), PATIENCE)


@pytest.mark.usefixtures("alone")
def test_nights_of_two_shops_overlap_and_one_stops_at_what_is_refused(production: Production) -> None:
    nights, days = production.nights, [production.shops.day(ago) for ago in (3, 2)]
    for shop in SEEDS:
        until("two nights", lambda shop=shop: nights.have_ended(shop, days), PATIENCE)
    assert nights.states("first", days) == ["success", "success"]
    assert nights.states("second", days) == ["success", "failed"]
    first, second = (nights.run(shop, days[0]) for shop in SEEDS)
    assert max(first["start_date"], second["start_date"]) < min(first["end_date"], second["end_date"])
    assert f"orders/{days[1]}/orders.csv" in nights.fault("second", days[1])


def test_a_night_takes_in_what_comes_late_and_another_waits_until_its_deadline(
    production: Production,
) -> None:
    nights, newest = production.nights, production.shops.day(1)
    for shop in SEEDS:
        until("it waits", lambda shop=shop: nights.is_at(shop, newest, "discover", "deferred"), PATIENCE)
    production.deliver("first", ago=1)
    settings = production.folder("second") / "shop.toml"
    settings.write_text("missing_deadline_hours = 1\n" + settings.read_text())
    for shop in SEEDS:
        until("it goes on or ends", lambda shop=shop: nights.have_ended(shop, [newest]), PATIENCE)
    assert nights.states("first", [newest]) == ["success"]
    assert nights.states("second", [newest]) == ["failed"]
    assert "waits no longer" in nights.fault("second", newest)
    runs = [nights.run(shop, production.shops.day(ago)) for shop in SEEDS for ago in SCHEDULED]
    assert {run["run_type"] for run in runs} == {"scheduled"}
    assert published(production.folder("first"))[0] == str(newest)
    assert published(production.folder("second"))[0] == str(production.shops.day(3))


def test_what_stopped_is_mended_while_earlier_days_are_backfilled(production: Production) -> None:
    nights, shops = production.nights, production.shops
    refused, missing = shops.day(2), shops.day(1)
    stopped = [
        f"second: night {refused} stopped in load",
        f"second: night {missing} stopped for lack of a delivery",
    ]
    until("both are told", lambda: production.told() == stopped, 60)
    texts = [notice["text"] for notice in production.hook.notices]
    assert any("clear the task discover" in text for text in texts)
    # Nights that are caught up begin when they should have ended long ago.
    assert any(f"first: night {shops.day(3)} has not ended 6 h after its time" in text for text in texts)
    nights.backfill("first", shops.first_due - timedelta(days=3), shops.first_due)
    for ago in (2, 1):
        production.deliver("second", ago)
        nights.clear("second", shops.day(ago))
        until(
            "it is mended", lambda ago=ago: nights.states("second", [shops.day(ago)]) == ["success"], PATIENCE
        )
    days = [shops.day(ago) for ago in BEFORE]
    until("three nights", lambda: nights.have_ended("first", days), PATIENCE)
    assert nights.states("first", days) == ["success", "success", "success"]
    assert {nights.run("first", day)["run_type"] for day in days} == {"backfill"}
    mended = [f"second: night {day} is published, mended" for day in (refused, missing)]
    until("that too is told", lambda: production.told() == [*stopped, *mended], 60)


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
