"""Airflow's own folder in a shop, `<shop>/.airflow`: configuration, database, login and logs.

Everything Airflow needs to know is in its `airflow.cfg`, so that the `airflow` command works beside Mandje:
`AIRFLOW_HOME=<shop>/.airflow MANDJE_SHOP=<shop> airflow dags list`.
"""

from __future__ import annotations

import base64
import configparser
import os
import secrets
import socket
import subprocess
import sys
import zlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

from mandje.errors import MandjeError
from mandje.night.stages import dag_id
from mandje.shop.settings import Shop
from mandje.system.own_files import remembered, replace_file, write_own
from mandje.system.shipped import shipped

HOST = "127.0.0.1"
USER = "admin"
# Each shop has its own first choice in this range, so that two that start at once do not want the same.
PORTS = range(8080, 9080)
DAGS = shipped("dags")

Config = dict[str, dict[str, str]]
FOR_ALL: Config = {
    "core": {
        "dags_folder": str(DAGS),
        "executor": "LocalExecutor",
        "parallelism": "4",
        "load_examples": "False",
        "dags_are_paused_at_creation": "False",
        "simple_auth_manager_users": f"{USER}:admin",
        "hostname_callable": "socket.gethostname",
    },
    "database": {"check_migrations": "False"},
    "api": {"host": HOST},
    # A night is a chain of short tasks: without this each waits a second for the scheduler's next round.
    "scheduler": {"scheduler_idle_sleep_time": "0.2", "task_instance_heartbeat_timeout": "60"},
    # How often a task's keeper looks whether the task has ended, and how long it waits for a busy server.
    "workers": {"min_heartbeat_interval": "2", "execution_api_timeout": "60"},
    "dag_processor": {"parsing_processes": "1"},
    "logging": {
        "uvicorn_logging_level": "WARNING",
        "colored_console_log": "False",
        "file_task_handler_new_folder_permissions": "0o700",
        "file_task_handler_new_file_permissions": "0o600",
    },
    "usage_data_collection": {"enabled": "False"},
}


@dataclass(frozen=True)
class Home:
    """The places in Airflow's folder of one shop."""

    shop: Shop

    @property
    def folder(self) -> Path:
        """AIRFLOW_HOME."""
        return self.shop.folder / ".airflow"

    @property
    def dag(self) -> str:
        """The id of the shop's DAG."""
        return dag_id(self.shop.settings.name)

    @property
    def config(self) -> Path:
        """All settings, the secrets too; mode 600."""
        return self.folder / "airflow.cfg"

    @property
    def login(self) -> Path:
        """The generated password, as Airflow's simple login reads it; mode 600."""
        return self.folder / "login.json"

    @property
    def server_file(self) -> Path:
        """What runs: the processes of the server that is up."""
        return self.folder / "server.json"

    @property
    def logs(self) -> Path:
        """Task logs by run, and one log per server process."""
        return self.folder / "logs"

    @property
    def database_version(self) -> Path:
        """The Airflow version that the database was last made ready for."""
        return self.folder / "database.version"

    def password(self) -> str:
        """The password of `admin`, generated once."""
        login = remembered(self.login, {USER: str})
        if login is None:
            login = {USER: secrets.token_urlsafe(12)}
            write_own(self.login, login)
        return str(login[USER])

    def environment(self, *, scheduled: bool) -> dict[str, str]:
        """The environment of Airflow's processes: the caller's, without settings of another Airflow."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        inherited.pop("MANDJE_SCHEDULE", None)
        return inherited | {
            "AIRFLOW_HOME": str(self.folder),
            "DO_NOT_TRACK": "1",
            "MANDJE_SHOP": str(self.shop.folder),
            "PYTHONWARNINGS": "ignore",
            **({} if scheduled else {"MANDJE_SCHEDULE": "none"}),
        }


def prepare_home(shop: Shop) -> tuple[Home, int]:
    """Make the folder ready to start from: settings, login, database. Cheap when it is ready already.

    Returns:
        The home and the loopback port to serve on: the last one used if it is free.

    Raises:
        MandjeError: there is no DAG folder, the database cannot be made ready, or Airflow misreads the path.
    """
    if not (DAGS / "nightly.py").is_file():
        raise MandjeError(
            "the DAGs are not here",
            file=str(DAGS),
            next_step="install Mandje again; in a checkout, `make install`",
        )
    home = Home(shop)
    _refuse_variables(home)
    home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.logs.mkdir(exist_ok=True)
    known = _read_config(home.config)
    port = _free_port(known.getint("api", "port", fallback=_first_port(home)))
    home.password()
    _write_config(home, _settings(home, known, port))
    _migrate(home)
    return home, port


def _refuse_variables(home: Home) -> None:
    """Airflow puts the values of variables into its paths, and there is no way to write a plain `$`."""
    read = os.path.expandvars(home.folder)
    if read != str(home.folder):
        raise MandjeError(
            "Airflow takes a part of the shop's path for a variable",
            file=str(home.folder),
            found=read,
            expected="a path without the name of a variable after $",
            next_step="rename the folder, or run nights without Airflow: `mandje night SHOP`",
        )


def _settings(home: Home, known: configparser.ConfigParser, port: int) -> Config:
    """Every setting that differs from Airflow's defaults; secrets are kept once made."""

    def secret(section: str, name: str) -> str:
        return known.get(section, name, fallback="") or _new_secret()

    address = f"http://{HOST}:{port}"
    own = {
        "core": {
            "simple_auth_manager_passwords_file": str(home.login),
            "execution_api_server_url": f"{address}/execution/",
            "fernet_key": secret("core", "fernet_key"),
        },
        "database": {"sql_alchemy_conn": f"sqlite:///{quote(str(home.folder / 'airflow.db'))}"},
        "api": {
            "port": str(port),
            "base_url": address,
            "instance_name": f"Mandje: {home.shop.settings.name}",
            "secret_key": secret("api", "secret_key"),
        },
        "api_auth": {"jwt_secret": secret("api_auth", "jwt_secret")},
        "logging": {"base_log_folder": str(home.logs)},
    }
    return {section: FOR_ALL.get(section, {}) | own.get(section, {}) for section in FOR_ALL | own}


def _new_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _read_config(path: Path) -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(path, encoding="utf-8")
    return config


def _write_config(home: Home, settings: Config) -> None:
    sections = (
        f"[{section}]\n" + "".join(f"{name} = {value.replace('%', '%%')}\n" for name, value in values.items())
        for section, values in settings.items()
    )
    text = "# Written by Mandje at each start.\n" + "\n".join(sections)
    replace_file(home.config, text.encode())


def _first_port(home: Home) -> int:
    return PORTS[zlib.crc32(str(home.folder).encode()) % len(PORTS)]


def _free_port(wanted: int) -> int:
    """The wanted port, or any free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind((HOST, port))
            except OSError:
                continue
            return int(door.getsockname()[1])
    raise MandjeError(
        "no free port on this machine",
        expected=f"a free TCP port on {HOST}",
        next_step="stop other servers on this machine, then try again",
    )


def _migrate(home: Home) -> None:
    try:
        airflow = version("apache-airflow")
    except PackageNotFoundError:
        raise MandjeError(
            "Airflow is not installed",
            expected="Mandje with its extra: mandje[airflow]",
            next_step="install that, or run nights without Airflow: `mandje night SHOP`",
        ) from None
    marker = home.database_version
    if marker.is_file() and marker.read_text(encoding="utf-8") == airflow:
        return
    done = subprocess.run(
        [sys.executable, "-P", "-m", "airflow", "db", "migrate"],
        env=home.environment(scheduled=False),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MandjeError(
            "Airflow's database could not be made ready",
            file=str(home.folder / "airflow.db"),
            found=" | ".join((done.stdout + done.stderr).strip().splitlines()[-3:]),
            next_step="if it is damaged, delete the folder: it holds nothing that cannot be made again",
        )
    marker.write_text(airflow, encoding="utf-8")
