"""Airflow as `deploy/` has it, under its supervisor; places, port and secrets are the test's."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from free_port import free_port
from fresh_environment import plain_environment
from mandje.orchestrate.rest import Rest
from repository import ROOT

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
_START_SECONDS = 240
_STOP_SECONDS = 120
_SUPERVISOR = """
[supervisord]
nodaemon=true
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
[include]
files={folder}/airflow.conf
"""


def until(what: str, is_so: Callable[[], Any], seconds: float) -> Any:
    """What `is_so` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)
    return found


@dataclass
class SupervisedAirflow:
    """The four services of `deploy/supervisor`, on a database that is empty before."""

    folder: Path
    database: str
    dag_file: str
    connections: Mapping[str, Mapping[str, object]]
    port: int = field(default_factory=free_port)
    _supervisor: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.folder / "dags").mkdir(parents=True)
        (self.folder / "log").mkdir()
        (self.folder / "dags" / "shops.py").write_text(self.dag_file)
        (self.folder / "airflow.env").write_text(self._settings())
        for name in ("airflow.conf", "airflow-service"):
            shipped = (DEPLOY / "supervisor" / name).read_text().replace("user=airflow\n", "")
            (self.folder / name).write_text(self._placed(shipped))
        (self.folder / "airflow-service").chmod(0o755)
        (self.folder / "supervisord.conf").write_text(_SUPERVISOR.format(folder=self.folder))

    def _settings(self) -> str:
        shipped = (DEPLOY / "airflow.env").read_text()
        shipped = shipped.replace("airflow:CHANGE_ME@127.0.0.1:5432/airflow", self.database)
        shipped = shipped.replace("8080", str(self.port))
        while "CHANGE_ME" in shipped:
            secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            shipped = shipped.replace("CHANGE_ME", secret, 1)
        known = (f"AIRFLOW_CONN_{name}='{json.dumps(one)}'\n" for name, one in self.connections.items())
        return self._placed(shipped) + "".join(known)

    def _placed(self, text: str) -> str:
        for place, here in (
            ("/etc/mandje", self.folder),
            ("/srv/airflow", self.folder),
            ("/var/log/airflow", self.folder / "log"),
            ("/opt/airflow/bin", BIN),
        ):
            text = text.replace(place, str(here))
        return text

    def start(self) -> None:
        """Make the database ready, start the supervisor, and wait until all four services are healthy."""
        self._run("sh", "-c", f"set -a; . {self.folder}/airflow.env; {BIN}/airflow db migrate")
        self._supervisor = subprocess.Popen(
            [BIN / "supervisord", "-c", self.folder / "supervisord.conf"],
            env=plain_environment(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until("Airflow is healthy", self.is_healthy, _START_SECONDS)

    def is_healthy(self) -> bool:
        assert self._supervisor is not None
        assert self._supervisor.poll() is None, (self.folder / "supervisord.log").read_text()
        try:
            health = httpx.get(f"{self.address}/api/v2/monitor/health", timeout=5).json()
        except (httpx.TransportError, ValueError):
            return False
        return {part["status"] for part in health.values()} == {"healthy"}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rest(self) -> Rest:
        """A client that is logged in."""
        return Rest(self.address, "admin", json.loads((self.folder / "login.json").read_text())["admin"])

    def session(self, service: str) -> list[psutil.Process]:
        """A service that runs, first, and all that it started; nothing while the supervisor has none."""
        assert self._supervisor is not None
        for wrapper in psutil.Process(self._supervisor.pid).children():
            if f"airflow-service {service}" in _words(wrapper):
                leaders = [one for one in wrapper.children() if os.getsid(one.pid) == one.pid]
                return [process for one in leaders for process in (one, *one.children(recursive=True))]
        return []

    def stages(self, service: str) -> list[str]:
        """The commands of the stages that run under a service."""
        return [words for process in self.session(service) if " stage " in (words := _words(process))]

    def processes(self) -> list[psutil.Process]:
        """Whatever runs for this Airflow, the stages of its tasks too."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        place = str(self.folder.parent)
        try:
            home = process.environ().get("AIRFLOW_HOME", "")
        except psutil.Error:
            home = ""
        return home.startswith(place) or place in _words(process)

    def stop(self) -> None:
        """End the supervisor as a service manager does, if it runs."""
        if self._supervisor is not None and self._supervisor.poll() is None:
            self._supervisor.terminate()
            assert self._supervisor.wait(_STOP_SECONDS) == 0

    def _run(self, *words: object) -> str:
        done = subprocess.run(
            list(map(str, words)),
            env=plain_environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
