"""The real Airflow of a shop: up, a few nights, down. Its stages only tell that they ran."""

import json
import os
from collections.abc import Iterator

import httpx
import psutil
import pytest

from airflow_shop import ALSO_GOOD, GOOD, REFUSED, make_airflow_shop, ran
from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import STAGES
from mandje.orchestrate import server as server_module
from mandje.orchestrate.home import DAGS, Home
from mandje.orchestrate.nights import Progress, run_nights
from mandje.orchestrate.server import Server, down, find, up
from mandje.shop.settings import Shop

# One server for all tests of this file: they run in one process, in this order.


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = make_airflow_shop(tmp_path_factory.mktemp("tiny"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(shop.folder))
        yield shop
        down(shop)


def test_a_process_that_ends_at_its_start_is_told_with_its_last_words(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "COMPONENTS", {"api-server": ["api-server", "--no-such-option"]})
    with pytest.raises(MandjeError, match=r"Airflow's api-server ended at its start; file: .*no-such-option"):
        up(shop)
    assert find(shop) is None
    assert not Home(shop).server_file.exists()


@pytest.fixture(scope="module")
def server(shop: Shop) -> Server:
    said: list[str] = []
    server = up(shop, said.append, scheduled=False)
    assert any("api-server" in line for line in said)
    return server


def test_it_is_healthy_and_the_printed_login_opens_it(server: Server) -> None:
    health = httpx.get(f"{server.address}/api/v2/monitor/health").json()
    assert {part["status"] for part in health.values()} == {"healthy"}
    page = httpx.get(server.address, follow_redirects=True)
    assert page.status_code == 200
    assert "<title>" in page.text
    good = {"username": server.user, "password": server.password}
    assert httpx.post(f"{server.address}/auth/token", json=good).status_code == 201
    assert httpx.post(f"{server.address}/auth/token", json=good | {"password": "guess"}).status_code == 401


def test_nobody_else_on_the_network_can_reach_it(server: Server) -> None:
    sessions = {started.pid for started in server.processes}
    ours = [process for process in psutil.process_iter() if os.getsid(process.pid) in sessions]
    doors = {
        (door.laddr.ip, door.laddr.port)
        for process in ours
        for door in process.net_connections(kind="inet")
        if door.status == psutil.CONN_LISTEN
    }
    assert doors == {("127.0.0.1", server.port)}


def test_up_again_finds_it_up(server: Server, shop: Shop) -> None:
    again = up(shop)
    assert again.was_up
    assert (again.address, again.processes) == (server.address, server.processes)


def test_nights_run_in_turn_and_end_with_the_first_that_fails(server: Server, shop: Shop) -> None:
    seen: list[Progress] = []
    first, second, third = run_nights(shop, [GOOD, GOOD, REFUSED, ALSO_GOOD], seen.append)
    for night, run_id in ((first, "night_2011-12-08"), (second, "night_2011-12-08_2")):
        assert (night.run_date, night.run_id, night.is_success) == (GOOD, run_id, True)
        assert (night.failed_stage, night.fault, night.exit_code) == (None, None, ExitCode.OK)
        assert tuple(night.stage_seconds) == STAGES
        assert 0 < sum(night.stage_seconds.values()) <= night.seconds + 0.1
    assert (third.run_date, third.is_success, third.failed_stage) == (REFUSED, False, "load")
    assert third.fault == "a delivery was refused; file: orders.csv; line: 3"
    assert third.exit_code == ExitCode.NIGHT_STOPPED
    assert tuple(third.stage_seconds) == ("discover", "validate", "load")
    whole = [f"{GOOD} {stage}" for stage in STAGES]
    assert ran(shop) == whole + whole + [f"{REFUSED} {stage}" for stage in ("discover", "validate", "load")]
    assert {step.stages_total for step in seen} == {len(STAGES)}
    assert any(step.stage for step in seen)
    assert find(shop) == server.__class__(**{**vars(server), "was_up": True}), (
        "it was up before, and stays up"
    )


def test_no_night_starts_by_itself(server: Server) -> None:
    with server.rest() as rest:
        assert rest.get("/dags/mandje_tiny")["timetable_summary"] is None
        assert rest.get("/importErrors")["total_entries"] == 0


def test_the_airflow_command_reads_the_same_configuration(server: Server, shop: Shop) -> None:
    known = server.home.config.read_text()
    assert f"dags_folder = {DAGS}" in known
    assert f"port = {server.port}" in known
    assert server.password not in known
    assert json.loads(server.home.login.read_text()) == {"admin": server.password}
    assert shop.folder / ".airflow" == server.home.folder


def test_down_leaves_no_process(server: Server, shop: Shop) -> None:
    sessions = {started.pid for started in server.processes}
    assert down(shop)
    left = [process for process in psutil.process_iter() if _session(process) in sessions]
    assert left == []
    assert find(shop) is None
    assert not down(shop)
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.address)


def _session(process: psutil.Process) -> int | None:
    return None if process.status() == psutil.STATUS_ZOMBIE else os.getsid(process.pid)
