"""What becomes of a night when Airflow or the command that runs it is ended in the middle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from airflow_shop import SLOW, make_airflow_shop, ran
from mandje.night.pipeline import STAGES
from mandje.orchestrate.home import Home
from mandje.orchestrate.nights import run_nights
from mandje.orchestrate.processes import Started, _members
from mandje.orchestrate.server import _recorded, down, find
from mandje.shop.settings import Shop

pytestmark = pytest.mark.full
RUN = """
import sys
from datetime import date
from pathlib import Path
from mandje.orchestrate.nights import run_nights
from mandje.shop.settings import load_shop
run_nights(load_shop(Path(sys.argv[1])), [date.fromisoformat(sys.argv[2])])
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = make_airflow_shop(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(shop.folder))
    yield shop
    down(shop)


@pytest.fixture
def in_the_middle(shop: Shop) -> Iterator[subprocess.Popen[bytes]]:
    """A command whose night hangs in its first stage."""
    with subprocess.Popen([sys.executable, "-c", RUN, str(shop.folder), str(SLOW)]) as command:
        deadline = time.monotonic() + 300
        while not ran(shop) and time.monotonic() < deadline and command.poll() is None:
            time.sleep(0.2)
        assert ran(shop) == [f"{SLOW} discover"]
        yield command
        command.kill()


def processes(shop: Shop) -> tuple[Started, ...]:
    server = _recorded(Home(shop))
    assert server is not None
    return server.processes


def test_after_a_kill_the_night_runs_as_if_nothing_had_been(
    shop: Shop, in_the_middle: subprocess.Popen[bytes]
) -> None:
    scheduler = next(started for started in processes(shop) if started.name == "scheduler")
    orphans = _members({scheduler.pid})
    in_the_middle.kill()
    for started in processes(shop):
        os.kill(started.pid, signal.SIGKILL)
    assert find(shop) is None
    (night,) = run_nights(shop, [SLOW])
    assert (night.is_success, night.run_id) == (True, f"night_{SLOW}_2")
    assert ran(shop)[1:] == [f"{SLOW} {stage}" for stage in STAGES]
    assert not any(orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)
    assert find(shop) is None


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_ended_command_takes_its_server_along(
    shop: Shop, in_the_middle: subprocess.Popen[bytes], end: signal.Signals
) -> None:
    sessions = {started.pid for started in processes(shop)}
    in_the_middle.send_signal(end)
    assert in_the_middle.wait(timeout=120) != 0
    assert _members(sessions) == []
    assert not Home(shop).server_file.exists()
