"""Start and stop a shop's Airflow on this machine: scheduler, API server, DAG processor, triggerer."""

from __future__ import annotations

import fcntl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from mandje.errors import MandjeError
from mandje.orchestrate.home import HOST, USER, Home, prepare_home
from mandje.orchestrate.processes import Started, is_alive, start, stop
from mandje.orchestrate.rest import Rest
from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, write_own
from mandje.system.permissions import private_files

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
START_SECONDS = 180.0
LOOK_SECONDS = 0.2
_SERVER = {
    "port": int,
    "started_at": datetime.fromisoformat,
    "processes": [{"name": str, "pid": int, "born": int | float}],
}
_MEND = "end the processes of this shop's Airflow by hand if it runs, and remove {file}"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Server:
    """An Airflow that is up."""

    home: Home
    port: int
    started_at: datetime
    processes: tuple[Started, ...]
    was_up: bool

    @property
    def address(self) -> str:
        """Where the UI and the REST interface answer."""
        return f"http://{HOST}:{self.port}"

    @property
    def user(self) -> str:
        """The name to log in with."""
        return USER

    @property
    def password(self) -> str:
        """The password to log in with."""
        return self.home.password()

    def rest(self) -> Rest:
        """A client that is logged in."""
        return Rest(self.address, self.user, self.password)

    def dead(self) -> list[str]:
        """Names of the processes that are gone."""
        return [started.name for started in self.processes if not is_alive(started)]


def up(shop: Shop, say: Say = lambda _: None, *, scheduled: bool = True) -> Server:
    """Start Airflow for the shop and wait until it is healthy, or find it up already.

    Args:
        shop: the shop.
        say: is told what is being waited for, in a few words, whenever that changes.
        scheduled: whether nights start by themselves at the shop's hour; otherwise they are only triggered.

    Raises:
        MandjeError: a process ended at its start (with the last lines of its log), or it took too long.
    """
    home = Home(shop)
    home.folder.mkdir(exist_ok=True, mode=0o700)
    with private_files(), _alone(home):
        server = _recorded(home)
        if server is not None and not server.dead():
            return server
        _clear(home, server)
        say("preparing Airflow's folder")
        home, port = prepare_home(shop)
        try:
            server = _launch(home, port, scheduled=scheduled)
            _wait_until_healthy(server, say)
            _make_ready(server, say)
        except BaseException:
            _clear(home, _recorded(home))
            raise
        return server


def down(shop: Shop) -> bool:
    """Stop the shop's Airflow with all its tasks; False if none was up."""
    home = Home(shop)
    if not home.folder.is_dir():
        return False
    with _alone(home):
        server = _recorded(home)
        was_up = server is not None and len(server.dead()) < len(server.processes)
        _clear(home, server)
        return was_up


def find(shop: Shop) -> Server | None:
    """The shop's Airflow if it is up, with all its processes."""
    server = _recorded(Home(shop))
    return None if server is None or server.dead() else server


def _recorded(home: Home) -> Server | None:
    """The server that was started last and not stopped, whatever became of its processes."""
    known = read_own(home.server_file, _SERVER, _MEND)
    if known is None:
        return None
    processes = tuple(Started(**each) for each in known["processes"])
    return Server(home, known["port"], datetime.fromisoformat(known["started_at"]), processes, was_up=True)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One command at a time starts or stops the server."""
    with (home.folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clear(home: Home, server: Server | None) -> None:
    if server is not None:
        stop(server.processes)
    home.server_file.unlink(missing_ok=True)


def _launch(home: Home, port: int, *, scheduled: bool) -> Server:
    env = home.environment(scheduled=scheduled)
    started_at = datetime.now(UTC)
    processes: list[Started] = []
    for name, arguments in COMPONENTS.items():
        command = [sys.executable, "-P", "-m", "airflow", *arguments]
        processes.append(start(name, command, env, home.logs / f"{name}.log"))
        known = {
            "port": port,
            "started_at": started_at.isoformat(),
            "processes": list(map(asdict, processes)),
        }
        write_own(home.server_file, known)
    return Server(home, port, started_at, tuple(processes), was_up=False)


def _wait_until_healthy(server: Server, say: Say) -> None:
    deadline = time.monotonic() + START_SECONDS
    said = None
    while waiting := (server.dead() or _not_ready(server)):
        if dead := server.dead():
            raise _ended(server, dead[0])
        if waiting != said:
            say("waiting for " + ", ".join(waiting))
            said = waiting
        if time.monotonic() > deadline:
            raise _ended(server, waiting[0], f"Airflow was not healthy after {START_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


def _not_ready(server: Server) -> list[str]:
    """What does not answer yet."""
    try:
        health = httpx.get(f"{server.address}/api/v2/monitor/health", timeout=5).json()
    except (httpx.TransportError, ValueError):
        return ["api-server"]
    waiting = [
        part for part in ("scheduler", "dag_processor", "triggerer") if not _beats(server, health[part], part)
    ]
    return waiting or _dag_not_read(server)


def _beats(server: Server, part: dict[str, Any], name: str) -> bool:
    """Whether a heart beats, and since this start: an earlier one counts as healthy for half a minute."""
    beat = part.get(f"latest_{name}_heartbeat")
    return (
        part["status"] == "healthy" and beat is not None and datetime.fromisoformat(beat) > server.started_at
    )


def _dag_not_read(server: Server) -> list[str]:
    with server.rest() as rest:
        answer = rest.call("GET", f"/dags/{server.home.dag}")
        read_at = answer.json().get("last_parsed_time") if answer.is_success else None
        if read_at is not None and datetime.fromisoformat(read_at) > server.started_at:
            return []
        faults = rest.get("/importErrors")["import_errors"]
        if faults:
            last = faults[0]["stack_trace"].strip().splitlines()[-1]
            raise MandjeError(
                "the DAG cannot be read",
                file=faults[0]["filename"],
                found=last,
                next_step="mend that file; if nobody touched it, install Mandje again",
            )
    return [f"the DAG {server.home.dag}"]


def _make_ready(server: Server, say: Say) -> None:
    """Have the tasks' interface built: that takes seconds at its first use."""
    say("waiting for the tasks' interface")
    httpx.get(f"{server.address}/execution/health", timeout=START_SECONDS)


def _ended(server: Server, name: str, message: str | None = None) -> MandjeError:
    log = server.home.logs / f"{name.replace('_', '-')}.log"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.is_file() else []
    return MandjeError(
        message or f"Airflow's {name} ended at its start",
        file=str(log),
        found=" | ".join(lines[-3:]),
        next_step="read that log; `mandje doctor SHOP` checks the installation",
    )
