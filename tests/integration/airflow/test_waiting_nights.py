"""Scheduled nights of a real Airflow that wait: one gets its delivery, the deadline of another passes."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from airflow_shop import LOOKING, make_airflow_shop, ran
from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import STAGES
from mandje.orchestrate import home
from mandje.orchestrate.nights import run_nights
from mandje.orchestrate.rest import Rest
from mandje.orchestrate.server import Server, down, up
from mandje.shop.settings import Shop
from tiny_shop import SHOP_TOML

pytestmark = pytest.mark.full
RUNS = "/dags/mandje_tiny/dagRuns"
PATIENCE_SECONDS = 300
AFTER_PUBLISH = """
import json, os
from pathlib import Path
from airflow.sdk import Asset, dag, task

@dag(schedule=[Asset("mandje://tiny/snapshot")])
def after_publish():
    @task
    def look(triggering_asset_events=None):
        with (Path(os.environ["MANDJE_SHOP"]) / "seen.jsonl").open("a") as file:
            for events in triggering_asset_events.values():
                for event in events:
                    print(json.dumps(event.extra), file=file)
    look()

after_publish()
"""


def settings(began: datetime) -> str:
    """A night that was due a minute ago; both sources are expected every day."""
    daily = "".join(
        f'[sources.{name}]\nadapter = "canonical"\nexpected = "daily"\n' for name in ("orders", "order_lines")
    )
    head = SHOP_TOML.partition("[sources.")[0].replace("Europe/Amsterdam", "UTC")
    return f'{head}{daily}[schedule]\ncron = "{began.minute} {began.hour} * * *"\n'


@pytest.fixture(scope="module")
def began() -> datetime:
    return (datetime.now(UTC) - timedelta(minutes=1)).replace(second=0, microsecond=0)


@pytest.fixture(scope="module")
def night(began: datetime) -> date:
    """The local day that had just ended at the night's hour."""
    return began.date() - timedelta(days=1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, began: datetime, night: date) -> Iterator[Shop]:
    shop = make_airflow_shop(tmp_path_factory.mktemp("tiny"), settings(began), LOOKING)
    dags = tmp_path_factory.mktemp("dags")
    shutil.copy(home.DAGS / "nightly.py", dags)
    (dags / "after_publish.py").write_text(AFTER_PUBLISH)
    deliver(shop, "orders", night)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(home.FOR_ALL["core"], "dags_folder", str(dags))
        patch.setenv("PYTHONPATH", str(shop.folder), prepend=os.pathsep)
        yield shop
        down(shop)


@pytest.fixture(scope="module")
def server(shop: Shop) -> Server:
    return up(shop)


@pytest.fixture(scope="module")
def rest(server: Server) -> Iterator[Rest]:
    with server.rest() as rest:
        yield rest


def deliver(shop: Shop, source: str, day: date) -> None:
    place = shop.exports / source / day.isoformat()
    place.mkdir(parents=True)
    (place / "rows.csv").write_text("a header\n")


def until(found: Callable[[], Any], what: str) -> Any:
    """The first answer that is not empty."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(1)
    raise AssertionError(f"never came: {what}")


def the_run(rest: Rest) -> dict[str, Any]:
    """The one scheduled run."""
    (run,) = until(lambda: rest.get(f"{RUNS}?run_type=scheduled")["dag_runs"], "a scheduled run")
    return dict(run)


def discover(rest: Rest) -> dict[str, Any]:
    return rest.get(f"{RUNS}/{the_run(rest)['dag_run_id']}/taskInstances/discover")


def wait_for(rest: Rest, state: str) -> dict[str, Any]:
    return dict(
        until(lambda: (task := discover(rest))["state"] == state and task, f"discover {state}"),
    )


def test_a_night_goes_on_when_its_delivery_comes(rest: Rest, shop: Shop, night: date) -> None:
    task = wait_for(rest, "deferred")
    assert task["trigger"]["classpath"] == "mandje.airflow.waiting.DeliveriesTrigger"
    with pytest.raises(MandjeError, match="a night that Airflow started waits for its deliveries") as fault:
        run_nights(shop, [night])
    assert fault.value.exit_code == ExitCode.WAITING
    deliver(shop, "order_lines", night)
    until(lambda: the_run(rest)["state"] == "success", "the end of the night")
    assert discover(rest)["try_number"] == task["try_number"], "waiting is no try"
    assert ran(shop) == [f"{night} {stage}" for stage in STAGES]


def seen(shop: Shop) -> list[Any]:
    path = shop.folder / "seen.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_dag_that_is_scheduled_on_the_snapshot_runs_once(rest: Rest, shop: Shop, night: date) -> None:
    facts = [{"as_of_date": str(night), "content_hash": "ab12"}]
    assert until(lambda: seen(shop), "the run of the other DAG") == facts
    (again,) = run_nights(shop, [night])  # by hand, with the same content
    assert again.is_success
    assert seen(shop) == facts
    assert rest.get("/dags/after_publish/dagRuns")["total_entries"] == 1


def test_a_deadline_that_passes_is_red_and_says_what_was_awaited(
    rest: Rest, shop: Shop, night: date, began: datetime
) -> None:
    shutil.rmtree(shop.exports / "order_lines")
    cleared = rest.call("POST", f"{RUNS}/{the_run(rest)['dag_run_id']}/clear", json={"dry_run": False})
    assert cleared.is_success, cleared.text
    tried = wait_for(rest, "deferred")["try_number"]
    deadline = datetime.now(UTC) + timedelta(seconds=75)
    hours = (deadline - began) / timedelta(hours=1)
    text = (shop.folder / "shop.toml").read_text()
    (shop.folder / "shop.toml").write_text(
        text.replace("[sources.order_lines]", f"[sources.order_lines]\nmissing_deadline_hours = {hours:.6f}")
    )
    task = wait_for(rest, "failed")
    run = f"{RUNS}/{the_run(rest)['dag_run_id']}"
    fault = rest.get(f"{run}/taskInstances/discover/xcomEntries/fault?deserialize=true")["value"]
    assert fault["exit_code"] == ExitCode.WAITING
    for part in (
        f"night {night} waits no longer: no delivery of order_lines (daily, until {deadline:%Y-%m-%d %H:%M})",
        f"file: {shop.exports / 'order_lines' / str(night)};",
        "waited since: ",
    ):
        assert part in fault["line"]
    assert datetime.fromisoformat(task["end_date"]) >= deadline - timedelta(seconds=1)
    assert task["try_number"] == tried, "not retried"
